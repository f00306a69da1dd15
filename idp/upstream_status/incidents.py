"""Making the report of each contingency that is over, once, and finding it again."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ports import UnitOfWork
from idp.upstream_status.changes import FlagChange, Transition
from idp.upstream_status.incident import SETTLED, Incident, Report, incidents_of
from idp.upstream_status.incident_figures import Counting, Happened
from idp.upstream_status.ports import FlagStore, TransitionStore

_log = logging.getLogger(__name__)

# So far back it is looked for what has no report yet, and so many transitions of an upstream.
_BACK = timedelta(days=30)
_MOST = 2_000
_CHANGES = 500
# One that lasts is counted in all that the log holds of it, at the worst of times, and whoever
# reads it reloads the page.
_KEPT = timedelta(minutes=1)


class ReportStore(Protocol):
    """Reports by id. Every method raises Unavailable("sql")."""

    def add(self, report: Report) -> bool:
        """In the unit of work under way; False where it is there."""
        ...

    def get(self, report_id: str) -> Report | None:
        """One."""
        ...

    def known(self, since: datetime) -> set[str]:
        """The ids of those that ended since then."""
        ...

    def all(self, realm: str | None, limit: int) -> list[Report]:
        """The newest first."""
        ...


class ReadsRecords(Protocol):
    """What is needed of the audit log."""

    def between(self, realm: str, since: datetime, until: datetime) -> Iterator[list[Happened]]:
        """What counts for a report, in the order of time, in parts."""
        ...


class Signs(Protocol):
    """A key that vouches for what we say."""

    def sign(self, payload: Mapping[str, Any]) -> str:
        """A compact JWS (RFC 7515 §7.1). Raises IdpError where there is no key."""
        ...


class Incidents:
    """Every method raises Unavailable("sql"). signer: None where nobody signs."""

    def __init__(
        self,
        *,
        transitions: TransitionStore,
        flags: FlagStore,
        records: ReadsRecords,
        reports: ReportStore,
        realms: tuple[str, ...],
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        issuer: str,
        signer: Signs | None = None,
    ) -> None:
        self._transitions = transitions
        self._flags = flags
        self._records = records
        self._reports = reports
        self._realms = realms
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._issuer = issuer
        self._signer = signer
        self._counting = Lock()
        self._so_far: dict[str, Report] = {}

    def step(self) -> int:
        """Report on those that ended a while ago, when their last links were used or not; how many.
        Two workers at once make one report.
        """
        now, made = self._clock.now(), 0
        known = self._reports.known(now - _BACK)
        for realm in self._realms:
            for one in self._of(realm, now - _BACK):
                over = one.ended is not None and one.ended + SETTLED <= now
                if over and one.id not in known:
                    made += self._make(one)
        return made

    def all(self, realm: str | None = None, limit: int = 50) -> list[Report]:
        """Those that were made, the newest first."""
        return self._reports.all(realm, limit)

    def running(self) -> list[Incident]:
        """Those that last."""
        now = self._clock.now()
        found = [one for realm in self._realms for one in self._of(realm, now - _BACK)]
        return [one for one in found if one.ended is None]

    def report(self, report_id: str) -> Report:
        """One that was made; for a contingency that lasts, or ended just now, what is known so far,
        unsigned, counted at most once a minute: while somebody counts, the others are told the last
        figures. Raises IdpError("incident_unknown", 404).
        """
        kept = self._reports.get(report_id)
        if kept is not None:
            return kept
        for realm in self._realms:
            for one in self._of(realm, self._clock.now() - _BACK):
                if one.id == report_id:
                    return self._lately(one)
        raise IdpError("incident_unknown", 404, detail="no contingency has this name")

    def _lately(self, incident: Incident) -> Report:
        kept = self._kept(incident)
        if kept is not None and self._recent(kept):
            return kept
        if not self._counting.acquire(blocking=kept is None):
            assert kept is not None
            return kept
        try:
            kept = self._kept(incident)
            if kept is None or not self._recent(kept):
                kept = self._counted(incident)
                # Of those that are over nobody asks any more: they have a report.
                self._so_far = {
                    one.id: one for one in self._so_far.values() if self._recent(one)
                } | {incident.id: kept}
            return kept
        finally:
            self._counting.release()

    def _kept(self, incident: Incident) -> Report | None:
        """What was counted of it as it is: not of one that lasted then, and is over now."""
        found = self._so_far.get(incident.id)
        ended = incident.ended.isoformat() if incident.ended else None
        return found if found is not None and found.content["ended"] == ended else None

    def _recent(self, report: Report) -> bool:
        return timedelta(0) <= self._clock.now() - report.made_at < _KEPT

    def _of(self, realm: str, since: datetime) -> list[Incident]:
        newest = self._transitions.find(realm, since, None, _MOST)
        return incidents_of(reversed(newest))

    def _make(self, incident: Incident) -> bool:
        report = self._counted(incident)
        signature = self._signed(report.content)
        signed = Report(**{**vars(report), "signature": signature})
        with self._uow.transaction():
            if not self._reports.add(signed):
                return False
            self._audit.record(
                AuditEvent.INCIDENT_REPORTED,
                realm=incident.realm,
                incident=incident.id,
                signed=bool(signature),
            )
        return True

    def _signed(self, content: Mapping[str, Any]) -> str:
        if self._signer is None:
            return ""
        try:
            return self._signer.sign(content)
        except IdpError as error:
            _log.warning("an incident report is not signed", extra={"reason": error.code})
            return ""

    def _counted(self, incident: Incident) -> Report:
        now = self._clock.now()
        ended = incident.ended or now
        counting = Counting(incident.began, ended)
        for part in self._records.between(incident.realm, incident.began, ended + SETTLED):
            counting.take(part)
        content = {
            "type": "incident",
            "issuer": self._issuer,
            "id": incident.id,
            "realm": incident.realm,
            "began": incident.began.isoformat(),
            "ended": incident.ended.isoformat() if incident.ended else None,
            "made_at": now.isoformat(),
            "steps": [_step(one) for one in incident.steps],
            "said": [_said(one) for one in self._changes(incident, ended)],
            "figures": counting.figures(),
        }
        # As it is read back from wherever it is kept.
        plain = json.loads(json.dumps(content, default=str))
        return Report(incident.id, incident.realm, incident.began, ended, now, plain, "")

    def _changes(self, incident: Incident, ended: datetime) -> list[FlagChange]:
        """What operators said from its beginning to its end, the oldest first."""
        found = self._flags.history(incident.realm, _CHANGES)
        return [one for one in reversed(found) if incident.began <= one.at <= ended]


def _step(one: Transition) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "up": one.up,
        "why": one.why.value,
        "who": one.who,
        "reason": one.reason,
        "until": one.until.isoformat() if one.until else None,
        "evidence": dict(one.evidence),
    }


def _said(one: FlagChange) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "state": one.state.value,
        "who": one.who,
        "reason": one.reason,
        "until": one.until.isoformat() if one.until else None,
        "via": one.via,
        "approved_by": one.approved_by,
    }
