"""Who an identifier leads to, and the persons who were joined, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update

from idp.adapters.sql.aged import not_on_hold
from idp.adapters.sql.database import Database
from idp.adapters.sql.models import IdentifierRow, MergeRow, PersonRow
from idp.adapters.sql.sealed_rows import SealedRows
from idp.adapters.sql.tables import counted, purge, table_of
from idp.kernel.identity import Identifier
from idp.people.identities import Merge
from idp.people.person import Person
from idp.people.snapshots import Snapshot
from idp.people.vault import Vault

_PEOPLE = table_of(PersonRow)
_IDENTIFIERS = table_of(IdentifierRow)
_MERGES = table_of(MergeRow)


class SqlIdentityStore:
    """`people.identities.IdentityStore`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._rows = SealedRows(vault)

    def identifiers(self, person_id: str) -> tuple[Identifier, ...]:
        """All that lead to this person, in the order of their values."""
        theirs = select(_IDENTIFIERS).where(_IDENTIFIERS.c.person_id == person_id)
        with self._database.connection() as connection:
            rows = connection.execute(theirs).all()
        found = [self._rows.identifier(row) for row in rows]
        return tuple(sorted(found, key=lambda one: one.value))

    def give(self, identifiers: Sequence[Identifier], person_id: str) -> None:
        """From now on these lead to that person."""
        digests = [self._rows.identifier_digest(one) for one in identifiers]
        these = update(_IDENTIFIERS).where(_IDENTIFIERS.c.digest.in_(digests))
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(these.values(person_id=person_id))

    def release(self, identifier: Identifier) -> None:
        """It leads to nobody: whoever logs in with it next is new."""
        digest = self._rows.identifier_digest(identifier)
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(delete(_IDENTIFIERS).where(_IDENTIFIERS.c.digest == digest))

    def add(self, person: Person) -> None:
        """A person's own row, without identifiers and addresses."""
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(insert(_PEOPLE).values(self._rows.person_row(person)))

    def remove(self, person_id: str) -> None:
        """A person's own row, with all that is only theirs (by the foreign keys)."""
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(delete(_PEOPLE).where(_PEOPLE.c.id == person_id))


class SqlMergeStore:
    """`people.identities.MergeStore`; may raise Unavailable("data_keys") as well."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def put(self, merge: Merge) -> None:
        """Write one down."""
        row = {
            "id": merge.id,
            "kept_id": merge.kept_id,
            "into_id": merge.into_id,
            "absorbed_id": merge.absorbed_id,
            "at": merge.at,
            "expires_at": merge.expires_at,
            "sealed": self._vault.seal(merge.before.to_json(), _bound(merge.id)),
        }
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(insert(_MERGES).values(row))

    def of(self, kept_id: str) -> list[Merge]:
        """What was joined into a person, the newest first."""
        theirs = select(_MERGES).where(_MERGES.c.kept_id == kept_id)
        with self._database.connection() as connection:
            rows = connection.execute(theirs.order_by(_MERGES.c.at.desc(), _MERGES.c.id)).all()
        return [self._merge(row) for row in rows]

    def drop(self, merge_id: str) -> None:
        """It was undone."""
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(delete(_MERGES).where(_MERGES.c.id == merge_id))

    def hand_over(
        self, kept_by: str, to: str, *, only: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """What one person holds (of that, only these) the other holds from now on; their ids."""
        theirs = update(_MERGES).where(_MERGES.c.kept_id == kept_by)
        if only is not None:
            theirs = theirs.where(_MERGES.c.id.in_(only))
        with self._database.transaction(), self._database.connection() as connection:
            moved = connection.execute(theirs.values(kept_id=to).returning(_MERGES.c.id))
            return tuple(sorted(moved.scalars()))

    def purge(self, expired_before: datetime) -> int:
        """Remove what can no longer be undone, but of whom an obligation keeps; how many."""
        return purge(self._database, _MERGES.c.id, _over(expired_before))

    def due(self, expired_before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _MERGES.c.id, _over(expired_before))

    def _merge(self, row: Row[Any]) -> Merge:
        return Merge(
            id=row.id,
            kept_id=row.kept_id,
            into_id=row.into_id,
            absorbed_id=row.absorbed_id,
            at=row.at,
            expires_at=row.expires_at,
            before=Snapshot.from_json(self._vault.open(row.sealed, _bound(row.id))),
        )


def _over(expired_before: datetime) -> ColumnElement[bool]:
    return and_(_MERGES.c.expires_at < expired_before, not_on_hold(_MERGES.c.kept_id))


def _bound(merge_id: str) -> str:
    return f"merges:{merge_id}"
