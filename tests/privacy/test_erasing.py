"""Erasing a person: all of it goes, the audit log stays as it is, and nobody else is touched."""

from __future__ import annotations

import pytest
from privacy_room import Room, columns_of_people, tables_of_people
from sqlalchemy import RowMapping

from idp.adapters.sql.models import (
    AuditPersonalRow,
    AuditRow,
    ErasedIdentifierRow,
    IdentifierRow,
    MergeRow,
    RetiredSubRow,
    SpentLinkRow,
)
from idp.adapters.sql.sealed_rows import SealedRows
from idp.adapters.sql.tables import table_of
from idp.audit.events import AuditEvent
from idp.audit.personal import Personal
from idp.audit.records import AuditFilter
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.events import PersonChanged
from idp.kernel.identity import Identifier
from idp.kernel.ids import digest
from idp.people.operations import Order
from idp.people.person import Person
from idp.people.rows import SeedRow
from idp.privacy.erasing import Erasing

WHY = {"actor": "ana", "reason": "lo pidió; expediente 12"}
AUDIT = table_of(AuditRow)
IDENTIFIERS, ERASED = table_of(IdentifierRow), table_of(ErasedIdentifierRow)


def whose(room: Room, person: Person) -> dict[str, list[RowMapping]]:
    """What every column that names a person has of this one."""
    return {
        f"{one.table.name}.{one.name}": room.rows(one.table, **{one.name: person.id})
        for one in columns_of_people()
    }


def filled(room: Room, person: Person) -> None:
    """A row of this person for every column that names people."""
    for column in columns_of_people():
        table = column.table
        if table is AUDIT or room.rows(table, **{column.name: person.id}):
            continue
        more = {}
        if "address_id" in table.c:
            more = {"address_id": room.now(person).addresses[0].id}
        key = next(iter(table.primary_key.columns))
        if key is not column:
            more[key.name] = f"{column.name}-{person.id[-12:]}"
        room.fill(table, **{column.name: person.id}, **more)


def test_every_table_that_names_a_person_is_on_the_list(room: Room) -> None:
    listed = {name for one in room.personal.dossiers.held for name in one.tables}
    assert {one.name for one in tables_of_people()} | {"people"} == listed


def test_erasing_removes_every_row_of_that_person_alone(room: Room) -> None:
    gone, other = room.came("GONE"), room.came("OTHER")
    for person in (gone, other):
        room.proved(person, f"{person.usuario}@empresa.example")
        filled(room, person)
    before = whose(room, other)
    assert all(whose(room, gone).values())
    room.personal.erasing.release(gone.id, actor="ana", reason="terminó")
    done = room.personal.erasing.erase(room.now(gone), **WHY)
    assert room.people.get(gone.id) is None
    left = [name for name, rows in whose(room, gone).items() if rows]
    assert sorted(left) == ["audit_log.person_id", "retired_subs.person_id"]
    assert whose(room, other) == before
    assert done.rows >= 8  # the made-up seals cannot be read, and went all the same


def test_erasing_changes_no_row_of_the_audit_log_and_adds_one(room: Room) -> None:
    person = room.proved(room.came(), "ana@empresa.example")
    room.people.remember_browser(person.id, agent="Firefox/Linux")
    before = room.rows(AUDIT)
    room.personal.erasing.erase(person, **WHY)
    after = room.rows(AUDIT)
    assert after[: len(before)] == before
    (added,) = after[len(before) :]
    assert (added["event"], added["person_id"], added["actor"]) == (
        "person.erased",
        person.id,
        "ana",
    )
    told = str([dict(one) for one in after]).casefold()
    hints = (person.identifier, person.ruc, person.name, "quispe", "ana@empresa", person.sub)
    assert [one for one in hints if one and one.casefold() in told] == []


def test_erasing_takes_what_was_of_whoever_was_joined_into_them(room: Room) -> None:
    kept, absorbed = room.came("KEPT"), room.came("OLD")
    room.fill(table_of(SpentLinkRow), person_id=absorbed.id)
    room.joining.merge(kept.key, absorbed.key, Order("ana", "renombrado"))
    assert len(room.rows(table_of(SpentLinkRow))) == 1
    room.personal.erasing.erase(room.now(kept), **WHY)
    assert room.rows(table_of(SpentLinkRow)) == []
    assert room.rows(table_of(MergeRow)) == []
    assert len(room.rows(ERASED)) == 2
    assert {one["why"] for one in room.rows(table_of(RetiredSubRow))} == {"merged", "erased"}


