"""`idp upstream …`, as an operator types it."""

from __future__ import annotations

import argparse
import json as json_module
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from idp.cli import upstream
from idp.cli.upstream_words import duration
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.kernel.random import SystemRandom
from idp.signing.audit_keys import AuditKeyFolder
from idp.upstream_status.local_file import LocalOverrides
from idp.upstream_status.service import UpstreamStatus
from idp.web.documents import Documents
from idp.wiring import TEMPLATES
from idp.wiring.surface import Switch

Run = Callable[..., Any]


@pytest.fixture
def run(
    build: Callable[..., UpstreamStatus],
    switched: Callable[..., Switch],
    clock: FixedClock,
    tmp_path: Path,
) -> Run:
    """Runs a command line in a process of its own (a service of its own); gives what it said."""

    def command(
        *words: str,
        json: bool = False,
        second: bool = False,
        whole: bool = False,
        ends: int = 0,
        before: Callable[[Any], object] = lambda services: None,
    ) -> Any:
        said: list[Any] = []
        parser = argparse.ArgumentParser()
        upstream.add_parser(parser.add_subparsers())
        args = parser.parse_args(["upstream", *words])
        status = build(overrides=LocalOverrides(tmp_path / "flag-override.json"))
        status.refresh()
        services = SimpleNamespace(
            upstream_status=status,
            switch=switched(status, second=second),
            clock=clock,
            random=SystemRandom(),
            settings=SimpleNamespace(upstreams=()),
            clients=SimpleNamespace(all=lambda: ()),
            documents=Documents(TEMPLATES, locales=TEMPLATES.parent / "locales", shared={}),
        )
        before(services)
        actor = getattr(args, "actor", "os:ana")
        context = SimpleNamespace(
            services=services, as_json=json, actor=actor, out=said.append, note=said.append
        )
        assert args.func(args, context) == ends
        # A note beside the answer may come before it.
        return said if whole else _answer(said)

    return command


def _answer(said: list[Any]) -> Any:
    return said[-1] if not isinstance(said[-1], str) else said[0]


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
        "why": "default",
        "policy": "manual",
        "healthy": None,
        "probed_at": None,
    }


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("down", "marte", "--reason", "r"), "upstream_unknown"),
        (("down", "sol", "--local", "--reason", "  "), "flag_refused"),
        (("policy", "sol", "automatic", "--reason", " "), "flag_refused"),
        (("approve", "req_x"), "request_unknown"),
        (("window", "cancel", "win_x", "--reason", "r"), "window_unknown"),
        (
            ("window", "plan", "sol", "--from", "2026-11-22 10:00", "--for", "1h", "--reason", "r"),
            "window_refused",
        ),
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
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2h!", "0m", "400d", "2 h", "1.5h"])
def test_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        duration(text)


def test_forcing_up_says_what_it_does_and_names_the_better_way(run: Run) -> None:
    run("up", "sol", "--reason", "r")
    assert "idp upstream auto sol" in run("up", "sol", "--reason", "r", whole=True)[1]


def test_flip_that_wants_a_second_person_waits_for_one(run: Run) -> None:
    assert run("down", "sol", "--reason", "cayó", json=True, second=True)["up"] is False
    asked = run("auto", "sol", "--reason", "volvió", json=True, second=True, whole=True)
    waiting = asked[-1]
    assert (waiting["up"], f"idp upstream approve {waiting['request']}" in asked[0]) == (
        False,
        True,
    )
    assert "flip to auto  waits until" in run("requests")
    with pytest.raises(IdpError, match="request_own"):
        run("approve", waiting["request"])
    assert "approved by luis" in run("approve", waiting["request"], "--as", "luis")
    assert run("status", "sol", json=True)[0]["up"] is True
    assert run("requests") == "nothing waits"
    assert "approved by luis" in run("requests", "--all")
    assert run("history", "sol", json=True)[0]["approved_by"] == "luis"
    assert "(approved by luis)" in run("history", "sol")


def test_announced_maintenance_is_planned_listed_and_taken_back(
    run: Run, clock: FixedClock
) -> None:
    words = ("window", "plan", "sol", "--from", "2026-11-23 11:00", "--for", "2h")
    planned = run(*words, "--reason", "SUNAT avisó", json=True)[0]
    assert planned["starts_at"] == "2026-11-23T16:00:00+00:00"
    assert "ahead" in run("window", "list")
    clock.advance(3_600)
    assert "DOWN  auto (window)" in run("status", "sol")
    assert run("window", "list", json=True)[0]["state"] == "on"
    run("window", "cancel", planned["id"], "--reason", "terminó antes")
    assert run("status", "sol", json=True)[0]["up"] is True
    assert "cancelled" in run("window", "list")


