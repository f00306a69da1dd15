"""Whom a contingency served and whom not, counted from the audit log's records in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from idp.audit.events import AuditEvent
from idp.kernel.identity import Mode

# What is counted; the rest of the log need not be read.
EVENTS = (
    AuditEvent.LINK_REQUESTED,
    AuditEvent.LINK_SENT,
    AuditEvent.LINK_NOT_ELIGIBLE,
    AuditEvent.LINK_CONSUMED,
    AuditEvent.LINK_REFUSED,
    AuditEvent.LINK_REPORTED,
    AuditEvent.LOGIN_COMPLETED,
    AuditEvent.MAIL_DEFERRED,
    AuditEvent.MAIL_REFUSED,
    AuditEvent.LIMIT_HIT,
    AuditEvent.CAPTCHA_FAILED,
    AuditEvent.CSRF_FAILED,
    AuditEvent.CODE_REPLAYED,
    AuditEvent.REFRESH_REPLAYED,
    AuditEvent.ADMIN_LOGIN_FAILED,
)
# What an investigator looks at first, with the detail that tells its kinds apart.
_ODD: Mapping[str, str] = {
    AuditEvent.LINK_REPORTED: "",
    AuditEvent.LINK_REFUSED: "reason",
    AuditEvent.LIMIT_HIT: "limit",
    AuditEvent.CAPTCHA_FAILED: "reason",
    AuditEvent.CSRF_FAILED: "reason",
    AuditEvent.CODE_REPLAYED: "",
    AuditEvent.REFRESH_REPLAYED: "",
    AuditEvent.ADMIN_LOGIN_FAILED: "step",
}
# A plot of so many points can be read.
_POINTS = 48


@dataclass(frozen=True)
class Happened:
    """The columns of a record that count here."""

    at: datetime
    event: str
    person_id: str | None
    client_id: str | None
    mode: str | None
    details: Mapping[str, str]


@dataclass
class Counting:
    """Takes records in the order of time, then says the figures.

    Nobody is counted twice: whoever got through once was served, however often they tried.
    """

    began: datetime
    ended: datetime
    _requested: dict[str, datetime] = field(default_factory=dict)
    _served: set[str] = field(default_factory=set)
    _why: dict[str, str] = field(default_factory=dict)
    _nobody: int = 0
    _counts: Counter[str] = field(default_factory=Counter)
    _odd: Counter[tuple[str, str]] = field(default_factory=Counter)
    _deferred: Counter[str] = field(default_factory=Counter)
    _refused: Counter[str] = field(default_factory=Counter)
    _waits: list[float] = field(default_factory=list)
    _asked_by: Counter[str] = field(default_factory=Counter)
    _came_by: Counter[str] = field(default_factory=Counter)
    _buckets: dict[str, Counter[int]] = field(default_factory=dict)

    @property
    def step(self) -> timedelta:
        """Between two points of the plots: whole minutes."""
        minutes = (self.ended - self.began).total_seconds() / 60
        return timedelta(minutes=max(1, -(-int(minutes + 1) // _POINTS)))

    def take(self, records: Iterable[Happened]) -> None:
        """Count them."""
        for one in records:
            self._take(one)

    def figures(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        not_served = Counter(why for person, why in self._why.items() if person not in self._served)
        return {
            "requests": self._counts["requests"],
            "resends": self._counts["resends"],
            "requests_of_nobody": self._nobody,
            "links_sent": self._counts["sent"],
            "links_used": self._counts["used"],
            "logins": self._counts["logins"],
            "people_served": len(self._served),
            "people_not_served": sum(not_served.values()),
            "not_served_because": dict(not_served.most_common()),
            "mail_seconds": _spread(self._waits),
            "mail_deferred": dict(self._deferred.most_common(20)),
            "mail_refused": dict(self._refused.most_common(20)),
            "components": {
                client: {"requests": self._asked_by[client], "logins": self._came_by[client]}
                for client in sorted({*self._asked_by, *self._came_by})
            },
            "anomalies": [
                {"event": event, "kind": kind, "count": count}
                for (event, kind), count in sorted(self._odd.items(), key=lambda row: -row[1])
            ],
            "course": self._course(),
        }

    def _take(self, one: Happened) -> None:
        event, details = one.event, one.details
        if event in _ODD:
            self._odd[event, details.get(_ODD[event], "")] += 1
        if event == AuditEvent.LINK_REQUESTED:
            self._requested[details.get("link", "")] = one.at
            self._counts["requests"] += 1
            self._counts["resends"] += details.get("resend") == "true"
            self._asked_by[one.client_id or ""] += 1
            self._mark("requests", one.at)
        elif event == AuditEvent.LINK_NOT_ELIGIBLE:
            self._not_served(one, details.get("reason", ""))
        elif event == AuditEvent.LINK_SENT:
            self._sent(one)
        elif event == AuditEvent.LINK_CONSUMED:
            self._counts["used"] += 1
        elif event == AuditEvent.LOGIN_COMPLETED and one.mode == Mode.CONTINGENCIA:
            self._came(one)
        elif event == AuditEvent.MAIL_DEFERRED and details.get("link"):
            self._deferred[details.get("code", "")] += 1
        elif event == AuditEvent.MAIL_REFUSED and details.get("link"):
            self._refused[details.get("code", "")] += 1
            self._not_served(one, "mail_refused")

    def _sent(self, one: Happened) -> None:
        self._counts["sent"] += 1
        self._mark("sent", one.at)
        asked = self._requested.get(one.details.get("link", ""))
        if asked is not None:
            self._waits.append(max(0.0, (one.at - asked).total_seconds()))
        self._not_served(one, "link_unused")

    def _came(self, one: Happened) -> None:
        self._counts["logins"] += 1
        self._mark("logins", one.at)
        self._came_by[one.client_id or ""] += 1
        if one.person_id:
            self._served.add(one.person_id)

    def _not_served(self, one: Happened, why: str) -> None:
        """Unless a login follows: the last reason counts."""
        if one.person_id:
            self._why[one.person_id] = why
        elif one.event == AuditEvent.LINK_NOT_ELIGIBLE:
            self._nobody += 1

    def _mark(self, line: str, at: datetime) -> None:
        number = int((at - self.began) / self.step)
        self._buckets.setdefault(line, Counter())[max(0, number)] += 1

    def _course(self) -> list[dict[str, Any]]:
        last = int((self.ended - self.began) / self.step)
        last = max([last, *(max(found, default=0) for found in self._buckets.values())])
        return [
            {
                "at": (self.began + self.step * number).isoformat(),
                **{
                    line: self._buckets.get(line, Counter())[number]
                    for line in ("requests", "sent", "logins")
                },
            }
            for number in range(last + 1)
        ]


def _spread(seconds: list[float]) -> dict[str, float]:
    """Quantiles by the nearest rank, in seconds; empty without any."""
    if not seconds:
        return {}
    ordered = sorted(seconds)

    def at(part: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 1)

    return {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": round(ordered[-1], 1)}
