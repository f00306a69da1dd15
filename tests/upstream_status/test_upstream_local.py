"""A flip on a machine whose database is away: in force there at once, on record afterwards."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.errors import Unavailable
from idp.upstream_status.local_file import LocalOverrides
from idp.upstream_status.override import Override
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import FlagState

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
UP, DOWN = FlagState.FORCED_UP, FlagState.FORCED_DOWN
Build = Callable[..., UpstreamStatus]
SAID = Override("ovr_a", "sol", DOWN, "sin base de datos", "os:ana", NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flag-override.json"


def records(database: Database) -> list[dict[str, str]]:
    """Oldest first."""
    changed = AuditFilter(event=AuditEvent.FLAG_CHANGED)
    return [dict(one.details) for one in reversed(SqlAuditStore(database).search(changed, 10))]


def test_flip_counts_without_the_database_and_is_on_record_when_it_is_back(
    build: Build, tmp_path: Path, path: Path
) -> None:
    folder = tmp_path / "db"
    folder.mkdir()
    database = Database(f"sqlite:///{folder}/t.db")
    database.upgrade()
    status = build(on=database, overrides=LocalOverrides(path))
    status.refresh()
    database.close()
    folder.rename(tmp_path / "gone")
    LocalOverrides(path).write(SAID)
    assert not status.refresh()
    assert not status.up("sol")
    assert path.exists()
    (tmp_path / "gone").rename(folder)
    assert status.refresh()
    assert not path.exists()
    assert status.refresh()
    assert not status.up("sol")
    assert records(database) == [
        {
            "state": "forced_down", "previous": "auto", "reason": "sin base de datos",
            "via": "local", "said_at": NOW.isoformat(),
        }
    ]  # fmt: skip
    database.close()


def test_processes_of_one_machine_put_it_on_record_once(
    build: Build, database: Database, path: Path
) -> None:
    LocalOverrides(path).write(SAID)
    statuses = [build(overrides=LocalOverrides(path)) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda status: status.refresh(), statuses))
    assert len(records(database)) == 1
    assert not build().history("sol")[1:]


def test_later_word_in_the_database_stays_in_force(
    build: Build, database: Database, path: Path, clock: FixedClock
) -> None:
    clock.advance(60)
    status = build(overrides=LocalOverrides(path))
    status.set("sol", UP, reason="volvió", who="luis")
    LocalOverrides(path).write(SAID)
    status.refresh()
    status.refresh()
    assert status.up("sol")
    assert [one.get("superseded") for one in records(database)] == [None, "true"]
    assert not path.exists()


def test_word_that_comes_while_another_is_taken_over_stays(path: Path) -> None:
    local = LocalOverrides(path)
    local.write(SAID)
    local.write(replace(SAID, id="ovr_b", state=UP))
    local.write(replace(SAID, id="ovr_c", realm="extranet"))
    local.remove(SAID)
    assert [one.id for one in local.read()] == ["ovr_b", "ovr_c"]
    local.remove(replace(SAID, id="ovr_b"))
    assert [one.id for one in LocalOverrides(path).read()] == ["ovr_c"]


def test_file_that_cannot_be_removed_does_not_outlast_a_later_word(
    build: Build, path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = LocalOverrides(path)
    local.write(SAID)
    monkeypatch.setattr(local, "remove", lambda override: None)
    status = build(overrides=local)
    status.refresh()
    clock.advance(5)
    assert status.set("sol", FlagState.AUTO, reason="volvió", who="luis").up
    status.refresh()
    assert status.up("sol")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        "null",
        "[{}]",
        json.dumps([{"id": "a", "realm": "sol", "state": "off", "reason": "r", "who": "w",
                     "at": NOW.isoformat()}]),
        json.dumps([{"id": "a", "realm": "sol", "state": "auto", "reason": "r", "who": "w",
                     "at": "2026-11-23T10:00:00"}]),
        json.dumps([{"id": "a", "realm": "sol", "state": "auto", "reason": " ", "who": "w",
                     "at": NOW.isoformat()}]),
        "[" * 70_000,
        "[" * 60_000,
    ],
)  # fmt: skip
def test_file_that_says_nothing_sound_flips_nothing(build: Build, path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
    status = build(overrides=LocalOverrides(path))
    assert status.refresh()
    assert status.up("sol")


def test_file_that_others_may_write_flips_nothing(build: Build, path: Path) -> None:
    local = LocalOverrides(path)
    local.write(SAID)
    assert len(LocalOverrides(path).read()) == 1
    for mode in (0o620, 0o602):
        path.chmod(mode)
        os.utime(path, ns=(0, mode))
        assert LocalOverrides(path).read() == ()


def test_file_that_is_made_safe_counts_from_then_on(path: Path) -> None:
    local = LocalOverrides(path)
    local.write(SAID)
    path.chmod(0o620)
    assert local.read() == ()
    path.chmod(0o600)
    assert local.read() == (SAID,)


def test_word_said_at_the_very_moment_of_a_removal_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, service = LocalOverrides(path), LocalOverrides(path)
    operator.write(SAID)
    newer = replace(SAID, id="ovr_b", state=UP)
    saying = Thread(target=operator.write, args=(newer,))
    unlink = Path.unlink

    def removed(self: Path, missing_ok: bool = False) -> None:
        if self == path:
            saying.start()
            saying.join(0.2)
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", removed)
    service.remove(SAID)
    saying.join()
    assert LocalOverrides(path).read() == (newer,)


def test_word_that_the_database_refuses_stops_nothing_else(
    build: Build, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LocalOverrides(path).write(replace(SAID, realm="extranet", reason="a"))
    status = build(overrides=LocalOverrides(path))

    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("no such text")

    monkeypatch.setattr(status._writing, "override", refused)
    assert status.set("sol", DOWN, reason="r", who="ana").up is False
    assert not status.up("extranet")
    assert path.exists()


def test_word_counts_while_the_database_hangs(
    build: Build, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = build(overrides=LocalOverrides(path))
    status.refresh()
    LocalOverrides(path).write(SAID)
    seen: list[bool] = []

    def hangs(ended_after: datetime) -> None:
        seen.append(status.up("sol"))
        raise Unavailable("sql")

    monkeypatch.setattr(status._store, "load", hangs)
    assert not status.refresh()
    assert seen == [False]


def test_upstream_that_is_not_there_is_left_alone(
    build: Build, database: Database, path: Path
) -> None:
    LocalOverrides(path).write(replace(SAID, realm="marte"))
    status = build(overrides=LocalOverrides(path))
    assert status.refresh()
    assert records(database) == []
