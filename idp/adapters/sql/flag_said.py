"""What operators said of each flag, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import FlagChangeRow
from idp.adapters.sql.tables import table_of
from idp.adapters.sql.upstream_status import change_of
from idp.admin.switch_ports import Said

_TABLE = table_of(FlagChangeRow)


class SqlSaidStore:
    """`admin.switch_ports.SaidStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def said(
        self,
        realm: str | None,
        since: datetime | None,
        until: datetime | None,
        before: int | None,
        limit: int,
    ) -> Sequence[Said]:
        """The newest first."""
        query = select(_TABLE).order_by(_TABLE.c.seq.desc()).limit(limit)
        if realm is not None:
            query = query.where(_TABLE.c.realm == realm)
        if since is not None:
            query = query.where(_TABLE.c.at >= since)
        if until is not None:
            query = query.where(_TABLE.c.at < until)
        if before is not None:
            query = query.where(_TABLE.c.seq < before)
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [Said(row.seq, change_of(row)) for row in rows]