def test_local_flip_is_in_force_here_and_reaches_the_database(run: Run) -> None:
    said = run("down", "sol", "--local", "--reason", "sin base de datos", whole=True)
    assert said[0].startswith("sol        DOWN  forced_down")
    assert "nowhere else" in said[1]
    assert run("history", "sol", json=True)[0]["via"] == "local"
    assert "(said locally)" in run("history", "sol")


def test_local_flip_is_no_way_around_a_second_person(run: Run, tmp_path: Path) -> None:
    run("down", "sol", "--reason", "cayó")
    for words in (("up", "sol"), ("auto", "sol"), ("down", "sol", "--for", "1m")):
        with pytest.raises(IdpError, match="approval_needed"):
            run(*words, "--local", "--reason", "r", second=True)
        assert not (tmp_path / "flag-override.json").exists()
        assert run(*words, "--reason", "r", second=True, json=True)["request"]
    assert len(run("history", "sol", json=True)) == 1
    run("down", "extranet", "--local", "--reason", "r", second=True)

    def away(services: Any) -> None:
        services.upstream_status.refresh = lambda: False

    run("up", "sol", "--local", "--reason", "r", second=True, before=away)
    assert (tmp_path / "flag-override.json").exists()


def test_policy_is_chosen_and_shown(run: Run) -> None:
    assert run("policy", "sol", "assisted", "--reason", "r", json=True)["policy"] == "assisted"
    assert run("status", "sol", json=True)[0]["policy"] == "assisted"


def test_history_of_what_was_in_force(run: Run) -> None:
    assert run("history", "sol", "--in-force") == "never changed"
    run("down", "sol", "--reason", "cayó")
    assert "DOWN  forced_down  os:ana: cayó" in run("history", "sol", "--in-force")
    assert run("history", "sol", "--in-force", json=True)[0]["id"] == "sol-1"


def test_contingency_that_ended_is_reported_in_every_form(
    run: Run, clock: FixedClock, tmp_path: Path
) -> None:
    assert run("report") == "there was no contingency yet"
    with pytest.raises(IdpError, match="incident_unknown"):
        run("report", "--last")
    run("down", "sol", "--reason", "cayó")
    assert run("report").endswith("lasts")
    clock.advance(3_600)
    run("auto", "sol", "--reason", "volvió")
    clock.advance(3_600)
    run("report", before=lambda services: services.switch.incidents.step())
    assert "0 served, 0 not" in run("report")
    assert run("report", "--last", json=True)["id"] == "sol-1"
    written = run("report", "sol-1", "--out", str(tmp_path / "informes"), json=True)
    assert [Path(one).name for one in written] == ["sol-1.html", "sol-1.pdf", "sol-1.json"]
    page = Path(written[0]).read_text()
    assert "Informe de contingencia sol-1" in page
    assert Path(written[1]).read_bytes().startswith(b"%PDF-")
    with pytest.raises(IdpError, match="file_unwritable"):
        run("report", "sol-1", "--out", written[0])


def test_report_is_verified_by_the_public_key_alone(
    run: Run, tmp_path: Path, clock: FixedClock
) -> None:
    keys = AuditKeyFolder(tmp_path / "audit", clock=clock)
    keys.generate()
    public = tmp_path / "public.json"
    public.write_text(json_module.dumps(keys.jwks()))
    signed = tmp_path / "sol-1.jws"
    signed.write_text(keys.sign({"type": "incident", "id": "sol-1"}) + "\n")
    said = run("report", "--verify", str(signed), "--key", str(public), whole=True)
    assert said[-1] == {"type": "incident", "id": "sol-1"}
    signed.write_text(keys.sign({"type": "checkpoint"}))
    assert "no report" in run("report", "--verify", str(signed), "--key", str(public), ends=1)
    signed.write_text("x" + keys.sign({"type": "incident"}))
    assert "not signed" in run("report", "--verify", str(signed), "--key", str(public), ends=1)
    with pytest.raises(IdpError, match="file_unreadable"):
        run("report", "--verify", str(tmp_path / "none"), "--key", str(public))
