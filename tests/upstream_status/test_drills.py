"""Drills begin, end by themselves, and are known in every process; on each database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from drill_room import NOW, Room

from idp.adapters.sql.database import Database
from idp.adapters.sql.drills import SqlDrillRecords, SqlDrillStore
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.events import FlagChanged
from idp.upstream_status.drill_choice import Ending


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of today's tables, for each test to copy."""
    path = tmp_path_factory.mktemp("drills") / "empty.sqlite3"
    made = Database(f"sqlite:///{path}")
    made.upgrade()
    made.scrub()
    made.close()
    return path


@pytest.fixture
def room(migrated: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Room]:
    copied = Database(f"sqlite:///{copy(migrated, tmp_path)}")
    yield Room(copied, clock)
    copied.close()


def test_drill_is_kept_in_each_kind_of_database(database: Database, clock: FixedClock) -> None:
    room, store = Room(database, clock), SqlDrillStore(database)
    begun = room.begin(clients=["origen", "mr"], everyone=True)
    with pytest.raises(IdpError, match="drill_overlaps"):
        room.begin()
    assert (store.get(begun.id), store.get("drl_no")) == (begun, None)
    assert (store.newest(5), store.since(NOW)) == ([begun], [begun])
    at = NOW + timedelta(minutes=5)
    assert store.end(begun.id, at, Ending.OPERATOR, "ana", "basta")
    assert not store.end(begun.id, at, Ending.TIME, None, None)
    ended = store.get(begun.id)
    assert ended is not None
    assert (ended.ended_at, ended.ended_why, ended.end_reason) == (at, Ending.OPERATOR, "basta")
    assert (store.since(NOW), store.since(at)) == ([ended], [])
    # What the log tells of it, by the indexes of each kind.
    assert room.drills.report(begun.id).chosen == 0
    assert [one.event for one in SqlDrillRecords(database).of_drill(begun, at)] == ["drill.begun"]
    assert (store.due(at), store.due(NOW + timedelta(hours=1))) == (0, 1)
    assert store.purge(NOW + timedelta(hours=1)) == 1


def test_drill_is_known_to_another_process_as_soon_as_that_reads(room: Room) -> None:
    other = room.another()
    begun = room.begin(clients=["origen", "mr", "origen"], percent=7)
    assert other.active() == ()
    assert other.refresh() is True
    (found,) = other.active()
    assert (found, found.clients, found.percent) == (begun, ("origen", "mr"), 7)
    assert (other.on("sol", "mr"), other.on("sol", "otro"), other.on("extranet", "mr")) == (
        begun, None, None,
    )  # fmt: skip
    (told,) = room.told(["drill.begun"])
    assert (told.actor, told.details["clients"], told.details["percent"]) == (
        "ana",
        "origen mr",
        "7",
    )


REFUSED: tuple[dict[str, Any], ...] = (
    {"percent": 0},
    {"percent": 101},
    {"percent": -1},
    {"lasts": timedelta(0)},
    {"lasts": timedelta(hours=24, seconds=1)},
    {"who": " "},
    {"reason": ""},
    {"testers": [f"per_{number}" for number in range(201)]},
    {"realm": "otro"},
)


def test_drill_that_says_too_little_or_too_much_is_refused(room: Room) -> None:
    for changes in REFUSED:
        with pytest.raises(ValueError, match=r"drill|percentage|testers|upstream"):
            room.begin(**changes)
    assert room.drills.list() == ()


def test_no_second_drill_meets_one_that_is_on(room: Room) -> None:
    first = room.begin(clients=["origen"])
    for clients in (["origen", "mr"], []):
        with pytest.raises(IdpError, match=f"drill_overlaps: {first.id}"):
            room.another().begin(
                realm="sol",
                clients=clients,
                percent=1,
                lasts=timedelta(hours=1),
                who="b",
                reason="b",
            )
    beside, elsewhere = room.begin(clients=["mr"]), room.begin(realm="extranet", clients=[])
    assert {one.id for one in room.drills.active()} == {first.id, beside.id, elsewhere.id}
    room.clock.advance(3_600)
    assert room.begin(clients=["origen"]).id != first.id


def test_no_drill_begins_in_the_real_contingency(room: Room) -> None:
    room.upstreams.down.add("sol")
    with pytest.raises(IdpError, match="drill_upstream_down"):
        room.begin()


def test_drill_ends_by_an_operator_once(room: Room) -> None:
    begun = room.begin()
    ended = room.drills.end(begun.id, "luis", " basta ")
    assert (ended.ended_why, ended.ended_by, ended.end_reason) == ("operator", "luis", "basta")
    assert room.drills.active() == ()
    for other in (room.drills, room.another()):
        with pytest.raises(IdpError, match="drill_over"):
            other.end(begun.id, "luis", "otra vez")
    with pytest.raises(IdpError, match="drill_unknown"):
        room.drills.end("drl_no", "luis", "basta")
    with pytest.raises(ValueError, match="needs a reason"):
        room.drills.end(begun.id, "luis", "")
    (told,) = room.told(["drill.ended"])
    assert (told.actor, dict(told.details)) == (
        "luis", {"drill": begun.id, "why": "operator", "reason": "basta"},
    )  # fmt: skip


def test_drill_ends_by_time_at_its_hour_and_is_put_on_record_once(room: Room) -> None:
    begun, other = room.begin(), room.another()
    other.refresh()
    room.clock.advance(3_600)
    assert (room.drills.active(), other.active()) == ((), ())
    room.clock.advance(60)
    other.tick()
    room.drills.tick()
    assert [one.details["why"] for one in room.told(["drill.ended"])] == ["time"]
    assert room.drills.get(begun.id).ended_at == begun.ends_at


def test_drill_ends_when_the_flag_goes_down_and_does_not_come_back(room: Room) -> None:
    begun, other = room.begin(), room.another()
    other.refresh()
    room.upstreams.down.add("sol")
    # At once, in each process, whatever is written.
    assert (room.drills.active(), other.active()) == ((), ())
    other.flag_changed(FlagChanged("sol", False))
    room.drills.flag_changed(FlagChanged("sol", False))
    assert [one.details["why"] for one in room.told(["drill.ended"])] == ["upstream"]
    room.upstreams.down.clear()
    room.drills.refresh()
    assert room.drills.active() == ()
    assert room.drills.find(begun.id) is not None, "its pages still know what it was"


def test_flag_of_another_realm_ends_nothing(room: Room) -> None:
    begun = room.begin()
    room.upstreams.down.add("extranet")
    room.drills.flag_changed(FlagChanged("extranet", False))
    assert [one.id for one in room.drills.active()] == [begun.id]


def test_what_was_known_stays_while_sql_does_not_answer(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = room.begin()

    def away(*_: object, **__: object) -> None:
        raise Unavailable("sql")

    monkeypatch.setattr(SqlDrillStore, "since", away)
    assert room.drills.refresh() is False
    assert [one.id for one in room.drills.active()] == [begun.id]


def test_drill_of_long_ago_is_forgotten_in_memory_alone(room: Room) -> None:
    begun = room.begin()
    room.clock.advance(3_601)
    room.drills.tick()
    room.clock.advance(4 * 3_600)
    room.drills.refresh()
    assert room.drills.find(begun.id) is None
    assert [one.id for one in room.drills.list()] == [begun.id]
