"""What is kept for how long, and what the daily purge removes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from privacy_room import Room

from idp.adapters.sql.audit_seals import SqlSealStore
from idp.adapters.sql.models import AuditPersonalRow, FlagChangeRow, PersonRow, RefreshFamilyRow
from idp.adapters.sql.tables import table_of
from idp.audit.events import AuditEvent
from idp.audit.personal import Personal
from idp.audit.records import AuditFilter
from idp.audit.sealer import Sealer
from idp.jobs.periodic import Left
from idp.kernel.errors import Unavailable
from idp.kernel.identity import Identifier
from idp.people.operations import Order
from idp.people.rows import SeedRow
from idp.privacy.retention import Retention

DAY = 86_400
Make = Callable[..., Room]


@pytest.fixture
def room(room_of: Make) -> Room:
    """Short times, so that one thing is due and another is not."""
    return room_of(
        person_retention=100 * DAY, imported_retention=50 * DAY, unverified_retention=10 * DAY,
        replaced_retention=5 * DAY, erased_retention=40 * DAY, audit_retention=5_000 * DAY,
        audit_personal_retention=60 * DAY,
    )  # fmt: skip


def purged(room: Room) -> dict[str, int]:
    found = room.personal.retention.purge(actor="ana")
    return {name: count for name, count in found.items() if count}


def due(room: Room, ahead: timedelta = timedelta(0)) -> dict[str, tuple[int, int]]:
    found = room.personal.retention.due(ahead)
    return {one.rule.name: (one.now, one.soon) for one in found if one.now or one.soon}


def imported(room: Room, usuario: str, **cells: str) -> None:
    assert not room.people.seed([SeedRow(1, "sol", usuario, "20504774288", **cells)]).problems


def known(room: Room, usuario: str) -> bool:
    return room.people.find(Identifier("sol", f"20504774288:{usuario}")) is not None


def test_who_has_not_logged_in_for_long_is_forgotten_whole(room: Room) -> None:
    gone = room.proved(room.came("GONE"), "gone@empresa.example")
    room.clock.advance(60 * DAY)
    room.came("HERE")
    room.clock.advance(40 * DAY)
    assert due(room) == {}
    room.clock.advance(1)
    assert due(room) == {"unused_people": (1, 1)}
    assert purged(room) == {"unused_people": 1}
    assert (known(room, "GONE"), known(room, "HERE")) == (False, True)
    (told,) = room.audit.search(AuditFilter(event=AuditEvent.PERSON_PURGED))
    assert (told.person_id, dict(told.details)) == (gone.id, {"reason": "unused"})
    (counted,) = room.audit.search(AuditFilter(event=AuditEvent.DATA_PURGED))
    assert (counted.actor, counted.details["rows"]) == ("ana", "1")
    # Nobody asked for it: an import may bring them back.
    imported(room, "GONE")
    assert known(room, "GONE")


@pytest.mark.parametrize("way", ["login by mail", "a component refreshes", "on hold"])
def test_who_is_in_use_otherwise_is_not_forgotten(room: Room, way: str) -> None:
    person = room.came()
    room.clock.advance(99 * DAY)
    if way == "login by mail":
        room.audit.record(AuditEvent.LOGIN_COMPLETED, person_id=person.id, mode="contingencia")
    elif way == "on hold":
        room.personal.erasing.hold(person.id, actor="ana", reason="proceso")
    else:
        room.fill(
            table_of(RefreshFamilyRow), person_id=person.id, grant_id="g",
            expires_at=room.clock.now() + timedelta(days=30),
        )  # fmt: skip
    room.clock.advance(2 * DAY)
    assert "unused_people" not in due(room)
    assert purged(room) == {}
    assert room.people.get(person.id) is not None


def test_who_came_by_a_file_alone_is_forgotten_after_the_last_news(room: Room) -> None:
    imported(room, "SILENT")
    imported(room, "TOLD")
    imported(room, "CAME")
    room.clock.advance(30 * DAY)
    imported(room, "TOLD", name="NUEVO NOMBRE")
    room.came("CAME")
    room.clock.advance(21 * DAY)
    assert purged(room) == {"people_never_came": 1}
    assert [known(room, one) for one in ("SILENT", "TOLD", "CAME")] == [False, True, True]
    (told,) = room.audit.search(AuditFilter(event=AuditEvent.PERSON_PURGED))
    assert dict(told.details) == {"reason": "never_came"}


def test_file_that_tells_of_a_recent_login_elsewhere_keeps_its_person(room: Room) -> None:
    room.clock.advance(100 * DAY)
    imported(room, "ACTIVE", last_login_at=room.clock.now().isoformat())
    table = table_of(PersonRow)
    with room.base.database.transaction(), room.base.database.connection() as connection:
        then = room.clock.now() - timedelta(days=90)
        connection.execute(table.update().values(created_at=then, updated_at=then))
    assert due(room) == {}


def test_addresses_that_nobody_verified_and_those_replaced_are_removed(room: Room) -> None:
    person = room.proved(room.came(), "uno@empresa.example")
    room.clock.advance(60)
    room.proved(person, "dos@empresa.example")
    room.clock.advance(2 * DAY)
    room.people.set_contact(person.id, email="tres@empresa.example", consent=True)
    room.clock.advance(5 * DAY)
    assert purged(room) == {"replaced_addresses": 1, "verifications": 1}
    assert [one.email for one in room.now(person).addresses] == [
        "dos@empresa.example", "tres@empresa.example",
    ]  # fmt: skip
    room.clock.advance(6 * DAY)
    assert purged(room) == {"unverified_addresses": 1}
    assert [one.email for one in room.now(person).addresses] == ["dos@empresa.example"]


def test_hold_keeps_old_addresses_too(room: Room) -> None:
    person = room.proved(room.came(), "uno@empresa.example")
    room.clock.advance(60)
    room.proved(person, "dos@empresa.example")
    room.personal.erasing.hold(person.id, actor="ana", reason="proceso")
    room.clock.advance(20 * DAY)
    assert purged(room) == {}
    assert len(room.now(person).addresses) == 2


def test_address_that_was_doubted_has_its_whole_time_anew(room: Room) -> None:
    """Its person is asked to confirm it: it must be there still when they come to do so."""
    person = room.proved(room.came(), "uno@empresa.example")
    room.clock.advance(20 * DAY)
    room.came(given_name="Bruno", family_name="Mamani")
    (doubted,) = room.now(person).addresses
    assert doubted.verified_at is None
    room.clock.advance(10 * DAY)
    assert (due(room), purged(room)) == ({}, {})
    room.clock.advance(1)
    assert purged(room) == {"unverified_addresses": 1}


def test_hold_keeps_what_two_records_were_before_they_were_joined(room: Room) -> None:
    person, old = room.came(), room.came("OLD")
    room.joining.merge(person.key, old.key, Order("ana", "renombrado"))
    room.personal.erasing.hold(person.id, actor="ana", reason="proceso")
    room.clock.advance(91 * DAY)
    room.came()
    assert (due(room), purged(room)) == ({}, {})
    room.personal.erasing.release(person.id, actor="ana", reason="terminó")
    assert purged(room) == {"merges": 1}


def test_browsers_flags_and_the_list_of_erased_end_in_their_time(room: Room) -> None:
    person = room.came()
    room.people.remember_browser(person.id)
    room.personal.erasing.erase(room.came("GONE"), actor="ana", reason="lo pidió")
    room.fill(table_of(FlagChangeRow))
    room.clock.advance(40 * DAY + 1)
    assert purged(room) == {"erased_identifiers": 1}
    room.clock.advance(59 * DAY)
    room.came()
    room.clock.advance(82 * DAY)
    assert purged(room) == {"known_browsers": 1}
    room.came()
    while Sealer(store=SqlSealStore(room.base.database), clock=room.clock).step():
        pass
    room.clock.advance(5_000 * DAY)
    assert {"audit", "flag_history"} <= set(purged(room))


@pytest.mark.parametrize("setting", ["person", "imported", "unverified", "erased"])
def test_zero_means_for_ever(room_of: Make, setting: str) -> None:
    room = room_of(**{f"{setting}_retention": 0})
    rules = {one.setting: one for one in room.personal.retention.rules}
    rule = rules[f"IDP_{setting.upper()}_RETENTION"]
    assert rule.keeps is None
    room.came()
    imported(room, "FILE", email="a@empresa.example")
    room.clock.advance(36_000 * DAY)
    assert rule.name not in due(room)
    assert rule.name not in purged(room)


def test_soon_is_what_will_be_due(room: Room) -> None:
    room.came()
    room.clock.advance(80 * DAY)
    assert due(room, timedelta(days=19)) == {}
    assert due(room, timedelta(days=21)) == {"unused_people": (0, 1)}


def test_steps_stop_in_between_and_end(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.privacy.unused.PART", 2)
    monkeypatch.setattr("idp.privacy.unused._PARTS", 2)
    for number in range(9):
        room.came(f"U{number}")
    room.clock.advance(101 * DAY)
    retention, left = room.personal.retention, []
    for _ in range(100):
        if retention.step() is not Left.MORE:
            break
        left.append(sum(known(room, f"U{number}") for number in range(9)))
    assert left[:3] == [5, 1, 0]
    assert len(left) < 60
    (counted,) = room.audit.search(AuditFilter(event=AuditEvent.DATA_PURGED))
    assert (counted.actor, dict(counted.details)) == (None, {"rule": "unused_people", "rows": "9"})


def test_round_that_failed_goes_on_where_it_was(room: Room) -> None:
    class Away:
        answers = False

        def due(self, before: object) -> int:
            return 0

        def purge(self, before: object) -> int:
            if not self.answers:
                raise Unavailable("sql")
            return 0

    away = Away()
    first, *others = room.personal.retention.rules
    retention = Retention(
        [first, replace(first, name="away", ages=away), *others],
        audit=room.audit, clock=room.clock,
    )  # fmt: skip
    assert retention.step() is Left.MORE
    with pytest.raises(Unavailable):
        retention.step()
    away.answers = True
    rounds = [retention.step() for _ in range(len(others) + 1)]
    assert rounds[-1] is None
    assert set(rounds[:-1]) == {Left.MORE}


def test_rule_that_always_fails_holds_the_others_up_in_no_round(room: Room) -> None:
    class Away:
        def due(self, before: object) -> int:
            return 0

        def purge(self, before: object) -> int:
            raise Unavailable("sql")

    first, *others = room.personal.retention.rules
    rules = [replace(first, name="away", ages=Away()), first, *others]
    retention = Retention(rules, audit=room.audit, clock=room.clock)
    for usuario in ("GONE", "NEXT"):
        room.came(usuario)
        room.clock.advance(101 * DAY)
        failed = 0
        while failed < 2:
            try:
                retention.step()
            except Unavailable:
                failed += 1
        assert not known(room, usuario)


def test_two_workers_at_once_forget_everybody_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.privacy.unused.PART", 7)
    for number in range(60):
        room.came(f"U{number:02}")
    room.clock.advance(101 * DAY)
    others = [room.personal.retention] + [
        Retention(room.personal.retention.rules, audit=room.audit, clock=room.clock)
        for _ in range(2)
    ]

    def work(one: Retention) -> int:
        return one.purge(actor="ana")["unused_people"]

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, others)) == 60
    told = room.audit.search(AuditFilter(event=AuditEvent.PERSON_PURGED), 100)
    assert len({one.person_id for one in told}) == len(told) == 60


def test_login_while_the_purge_looks_is_not_lost(room: Room) -> None:
    person = room.came()
    room.clock.advance(101 * DAY)
    rule = room.personal.retention.rules[0]
    assert rule.name == "unused_people"
    before: Any = rule.before(room.clock.now())
    ages: Any = rule.ages
    ids = ages._people.some(before, 10)
    assert ids == [person.id]
    room.came()  # just now
    with room.base.database.transaction():
        assert ages._people.locked(before, ids) == []
    assert purged(room) == {}
    assert room.people.get(person.id) is not None


def test_whence_somebody_came_goes_before_the_record_but_of_who_is_held(room: Room) -> None:
    whence, beside = Personal("203.0.113.7", "Firefox/140.0"), table_of(AuditPersonalRow)
    held = room.came("HELD")
    room.personal.erasing.hold(held.id, actor="ana", reason="proceso")
    room.audit.record(AuditEvent.ADMIN_LOGGED_IN, actor="console:ana", personal=whence)
    for person in (room.came("FREE"), held):
        room.audit.record(AuditEvent.LOGIN_COMPLETED, person_id=person.id, personal=whence)
    room.clock.advance(60 * DAY)
    assert "audit_personal" not in due(room)
    room.clock.advance(1)
    assert due(room)["audit_personal"] == (2, 2)
    records = len(room.audit.search(AuditFilter(), 1_000))
    assert purged(room) == {"audit_personal": 2}
    assert [row["person_id"] for row in room.rows(beside)] == [held.id]
    assert len(room.audit.search(AuditFilter(), 1_000)) == records + 1
