"""Where each kind of person stands: by the pure rules, and by SQL for everybody at once.

Every kind there is: five ways to have logged in, three to have answered about consent, and every
order of up to two addresses out of twelve kinds, or of three out of five.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import insert, select

from idp.adapters.sql.campaigns import SqlCampaignStore, answered
from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AddressRow
from idp.adapters.sql.sealed_rows import SealedRows
from idp.adapters.sql.standings import PEOPLE, standings
from idp.adapters.sql.tables import table_of
from idp.people.asking import Ask, Spared, asks
from idp.people.campaign_ports import Group
from idp.people.eligibility import Eligibility, eligibility
from idp.people.person import Address, Person
from idp.people.standing import Standing, mailbox, standing
from idp.people.vault import Vault

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BLANK = Address("", "", NOW - 99 * HOUR)


def proved(counts_from: datetime | None) -> Address:
    return replace(BLANK, verified_at=NOW - 50 * HOUR, counts_from=counts_from)


KINDS = {
    "unverified": BLANK,
    "in force": proved(NOW - 40 * HOUR),
    "in force later": proved(NOW - 20 * HOUR),
    "in force just now": proved(NOW),
    "cooling off": proved(NOW + HOUR),
    "never counts": proved(None),
}
KINDS |= {f"{name}, dead": replace(one, undeliverable_at=NOW) for name, one in KINDS.items()}
THREE = ("unverified", "in force", "in force later", "cooling off", "in force, dead")
LOGINS = {
    "never": {"first_login_at": None, "imported_active": False},
    "here": {"first_login_at": NOW, "imported_active": False},
    "before": {"first_login_at": None, "imported_active": True},
    "inactive": {"first_login_at": NOW, "imported_active": False, "active": False},
    "withdrawn": {"first_login_at": NOW, "imported_active": False, "withdrawn_at": NOW},
}
CONSENTS = {
    "not asked": {"consent": False, "consent_at": None},
    "yes": {"consent": True, "consent_at": NOW},
    "no": {"consent": False, "consent_at": NOW},
}


def everybody() -> Iterator[Person]:
    """One of each kind. Half of the addresses of a person are of one moment, as an import has
    them: then the ids decide.
    """
    orders = [(), *product(KINDS), *product(KINDS, repeat=2), *product(THREE, repeat=3)]
    for number, (login, consent, order) in enumerate(product(LOGINS, CONSENTS, orders)):
        person_id = f"per_{number:05}"
        addresses = tuple(
            replace(
                KINDS[kind],
                id=f"adr_{number:05}_{place}",
                email=f"p{number}.{place}@empresa.example",
                created_at=BLANK.created_at + place // 2 * HOUR,
            )
            for place, kind in enumerate(order)
        )
        yield replace(
            Person(
                id=person_id,
                sub=person_id,
                realm="sol" if number % 5 < 3 else "extranet",
                identifier=f"20504774288:U{number:05}",
                usuario=f"U{number:05}",
                name="",
                created_at=NOW,
                updated_at=NOW,
                addresses=addresses,
            ),
            **LOGINS[login],
            **CONSENTS[consent],
        )


PEOPLE_OF_EACH_KIND = {person.id: person for person in everybody()}


@pytest.fixture
def filled(database: Database, vault: Vault) -> Database:
    people, rows = list(PEOPLE_OF_EACH_KIND.values()), SealedRows(vault)
    addresses = [rows.address_row(one.id, address) for one in people for address in one.addresses]
    with database.transaction(), database.connection() as connection:
        connection.execute(insert(PEOPLE), [rows.person_row(one) for one in people])
        connection.execute(insert(table_of(AddressRow)), addresses)
    return database


def test_sql_says_of_each_kind_of_person_what_the_rules_say(filled: Database, vault: Vault) -> None:
    with filled.report() as connection:
        found = standings(PEOPLE.c.id >= "", NOW)
        answer = answered(found, NOW).label("answer")
        rows = connection.execute(select(found, answer)).all()
    digests = {row.person_id: row.email_digest for row in rows}
    by_sql = {row.person_id: (row.standing, row.answer) for row in rows}
    by_rule = {
        one.id: (standing(one, NOW).value, asks(one, NOW).value)
        for one in PEOPLE_OF_EACH_KIND.values()
    }
    assert len(by_sql) == len(PEOPLE_OF_EACH_KIND) > 2_500
    assert by_sql == by_rule
    for one in PEOPLE_OF_EACH_KIND.values():
        address = mailbox(one, NOW)
        assert digests[one.id] == (vault.lookup("email", address.email) if address else None)
    counted = SqlCampaignStore(filled).count(Group(realm="sol"), NOW, NOW)
    expected: dict[Ask | Spared, int] = dict.fromkeys((*Ask, *Spared), 0)
    for one in PEOPLE_OF_EACH_KIND.values():
        if one.realm == "sol":
            expected[asks(one, NOW)] += 1
    assert counted == expected
    assert min(count for one, count in counted.items() if one is not Spared.LATELY) > 0


def test_standing_is_the_verdict_of_eligibility_but_for_who_only_has_to_wait() -> None:
    told = {}
    for one in PEOPLE_OF_EACH_KIND.values():
        told.setdefault(standing(one, NOW), set()).add(eligibility(one, NOW))
    waits = {Eligibility.UNVERIFIED, Eligibility.UNDELIVERABLE}
    assert told.pop(Standing.COOLING_OFF) == waits
    assert told == {Standing(one.value): {one} for one in Eligibility}


@pytest.mark.parametrize(
    ("consent", "kinds", "expected"),
    [
        ("not asked", ("unverified",), Ask.VERIFY),
        ("yes", ("unverified",), Ask.VERIFY),
        ("no", ("unverified",), Spared.SAID_NO),
        ("not asked", ("in force",), Ask.CONSENT),
        ("no", ("in force",), Spared.SAID_NO),
        ("yes", ("in force",), Spared.ELIGIBLE),
        ("not asked", ("in force, dead",), Spared.UNDELIVERABLE),
        ("not asked", ("unverified, dead",), Spared.UNDELIVERABLE),
        ("yes", ("in force, dead", "cooling off"), Spared.COOLING_OFF),
        ("not asked", (), Spared.NO_ADDRESS),
    ],
)
def test_campaign_asks_only_who_lacks_a_verification_or_was_never_asked_for_consent(
    consent: str, kinds: tuple[str, ...], expected: Ask | Spared
) -> None:
    addresses = tuple(replace(KINDS[kind], id=kind, email=f"{kind[0]}@a.pe") for kind in kinds)
    here = next(one for one in PEOPLE_OF_EACH_KIND.values() if one.first_login_at)
    person = replace(here, addresses=addresses, **CONSENTS[consent])
    assert asks(person, NOW) is expected
