"""How people's own logins fare, and what is kept of it all with a flip.

`report` is called on the way of a login: one round trip to Redis, and whatever happens there, the
login goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.upstream_status.observations import ProbeResult
from idp.upstream_status.probe_ports import LiveCounts, ProbeStore
from idp.upstream_status.state import Health

_log = logging.getLogger(__name__)

MINUTE = 60
# People take their minutes with SUNAT's form, and so does its form with them.
RETURNING = 600
LAST = 20

OK, FAILED, DOUBTFUL, STARTED = "ok", "failed", "doubtful", "started"

# What the upstream did to an exchange. Everything else that may be reported is doubtful: a code
# that is refused, an unknown state, an error that a strange code may bring about, our own queue
# that a crowd of strangers can fill, our own configuration.
_THEIR_FAILURES = frozenset(
    {
        "timeout",
        "connect",
        "tls",
        "protocol",
        "too_large",
        "redirect",
        "server_error",
        "unexpected_status",
        "empty_body",
        "html_body",
        "not_json",
        "no_token",
    }
)


def counted_as(kind: str) -> str:
    """Under which name a report is counted. kind: see `federation.ports.Evidence`."""
    if kind in (OK, STARTED):
        return kind
    return FAILED if kind in _THEIR_FAILURES else DOUBTFUL


class Evidence:
    """`federation.ports.Evidence`, and the snapshot of what speaks for or against an upstream.

    health: what the prober made of it last, as this process knows it.
    """

    def __init__(
        self,
        *,
        live: LiveCounts,
        store: ProbeStore,
        clock: Clock,
        health: Callable[[str], Health | None] = lambda realm: None,
    ) -> None:
        self._live = live
        self._store = store
        self._clock = clock
        self._health = health

    def report(self, realm: str, kind: str) -> None:
        """Count it. Never raises."""
        try:
            self._live.add(realm, counted_as(kind), self._clock.timestamp())
        except Unavailable:
            _log.debug("evidence was not counted", extra={"realm": realm})
        except Exception:  # no login may fail for being counted
            _log.exception("evidence was not counted")

    def evidence_of(self, realm: str) -> dict[str, Any]:
        """The verdict, the last probes and the live counts, for JSON: small, of nobody.

        `unavailable` names what could not be asked. Never raises Unavailable.
        """
        missing = []
        try:
            probes = [described(one) for one in self._store.recent(realm, LAST)]
        except Unavailable:
            probes, missing = [], ["sql"]
        live: dict[str, Any] = {}
        try:
            for seconds in (MINUTE, RETURNING):
                counts = self._live.last(realm, seconds, self._clock.timestamp())
                live[f"last_{seconds}_seconds"] = {
                    OK: counts.ok,
                    FAILED: counts.failed,
                    DOUBTFUL: counts.doubtful,
                    STARTED: counts.started,
                }
        except Unavailable:
            missing.append("redis")
        taken_at = self._clock.now().isoformat(timespec="seconds")
        found = {"taken_at": taken_at, "probes": probes, "live": live, "unavailable": missing}
        return {**_thought(self._health(realm)), **found}


def _thought(health: Health | None) -> dict[str, Any]:
    if health is None:
        return {}
    return {
        "healthy": health.healthy,
        "since": health.since.isoformat(),
        "reason": health.reason,
        "probed_at": health.probed_at.isoformat(),
        "probe_ok": health.probe_ok,
    }


def described(result: ProbeResult) -> dict[str, Any]:
    """A probe as JSON."""
    return {
        "at": result.at.isoformat(timespec="milliseconds"),
        "ok": result.ok,
        "steps": [
            {
                "step": one.step.value,
                "outcome": one.outcome.value,
                "ms": one.ms,
                "code": one.code,
                "status": one.status,
                "tries": one.tries,
            }
            for one in result.steps
        ],
    }
