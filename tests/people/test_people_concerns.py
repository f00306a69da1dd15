"""What a person is to be told before the day, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from test_people_rules import ANA, COOLING, NOW, PENDING, VERIFIED

from idp.people.concerns import Concern, Kind, Told, is_due, missing, unsure
from idp.people.person import Address, Person

DAY = timedelta(days=1)
BEFORE = NOW - 30 * DAY
LATELY = NOW + timedelta(hours=1)
BOUNCED = replace(VERIFIED, undeliverable_at=NOW - DAY)
NOBODY = replace(ANA, addresses=(), created_at=BEFORE)

MISSING = {
    "everything is there": (ANA, None),
    "no address": (NOBODY, Concern(Kind.NO_ADDRESS, BEFORE)),
    "not verified": (
        replace(ANA, addresses=(PENDING,)), Concern(Kind.UNVERIFIED, PENDING.created_at, PENDING),
    ),
    "no consent": (
        replace(ANA, consent=False, consent_at=BEFORE), Concern(Kind.NO_CONSENT, BEFORE, VERIFIED),
    ),
    "consent never asked for": (
        replace(ANA, consent=False, consent_at=None), Concern(Kind.NO_CONSENT, NOW, VERIFIED),
    ),
    "undeliverable": (
        replace(ANA, addresses=(BOUNCED,)), Concern(Kind.UNDELIVERABLE, NOW - DAY, BOUNCED),
    ),
    "undeliverable, another one awaits its code": (
        replace(ANA, addresses=(BOUNCED, PENDING)),
        Concern(Kind.UNDELIVERABLE, NOW - DAY, BOUNCED),
    ),
    "undeliverable, another one cools off": (replace(ANA, addresses=(BOUNCED, COOLING)), None),
    "undeliverable, and so is the one that cools off": (
        replace(ANA, addresses=(BOUNCED, replace(COOLING, undeliverable_at=NOW))),
        Concern(Kind.UNDELIVERABLE, NOW - DAY, BOUNCED),
    ),
    "the only one cools off": (replace(ANA, addresses=(COOLING,)), None),
    "one cools off, no consent": (
        replace(ANA, addresses=(BOUNCED, COOLING), consent=False, consent_at=BEFORE),
        Concern(Kind.NO_CONSENT, BEFORE, BOUNCED),
    ),
    "a change is pending, the old one counts": (replace(ANA, addresses=(VERIFIED, PENDING)), None),
    "doubted since": (
        replace(ANA, addresses=(PENDING,), doubted_at=LATELY),
        Concern(Kind.UNVERIFIED, LATELY, PENDING),
    ),
    "consent doubted since": (
        replace(ANA, consent=False, consent_at=None, doubted_at=LATELY),
        Concern(Kind.NO_CONSENT, LATELY, VERIFIED),
    ),
    "never logged in": (replace(NOBODY, first_login_at=None), None),
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
def test_missing_is_what_keeps_them_out_and_can_be_mended(name: str) -> None:
    person, expected = MISSING[name]
    assert missing(person, NOW) == expected


YEAR = 365 * DAY


def of_days(days: int, **changes: datetime | None) -> Address:
    at = NOW - days * DAY
    return replace(VERIFIED, verified_at=at, counts_from=at, **changes)


def asked(due: datetime, address: Address) -> Concern:
    return Concern(Kind.STILL_YOURS, due, address)


UNSURE = {
    "verified lately": (replace(ANA, addresses=(of_days(364),)), None),
    "verified a year ago": (replace(ANA, addresses=(of_days(365),)), asked(NOW, of_days(365))),
    "said yes lately": (replace(ANA, addresses=(of_days(900, confirmed_at=NOW - 364 * DAY),)), None),
    "said yes a year ago": (
        replace(ANA, addresses=(of_days(900, confirmed_at=NOW - 366 * DAY),)),
        asked(NOW - DAY, of_days(900, confirmed_at=NOW - 366 * DAY)),
    ),
    "another one cools off": (replace(ANA, addresses=(of_days(900), COOLING)), None),
    "another one was named and never verified": (
        replace(ANA, addresses=(of_days(900), PENDING)), asked(NOW - 535 * DAY, of_days(900)),
    ),
    "no address": (NOBODY, None),
    "no consent": (replace(ANA, addresses=(of_days(900),), consent=False), None),
    "undeliverable": (replace(ANA, addresses=(of_days(900, undeliverable_at=NOW),)), None),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSURE)
def test_unsure_is_whose_address_was_not_shown_to_be_theirs_for_a_year(name: str) -> None:
    person: Person = UNSURE[name][0]
    assert unsure(person, NOW, YEAR) == UNSURE[name][1]


CONCERN = Concern(Kind.UNDELIVERABLE, NOW - 10 * DAY, BOUNCED)


@pytest.mark.parametrize(
    ("told_at", "expected"),
    [
        (None, True),
        (NOW - 11 * DAY, True),
        (NOW - 10 * DAY, False),
        (NOW - DAY, False),
        (NOW, False),
    ],
    ids=["never", "of an earlier time", "when it came about", "yesterday", "just now"],
)
def test_concern_is_told_once_each_time_that_it_comes_about(
    told_at: datetime | None, expected: bool
) -> None:
    told = Told("per_1", CONCERN.kind, told_at) if told_at else None
    assert is_due(CONCERN, told, NOW, 90 * DAY) is expected


@pytest.mark.parametrize(("days", "expected"), [(89, False), (90, True)])
def test_concern_that_stays_is_told_again_after_a_while(days: int, expected: bool) -> None:
    old = replace(CONCERN, since=BEFORE - YEAR)
    told = Told("per_1", old.kind, NOW - days * DAY)
    assert is_due(old, told, NOW, 90 * DAY) is expected
