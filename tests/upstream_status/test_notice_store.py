"""What was told, in SQL: kept once, whoever comes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from idp.adapters.sql.database import Database
from idp.adapters.sql.notices import SqlNoticeStore
from idp.upstream_status.notices import Kind, Notice

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def notice(key: str, at: datetime = NOW) -> Notice:
    return Notice(key, Kind.SAID, "sol", at)


def test_notice_is_kept_once_though_several_come_at_once(database: Database) -> None:
    store = SqlNoticeStore(database)
    with ThreadPoolExecutor(4) as all_at_once:
        found = list(
            all_at_once.map(lambda n: store.add(notice("a"), {"subject": str(n)}), range(4))
        )
    assert sorted(found) == [False, False, False, True]
    assert (store.has("a"), store.has("b")) == (True, False)
    assert store.content("a") == {"subject": str(found.index(True))}
    assert store.content("b") is None


def test_notice_goes_when_it_is_old(database: Database) -> None:
    store = SqlNoticeStore(database)
    store.add(notice("old", NOW - timedelta(days=9)), {})
    store.add(notice("new"), {})
    assert store.due(NOW - timedelta(days=1)) == 1
    assert store.purge(NOW - timedelta(days=1)) == 1
    assert (store.has("old"), store.has("new")) == (False, True)