@pytest.mark.parametrize("way", ["erased", "purged"])
def test_systems_that_keep_people_in_step_are_told_that_somebody_is_gone(
    room: Room, way: str
) -> None:
    told: list[PersonChanged] = []
    person = room.came()
    room.base.events.subscribe(PersonChanged, told.append)
    if way == "erased":
        room.personal.erasing.erase(person, **WHY)
    else:
        room.clock.advance(6 * 365 * 86_400)
        room.personal.retention.purge(actor="ana")
    assert told == [PersonChanged(person.id, "deleted")]


def test_person_on_hold_is_not_joined_into_another(room: Room) -> None:
    """Their row would go, and with it what the obligation keeps."""
    kept, held = room.came("KEPT"), room.came("HELD")
    room.personal.erasing.hold(held.id, actor="ana", reason="proceso 9")
    with pytest.raises(IdpError, match="on_hold"):
        room.joining.merge(kept.key, held.key, Order("ana", "renombrado"))
    assert room.now(held) == held


def test_sub_of_the_erased_is_retired_for_good(room: Room) -> None:
    person = room.came()
    room.personal.erasing.erase(person, **WHY)
    (told,) = room.rows(table_of(RetiredSubRow))
    assert (told["sub_digest"], told["why"]) == (digest(person.sub), "erased")


def test_nothing_leads_from_the_list_of_erased_to_the_log(room: Room) -> None:
    person = room.came()
    room.personal.erasing.erase(person, **WHY)
    (listed,) = room.rows(ERASED)
    assert set(listed) == {"digest", "erased_at"}
    assert listed["digest"] == SealedRows(room.base.vault).identifier_digest(person.key)


def test_every_identifier_of_a_person_is_on_the_list(room: Room) -> None:
    person = room.came()
    second = Identifier("sol", "20504774288:RENAMED")
    row = SealedRows(room.base.vault).identifier_row(person.id, second)
    room.fill(IDENTIFIERS, **row)
    room.personal.erasing.erase(person, **WHY)
    assert len(room.rows(ERASED)) == 2
    rows = [SeedRow(1, "sol", "RENAMED", ruc="20504774288"), SeedRow(2, "sol", "X", "20504774288")]
    report = room.people.seed(rows)
    assert (report.created, report.erased) == (1, 1)


def test_login_after_erasure_is_somebody_new_and_lifts_the_bar(room: Room) -> None:
    first = room.came()
    room.personal.erasing.erase(first, **WHY)
    second = room.came()
    assert second.id != first.id
    assert second.sub != first.sub
    assert room.rows(ERASED) == []
    assert room.events(person_id=second.id) == ["person.created"]


def test_import_leaves_the_erased_out_and_brings_them_back_when_told_to(room: Room) -> None:
    first = room.came()
    room.personal.erasing.erase(first, **WHY)
    rows = [SeedRow(1, "sol", "ADMIN", ruc="20504774288", name="COMERCIAL")]
    report = room.people.seed(rows)
    assert (report.created, report.erased) == (0, 1)
    assert room.people.find(first.key) is None
    restored = room.people.seed(rows, restore=True)
    assert (restored.created, restored.erased, restored.restored) == (1, 0, 1)
    back = room.people.find(first.key)
    assert back is not None
    assert back.sub != first.sub
    assert room.people.seed(rows).unchanged == 1


def test_hold_keeps_a_person_until_it_is_released(room: Room) -> None:
    person = room.came()
    erasing = room.personal.erasing
    assert erasing.hold(person.id, actor="ana", reason="proceso 9")
    assert not erasing.hold(person.id, actor="ana", reason="otra vez")
    with pytest.raises(IdpError, match="on_hold"):
        erasing.erase(person, **WHY)
    assert room.people.get(person.id) is not None
    assert erasing.release(person.id, actor="ana", reason="terminó")
    assert not erasing.release(person.id, actor="ana", reason="otra vez")
    erasing.erase(person, **WHY)
    told = room.events(person_id=person.id)
    assert told == [
        "person.created",
        "person.held",
        "person.held",
        "person.released",
        "person.erased",
    ]


