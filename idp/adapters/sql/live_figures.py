"""Live links and sessions, counted in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Table, and_, case, func, or_, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditRow
from idp.adapters.sql.tables import table_of
from idp.admin.live import LiveCounts
from idp.audit.events import AuditEvent
from idp.kernel.identity import Mode

_LOG: Table = table_of(AuditRow)
_SID, _LINK = _LOG.c.details["sid"].as_string(), _LOG.c.details["link"].as_string()


class SqlLiveFigures:
    """`admin.live.LiveStore`: each is one pass over what the log holds of those hours."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sessions(self, since: Mapping[Mode, datetime]) -> Mapping[tuple[str, Mode], int]:
        """Begun, without those ended; joined by their id, which both databases hash or index."""
        begun = (
            select(_LOG.c.client_id, _LOG.c.mode, _SID.label("sid"))
            .where(
                _LOG.c.at >= min(since.values()),
                _LOG.c.event == AuditEvent.LOGIN_COMPLETED.value,
                or_(
                    *(
                        and_(_LOG.c.mode == mode.value, _LOG.c.at >= at)
                        for mode, at in since.items()
                    )
                ),
            )
            .subquery()
        )
        ended = (
            select(_SID.label("sid"))
            .where(
                _LOG.c.at >= min(since.values()),
                _LOG.c.event == AuditEvent.SESSION_ENDED.value,
            )
            .subquery()
        )
        query = (
            select(begun.c.client_id, begun.c.mode, func.count())
            .select_from(begun.outerjoin(ended, begun.c.sid == ended.c.sid))
            .where(ended.c.sid.is_(None))
            .group_by(begun.c.client_id, begun.c.mode)
        )
        with self._database.connection() as connection:
            found = connection.execute(query).all()
        return {(client_id or "", Mode(mode)): count for client_id, mode, count in found}

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
        sent = (
            select(_LOG.c.client_id, _LINK.label("link"))
            .where(_LOG.c.at >= live_since, _LOG.c.event == AuditEvent.LINK_SENT.value)
            .subquery()
        )
        used = (
            select(_LINK.label("link"))
            .where(_LOG.c.at >= live_since, _LOG.c.event == AuditEvent.LINK_CONSUMED.value)
            .subquery()
        )
        living = (
            select(sent.c.client_id, func.count())
            .select_from(sent.outerjoin(used, sent.c.link == used.c.link))
            .where(used.c.link.is_(None))
            .group_by(sent.c.client_id)
        )
        with self._database.connection() as connection:
            live = {client_id or "": count for client_id, count in connection.execute(living)}
            return {
                row.client_id or "": LiveCounts(
                    row.asked, row.sent, row.used, live.get(row.client_id or "", 0)
                )
                for row in connection.execute(per_event)
            }
