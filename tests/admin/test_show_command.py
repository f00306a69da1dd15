"""`idp audit show`: a record, and whence somebody came, on record and for a purpose alone."""

from __future__ import annotations

import argparse
from types import SimpleNamespace
from typing import Any

import pytest
from calls import Calls

from idp.audit.events import AuditEvent
from idp.audit.personal import Personal
from idp.cli import audit as audit_command
from idp.kernel.errors import IdpError
from idp.kernel.identity import Mode, Proof
from idp.web.browser import browser_hash


def run(calls: Calls, *words: str, as_json: bool = True) -> tuple[int, Any]:
    said: list[Any] = []
    parser = argparse.ArgumentParser()
    audit_command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["audit", *words])
    context = SimpleNamespace(
        services=calls.world.services, as_json=as_json, out=said.append, actor="os:prueba"
    )
    return args.func(args, context), said[0]


def test_record_of_a_link_that_was_asked_for_is_shown(calls: Calls) -> None:
    _, _, reference = calls.ask()
    (record,) = calls.records(AuditEvent.LINK_REQUESTED, reference=reference)
    code, text = run(calls, "show", record.id, as_json=False)
    assert (code, "127.0.0.1" in text, "--reveal" in text) == (0, False, True)
    with pytest.raises(IdpError, match="reason_needed"):
        run(calls, "show", record.id, "--reveal")
    code, told = run(calls, "show", record.id, "--reveal", "--purpose", "caso 7")
    beside = told["beside"]
    assert (code, beside["state"], beside["genuine"]) == (0, "kept", True)
    assert beside["address"] == "127.0.0.1"
    assert beside["agent"].startswith("Werkzeug/")
    looks = calls.records(AuditEvent.AUDIT_REVEALED)
    (look,) = [one for one in looks if one.details["record"] == record.id]
    assert look.actor == "os:prueba"
    assert run(calls, "show", look.id)[1]["beside"] == {"state": "none"}
    with pytest.raises(IdpError, match="record_unknown"):
        run(calls, "show", "aud_nobody")


def test_login_over_http_keeps_whence_it_came(calls: Calls) -> None:
    world = calls.world
    browser, person = world.browser(), world.person(usuario="MOSTRADO")
    path = str(world.authorize(browser).location)
    cookie = browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None
    world.services.logins.transactions.record_proof(
        path.removeprefix("/login/"),
        browser_hash(cookie.value),
        Proof(person.realm, person.id, Mode.SUNAT, world.clock.now()),
    )
    browser.get(path, headers={"User-Agent": "Mozilla/5.0 Firefox/140.0"})
    (record,) = calls.records(AuditEvent.LOGIN_COMPLETED, person_id=person.id)
    seen = world.services.audit_room.personal.reveal(record, actor="ana", purpose="prueba")
    assert seen is not None
    assert (seen.personal, seen.genuine) == (
        Personal("127.0.0.1", "Mozilla/5.0 Firefox/140.0"),
        True,
    )
