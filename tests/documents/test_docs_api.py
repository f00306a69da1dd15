"""docs/api.md: what it shows is sent, what it lists is there, and no metric or code is forgotten."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from flask import Flask
from werkzeug.test import TestResponse

from idp.admin.api.operations import OPERATIONS, PREFIX
from idp.admin.api.problems import CODES
from idp.cli.main import build_parser
from idp.console import create_console
from idp.limits.table import LIMITS
from idp.upstream_status.state import FlagState, Health
from tests.support.world import CLIENTS, World, build_world

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
FENCES: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
CALLS = [text for language, text in FENCES if language == "sh" and text.startswith("curl")]
SHOWN = [json.loads(text) for language, text in FENCES if language == "json"]
CONSOLE = "http://localhost:8010"
_PROGRAM = """
  - client_id: monitoreo
    client_name: Monitoreo
    grant_types: [client_credentials]
    scope: admin:read admin:switch
    secrets: [{hash: "@hash@"}]
"""


@pytest.fixture
def monitored(tmp_path: Path, valkey: str) -> Iterator[World]:
    """A provider with the page's own program."""
    world = build_world(tmp_path, valkey, clients=f"{CLIENTS}{_PROGRAM}")
    yield world
    world.services.stop()


def sent(command: str, app: Flask, base_url: str) -> TestResponse:
    """What curl would send; of its options those that the page uses."""
    _, *words = shlex.split(command.replace("\\\n", " "))
    given: dict[str, Any] = {"headers": {}}
    url = ""
    while words:
        word = words.pop(0)
        if word == "--header":
            name, _, value = words.pop(0).partition(": ")
            given["headers"][name] = value
        elif word == "--user":
            given["auth"] = tuple(words.pop(0).split(":", 1))
        elif word in ("--data", "--json"):
            given["method"] = "POST"
            given["data"] = words.pop(0)
            kind = "json" if word == "--json" else "x-www-form-urlencoded"
            given["content_type"] = f"application/{kind}"
        elif word != "--silent":
            url = word
    return app.test_client().open(urlsplit(url).path, base_url=base_url, **given)


def covers(found: Any, shown: Any) -> bool:
    if isinstance(shown, dict):
        return all(name in found and covers(found[name], one) for name, one in shown.items())
    if isinstance(shown, list):
        pairs = zip(found, shown, strict=True)
        return len(found) == len(shown) and all(covers(a, b) for a, b in pairs)
    return bool(found == shown)


def test_calls_are_answered_as_shown(monitored: World) -> None:
    world = monitored
    console = create_console(world.settings, world.services)
    asks, *calls = CALLS
    answer = sent(asks.replace("$SECRETO", world.secret), world.app, world.settings.issuer)
    assert answer.json["expires_in"] == 900
    token = answer.json["access_token"]
    answers = [sent(one.replace("$TOKEN", token), console, CONSOLE) for one in calls]
    assert [one.status_code for one in answers] == [200, 200, 400]
    for found, shown in zip(answers, SHOWN, strict=True):
        assert covers(found.json, shown), found.json


def test_every_operation_stands_in_a_table_and_no_other() -> None:
    cells = re.findall(r"^\| (`/[^|]+) \|", TEXT, re.MULTILINE)
    told = sorted(path for one in cells for path in re.findall(r"`(/[^`]+)`", one))
    assert sorted(set(told)) == sorted({one.path for one in OPERATIONS})


def test_every_code_stands_in_the_table_and_no_other() -> None:
    rows = re.findall(r"^\| \d{3}[\d, ]* \| ([^|]+) \|", TEXT, re.MULTILINE)
    told = {code for one in rows for code in re.findall(r"`(\w+)`", one)}
    assert told == set(CODES) - {"request_unknown", "days_unknown"}


def test_limits_are_those_of_the_table() -> None:
    read, change = LIMITS["admin.api"], LIMITS["admin.api_change"]
    assert (read.window, change.window) == (60, 600)
    assert f"{read.limit} solicitudes por minuto, y {change.limit} cambios cada 10" in TEXT


def test_every_metric_stands_in_the_table_and_alerts_name_no_other(monitored: World) -> None:
    services, at = monitored.services, monitored.clock.now()
    status, until = services.upstream_status, at + timedelta(hours=1)
    status.set("sol", FlagState.FORCED_DOWN, reason="ejemplo", who="prueba", until=until)
    status.diagnosed(Health("sol", True, at, "", at, probe_ok=True, failing_since=None))
    token = monitored.browser().post(
        "/token", data={"grant_type": "client_credentials"}, auth=("monitoreo", monitored.secret)
    )
    answer = (
        create_console(monitored.settings, services)
        .test_client()
        .get("/metrics", headers={"Authorization": f"Bearer {token.json['access_token']}"})
    )
    there = set(re.findall(r"^# TYPE (\w+)", answer.text, re.MULTILINE))
    told = set(re.findall(r"`(idp_\w+)`", TEXT))
    assert told == there
    (rules,) = [text for language, text in FENCES if language == "yaml" and "groups:" in text]
    (group,) = yaml.safe_load(rules)["groups"]
    assert len(group["rules"]) == 11
    for rule in group["rules"]:
        assert set(re.findall(r"idp_\w+", rule["expr"])) <= there, rule["alert"]


def test_commands_shown_are_understood() -> None:
    parser = build_parser()
    shown = re.findall(r"^(?:\s*)idp (.+)$", TEXT, re.MULTILINE)
    for line in shown:
        parser.parse_args(shlex.split(line))
    assert len(shown) == 1
    assert PREFIX in TEXT
