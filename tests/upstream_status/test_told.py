"""Admins and components are told what happens to an upstream: each thing once, whoever notices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from told_world import ADMINS, NOTICE, NOTIFY, Told, told_world

from idp.audit.events import AuditEvent
from idp.deliveries.flag_notices import EVENT, GIVE_UP
from idp.jobs.registry import RetryLater
from idp.kernel.errors import Unavailable
from idp.upstream_status.changes import Transition
from idp.upstream_status.request import RequestKind
from idp.upstream_status.state import FlagState, Health, Policy
from tests.support.components import verified
from tests.support.world import ISSUER

DOWN, UP, AUTO = FlagState.FORCED_DOWN, FlagState.FORCED_UP, FlagState.AUTO
MINUTE = 60.0


@pytest.fixture
def told(tmp_path: Path, valkey: str) -> Iterator[Told]:
    with told_world(tmp_path, valkey) as found:
        yield found


def flip(
    told: Told, state: FlagState, *, minutes: float | None = None, reason: str = "cayó"
) -> None:
    until = told.world.clock.now() + timedelta(minutes=minutes) if minutes else None
    told.services.upstream_status.set("sol", state, reason=reason, who="ana", until=until)


def probe(told: Told, *, ok: bool) -> None:
    now = told.world.clock.now()
    told.services.upstream_status.diagnosed(
        Health("sol", ok, now, "" if ok else "no responde", now, ok, None if ok else now)
    )


def kinds(told: Told) -> list[str]:
    """What the admins were told of, the oldest first."""
    return [one.details["kind"] for one in reversed(told.recorded(AuditEvent.ADMINS_TOLD))]


def test_flip_is_mailed_to_each_admin_and_told_to_each_component_that_wants_to_know(
    told: Told,
) -> None:
    flip(told, DOWN, minutes=60)
    told.step()
    told.step(2)
    told.work()
    assert sorted(rcpt for _, (rcpt,), _ in told.smtp.received) == sorted(ADMINS)
    mail = told.smtp.received[0][2]
    assert mail["Subject"] == "[VUCE] Importador / Exportador: contingencia desde las 10:00 h"
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for words in ("Motivo: cayó", "Quién: ana", "Hasta: las 11:00 h del 02/03/2026"):
        assert words in text
    # Where to look, and nothing that changes anything by being opened.
    links = set(re.findall(r"https?://[^\s\"<]+", mail.as_string()))
    assert links == {"http://localhost:8010/admin", f"{ISSUER}/status"}
    assert {path for path, _, _ in told.receiver.came} == {"/mr", "/origen"}
    (record,) = told.recorded(AuditEvent.ADMINS_TOLD)
    assert record.details == {
        "notice": "transition:sol-1", "kind": "changed", "mails": "2", "components": "2",
    }  # fmt: skip
    assert len(told.recorded(AuditEvent.UPSTREAM_CHANGE_NOTIFIED)) == 2
    accepted = told.recorded(AuditEvent.MAIL_ACCEPTED)
    assert {one.details["notice"] for one in accepted} == {"transition:sol-1"}


def test_event_is_verified_by_a_stranger_with_the_published_keys(told: Told) -> None:
    flip(told, DOWN)
    told.step(3)
    told.work()
    ((_, headers, text),) = [one for one in told.receiver.came if one[0] == "/origen"]
    assert headers["Content-Type"] == "application/secevent+jwt"
    token = verified(told.world, text)
    assert (token.header["typ"], token.header["alg"]) == ("secevent+jwt", "ES256")
    now = int(told.world.clock.timestamp())
    assert token.claims == {
        "iss": ISSUER,
        "aud": "origen",
        "iat": now,
        "jti": "sol-1",
        "toe": now - 3,
        "events": {
            EVENT: {"realm": "sol", "mode": "contingencia", "seq": 1, "announced": False},
        },
    }
    (other,) = told.receiver.tokens("/mr")
    assert verified(told.world, other).header["alg"] == "RS256"


def test_two_workers_at_once_and_a_third_after_them_tell_once(told: Told) -> None:
    flip(told, DOWN, minutes=15)
    told.services.switch.windows.plan(
        "extranet",
        told.world.clock.now() + timedelta(hours=1),
        told.world.clock.now() + timedelta(hours=2),
        reason="aviso",
        who="ana",
    )
    workers = [told.services, told.another()]
    for worker in workers:
        worker.upstream_status.refresh()
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda worker: worker.telling.step(), workers))
    workers.append(told.another())
    workers[2].telling.step()
    told.work()
    for worker in workers[1:]:
        worker.stop()
    for admin in ADMINS:
        assert sorted(told.mails(admin)) == [
            "[VUCE] Funcionario: mantenimiento anunciado",
            "[VUCE] Importador / Exportador: contingencia desde las 10:00 h",
        ]
    assert len(told.receiver.came) == 2


def test_what_could_not_be_queued_is_told_at_the_next_turn(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(told, DOWN)
    with monkeypatch.context() as away:

        def enqueue(*_: Any, **__: Any) -> None:
            raise Unavailable("redis")

        away.setattr(type(told.services.queue), "enqueue", enqueue)
        with pytest.raises(Unavailable):
            told.step()
    assert told.recorded(AuditEvent.ADMINS_TOLD) == []
    told.step()
    told.work()
    assert len(told.mails()) == 1


def test_what_cannot_be_told_keeps_nothing_else_from_being_told(
    told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    flip(told, DOWN)
    told.services.upstream_status.set("extranet", DOWN, reason="cayó", who="ana")
    real = told.services.telling._before

    def broken(one: Transition) -> Transition | None:
        if one.realm == "sol":
            raise KeyError("a bad row")
        return real(one)

    with monkeypatch.context() as bad:
        bad.setattr(told.services.telling, "_before", broken)
        told.step()
    assert [one.realm for one in told.recorded(AuditEvent.ADMINS_TOLD)] == ["extranet"]
    assert "not told" in caplog.text
    told.step()
    assert len(told.recorded(AuditEvent.ADMINS_TOLD)) == 2


def test_change_of_an_upstream_that_is_gone_is_no_news(
    told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told.services.upstream_status.set("extranet", DOWN, reason="cayó", who="ana")
    flip(told, DOWN)
    with monkeypatch.context() as gone:
        gone.setattr(told.services.upstream_status, "realms", ("sol",))
        told.step()
    assert [one.realm for one in told.recorded(AuditEvent.ADMINS_TOLD)] == ["sol"]
    assert "not told" not in caplog.text


def test_forced_state_warns_before_its_end_is_held_and_ends_with_the_first_sign_of_life(
    told: Told,
) -> None:
    probe(told, ok=False)
    flip(told, DOWN, minutes=60)
    told.step()
    told.step(44 * MINUTE)
    assert kinds(told) == ["changed", "silent"]
    probe(told, ok=False)
    told.step(MINUTE)
    told.step(MINUTE)
    assert kinds(told) == ["changed", "silent", "ending"]
    told.step(14 * MINUTE)
    probe(told, ok=True)
    told.step(1)
    told.work()
    assert sorted(told.mails()) == sorted([
        "[VUCE] Importador / Exportador: contingencia desde las 10:00 h",
        "[VUCE] Importador / Exportador: la sonda no informa",
        "[VUCE] Importador / Exportador: en 15 minutos termina la contingencia",
        "[VUCE] Importador / Exportador: la contingencia sigue, SUNAT todavía falla",
        "[VUCE] Importador / Exportador: la sonda no informa",
        "[VUCE] Importador / Exportador: SUNAT otra vez desde las 11:00 h",
    ])  # fmt: skip
    # For people and components it was one contingency.
    events = [verified(told.world, one).claims for one in told.receiver.tokens("/mr")]
    modes = sorted((one["events"][EVENT]["seq"], one["events"][EVENT]["mode"]) for one in events)
    assert modes == [(1, "contingencia"), (3, "sunat")]


def test_every_word_of_an_operator_is_told_and_one_that_changes_nothing_to_admins_alone(
    told: Told,
) -> None:
    services = told.services
    flip(told, AUTO, reason="nada cambia")
    told.step(5)
    flip(told, UP)
    told.step(5)
    services.upstream_status.set_policy("sol", Policy.ASSISTED, reason="de noche", who="ana")
    told.step(5)
    starts = told.world.clock.now() + timedelta(hours=1)
    window = services.switch.windows.plan(
        "sol", starts, starts + timedelta(hours=1), reason="aviso", who="ana"
    )
    told.step(5)
    services.switch.windows.cancel(window.id, reason="otro día", who="ana")
    told.step(5)
    services.switch.requests.ask(
        "sol", RequestKind.PROPOSAL, "down", reason="falla", who="sonda",
        within=timedelta(minutes=5), do_then=True,
    )  # fmt: skip
    told.step(5)
    told.step(5)
    assert kinds(told) == ["said", "changed", "policy", "window", "cancelled", "asked"]
    told.work()
    assert told.receiver.came == []
    assert len(told.mails()) == 6
    asked = told.smtp.received[-1][2].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "http://localhost:8010/admin" in asked


def test_state_that_is_forced_for_days_is_told_daily(told: Told) -> None:
    flip(told, DOWN)
    told.step()
    for _ in range(4):
        told.step(12 * 60 * MINUTE)
    assert kinds(told) == ["changed", "forced", "forced"]


def test_what_happened_before_anybody_could_tell_is_no_news(told: Told) -> None:
    flip(told, DOWN)
    flip(told, AUTO)
    told.step(2 * 86_400)
    assert told.recorded(AuditEvent.ADMINS_TOLD) == []
    assert told.services.switch.transitions.untold(10) == []


def test_admins_mail_passes_though_the_budget_of_login_links_is_used_up(
    tmp_path: Path, valkey: str
) -> None:
    with told_world(tmp_path, valkey, mail_budget=60) as told:
        budget = [("mail.budget",)]
        while told.services.limits.turn(*budget, later=False, again=False) == 0:
            continue
        flip(told, DOWN)
        told.step()
        told.work()
        assert len(told.mails()) == 1


def test_mail_that_is_put_off_comes_again_as_the_same_mail(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(told, DOWN)
    told.step()
    deliver = told.handler(NOTICE).handler
    put: list[dict[str, str]] = []

    def enqueue(_: Any, name: str, payload: dict[str, str], **__: Any) -> None:
        if name == NOTICE:
            put.append(payload)

    monkeypatch.setattr(type(told.services.queue), "enqueue", enqueue)
    flip(told, AUTO)
    told.step()
    told.smtp.data = "451 4.3.0 más tarde"
    with pytest.raises(RetryLater, match="451"):
        deliver(put[0])
    told.smtp.data = ""
    told.world.clock.advance(600)
    deliver(put[0])
    deliver(put[0])  # the queue may bring it twice
    ids = {str(mail["Message-ID"]) for _, _, mail in told.smtp.received}
    assert (len(told.smtp.received), len(ids)) == (2, 1)
    assert told.recorded(AuditEvent.MAIL_DEFERRED)[0].details["code"] == "451"
    told.smtp.rcpt = "550 5.1.1 no existe"
    told.smtp.received.clear()
    deliver(put[1])
    assert told.recorded(AuditEvent.MAIL_REFUSED)[0].details["notice"] == put[1]["notice"]
    deliver({**put[0], "to": "nadie"})
    with pytest.raises(RetryLater, match="not kept yet"):
        deliver({**put[0], "notice": "x", "since": str(told.world.clock.timestamp())})
    deliver({**put[0], "notice": "x"})
    assert told.smtp.received == []


def queued(told: Told, **changes: str) -> dict[str, str]:
    now = str(told.world.clock.timestamp())
    return {
        "client": "mr", "id": "sol-9", "realm": "sol", "seq": "9", "mode": "sunat",
        "at": now, "announced": "", "since": now, **changes,
    }  # fmt: skip


def test_component_that_fails_and_recovers_is_told_the_same_event_again(told: Told) -> None:
    payload, job = queued(told), told.handler(NOTIFY)
    told.receiver.status["/mr"] = 503
    with pytest.raises(RetryLater, match="status 503"):
        job.handler(payload)
    told.receiver.status["/mr"] = 202
    told.world.clock.advance(30)
    job.handler(payload)
    first, second = (verified(told.world, one).claims for one in told.receiver.tokens("/mr"))
    assert (first["jti"], first["toe"]) == (second["jti"], second["toe"]) == ("sol-9", first["iat"])
    assert second["iat"] == first["iat"] + 30


@pytest.mark.parametrize(("status", "wait"), [(400, 0.0), (503, GIVE_UP)])
def test_component_that_cannot_be_told_is_given_up_on_record(
    told: Told, status: int, wait: float
) -> None:
    payload, job = queued(told), told.handler(NOTIFY)
    told.receiver.status["/mr"] = status
    told.world.clock.advance(wait)
    job.handler(payload)
    (record,) = told.recorded(AuditEvent.UPSTREAM_CHANGE_UNDELIVERED)
    assert (record.client_id, record.details) == (
        "mr", {"transition": "sol-9", "reason": f"status {status}"},
    )  # fmt: skip
    assert (job.retry.tries, job.given_up is not None) == (150, True)
    job.given_up(payload)
    reasons = {
        one.details["reason"] for one in told.recorded(AuditEvent.UPSTREAM_CHANGE_UNDELIVERED)
    }
    assert reasons == {f"status {status}", "too late"}


def test_component_that_wants_to_know_no_more_is_not_told(told: Told) -> None:
    job = told.handler(NOTIFY)
    for client in ("spa", "nadie"):
        job.handler(queued(told, client=client))
    assert told.receiver.came == []
