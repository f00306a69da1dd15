"""`people.standing` in SQL, for many people at once; a test holds the two together.

Nothing is opened: an address is known by its digest here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, exists, func, select

from idp.adapters.sql.models import AddressRow, PersonRow
from idp.adapters.sql.tables import table_of
from idp.people.standing import Standing

PEOPLE = table_of(PersonRow)
_ADDRESSES = table_of(AddressRow)


def seen_since(moment: datetime) -> ColumnElement[bool]:
    """Of the people: who logged in since then, or who never did and was registered since then."""
    return func.coalesce(PEOPLE.c.last_login_at, PEOPLE.c.created_at) >= moment


def standings(who: ColumnElement[bool], now: datetime) -> CTE:
    """A row for each person of a condition on `people`: person_id, realm, standing, consent,
    consent_at, and of the mailbox email_digest and undeliverable_at (None where there is none).
    """
    people = (
        select(
            PEOPLE.c.id,
            PEOPLE.c.realm,
            PEOPLE.c.first_login_at,
            PEOPLE.c.imported_active,
            PEOPLE.c.consent,
            PEOPLE.c.consent_at,
        )
        .where(who)
        .cte("seen")
    )
    in_force = case(
        (and_(_ADDRESSES.c.verified_at.is_not(None), _ADDRESSES.c.counts_from <= now), 1), else_=0
    )
    ranked = (
        select(
            _ADDRESSES.c.person_id,
            _ADDRESSES.c.email_digest,
            _ADDRESSES.c.undeliverable_at,
            in_force.label("in_force"),
            func.row_number()
            .over(partition_by=_ADDRESSES.c.person_id, order_by=_mailbox_first(in_force))
            .label("place"),
        )
        .join(people, people.c.id == _ADDRESSES.c.person_id)
        .subquery("ranked")
    )
    mailbox = select(ranked).where(ranked.c.place == 1).subquery("mailbox")
    cools_off = exists().where(
        _ADDRESSES.c.person_id == people.c.id,
        _ADDRESSES.c.verified_at.is_not(None),
        _ADDRESSES.c.counts_from > now,
        _ADDRESSES.c.undeliverable_at.is_(None),
    )
    new = and_(people.c.first_login_at.is_(None), people.c.imported_active.is_(False))
    undeliverable = mailbox.c.undeliverable_at.is_not(None)
    # In the order of `eligibility`.
    standing = case(
        (new, Standing.NEW.value),
        (mailbox.c.person_id.is_(None), Standing.NO_ADDRESS.value),
        (and_(mailbox.c.in_force == 0, cools_off), Standing.COOLING_OFF.value),
        (mailbox.c.in_force == 0, Standing.UNVERIFIED.value),
        (people.c.consent.is_(False), Standing.NO_CONSENT.value),
        (and_(undeliverable, cools_off), Standing.COOLING_OFF.value),
        (undeliverable, Standing.UNDELIVERABLE.value),
        else_=Standing.ELIGIBLE.value,
    )
    return (
        select(
            people.c.id.label("person_id"),
            people.c.realm,
            standing.label("standing"),
            people.c.consent,
            people.c.consent_at,
            mailbox.c.email_digest,
            mailbox.c.undeliverable_at,
        )
        .select_from(people.outerjoin(mailbox, mailbox.c.person_id == people.c.id))
        .cte("standings")
    )


def _mailbox_first(in_force: ColumnElement[int]) -> list[ColumnElement[Any]]:
    """In force, and of those the one that began last (of two at once the older row); else the
    newest.
    """
    began = case((in_force == 1, _ADDRESSES.c.counts_from))
    older = case((in_force == 1, _ADDRESSES.c.created_at))
    first_id = case((in_force == 1, _ADDRESSES.c.id))
    return [
        in_force.desc(),
        began.desc(),
        older.asc(),
        first_id.asc(),
        _ADDRESSES.c.created_at.desc(),
        _ADDRESSES.c.id.desc(),
    ]
