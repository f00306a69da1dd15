"""The mail that says that two users are one person from now on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from account_desk import Desk

from idp.account.joined_mails import JOINED
from idp.jobs.registry import KEPT_WITHIN, RetryLater
from idp.kernel.errors import IdpError, Unavailable
from idp.people.operations import Order
from idp.people.person import Person

MINE, OTHERS = "ana@empresa.example.com", "nueva@empresa.example.com"
ORDER = Order(actor="ana", reason="caso 7")


def another(desk: Desk, email: str) -> Person:
    """Another user of the same taxpayer, with a confirmed address."""
    desk.world.clock.advance(60)
    people, person = desk.world.services.people, desk.world.person(usuario="NUEVO")
    if email:
        people.set_contact(person.id, email=email, consent=True)
        pending = people.pending_verification(person.id)
        assert pending is not None
        people.confirm_address(person.id, code=pending.code)
    desk.world.clock.advance(60)
    return person


def test_both_addresses_learn_that_the_users_are_one_and_where_links_go(desk: Desk) -> None:
    desk.verified(MINE)
    other = another(desk, OTHERS)
    desk.world.services.identities.merge(desk.person.key, other.key, ORDER)
    mails = desk.mails()
    assert sorted(one.to for one in mails) == [MINE, OTHERS]
    for mail in mails:
        assert mail.subject == "Sus usuarios de la VUCE se unieron"
        assert "20•••••••55 / EXPORTA1 y 20•••••••55 / NUEVO" in " ".join(mail.text.split())
        assert "llegará solo a a" in mail.text
        assert "20131312955" not in mail.text
        assert MINE not in mail.text


@pytest.mark.parametrize(
    ("email", "told"),
    [pytest.param(MINE.upper(), 1, id="the same mailbox"), pytest.param("", 1, id="only one")],
)
def test_each_mailbox_is_told_once(desk: Desk, email: str, told: int) -> None:
    desk.verified(MINE)
    other = another(desk, email)
    desk.world.services.identities.merge(desk.person.key, other.key, ORDER)
    assert len(desk.mails()) == told


def test_only_contact_that_moves_is_told_where_links_go(desk: Desk) -> None:
    other = another(desk, OTHERS)
    desk.world.services.identities.merge(desk.person.key, other.key, ORDER)
    (mail,) = desk.mails()
    assert mail.to == OTHERS
    assert "llegará solo a n" in mail.text


def test_nobody_is_told_of_a_look_or_of_what_is_undone_by_then(desk: Desk) -> None:
    desk.verified(MINE)
    other = another(desk, OTHERS)
    identities = desk.world.services.identities
    identities.merge(desk.person.key, other.key, replace(ORDER, dry_run=True))
    desk.world.clock.advance(KEPT_WITHIN)
    assert desk.mails() == []
    identities.merge(desk.person.key, other.key, ORDER)
    desk.world.clock.advance(KEPT_WITHIN)
    identities.unmerge(other.key, ORDER)
    assert desk.mails() == []


def test_notice_waits_for_the_users_to_be_joined(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that hesitates longer than the queue costs nobody the notice."""
    desk.verified(MINE)
    other = another(desk, OTHERS)
    services = desk.world.services
    handler = next(one.handler for one in services.jobs if one.name == JOINED)
    enqueue, early = type(services.queue).enqueue, []

    def at_once(queue: Any, name: str, payload: dict[str, str], **more: Any) -> None:
        # The worker comes while the change is still under way.
        if name == JOINED:
            with ThreadPoolExecutor(1) as worker, pytest.raises(RetryLater):
                worker.submit(handler, payload).result()
            early.append(name)
        enqueue(queue, name, payload, **more)

    monkeypatch.setattr(type(services.queue), "enqueue", at_once)
    services.identities.merge(desk.person.key, other.key, ORDER)
    assert len(early) == 2
    assert sorted(one.to for one in desk.mails()) == [MINE, OTHERS]


def test_nobody_is_joined_whose_owner_cannot_be_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.verified(MINE)
    other = another(desk, OTHERS)

    def away(*_: object, **__: object) -> None:
        raise Unavailable("redis")

    monkeypatch.setattr(type(desk.world.services.queue), "enqueue", away)
    with pytest.raises(IdpError, match="redis"):
        desk.world.services.identities.merge(desk.person.key, other.key, ORDER)
    assert desk.world.services.people.find(other.key) == desk.world.services.people.get(other.id)
    assert desk.now().sub == desk.person.sub
