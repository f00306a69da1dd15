"""A `sub` that was given once is never given again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from idp.adapters.sql.database import Database
from idp.adapters.sql.retired_subs import SqlRetiredSubs
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Identifier
from idp.people.person import UpstreamFacts
from idp.people.retired import RetiredSub, Retirement
from idp.people.service import People


@pytest.fixture
def retired(database: Database) -> SqlRetiredSubs:
    return SqlRetiredSubs(database)


def test_retired_sub_is_found_by_itself_and_by_its_person(
    retired: SqlRetiredSubs, clock: FixedClock
) -> None:
    retired.retire_sub("S1", "per_1", why=Retirement.ERASED, at=clock.now())
    tombstone = RetiredSub("per_1", clock.now(), Retirement.ERASED)
    assert retired.retired("S1") == retired.retired("per_1") == tombstone
    assert retired.retired("S2") is None


def test_tombstone_stays_as_it_was_written_first(
    retired: SqlRetiredSubs, clock: FixedClock
) -> None:
    retired.retire_sub("S1", "per_1", why=Retirement.SEPARATED, at=clock.now())
    before = retired.retired("S1")
    clock.advance(60)
    retired.retire_sub("S1", "per_1", why=Retirement.ERASED, at=clock.now())
    assert retired.retired("S1") == before


def test_restored_sub_is_retired_no_more(retired: SqlRetiredSubs, clock: FixedClock) -> None:
    retired.retire_sub("S1", "per_1", why=Retirement.MERGED, at=clock.now())
    assert retired.restore_sub("S1")
    assert retired.retired("S1") is None
    assert not retired.restore_sub("S1")


def test_tombstone_follows_who_keeps_it_and_outlives_them(
    retired: SqlRetiredSubs,
    people: People,
    facts: UpstreamFacts,
    database: Database,
    clock: FixedClock,
) -> None:
    first = people.record_upstream_login(facts)
    second = people.record_upstream_login(
        replace(facts, identifier=Identifier("sol", "20504774288:OTRO"), usuario="OTRO")
    )
    retired.retire_sub("S1", "per_1", why=Retirement.MERGED, at=clock.now(), kept_by=first.id)
    assert retired.hand_over(first.id, to=second.id, only=["per_2"]) == ()
    assert retired.hand_over(first.id, to=second.id) == ("per_1",)
    found = retired.retired("S1")
    assert found is not None
    assert found.kept_by == second.id
    with database.transaction(), database.connection() as connection:
        connection.execute(text("DELETE FROM people WHERE id = :id"), {"id": second.id})
    found = retired.retired("S1")
    assert found is not None
    assert found.kept_by is None


def test_database_does_not_hold_the_sub_itself(
    retired: SqlRetiredSubs, database: Database, clock: FixedClock
) -> None:
    retired.retire_sub("the-very-sub", "per_1", why=Retirement.ERASED, at=clock.now())
    with database.connection() as connection:
        row = connection.execute(text("SELECT * FROM retired_subs")).one()
    assert "the-very-sub" not in str(row)
