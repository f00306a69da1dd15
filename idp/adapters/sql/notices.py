"""What was told to the admins, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import UpstreamNoticeRow
from idp.adapters.sql.tables import counted, insert_new, purge, table_of
from idp.upstream_status.notices import Notice

_NOTICES = table_of(UpstreamNoticeRow)


class SqlNoticeStore:
    """`upstream_status.telling.NoticeStore`; and what `mail.admins` reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, notice: Notice, content: Mapping[str, object]) -> bool:
        """Keep it, in the unit of work under way; False where it is kept already."""
        values: dict[str, Any] = {
            "key": notice.key,
            "kind": notice.kind.value,
            "realm": notice.realm,
            "at": notice.at,
            "content": dict(content),
        }
        with self._database.transaction(), self._database.connection() as connection:
            return insert_new(connection, _NOTICES, values)

    def has(self, key: str) -> bool:
        """Whether it is kept."""
        query = select(exists().where(_NOTICES.c.key == key))
        with self._database.connection() as connection:
            return bool(connection.execute(query).scalar_one())

    def content(self, key: str) -> Mapping[str, object] | None:
        """What its mail says; None where it is not kept."""
        query = select(_NOTICES.c.content).where(_NOTICES.c.key == key)
        with self._database.connection() as connection:
            found: dict[str, object] | None = connection.execute(query).scalar_one_or_none()
        return found

    def purge(self, before: datetime) -> int:
        """Remove those of before that moment; how many."""
        return purge(self._database, _NOTICES.c.key, _NOTICES.c.at < before)

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _NOTICES.c.key, _NOTICES.c.at < before)
