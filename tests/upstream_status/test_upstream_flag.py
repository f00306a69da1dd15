"""What a flag means, and flipping it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.errors import Unavailable
from idp.kernel.events import EventBus, FlagChanged
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Effective, FlagState, Why

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AUTO, UP, DOWN = FlagState.AUTO, FlagState.FORCED_UP, FlagState.FORCED_DOWN
Build = Callable[..., UpstreamStatus]


def test_flip_is_durable_audited_and_in_the_history(
    build: Build, database: Database, clock: FixedClock
) -> None:
    status = build()
    assert status.state("sol") == Effective(True, Why.DEFAULT, None)
    set_down = status.set("sol", DOWN, reason=" SUNAT no responde ", who="ana")
    assert set_down == Effective(False, Why.FORCED_DOWN, NOW, reason="SUNAT no responde", who="ana")
    clock.advance(60)
    status.set("sol", DOWN, reason="aún no", who="luis", until=NOW + timedelta(hours=2))
    other = build()
    assert other.refresh()
    assert (other.state("sol").since, other.state("sol").reason) == (NOW, "aún no")
    assert other.up("extranet")
    history = [(row.who, row.state, row.until) for row in other.history("sol")]
    assert history == [("luis", DOWN, NOW + timedelta(hours=2)), ("ana", DOWN, None)]
    changed = AuditFilter(event=AuditEvent.FLAG_CHANGED)
    newest, oldest = SqlAuditStore(database).search(changed, 10)
    assert (oldest.actor, oldest.realm, oldest.details["previous"]) == ("ana", "sol", "auto")
    assert newest.details == {
        "state": "forced_down",
        "previous": "forced_down",
        "reason": "aún no",
        "until": "2026-11-23T17:00:00+00:00",
        "via": "cli",
    }


def test_end_of_a_forced_state_comes_by_itself_and_is_told(build: Build, clock: FixedClock) -> None:
    told: list[FlagChanged] = []
    events = EventBus()
    events.subscribe(FlagChanged, told.append)
    status = build(events=events)
    status.set("sol", DOWN, reason="prueba", who="ana", until=NOW + SECOND)
    status.refresh()
    clock.advance(1)
    assert status.up("sol")
    status.refresh()
    status.refresh()
    assert told == [FlagChanged("sol", False), FlagChanged("sol", True)]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"reason": "  "}, "reason"),
        ({"who": ""}, "name"),
        ({"until": NOW}, "ahead"),
        ({"state": AUTO, "until": NOW + SECOND}, "forced"),
        ({"realm": "marte"}, "no such upstream"),
    ],
)
def test_flip_that_makes_no_sense_is_refused(
    build: Build, change: dict[str, object], problem: str
) -> None:
    status = build()
    given = {"realm": "sol", "state": DOWN, "reason": "r", "who": "w", **change}
    with pytest.raises(ValueError, match=problem):
        status.set(given.pop("realm"), given.pop("state"), **given)  # type: ignore[arg-type]
    assert status.history("sol") == []


def test_question_about_an_unknown_upstream_is_refused(build: Build) -> None:
    with pytest.raises(ValueError, match="no such upstream"):
        build().up("marte")


def test_flip_whose_announcement_fails_counts(build: Build) -> None:
    class Deaf:
        def announce(self) -> None:
            raise Unavailable("redis")

        def wait(self, timeout: float) -> bool:
            raise Unavailable("redis")

    status = build(messenger=Deaf())
    assert not status.set("sol", DOWN, reason="r", who="w").up


def test_database_that_is_away_leaves_what_was_known(build: Build, tmp_path: Path) -> None:
    folder = tmp_path / "db"
    folder.mkdir()
    database = Database(f"sqlite:///{folder}/t.db")
    database.upgrade()
    status = build(on=database)
    assert not status.loaded
    status.set("sol", DOWN, reason="r", who="w")
    assert status.loaded
    database.close()
    folder.rename(tmp_path / "gone")
    assert not status.refresh()
    assert not status.up("sol")
    with pytest.raises(Unavailable):
        status.set("sol", UP, reason="r", who="w")
    assert not status.up("sol")
    (tmp_path / "gone").rename(folder)
    assert status.refresh()


def test_flag_forced_again_after_its_end_counts_from_the_second_time(
    build: Build, clock: FixedClock
) -> None:
    status = build()
    status.set("sol", DOWN, reason="corte", who="ana", until=NOW + 60 * SECOND)
    clock.advance(3_600)
    assert status.set("sol", DOWN, reason="otro", who="ana").since == NOW + 3_600 * SECOND
