"""A link and the login that it was asked for: neither outlives what the other promised."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from contingency_world import COOKIE, HERE, KNOWN, NOW, UNKNOWN, VISITOR, World
from test_pages import application, client, csrf_token, post_form

from idp.contingency.visit import Visitor
from idp.kernel.errors import IdpError
from idp.kernel.identity import Mode, Proof


def resend(world: World, transaction_id: str) -> None:
    assert world.contingency.resend(world.contingency.visit(transaction_id, HERE), HERE, VISITOR)


@pytest.mark.parametrize("late", [0, 27 * 60], ids=["mail at once", "mail late"])
def test_link_asked_for_in_the_last_minutes_of_a_login_lives_as_long_as_its_mail_says(
    world: World, late: int
) -> None:
    transaction = world.ask()
    world.work()
    world.clock.advance(56 * 60 + 40)
    resend(world, transaction.id)
    world.clock.advance(late)
    world.work()
    link = world.links.by_token(world.mailed_token())
    waiting = world.waiting_room.waiting(transaction.id, HERE)
    assert link is not None and waiting is not None
    hour = f"{(link.expires_at - timedelta(hours=5)):%H:%M} h"
    assert hour in world.outbox.sent[-1].content.text
    assert waiting.until >= link.expires_at
    world.clock.advance((link.expires_at - world.clock.now()).total_seconds() - 1)
    assert world.entry.enter(world.mailed_token(), HERE, None) == transaction.id
    # Who pressed in the last second still comes back to the component.
    world.clock.advance(60)
    current = world.transactions.load(transaction.id, HERE)
    assert world.logins.establish(current, None)


@pytest.mark.parametrize("typed", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_another_link_that_the_login_would_not_outlive_is_refused_and_says_what_to_do(
    world: World, templates: object, typed: dict[str, str]
) -> None:
    person = client(application(world, templates), COOKIE)  # type: ignore[arg-type]
    transaction = world.ask(typed)
    world.clock.advance(59 * 60)
    resend(world, transaction.id)
    world.clock.advance(3 * 60)
    world.work()
    page = person.get(f"/contingencia/{transaction.id}/revise-su-correo")
    assert 'id="reenviar"' not in page.text
    assert "Vuelva al componente de la VUCE" in page.text
    held = len(world.queue.held)
    answers = [
        person.post(
            f"/contingencia/{transaction.id}/reenviar", data={"csrf_token": csrf_token(page)}
        ),
        post_form(person, transaction, {"ruc": "15000000016", "usuario": "SINCORRE"}),
    ]
    for answer in answers:
        assert answer.status_code == 410
        assert "comience otra vez" in answer.text
        assert "Retry-After" not in answer.headers
    assert 'value="15000000016"' in answers[1].text
    assert len(world.queue.held) == held
    if typed is KNOWN:
        assert world.entry.enter(world.mailed_token(), HERE, None) == transaction.id


def test_expired_link_of_a_login_that_is_too_old_leads_back_to_the_component(world: World) -> None:
    transaction = world.ask()
    world.clock.advance(59 * 60)
    resend(world, transaction.id)
    world.work()
    world.clock.advance(601)
    opened = world.entry.open(world.mailed_token(), HERE)
    assert opened.resend_transaction is None
    assert opened.restart_url is not None


def test_login_that_waits_for_a_link_ends_some_minutes_after_it(world: World) -> None:
    transaction = world.ask()
    world.clock.advance(59 * 60)
    resend(world, transaction.id)
    login = world.transactions.load(transaction.id, HERE)
    assert login.expires_at == NOW + timedelta(minutes=59 + 30 + 5)


def over(world: World, transaction_id: str, how: str) -> None:
    if how == "cancelled":
        world.transactions.deny(transaction_id, HERE)
    elif how == "proved by SUNAT":
        proof = Proof("sol", "per_1", Mode.SUNAT, world.clock.now())
        world.transactions.record_proof(transaction_id, HERE, proof)
    else:
        world.transactions.end(world.transactions.load(transaction_id, HERE))


@pytest.mark.parametrize("typed", [KNOWN, UNKNOWN], ids=["known", "unknown"])
@pytest.mark.parametrize("how", ["cancelled", "proved by SUNAT", "finished"])
def test_deliver_for_a_login_that_is_over_sends_nothing_and_says_so(
    world: World, how: str, typed: dict[str, str]
) -> None:
    transaction = world.ask(typed)
    over(world, transaction.id, how)
    world.work()
    assert world.outbox.sent == []
    assert [one.details["code"] for one in world.events_of("mail.refused")] == ["login_over"]
    assert world.events_of("link.not_eligible", "link.sent") == []
    world.clock.advance(2)
    assert world.load.now().open == 0


def test_job_that_the_queue_gives_up_is_told_as_too_late_and_waits_no_more(world: World) -> None:
    world.ask()
    payload = world.queue.held[0][1]
    world.clock.advance(4 * 3_600)
    world.delivery.given_up(payload)
    assert [one.details["code"] for one in world.events_of("mail.refused")] == ["too_late"]
    world.clock.advance(2)
    assert world.load.now().open == 0


def test_job_that_the_queue_gives_up_after_its_mail_left_says_nothing(world: World) -> None:
    world.ask()
    payload = world.queue.held[0][1]
    world.work()
    world.delivery.given_up(payload)
    assert world.events_of("mail.refused") == []


@pytest.mark.parametrize(
    ("language", "hour"),
    [
        ("es", "vence a las 10:10 h del 23/11/2026"),
        ("en", "expires at 10:10 on 2026-11-23"),
        ("qu", "23/11/2026, 10:10 h kaptin tukun"),
    ],
)
def test_mail_prints_hour_and_day_as_its_language_does(
    world: World, language: str, hour: str
) -> None:
    world.ask(visitor=Visitor(VISITOR.address_prefix, None, language=language))
    world.work()
    content = world.outbox.sent[0].content
    assert hour in content.text
    assert hour in re.sub(r"</?strong>", "", content.html)


def test_take_link_of_a_login_that_is_too_old_is_refused(world: World) -> None:
    transaction = world.park()
    world.transactions.set_link(
        transaction.id, HERE, "lnk_1", instead_of=None, until=NOW + timedelta(hours=2)
    )
    world.clock.advance(3_600)
    with pytest.raises(IdpError) as caught:
        world.transactions.set_link(
            transaction.id, HERE, "lnk_2", instead_of="lnk_1", until=NOW + timedelta(hours=9)
        )
    assert (caught.value.code, caught.value.status) == ("login_too_old", 410)
