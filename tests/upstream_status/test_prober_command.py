"""`idp prober` and `idp upstream probe`, as an operator types them."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prober_room import MakeReplica, Replica

from idp.cli import prober, upstream
from idp.kernel.errors import IdpError

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def database_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """One kind: the commands ask services alone."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'test.sqlite3')}"


def run(one: Replica, *words: str, as_json: bool = False) -> tuple[int, Any]:
    """The exit code, and what it said."""
    said: list[Any] = []
    parser = argparse.ArgumentParser()
    groups = parser.add_subparsers()
    prober.add_parser(groups)
    upstream.add_parser(groups)
    args = parser.parse_args(words)
    services = SimpleNamespace(
        upstream_status=one.status, switch=one.switch, probing=one.probing, clock=one.clock
    )
    context: Any = SimpleNamespace(services=services, as_json=as_json, out=said.append)
    code = args.func(args, context)
    if as_json:
        json.dumps(said)
    return code, said[-1]


def test_probe_now_prints_each_step_and_keeps_nothing(replica: MakeReplica) -> None:
    one = replica()
    assert run(one, "upstream", "probe", "sol") == (
        0,
        "sol: people get in; 2026-11-23 10:00:00 (Lima)\n"
        "  form   ok         100 ms  HTTP 200\n"
        "  token  ok          50 ms  HTTP 400",
    )
    one.probe.ok = False
    code, said = run(one, "upstream", "probe", "sol")
    assert code == 1
    assert said.endswith("\n  token  failed   15000 ms  timeout")
    assert one.store.recent("sol", 10) == []
    assert one.status.facts("sol").health is None


def test_probe_now_gives_programs_the_evidence_too(replica: MakeReplica) -> None:
    one = replica()
    one.probes("x.")
    code, said = run(one, "upstream", "probe", "sol", as_json=True)
    assert (code, said["realm"], said["ok"]) == (0, "sol", True)
    assert [step["step"] for step in said["steps"]] == ["form", "token"]
    assert [probe["ok"] for probe in said["evidence"]["probes"]] == [True, False]


def test_probe_of_an_upstream_that_there_is_not_is_refused(replica: MakeReplica) -> None:
    with pytest.raises(IdpError, match="upstream_unknown"):
        run(replica(), "upstream", "probe", "reniec")


def test_once_probes_keeps_and_gives_up_the_lead(replica: MakeReplica) -> None:
    one, two = replica(), replica()
    code, said = run(one, "prober", "--once", as_json=True)
    assert (code, said["role"], [probe["ok"] for probe in said["probes"]]) == (0, "leading", [True])
    assert len(one.store.recent("sol", 10)) == 1
    assert run(two, "prober", "--once")[1].startswith("sol: people get in")
    two.prober.beat()
    assert run(one, "prober", "--once") == (0, "another prober leads")
    assert one.probe.asked == two.probe.asked == 1


def test_alive_tells_whether_a_prober_leads(replica: MakeReplica) -> None:
    one, two = replica(), replica()
    assert run(one, "prober", "--alive") == (1, "no prober leads")
    two.prober.beat()
    one.prober.beat()
    code, said = run(one, "prober", "--alive")
    assert code == 0
    assert said.endswith(" leads; 1 more stand by")
    told = run(one, "prober", "--alive", as_json=True)[1]
    assert [each["leading"] for each in told] == [True, False]
    one.clock.advance(61)
    assert run(one, "prober", "--alive")[0] == 1
