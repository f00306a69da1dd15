"""Live links and sessions as both databases count them in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.live_figures import SqlLiveFigures
from idp.admin.live import LiveBoard, LiveCounts, Spans
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Mode
from idp.kernel.random import SeededRandom

SPANS = Spans(sunat=28_800, contingency=3_600, link=600, link_longest=1_800)


@pytest.fixture
def audit(database: Database, clock: FixedClock) -> Audit:
    return Audit(store=SqlAuditStore(database), clock=clock, random=SeededRandom())


@pytest.fixture
def store(database: Database) -> SqlLiveFigures:
    return SqlLiveFigures(database)


def test_sessions_are_those_begun_within_their_life_and_not_ended(
    audit: Audit, store: SqlLiveFigures, clock: FixedClock
) -> None:
    def begin(sid: str, mode: str, client_id: str | None = "mr") -> None:
        audit.record(AuditEvent.LOGIN_COMPLETED, client_id=client_id, mode=mode, sid=sid)

    begin("ses_old", "sunat")
    clock.advance(28_801 - 4_000)
    begin("ses_a", "sunat")
    begin("ses_by_mail_late", "contingencia")
    clock.advance(4_000)
    for sid in ("ses_b", "ses_ended"):
        begin(sid, "sunat")
    begin("ses_own", "sunat", None)
    begin("ses_c", "contingencia", "origen")
    audit.record(AuditEvent.SESSION_ENDED, mode="sunat", sid="ses_ended", reason="logout")
    now = clock.now()
    since = {
        Mode.SUNAT: now - timedelta(seconds=28_800),
        Mode.CONTINGENCIA: now - timedelta(seconds=3_600),
    }
    assert store.sessions(since) == {
        ("mr", Mode.SUNAT): 2,
        ("", Mode.SUNAT): 1,
        ("origen", Mode.CONTINGENCIA): 1,
    }


def test_links_are_counted_within_their_life_and_live_until_they_are_used(
    audit: Audit, store: SqlLiveFigures, clock: FixedClock
) -> None:
    def tell(event: AuditEvent, link: str, client_id: str = "mr") -> None:
        audit.record(event, client_id=client_id, link=link)

    tell(AuditEvent.LINK_REQUESTED, "lnk_old")
    clock.advance(1_801)
    for link in ("lnk_a", "lnk_b"):
        tell(AuditEvent.LINK_REQUESTED, link)
    tell(AuditEvent.LINK_SENT, "lnk_a")
    clock.advance(601)
    tell(AuditEvent.LINK_REQUESTED, "lnk_c", "origen")
    for link in ("lnk_b", "lnk_d"):
        tell(AuditEvent.LINK_SENT, link)
    tell(AuditEvent.LINK_CONSUMED, "lnk_d")
    now = clock.now()
    found = store.links(now - timedelta(seconds=1_800), now - timedelta(seconds=600))
    assert found == {
        "mr": LiveCounts(asked=2, sent=3, used=1, live=1),
        "origen": LiveCounts(asked=1),
    }


def test_empty_log_counts_nobody(store: SqlLiveFigures, clock: FixedClock) -> None:
    board = LiveBoard(store=store, clients=tuple, spans=SPANS, clock=clock)
    assert (board.now().total, board.now().rows) == (LiveCounts(), ())


def test_last_figures_are_shown_while_somebody_counts(
    store: SqlLiveFigures, clock: FixedClock
) -> None:
    board = LiveBoard(store=store, clients=tuple, spans=SPANS, clock=clock)
    first = board.now()
    clock.advance(3_600)
    with board._counting:
        assert board.now() is first
    assert board.now() is not first
