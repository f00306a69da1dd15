"""docs/scim.md: its examples are sent, its attributes are those of the schema, its words are true."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from scim2_models import Path as ScimPath

from idp.cli.main import build_parser
from idp.clients import loader
from idp.clients.report import Report
from idp.deliveries.person_notices import EVENTS
from idp.limits.table import LIMITS
from idp.people.scim_paths import EXTENSION
from idp.scim.schema import MAX_OPERATIONS, MAX_PAGE, USUAL_PAGE, PersonUser
from tests.support.world import World

TEXT = (Path(__file__).parents[2] / "docs" / "scim.md").read_text(encoding="utf-8")
FENCES: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
EXAMPLES = [
    (FENCES[at][1], json.loads(FENCES[at + 1][1]))
    for at, (language, _) in enumerate(FENCES)
    if language == "http"
]


def of(language: str) -> list[str]:
    return [text for name, text in FENCES if name == language]


@pytest.fixture
def personas(world: World) -> Iterator[World]:
    """The provider with the page's own client, whose secret is the world's."""
    (block,) = of("yaml")
    file = world.settings.clients_file
    before = file.read_text()
    known = re.search(r"sha256:[0-9a-f]{64}", before)
    assert known is not None
    hashed = re.sub(r"sha256:0+", known[0], block.partition("clients:\n")[2])
    file.write_text(f"{before}\n{hashed}")
    assert world.services.clients.reload(), world.services.clients.problems
    yield world
    file.write_text(before)
    world.services.clients.reload()


def covers(found: Any, shown: Any) -> bool:
    """Whether an answer has all that the page shows of it; `…` stands for anything."""
    if isinstance(shown, dict):
        return all(name in found and covers(found[name], one) for name, one in shown.items())
    if isinstance(shown, list):
        pairs = zip(found, shown, strict=True)
        return len(found) == len(shown) and all(covers(a, b) for a, b in pairs)
    if isinstance(shown, str) and "…" in shown:
        return bool(re.fullmatch(re.escape(shown).replace("…", ".+"), found))
    return bool(found == shown)


def test_examples_are_sent_and_answered_as_shown(personas: World) -> None:
    personas.person()  # somebody else, so that there is a next page
    token = personas.browser().post(
        "/token", data={"grant_type": "client_credentials"}, auth=("personas", personas.secret)
    )
    known = {"per_…": "", 'W/"…"': ""}
    for request, shown in EXAMPLES:
        for placeholder, value in known.items():
            request = request.replace(placeholder, value)
        head, _, body = request.partition("\n\n")
        first, *lines = head.strip().split("\n")
        method, path = first.split()
        headers = dict(one.split(": ", 1) for one in lines)
        answer = personas.browser().open(
            f"/scim/v2{path}",
            method=method,
            data=body.strip() or None,
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {token.json['access_token']}", **headers},
        )
        assert answer.status_code == shown["status"], (request, answer.text)
        found = answer.json if answer.data else {}
        assert covers(found, shown["body"]), (request, found)
        if answer.status_code == 201:
            known = {"per_…": found["id"], 'W/"…"': found["meta"]["version"]}
    assert len(EXAMPLES) == 8


def test_block_of_the_page_is_a_client() -> None:
    """But for its secret, which is the placeholder."""
    (block,) = of("yaml")
    assert list(yaml.safe_load(block)["clients"][0]["scim"]) == [
        "wins", "trust_logins", "events_uri"
    ]  # fmt: skip
    found = loader.parse(
        block.encode(), report=Report("x"), production=True, realms=("sol", "extranet")
    )
    assert [one.path for one in found.problems] == ["clients[0].secrets[0].hash"]


def test_tables_name_every_attribute_and_no_other() -> None:
    section = TEXT.partition("## Una persona\n")[2].partition("### El correo")[0]
    core, _, own = section.partition(f"`{EXTENSION}`")

    def named(text: str) -> set[str]:
        cells = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
        return {one for cell in cells for one in re.findall(r"`([\w.]+)`", cell)}

    in_schema: set[str] = set()
    for path in ScimPath[PersonUser].iter_paths(include_subattributes=False):
        in_schema.add(str(path))
    extension = {one.rpartition(":")[2] for one in in_schema if one.startswith(f"{EXTENSION}:")}
    assert named(own) == extension
    rest = {one for one in in_schema if ":" not in one} - {"schemas", "id", "externalId", "meta"}
    assert {one.partition(".")[0] for one in named(core)} == rest


def test_figures_of_the_page_are_those_of_the_provider() -> None:
    assert f"Hasta {MAX_OPERATIONS} operaciones y 256 KB" in TEXT
    assert f"tiene {USUAL_PAGE}\npersonas, o las que pida `count`, hasta {MAX_PAGE}" in TEXT
    row = LIMITS["scim.client"]
    assert (f"{row.limit} operaciones por minuto" in TEXT, row.window) == (True, 60)


def test_events_of_the_page_are_those_that_are_sent() -> None:
    table = TEXT.partition("| aviso |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`(urn:[\w:]+)`", table)) == sorted(EVENTS.values())


@pytest.mark.parametrize("words", re.findall(r"^idp ([^#\n]+)|`idp ([^`]+)`", TEXT, re.MULTILINE))
def test_command_that_the_page_shows_is_one(words: tuple[str, str]) -> None:
    assert callable(build_parser().parse_args(shlex.split("".join(words))).func)
