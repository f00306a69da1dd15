"""The switchboard: JSON, page and command."""

from __future__ import annotations

import argparse
import socket
from typing import Any

import pytest

from sandbox.people import person
from sandbox.sunat import control, server
from sandbox.sunat.faults import FAULTS

from .conftest import Sunat


def test_control_json_put_sets_realm_and_get_reads_it(sunat: Sunat) -> None:
    browser = sunat.browser()
    body = {"realm": "sol", "fault": "slow", "seconds": 3, "where": "login"}
    assert browser.send("PUT", "/control.json", body=body).status == 200
    state = browser.send("GET", "/control.json").json()
    assert state["realms"]["sol"]["fault"] == "slow"
    assert state["realms"]["sol"]["seconds"] == 3
    assert state["realms"]["sol"]["where"] == ["login"]
    assert state["realms"]["extranet"]["fault"] == "up"
    assert state["faults"] == {one.name: list(one.where) for one in FAULTS.values()}


@pytest.mark.parametrize(
    "body",
    [
        {"fault": "inventada"},
        {"fault": ["down"]},
        {"fault": "down", "realm": "otro"},
        {"fault": "slow", "seconds": "mucho"},
        {"fault": "slow", "seconds": -1},
        {"fault": "slow", "seconds": "nan"},
        {"fault": "huge", "where": "login"},
        {"fault": "huge", "where": ["login"]},
        {"fault": "flaky", "seed": "x"},
        {"falla": "down"},
        ["down"],
    ],
    ids=str,
)
def test_control_json_bad_wish_is_refused_and_changes_nothing(sunat: Sunat, body: Any) -> None:
    browser = sunat.browser()
    answer = browser.send("PUT", "/control.json", body=body)
    assert answer.status == 400 and answer.json()["error"]
    state = browser.send("GET", "/control.json").json()
    assert {one["fault"] for one in state["realms"].values()} == {"up"}


def test_control_json_counts_each_request_and_resets(sunat: Sunat) -> None:
    browser = sunat.browser()
    browser.send("GET", sunat.login_path("sol"))
    sunat.redeem("sol", sunat.code(person("IMPORTA1")))
    sunat.redeem("sol", "inventado")
    counters = browser.send("GET", "/control.json").json()["realms"]["sol"]["counters"]
    assert counters == {
        "login_pages": 1,
        "login_posts": 1,
        "codes": 1,
        "token_posts": 2,
        "tokens": 1,
        "faults": 0,
    }
    state = browser.send("PUT", "/control.json", body={"reset_counters": True}).json()
    assert set(state["realms"]["sol"]["counters"].values()) == {0}


def test_control_page_form_sets_fault_and_shows_it(sunat: Sunat) -> None:
    browser = sunat.browser()
    form = {"realm": "extranet", "fault": "down", "seconds": "10", "where": "default"}
    answer = browser.send("POST", "/control", form)
    assert (answer.status, answer.headers["Location"]) == (303, "/control")
    page = browser.send("GET", "/control").text()
    assert 'id="estado-extranet">down<' in page and 'id="estado-sol">up<' in page
    refused = browser.send("POST", "/control", {**form, "seconds": "mucho"})
    assert refused.status == 400 and 'role="alert"' in refused.text()


def _arguments(module: Any, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    module.configure(parser)
    return parser.parse_args(words)


def test_sunat_set_command_sets_fault_and_says_so(
    sunat: Sunat, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--realm", "sol", "slow", "--seconds", "4", "--base-url", sunat.base)
    assert control.main(_arguments(control, *words)) == 0
    assert "sol: slow (4 s) at login, token" in capsys.readouterr().out
    assert sunat.board.setting("sol").seconds == 4


def test_sunat_set_command_impossible_wish_says_why(
    sunat: Sunat, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("huge", "--where", "login", "--base-url", sunat.base)
    assert control.main(_arguments(control, *words)) == 1
    assert "huge reaches only token" in capsys.readouterr().err


def test_commands_port_without_or_with_a_server_fail_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert server.main(_arguments(server, "--port", port)) == 1
    assert capsys.readouterr().err.count("\n") == 1
    words = ("down", "--base-url", f"http://127.0.0.1:{port}")
    assert control.main(_arguments(control, *words)) == 1
    assert capsys.readouterr().err.count("\n") == 1
