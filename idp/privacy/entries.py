"""What is told to a person of their own record, by the names of `words`: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from idp.audit.events import PERSONAL
from idp.people import ubigeo
from idp.people.eligibility import contact_address
from idp.people.identities import Merge
from idp.people.person import Address, Person
from idp.privacy.held import Entry, Value

# What an operator typed may speak of others; that one of them acted is told.
_OPERATORS_WORDS = ("reason", "purpose")
# Who else used the same browser.
_OF_OTHERS = ("previous_person",)
# A hash, of what is told by itself (`audit.personal`).
_COMMITMENTS = (PERSONAL,)


def record(person: Person) -> list[Entry]:
    """The person's own row, every field of it that holds something."""
    told: dict[str, Value] = {
        "id": person.id,
        "sub": person.sub,
        "realm": person.realm,
        "identifier": person.identifier,
        "ruc": person.ruc,
        "usuario": person.usuario,
        "tipo_usuario": person.tipo_usuario,
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
        "first_login_at": person.first_login_at,
        "last_login_at": person.last_login_at,
        "imported_active": person.imported_active,
        "consent": person.consent,
        "consent_at": person.consent_at,
        "doubted_at": person.doubted_at,
        "active": person.active,
        "withdrawn_at": person.withdrawn_at,
        "extras": person.extras,
        "standard": person.standard,
        "profile": _with_place(person.profile),
        "said": person.said,
    }
    return [told]


def _with_place(profile: Mapping[str, str]) -> Mapping[str, str]:
    """The form's fields, the district in words beside its code."""
    place = ubigeo.described(profile.get("ubigeo", ""))
    return {**profile, "place": place} if place else profile


def joined(merges: Iterable[Merge]) -> list[Entry]:
    """What two persons were before they were joined, for as long as that can be undone."""
    return [
        {
            "at": one.at,
            "expires_at": one.expires_at,
            **record(before)[0],
            "email": ", ".join(address.email for address in before.addresses),
        }
        for one in merges
        for before in (one.before.kept, one.before.absorbed)
    ]


def addresses(person: Person, now: datetime) -> list[Entry]:
    """Every address with what becomes of it."""
    current = contact_address(person, now)
    return [
        {
            "email": one.email,
            "state": _state(one, current, now),
            "created_at": one.created_at,
            "verified_at": one.verified_at,
            "counts_from": one.counts_from,
            "confirmed_at": one.confirmed_at,
            "undeliverable_at": one.undeliverable_at,
        }
        for one in person.addresses
    ]


def _state(address: Address, current: Address | None, now: datetime) -> str:
    if address == current:
        return "in_force"
    if address.counts_from is None:
        return "unverified"
    return "cooling_off" if address.counts_from > now else "replaced"


def happened(
    *,
    at: datetime,
    event: str,
    component: str,
    mode: str | None,
    reference: str | None,
    operator: bool,
    details: Mapping[str, str],
) -> Entry:
    """A record of the audit log, without the words and the name of whoever of ours acted, and
    without the id of anybody else.
    """
    hidden = (*_OF_OTHERS, *_COMMITMENTS, *(_OPERATORS_WORDS if operator else ()))
    return {
        "at": at,
        "event": event,
        "component": component,
        "mode": mode,
        "reference": reference,
        "by_operator": operator or None,
        "details": {name: value for name, value in details.items() if name not in hidden},
    }
