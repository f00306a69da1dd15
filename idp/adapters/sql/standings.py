"""`people.standing` in SQL, for many people at once; a test holds the two together.

Nothing is opened: an address is known by its digest here.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CTE, ColumnElement, FromClause, and_, case, exists, func, or_, select

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
    better = _ADDRESSES.alias("better")
    mailbox = (
        select(
            _ADDRESSES.c.person_id,
            _ADDRESSES.c.email_digest,
            _ADDRESSES.c.undeliverable_at,
            _in_force(_ADDRESSES, now).label("in_force"),
        )
        .where(
            ~exists().where(
                better.c.person_id == _ADDRESSES.c.person_id, _goes_before(better, _ADDRESSES, now)
            )
        )
        .subquery("mailbox")
    )
    cools_off = exists().where(
        _ADDRESSES.c.person_id == PEOPLE.c.id,
        _ADDRESSES.c.verified_at.is_not(None),
        _ADDRESSES.c.counts_from > now,
        _ADDRESSES.c.undeliverable_at.is_(None),
    )
    new = and_(PEOPLE.c.first_login_at.is_(None), PEOPLE.c.imported_active.is_(False))
    inactive = or_(PEOPLE.c.active.is_(False), PEOPLE.c.withdrawn_at.is_not(None))
    undeliverable = mailbox.c.undeliverable_at.is_not(None)
    # In the order of `eligibility`.
    standing = case(
        (new, Standing.NEW.value),
        (inactive, Standing.INACTIVE.value),
        (mailbox.c.person_id.is_(None), Standing.NO_ADDRESS.value),
        (and_(~mailbox.c.in_force, cools_off), Standing.COOLING_OFF.value),
        (~mailbox.c.in_force, Standing.UNVERIFIED.value),
        (PEOPLE.c.consent.is_(False), Standing.NO_CONSENT.value),
        (and_(undeliverable, cools_off), Standing.COOLING_OFF.value),
        (undeliverable, Standing.UNDELIVERABLE.value),
        else_=Standing.ELIGIBLE.value,
    )
    return (
        select(
            PEOPLE.c.id.label("person_id"),
            PEOPLE.c.realm,
            standing.label("standing"),
            PEOPLE.c.consent,
            PEOPLE.c.consent_at,
            mailbox.c.email_digest,
            mailbox.c.undeliverable_at,
        )
        .select_from(PEOPLE.outerjoin(mailbox, mailbox.c.person_id == PEOPLE.c.id))
        .where(who)
        .cte("standings")
    )


def _in_force(address: FromClause, now: datetime) -> ColumnElement[bool]:
    return and_(
        address.c.verified_at.is_not(None),
        address.c.counts_from.is_not(None),
        address.c.counts_from <= now,
    )


def _goes_before(left: FromClause, right: FromClause, now: datetime) -> ColumnElement[bool]:
    """Whether the left address, rather than the right one, is where mail goes: what is in force,
    and of that what began last (of two at once the older row); else the newest.
    """
    counts, count = _in_force(left, now), _in_force(right, now)
    same_start = left.c.counts_from == right.c.counts_from
    return or_(
        and_(counts, ~count),
        and_(counts, count, left.c.counts_from > right.c.counts_from),
        and_(counts, count, same_start, _older(left, right)),
        and_(~counts, ~count, _older(right, left)),
    )


def _older(left: FromClause, right: FromClause) -> ColumnElement[bool]:
    same_moment = left.c.created_at == right.c.created_at
    return or_(left.c.created_at < right.c.created_at, and_(same_moment, left.c.id < right.c.id))