def test_erasing_somebody_who_is_gone_already_says_so(room: Room) -> None:
    person = room.came()
    room.personal.erasing.erase(person, **WHY)
    with pytest.raises(IdpError, match="person_unknown"):
        room.personal.erasing.erase(person, **WHY)
    with pytest.raises(IdpError, match="person_unknown"):
        room.personal.erasing.hold(person.id, actor="ana", reason="tarde")
    assert room.events(person_id=person.id).count("person.erased") == 1


def test_erasing_that_fails_halfway_erases_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = room.came()

    def away(*_: object, **__: object) -> None:
        raise Unavailable("sql")

    monkeypatch.setattr(room.audit, "record", away)
    with pytest.raises(Unavailable):
        room.personal.erasing.erase(person, **WHY)
    monkeypatch.undo()
    assert room.now(person) == person
    assert room.rows(ERASED) == []
    room.personal.erasing.erase(person, **WHY)


def test_plan_counts_what_there_is_and_what_stays(room: Room) -> None:
    person = room.proved(room.came(), "ana@empresa.example")
    parts = {one.name: one for one in room.personal.erasing.plan(person)}
    assert (parts["person"].entries, parts["addresses"].entries) == (1, 1)
    stays = {one.name for one in parts.values() if one.stays}
    assert stays == {"audit", "consent", "components", "retired_subs"}
    assert room.now(person) == person


def test_what_is_damaged_is_in_nobodys_way(room: Room) -> None:
    """Else its person could never be erased."""
    person, old = room.came(), room.came("OLD")
    room.joining.merge(person.key, old.key, Order("ana", "renombrado"))
    merges = table_of(MergeRow)
    with room.base.database.transaction(), room.base.database.connection() as connection:
        connection.execute(merges.update().values(sealed="d1." + "A" * 80))
    parts = {one.name: one.entries for one in room.personal.erasing.plan(person)}
    assert (parts["person"], parts["merges"]) == (1, 0)
    room.personal.erasing.erase(person, **WHY)
    assert room.rows(merges) == []


def test_reasons_are_on_record_as_they_were_typed(room: Room) -> None:
    person = room.came()
    room.personal.erasing.erase(person, **WHY)
    (told,) = room.audit.search(AuditFilter(person_id=person.id), 1)
    assert told.details["reason"] == "lo pidió; expediente 12"


def test_erasing_is_done_when_redis_goes_away_right_after(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, calls = room.came(), []

    def end(self: Erasing, found: Person) -> int:
        calls.append(found.id)
        if len(calls) > 1:
            raise Unavailable("redis")
        return 3

    monkeypatch.setattr(Erasing, "_end", end)
    done = room.personal.erasing.erase(person, **WHY)
    assert (done.ended, done.scrubbed) == (3, False)
    assert room.people.get(person.id) is None


def test_nothing_is_erased_while_redis_is_away(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else sessions would go on of somebody who is gone."""
    person = room.came()

    def away(*_: object) -> int:
        raise Unavailable("redis")

    monkeypatch.setattr(Erasing, "_end", away)
    with pytest.raises(Unavailable):
        room.personal.erasing.erase(person, **WHY)
    assert room.now(person) == person


def test_whence_they_came_goes_with_the_person_and_the_chain_stays(room: Room) -> None:
    gone, other = room.came("GONE"), room.came("OTHER")
    whence, beside = Personal("203.0.113.7", "Firefox/140.0"), table_of(AuditPersonalRow)
    for person in (gone, other):
        room.audit.record(AuditEvent.LOGIN_COMPLETED, person_id=person.id, personal=whence)
        # Who asked is told by what was sent later alone.
        room.audit.record(
            AuditEvent.LINK_REQUESTED, reference=f"A-{person.usuario}", personal=whence
        )
        room.audit.record(
            AuditEvent.LINK_SENT, person_id=person.id, reference=f"A-{person.usuario}"
        )
    before = room.rows(AUDIT)
    room.personal.erasing.erase(gone, **WHY)
    assert room.rows(AUDIT)[: len(before)] == before
    left = {row["record_id"] for row in room.rows(beside)}
    theirs = {one["id"] for one in before if "OTHER" in str(one["reference"])}
    assert len(left) == 2
    assert len(left & theirs) == 1
    assert [row["person_id"] for row in room.rows(beside) if row["person_id"]] == [other.id]
