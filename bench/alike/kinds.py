"""The kinds of people who ask: those who get a mail, and those who must not be told from them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

from bench.surge.crowd import Asker, crowd, rows
from idp.kernel.identity import SOL, Identifier
from idp.people.person import Person
from idp.people.service import People

ELIGIBLE = "eligible"
# Eligible as well, but their answers are held back by a known time: what the bench must notice.
CONTROL = "control"
SERVED = (ELIGIBLE, CONTROL)
UNKNOWN = "unknown"
UNDELIVERABLE = "undeliverable"
COOLING_OFF = "cooling off"
INACTIVE = "inactive"
LACKING = {
    "never logged in": "last_login_at",
    "no address": "email",
    "not verified": "email_verified_at",
    "no consent": "consent_at",
}
KINDS = (ELIGIBLE, UNKNOWN, *LACKING, UNDELIVERABLE, COOLING_OFF, INACTIVE)
_EVERY = (*KINDS, CONTROL)


def people(service: People, each: int) -> list[tuple[str, Asker]]:
    """So many of each kind, written down as their kind wants it, in the order in which they ask:
    one of each after the other, shuffled, so that what changes meanwhile changes for all of them.
    """
    askers = crowd(each * len(_EVERY))
    lots: dict[str, list[Asker]] = {}
    for index, kind in enumerate(_EVERY):
        own = [replace(one, eligible=kind != UNKNOWN) for one in askers[index :: len(_EVERY)]]
        _write_down(service, kind, own)
        lots[kind] = own
    draw = random.Random(7)
    found: list[tuple[str, Asker]] = []
    for turn in range(each):
        found += draw.sample([(kind, own[turn]) for kind, own in lots.items()], len(lots))
    return found


def _write_down(service: People, kind: str, own: list[Asker]) -> None:
    seeded = rows(own, lacking=LACKING.get(kind, ""))
    report = service.seed(seeded, trust_emails=True)
    if report.problems:
        raise RuntimeError(report.problems[0])
    if kind in (UNDELIVERABLE, COOLING_OFF):
        for person in _persons(service, own):
            address = person.addresses[0]
            service.mark_undeliverable(person.id, address.id, code="550")
            if kind == COOLING_OFF:
                _change_address(service, person, f"new-{address.email}")
    if kind == INACTIVE:  # as VUCE's system of people would have it by SCIM
        for person in _persons(service, own):
            service._store.update(replace(person, active=False))


def _persons(service: People, own: Iterable[Asker]) -> Iterable[Person]:
    for one in own:
        person = service.find(Identifier(SOL, f"{one.ruc}:{one.usuario}"))
        if person is None:
            raise RuntimeError(f"nobody: {one.number}")
        yield person


def _change_address(service: People, person: Person, email: str) -> None:
    """The way out of an address that fails: the new one is proved, and counts from tomorrow on."""
    change = service.set_contact(person.id, email=email, consent=True)
    pending = service.verification(change.pending_verification_id or "")
    if pending is None:
        raise RuntimeError("no verification")
    service.confirm_address(person.id, code=pending.code)
