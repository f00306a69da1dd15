"""Refresh tokens in SQL: durable, rotated in one statement that only one caller wins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, exists, func, literal, or_, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import RefreshFamilyRow, RefreshTokenRow
from idp.adapters.sql.tables import counted, purge, table_of
from idp.oidc.ports import Family, PresentedRefresh
from idp.oidc.records import Grant

_FAMILIES = table_of(RefreshFamilyRow)
_TOKENS = table_of(RefreshTokenRow)


class SqlRefreshTokens:
    """`oidc.ports.RefreshStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, family: Family, token_digest: str) -> None:
        """Begin a family with its first token."""
        grant = family.grant
        row = {
            "grant_id": grant.grant_id,
            "client_id": grant.client_id,
            "person_id": grant.person_id,
            "session": grant.ends_with,
            "data": grant.to_json(),
            "jkt": family.jkt,
            "created_at": family.created_at,
            "expires_at": family.expires_at,
        }
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(_FAMILIES.insert().values(row))
            connection.execute(
                _TOKENS.insert().values(_token(token_digest, grant.grant_id, family.created_at))
            )

    def find(self, token_digest: str) -> PresentedRefresh | None:
        """The token, whatever its state."""
        wanted = (
            select(_FAMILIES, _TOKENS.c.spent_at)
            .join(_TOKENS, _TOKENS.c.grant_id == _FAMILIES.c.grant_id)
            .where(_TOKENS.c.digest == token_digest)
        )
        with self._database.connection() as connection:
            row = connection.execute(wanted).mappings().first()
        return PresentedRefresh(_family(row), row["spent_at"]) if row else None

    def rotate(self, old_digest: str, new_digest: str, now: datetime, grace: int) -> bool:
        """Spend one and store its successor; False when that was done before."""
        spendable: ColumnElement[bool] = _TOKENS.c.spent_at.is_(None)
        if grace:
            spendable = or_(spendable, _TOKENS.c.spent_at >= now - timedelta(seconds=grace))
        moment = literal(now, _TOKENS.c.spent_at.type)
        live = exists().where(
            _FAMILIES.c.grant_id == _TOKENS.c.grant_id, _FAMILIES.c.revoked_at.is_(None)
        )
        spend = (
            update(_TOKENS)
            .where(_TOKENS.c.digest == old_digest, spendable, live)
            # The first use counts: a grace that each use prolonged would have no end.
            .values(spent_at=func.coalesce(_TOKENS.c.spent_at, moment))
            .returning(_TOKENS.c.grant_id)
        )
        with self._database.transaction(), self._database.connection() as connection:
            grant_id = connection.execute(spend).scalar_one_or_none()
            if grant_id is None:
                return False
            connection.execute(_TOKENS.insert().values(_token(new_digest, grant_id, now)))
            return True

    def revoke(self, grant_id: str, at: datetime) -> bool:
        """Revoke a family."""
        return bool(self._revoke([_FAMILIES.c.grant_id == grant_id], at))

    def revoke_where(
        self,
        at: datetime,
        *,
        session: str | None = None,
        client_id: str | None = None,
        person_id: str | None = None,
    ) -> list[str]:
        """Revoke what fits; the grant ids that were live."""
        wanted = {"session": session, "client_id": client_id, "person_id": person_id}
        conditions = [
            _FAMILIES.c[name] == value for name, value in wanted.items() if value is not None
        ]
        return self._revoke([*conditions, _FAMILIES.c.expires_at > at], at)

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _FAMILIES.c.grant_id, _FAMILIES.c.expires_at < before)

    def purge(self, before: datetime) -> int:
        """Remove families that ended before that moment, with their tokens."""
        return purge(self._database, _FAMILIES.c.grant_id, _FAMILIES.c.expires_at < before)

    def _revoke(self, conditions: list[ColumnElement[bool]], at: datetime) -> list[str]:
        statement = (
            update(_FAMILIES)
            .where(*conditions, _FAMILIES.c.revoked_at.is_(None))
            .values(revoked_at=at)
            .returning(_FAMILIES.c.grant_id)
        )
        with self._database.transaction(), self._database.connection() as connection:
            return list(connection.execute(statement).scalars())


def _token(token_digest: str, grant_id: str, now: datetime) -> dict[str, Any]:
    return {"digest": token_digest, "grant_id": grant_id, "issued_at": now}


def _family(row: RowMapping) -> Family:
    return Family(
        grant=Grant.from_json(row["data"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        jkt=row["jkt"],
        revoked_at=row["revoked_at"],
    )
