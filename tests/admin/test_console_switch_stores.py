"""What the pages of the switch read from SQL, on each kind of database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.flag_said import SqlSaidStore
from idp.adapters.sql.login_counts import SqlLoginCounts
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.audit.events import AuditEvent
from idp.audit.records import AuditRecord
from idp.kernel.identity import Mode
from idp.upstream_status.changes import FlagChange
from idp.upstream_status.state import Flag, FlagState

NOW = datetime(2026, 11, 23, 15, 0, 59, 999_999, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def login(
    number: int, at: datetime, client_id: str | None, mode: Mode, **other: str
) -> AuditRecord:
    event = AuditEvent(other.get("event", AuditEvent.LOGIN_COMPLETED.value))
    return AuditRecord(
        id=f"aud_{number}", at=at, event=event, client_id=client_id,
        realm=other.get("realm", "sol"), mode=mode.value,
    )  # fmt: skip


def test_logins_are_counted_in_buckets_by_component_mode_and_realm(database: Database) -> None:
    SqlAuditStore(database).append_all(
        [
            login(1, NOW, "mr", Mode.SUNAT),
            login(2, NOW - timedelta(seconds=59), "mr", Mode.SUNAT),
            login(3, NOW - MINUTE, "mr", Mode.CONTINGENCIA),
            login(4, NOW - MINUTE, None, Mode.SUNAT, realm="extranet"),
            login(5, NOW, "mr", Mode.SUNAT, event=AuditEvent.SESSION_ENDED.value),
            login(6, NOW - 10 * MINUTE, "mr", Mode.SUNAT),
            login(7, NOW + timedelta(seconds=1), "mr", Mode.SUNAT),
        ]
    )
    store, until = SqlLoginCounts(database), NOW + timedelta(microseconds=1)
    begin = NOW.replace(second=0, microsecond=0)
    found = {
        (one.at, one.client_id, one.mode, one.realm): one.count
        for one in store.buckets(NOW - 5 * MINUTE, until, 60)
    }
    assert found == {
        (begin, "mr", Mode.SUNAT, "sol"): 2,
        (begin - MINUTE, "mr", Mode.CONTINGENCIA, "sol"): 1,
        (begin - MINUTE, "", Mode.SUNAT, "extranet"): 1,
    }
    quarters = store.buckets(NOW - 60 * MINUTE, until, 900)
    assert sorted((one.at.minute, one.count) for one in quarters) == [
        (0, 2),
        (45, 1),
        (45, 1),
        (45, 1),
    ]


def test_what_was_said_comes_page_by_page(database: Database) -> None:
    flags, store = SqlFlagStore(database), SqlSaidStore(database)
    for number in range(6):
        realm, at = ("sol", "extranet")[number % 2], NOW + number * MINUTE
        flag = Flag(realm, FlagState.AUTO, f"motivo {number}", "ana", at, None, changed_at=at)
        change = FlagChange(realm, flag.state, flag.reason, "ana", at, evidence={"n": number})
        assert flags.save(flag, change)
    first = store.said(None, None, None, None, 4)
    assert [one.change.reason[-1] for one in first] == ["5", "4", "3", "2"]
    rest = store.said(None, None, None, first[-1].seq, 4)
    assert [one.change.reason[-1] for one in rest] == ["1", "0"]
    assert rest[0].change.evidence == {"n": 1}
    some = store.said("sol", NOW + MINUTE, NOW + 4 * MINUTE, None, 4)
    assert [one.change.reason[-1] for one in some] == ["2"]
