"""The signed checkpoints of the audit log in SQL."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import RowMapping, Table, select, text, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import AuditCheckpointRow
from idp.adapters.sql.tables import insert_new, table_of
from idp.audit.checkpoints import Checkpoint, Kind, Signed
from idp.kernel.errors import IdpError

_CHECKPOINTS: Table = table_of(AuditCheckpointRow)
_ARRIVED = {"file": _CHECKPOINTS.c.filed_at, "url": _CHECKPOINTS.c.posted_at}
_LOCK = 7_365_003
_PAGE = 1_000


class SqlCheckpointStore:
    """`audit.ports.CheckpointStore`. What a JWS says is taken from it unchecked: who verifies looks
    at the signature, and whoever makes the next needs its digest alone.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> Signed | None:
        """The newest; within a unit of work nobody else adds one until its end."""
        query = select(_CHECKPOINTS).order_by(_CHECKPOINTS.c.n.desc()).limit(1)
        with self._database.connection() as connection:
            if connection.dialect.name == "postgresql" and self._database.in_transaction:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            row = connection.execute(query).mappings().first()
        return _signed(row) if row else None

    def add(self, signed: Signed) -> None:
        """Add it, in the unit of work under way."""
        one = signed.checkpoint
        values = {
            "n": one.n,
            "kind": one.kind.value,
            "at": one.at,
            "number": one.number,
            "hash": one.hash,
            "purged_to": one.purged.to if one.purged else None,
            "jws": signed.jws,
        }
        with self._database.transaction(), self._database.connection() as connection:
            if not insert_new(connection, _CHECKPOINTS, values):
                raise IdpError("checkpoint_taken", 409, detail=f"there is one of n {one.n}")

    def all(self, after: int = 0) -> Iterator[Signed]:
        """Those of an n beyond that, a page at a time."""
        while True:
            query = select(_CHECKPOINTS).where(_CHECKPOINTS.c.n > after)
            query = query.order_by(_CHECKPOINTS.c.n).limit(_PAGE)
            with self._database.connection() as connection:
                rows = connection.execute(query).mappings().all()
            if not rows:
                return
            yield from (_signed(row) for row in rows)
            after = rows[-1]["n"]

    def left(self, destination: str, limit: int) -> list[Signed]:
        """The oldest that are not there."""
        query = select(_CHECKPOINTS).where(_ARRIVED[destination].is_(None))
        with self._database.connection() as connection:
            rows = connection.execute(query.order_by(_CHECKPOINTS.c.n).limit(limit)).mappings()
            return [_signed(row) for row in rows]

    def arrived(self, n: int, destination: str, at: datetime) -> None:
        """It is there; noted once."""
        column = _ARRIVED[destination]
        change = update(_CHECKPOINTS).where(_CHECKPOINTS.c.n == n, column.is_(None))
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(change.values({column.name: at}))


def _signed(row: RowMapping) -> Signed:
    """The row as what its JWS says; where that cannot be read, as its columns say."""
    jws: str = row["jws"]
    try:
        middle = jws.split(".")[1]
        payload = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return Signed(Checkpoint.of(payload), jws)
    except (ValueError, IndexError):
        columns = {name: row[name] for name in ("n", "number", "hash", "at")}
        # What kind it says it is may be anything by now.
        return Signed(Checkpoint(issuer="", previous="", kind=Kind.PERIODIC, **columns), jws)
