"""Live links and sessions, counted in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, Table, and_, case, func, or_, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditRow
from idp.adapters.sql.tables import table_of
from idp.admin.live import LiveCounts
from idp.audit.events import AuditEvent
from idp.kernel.identity import Mode

_LOG: Table = table_of(AuditRow)
_SID, _LINK = _LOG.c.details["sid"].as_string(), _LOG.c.details["link"].as_string()


class SqlLiveFigures:
    """`admin.live.LiveStore`: one pass each over what the log holds of those hours, grouped by what
    begins and ends. A join of the two would be a nested loop where a database finds no better.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def sessions(self, since: Mapping[Mode, datetime]) -> Mapping[tuple[str, Mode], int]:
        """Begun and not ended, by the id of each."""
        lives = _lives(
            _SID, AuditEvent.LOGIN_COMPLETED, AuditEvent.SESSION_ENDED, min(since.values())
        )
        query = (
            select(lives.c.client_id, lives.c.mode, func.count())
            .where(
                lives.c.ended == 0,
                or_(
                    *(
                        and_(lives.c.mode == mode.value, lives.c.at >= at)
                        for mode, at in since.items()
                    )
                ),
            )
            .group_by(lives.c.client_id, lives.c.mode)
        )
        with self._database.connection() as connection:
            found = connection.execute(query).all()
        return {(client_id, Mode(mode)): count for client_id, mode, count in found}

    def links(self, since: datetime, live_since: datetime) -> Mapping[str, LiveCounts]:
        """Of each event how many; and of those sent, without those used."""
        counted = {
            AuditEvent.LINK_REQUESTED: "asked",
            AuditEvent.LINK_SENT: "sent",
            AuditEvent.LINK_CONSUMED: "used",
        }
        per_event = (
            select(
                _LOG.c.client_id,
                *(
                    func.sum(case((_LOG.c.event == event.value, 1), else_=0)).label(name)
                    for event, name in counted.items()
                ),
            )
            .where(_LOG.c.at >= since, _LOG.c.event.in_([one.value for one in counted]))
            .group_by(_LOG.c.client_id)
        )
        lives = _lives(_LINK, AuditEvent.LINK_SENT, AuditEvent.LINK_CONSUMED, live_since)
        living = (
            select(lives.c.client_id, func.count())
            .where(lives.c.ended == 0, lives.c.at.is_not(None))
            .group_by(lives.c.client_id)
        )
        with self._database.connection() as connection:
            live = {row[0]: row[1] for row in connection.execute(living)}
            return {
                row.client_id or "": LiveCounts(
                    row.asked, row.sent, row.used, live.get(row.client_id or "", 0)
                )
                for row in connection.execute(per_event)
            }


def _lives(
    ident: ColumnElement[str], begins: AuditEvent, ends: AuditEvent, since: datetime
) -> Subquery:
    """A row for each thing that began or ended since then: whose, when it began (None for one that
    began before), whether it ended.
    """
    begun = _LOG.c.event == begins.value
    return (
        select(
            func.coalesce(func.max(case((begun, _LOG.c.client_id))), "").label("client_id"),
            func.max(case((begun, _LOG.c.mode))).label("mode"),
            func.max(case((begun, _LOG.c.at))).label("at"),
            func.max(case((begun, 0), else_=1)).label("ended"),
        )
        .where(_LOG.c.at >= since, _LOG.c.event.in_([begins.value, ends.value]))
        .group_by(ident)
        .subquery()
    )
