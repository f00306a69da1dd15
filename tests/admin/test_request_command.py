"""`idp users request|resend`, `idp sessions live` and `idp audit list --actor --after`."""

from __future__ import annotations

import argparse
from types import SimpleNamespace
from typing import Any

import pytest
from calls import Calls

from idp.audit.events import AuditEvent
from idp.cli.main import build_parser
from idp.kernel.errors import IdpError

USUARIO = "ORDENES1"


@pytest.fixture
def calls(calls: Calls) -> Calls:
    calls.person(USUARIO)
    return calls


def run(calls: Calls, *words: str, as_json: bool = True) -> list[Any]:
    """A command over the world's own services; what it says."""
    said: list[Any] = []
    args: argparse.Namespace = build_parser().parse_args(list(words))
    context = SimpleNamespace(
        services=calls.world.services, as_json=as_json, out=said.append, actor="os:prueba"
    )
    assert args.func(args, context) == 0
    return said


def test_request_is_told_in_the_desks_words(calls: Calls) -> None:
    _, login, reference = calls.ask(USUARIO)
    calls.decide(login)
    (found,) = run(calls, "users", "request", reference)
    assert (found["reference"], found["component"], found["waits"]) == (reference, "Origen", True)
    assert [one["words"] for one in found["moments"]] == [
        "Pidió un enlace.",
        "Un servidor de correo lo aceptó: está en camino o en el buzón.",
    ]
    text = run(calls, "users", "request", reference, as_json=False)
    assert text[-1] == "espera su correo"
    with pytest.raises(IdpError, match="request_unknown"):
        run(calls, "users", "request", "00000000")


def test_another_link_is_asked_for_by_a_command(calls: Calls) -> None:
    _, login, reference = calls.ask(USUARIO)
    calls.decide(login)
    with pytest.raises(IdpError, match="rate_limited"):
        run(calls, "users", "resend", reference)
    calls.world.clock.advance(61)
    before = calls.link_of(login).id
    assert run(calls, "users", "resend", reference) == [{"reference": reference, "asked": True}]
    assert calls.link_of(login).id != before
    newest = calls.records(AuditEvent.LINK_REQUESTED, reference=reference)[0]
    assert newest.actor == "os:prueba"
    calls.flag(down=False)
    calls.world.clock.advance(121)
    with pytest.raises(IdpError, match="sunat_available"):
        run(calls, "users", "resend", reference)
    calls.world.services.logins.transactions.deny(login, calls.link_of(login).browser_hash)
    with pytest.raises(IdpError, match="request_over"):
        run(calls, "users", "resend", reference)


def test_live_figures_are_told_by_component(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls.desk.console.live, "_last", None)
    _, login, _ = calls.ask(USUARIO)
    calls.decide(login)
    (found,) = run(calls, "sessions", "live")
    assert found["components"]["origen"]["live"] >= 1
    assert set(found["total"]) == {"asked", "sent", "used", "live", "sunat", "contingency"}
    text = run(calls, "sessions", "live", as_json=False)
    assert text[0].startswith("(all)")


def test_log_is_listed_by_who_acted_and_goes_on(calls: Calls) -> None:
    audit = calls.world.services.audit
    for number in range(3):
        audit.record(AuditEvent.LOGOUT_COMPLETED, actor="os:lista", sid=f"ses_{number}")
    words = ("audit", "list", "--actor", "os:lista", "--limit", "2")
    (first,) = run(calls, *words)
    (rest,) = run(calls, *words, "--after", first[-1]["id"])
    assert [one["details"]["sid"] for one in (*first, *rest)] == ["ses_2", "ses_1", "ses_0"]
