"""What decides about upstreams, in SQL."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, Select, func, insert, or_, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import (
    FlagChangeRow,
    FlagRow,
    TransitionRow,
    UpstreamEvidenceRow,
    WindowRow,
)
from idp.adapters.sql.tables import counted, insert_new, purge, table_of, upsert
from idp.adapters.sql.windows import window_of
from idp.upstream_status.changes import FlagChange
from idp.upstream_status.state import (
    Facts,
    Flag,
    FlagState,
    Health,
    Judgement,
    Policy,
    Window,
)

_FLAGS = table_of(FlagRow)
_HISTORY = table_of(FlagChangeRow)
_EVIDENCE = table_of(UpstreamEvidenceRow)
_WINDOWS = table_of(WindowRow)
_TRANSITIONS = table_of(TransitionRow)


class SqlFlagStore:
    """`upstream_status.ports.FlagStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, ended_after: datetime) -> dict[str, Facts]:
        """By realm, for those of which anything is known; windows that ended before are left out,
        and so are cancelled ones.
        """
        windows = (
            select(_WINDOWS)
            .where(_WINDOWS.c.ends_at > ended_after, _WINDOWS.c.cancelled_at.is_(None))
            .order_by(_WINDOWS.c.starts_at)
        )
        with self._database.connection() as connection:
            flags = {row.realm: row for row in connection.execute(select(_FLAGS))}
            evidence = {row.realm: row for row in connection.execute(select(_EVIDENCE))}
            announced = connection.execute(windows).all()
            back = {row.realm: row.at for row in connection.execute(_back())}
        by_realm: dict[str, list[Window]] = defaultdict(list)
        for row in announced:
            by_realm[row.realm].append(window_of(row))
        return {
            realm: replace(
                _facts(flags.get(realm), evidence.get(realm), by_realm[realm]),
                back_at=back.get(realm),
            )
            for realm in {*flags, *evidence, *by_realm}
        }

    def save(self, flag: Flag, change: FlagChange) -> bool:
        """Write the flag and add its history row, in the unit of work under way; False, and nothing
        was written, where that local override was taken over before.
        """
        row = {**vars(change), "state": change.state.value, "evidence": dict(change.evidence)}
        with self._database.transaction(), self._database.connection() as connection:
            if change.override_id is None:
                connection.execute(insert(_HISTORY).values(row))
            elif not insert_new(connection, _HISTORY, row):
                return False
            upsert(connection, _FLAGS, {**vars(flag), "state": flag.state.value}, key="realm")
        return True

    def hold(self, realm: str) -> None:
        """Lock what there is always one of: a flag that nobody ever set has no row."""
        with self._database.transaction(), self._database.connection() as connection:
            insert_new(connection, _EVIDENCE, {"realm": realm})
            row = select(_EVIDENCE.c.realm).where(_EVIDENCE.c.realm == realm)
            connection.execute(row.with_for_update()).all()

    def put_health(self, health: Health) -> bool:
        """Write it unless a later probe is there; whether it was written."""
        values = {
            "healthy": health.healthy,
            "healthy_since": health.since,
            "health_reason": health.reason,
            "probed_at": health.probed_at,
            "probe_ok": health.probe_ok,
            "failing_since": health.failing_since,
        }
        earlier = or_(_EVIDENCE.c.probed_at.is_(None), _EVIDENCE.c.probed_at < health.probed_at)
        return self._put(health.realm, values, earlier)

    def put_judgement(self, judgement: Judgement) -> bool:
        """Write what was decided, in the unit of work under way; False where it was so already."""
        values = {
            "judged_up": judgement.up,
            "judged_since": judgement.since,
            "judged_reason": judgement.reason,
        }
        # Where nobody decided anything yet, it is up.
        judged = _EVIDENCE.c.judged_up
        other = judged.is_(False) if judgement.up else judged.is_not(False)
        return self._put(judgement.realm, values, other)

    def put_policy(self, realm: str, policy: Policy) -> None:
        """Write who decides while the flag is automatic."""
        self._put(realm, {"policy": policy.value}, _EVIDENCE.c.realm == realm)

    def history(self, realm: str, limit: int) -> list[FlagChange]:
        """The newest changes of a flag first."""
        query = (
            select(_HISTORY)
            .where(_HISTORY.c.realm == realm)
            .order_by(_HISTORY.c.seq.desc())
            .limit(limit)
        )
        with self._database.connection() as connection:
            rows = connection.execute(query).all()
        return [change_of(row) for row in rows]

    def purge(self, before: datetime) -> int:
        """Remove the changes of before that moment; how many. What a flag is stays."""
        return purge(self._database, _HISTORY.c.seq, _HISTORY.c.at < before)

    def due(self, before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        return counted(self._database, _HISTORY.c.seq, _HISTORY.c.at < before)

    def _put(self, realm: str, values: dict[str, Any], condition: Any) -> bool:
        with self._database.transaction(), self._database.connection() as connection:
            insert_new(connection, _EVIDENCE, {"realm": realm})
            change = update(_EVIDENCE).where(_EVIDENCE.c.realm == realm, condition)
            return connection.execute(change.values(values)).rowcount == 1


def _back() -> Select[tuple[str, datetime]]:
    """By upstream, when it came up after it was last down: nothing while it is down."""
    other = _TRANSITIONS.alias()
    down = (
        select(func.max(other.c.seq))
        .where(other.c.realm == _TRANSITIONS.c.realm, other.c.up.is_(False))
        .scalar_subquery()
    )
    return (
        select(_TRANSITIONS.c.realm, func.min(_TRANSITIONS.c.at).label("at"))
        .where(_TRANSITIONS.c.seq > down)
        .group_by(_TRANSITIONS.c.realm)
    )


def _facts(flag: Row[Any] | None, evidence: Row[Any] | None, windows: list[Window]) -> Facts:
    return Facts(
        flag=_flag(flag) if flag is not None else None,
        judgement=_judgement(evidence) if evidence is not None else None,
        health=_health(evidence) if evidence is not None else None,
        windows=tuple(windows),
        policy=Policy(evidence.policy) if evidence is not None and evidence.policy else None,
    )


def _flag(row: Row[Any]) -> Flag:
    return Flag(
        row.realm,
        FlagState(row.state),
        row.reason,
        row.who,
        row.since,
        row.until,
        row.changed_at,
    )


def _judgement(row: Row[Any]) -> Judgement | None:
    if row.judged_up is None:
        return None
    return Judgement(row.realm, row.judged_up, row.judged_since, row.judged_reason)


def _health(row: Row[Any]) -> Health | None:
    if row.probed_at is None:
        return None
    return Health(
        realm=row.realm,
        healthy=row.healthy,
        since=row.healthy_since,
        reason=row.health_reason,
        probed_at=row.probed_at,
        probe_ok=row.probe_ok,
        failing_since=row.failing_since,
    )


def change_of(row: Row[Any]) -> FlagChange:
    """A row of the history as a value."""
    return FlagChange(
        row.realm,
        FlagState(row.state),
        row.reason,
        row.who,
        row.at,
        row.until,
        via=row.via,
        approved_by=row.approved_by,
        override_id=row.override_id,
        evidence=MappingProxyType(row.evidence),
    )
