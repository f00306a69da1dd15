"""Logins by component and mode, counted in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import BigInteger, ColumnElement, Table, cast, func, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditRow
from idp.adapters.sql.tables import table_of
from idp.admin.switch_ports import LoginCount
from idp.audit.events import AuditEvent
from idp.kernel.identity import Mode

_LOG: Table = table_of(AuditRow)


class SqlLoginCounts:
    """`admin.switch_ports.LoginCounts`: one pass over that stretch of the log, by its index of
    moments. A login pays nothing for it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def buckets(self, since: datetime, until: datetime, seconds: int) -> Sequence[LoginCount]:
        """Grouped by the database: what comes back is as short as a plot."""
        number = (self._epoch() // seconds).label("number")
        groups = (number, _LOG.c.client_id, _LOG.c.mode, _LOG.c.realm)
        query = (
            select(*groups, func.count())
            .where(
                _LOG.c.at >= since,
                _LOG.c.at < until,
                _LOG.c.event == AuditEvent.LOGIN_COMPLETED.value,
            )
            .group_by(*groups)
            .order_by(number)
        )
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [
            LoginCount(
                datetime.fromtimestamp(int(bucket) * seconds, UTC),
                client_id or "",
                Mode(mode),
                realm or "",
                count,
            )
            for bucket, client_id, mode, realm, count in rows
        ]

    def _epoch(self) -> ColumnElement[int]:
        """Whole seconds of the epoch."""
        if self._database.engine.dialect.name == "postgresql":
            return cast(func.floor(func.extract("epoch", _LOG.c.at)), BigInteger)
        # To the second: it rounds the last half of a thousandth up.
        return cast(func.strftime("%s", func.substr(_LOG.c.at, 1, 19)), BigInteger)
