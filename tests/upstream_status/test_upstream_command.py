"""`idp upstream …`, as an operator types it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from idp.cli import upstream
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.upstream_status.service import UpstreamStatus

Run = Callable[..., Any]


@pytest.fixture
def run(build: Callable[[], UpstreamStatus], clock: FixedClock) -> Run:
    """Runs a command line in a process of its own (a service of its own); gives what it said."""

    def command(*words: str, json: bool = False) -> Any:
        said: list[Any] = []
        parser = argparse.ArgumentParser()
        upstream.add_parser(parser.add_subparsers())
        args = parser.parse_args(["upstream", *words])
        services = SimpleNamespace(upstream_status=build(), clock=clock)
        actor = getattr(args, "actor", "os:ana")
        context = SimpleNamespace(services=services, as_json=json, actor=actor, out=said.append)
        assert args.func(args, context) == 0
        return said[0]

    return command


def test_flip_down_for_a_while_shows_in_status_and_history(run: Run) -> None:
    assert run("status", "sol") == "sol        up    auto"
    told = run("down", "sol", "--reason", "SUNAT no responde", "--for", "2h", "--as", "luis")
    line = (
        "sol        DOWN  forced_down  since 2026-11-23 10:00:00 (Lima)"
        "  until 2026-11-23 12:00:00 (Lima)  luis: SUNAT no responde"
    )
    assert told == line
    assert run("status").splitlines() == [line, "extranet   up    auto"]
    assert run("up", "sol", "--reason", "volvió").startswith("sol        up    forced_up")
    assert run("auto", "sol", "--reason", "normal").startswith("sol        up    auto")
    history = [(row["state"], row["who"]) for row in run("history", "sol", json=True)]
    assert history == [("auto", "os:ana"), ("forced_up", "os:ana"), ("forced_down", "luis")]
    assert "until 2026-11-23 12:00:00 (Lima)" in run("history", "sol").splitlines()[-1]


def test_status_in_json_names_what_is_in_force(run: Run, clock: FixedClock) -> None:
    run("down", "extranet", "--reason", "prueba", "--for", "90s")
    found = run("status", "extranet", json=True)[0]
    assert (found["up"], found["state"], found["who"]) == (False, "forced_down", "os:ana")
    assert found["until"] == "2026-11-23T15:01:30+00:00"
    clock.advance(90)
    assert run("status", "extranet", json=True)[0] == {
        "realm": "extranet",
        "up": True,
        "state": "auto",
        "since": "2026-11-23T15:01:30+00:00",
        "until": None,
        "who": None,
        "reason": None,
    }


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("down", "marte", "--reason", "r"), "upstream_unknown"),
        (("status", "marte"), "upstream_unknown"),
        (("history", "marte"), "upstream_unknown"),
        (("down", "sol", "--reason", "  "), "flag_refused"),
    ],
)
def test_command_that_cannot_be_done_says_why(run: Run, words: tuple[str, ...], code: str) -> None:
    with pytest.raises(IdpError) as refused:
        run(*words)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("90m", 5400), ("1h30m", 5400), ("2d", 172_800)]
)
def test_duration_is_read_in_its_units(text: str, seconds: int) -> None:
    assert upstream.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2h!", "0m", "400d", "2 h", "1.5h"])
def test_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        upstream.duration(text)
