"""`idp upstream drill …`, as an operator types it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from idp.cli import upstream
from idp.kernel.errors import IdpError
from idp.kernel.identity import SOL, Identifier
from idp.people.person import Person, UpstreamFacts
from tests.support.world import World

Run = Callable[..., Any]
RUC = "20131312955"


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def run(world: World, notes: list[str]) -> Run:
    """Runs a command line; gives what it said."""

    def command(*words: str, json: bool = False) -> Any:
        said: list[Any] = []
        parser = argparse.ArgumentParser()
        upstream.add_parser(parser.add_subparsers())
        args = parser.parse_args(["upstream", "drill", *words])
        context = SimpleNamespace(
            services=world.services, settings=world.settings, as_json=json,
            actor=getattr(args, "actor", "os:ana"), out=said.append, note=notes.append,
        )  # fmt: skip
        assert args.func(args, context) == 0
        return said[0]

    return command


def person(world: World, usuario: str) -> Person:
    return world.services.people.record_upstream_login(
        UpstreamFacts(SOL, Identifier(SOL, f"{RUC}:{usuario}"), usuario, RUC, "0", "PRUEBA S.A.")
    )


def test_drill_is_begun_listed_ended_and_reported(run: Run, world: World) -> None:
    told = run("sol", "--clients", "origen,mr", "--percent", "5", "--for", "1h", "--as", "luis")
    drill_id = told.split()[0]
    line = (
        f"{drill_id}  sol  origen, mr  5 % + 0 testers  on until 2026-03-02 11:00:00 (Lima)"
        "  luis: simulacro"
    )
    assert told == line
    assert line in run("list").splitlines()
    assert run("show", drill_id) == line
    world.clock.advance(60)
    ended = run("end", drill_id, "--reason", "basta", json=True)
    assert (ended["on"], ended["ended_why"], ended["ended_by"], ended["end_reason"]) == (
        False, "operator", "os:ana", "basta",
    )  # fmt: skip
    text = run("report", drill_id)
    assert "over (operator) at 2026-03-02 10:01:00 (Lima)" in text.splitlines()[0]
    assert "chosen                        0     0 %" in text.splitlines()
    report = run("report", drill_id, json=True)["report"]
    assert (report["chosen"], report["why_not"], report["mail"]["p95"]) == (0, {}, None)


def test_testers_are_named_as_people_are_and_get_a_link_each(
    run: Run, world: World, notes: list[str]
) -> None:
    tester = person(world, "SINMAIL1")
    found = run("sol", "--tester", f"{RUC}:sinmail1", "--for", "30m", json=True)
    assert found["testers"] == {
        tester.id: f"{world.settings.issuer}/simulacro/"
        + world.services.drills.token(world.services.drills.get(found["id"]), tester.id)
    }
    assert notes == [f"{RUC}:sinmail1 could not enter by mail (no_address), and is not taken"]
    assert found["testers"][tester.id] in run("show", found["id"])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["sol", "--percent", "5"], "say how long"),
        (["sol", "--for", "1h"], "percentage or testers"),
        (["sol", "--percent", "5", "--for", "25h"], "at most 24 hours"),
        (["otro", "--percent", "5", "--for", "1h"], "there are sol, extranet"),
        (["sol", "--percent", "5", "--for", "1h", "--clients", "nada"], "nada: no component"),
        (["sol", "--percent", "5", "--for", "1h", "--clients", "estricto"], "no contingency"),
        (["extranet", "--percent", "5", "--for", "1h", "--clients", "origen"], "no component"),
        (["sol", "--tester", f"{RUC}:NADIE001", "--for", "1h"], "person_unknown"),
        (["show"], "needs the id"),
        (["show", "drl_nada"], "drill_unknown"),
        (["report", "drl_nada"], "drill_unknown"),
        (["end", "drl_nada"], "drill_unknown"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_what_cannot_be_done_says_why(run: Run, words: list[str], why: str) -> None:
    with pytest.raises(IdpError, match=why):
        run(*words)


def test_reason_names_nobody(run: Run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    person(world, "EXPORTA1")
    for_one = ["sol", "--tester", f"{RUC}:EXPORTA1", "--for", "1h", "--reason"]
    with pytest.raises(SystemExit):
        run(*for_one, f"llamó {RUC}")
    with pytest.raises(IdpError, match="reason_names_person"):
        run(*for_one, "pedido de exporta1")
