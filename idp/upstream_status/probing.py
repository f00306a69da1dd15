"""The prober: probes each upstream, keeps what it saw, and does what the policy says about it.

    role          probes   keeps   judges
    leading         yes     yes      yes
    standing by      no      no       no
    alone           yes     yes       no     Redis does not answer: nobody can say who leads

So a Redis that is away never flips anything, and neither does a database that is: without it what
is seen waits in memory, and nothing is judged before it was kept. Two that probe at once (alone,
or in the seconds of a change of leader) write the same kind of rows, judge from the same ones, and
advise or ask once between them.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event, Thread

from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.random import Random
from idp.upstream_status.hysteresis import Thresholds, Verdict, observe, people_fail, resumed
from idp.upstream_status.observations import Live, ProbeResult, ProberSeen
from idp.upstream_status.probe_ports import Leadership, Probe, ProbeStore
from idp.upstream_status.state import Health
from idp.upstream_status.verdicts import Verdicts

_log = logging.getLogger(__name__)

# Seconds between two steps of `run`: to keep the lead, and to notice people who fail.
BEAT = 1.0
# Between two notes that this process is there.
SEEN = 10.0
# Without a note for so long, a prober is gone.
GONE = 60.0
# No probe follows another sooner, whatever people meet: SUNAT cuts who comes too often.
LEAST_GAP = 10.0
# Around the interval, in parts of it: replicas of other systems probe too.
_JITTER = 0.15
_BACKLOG = 5_000
_HISTORY = 100


def answering(store: ProbeStore, now: datetime) -> list[ProberSeen]:
    """The probers that were there lately, the leading first; a gone one is missed after a minute.

    Raises Unavailable("sql").
    """
    return store.probers(now - timedelta(seconds=GONE))


def silent_since(health: Health | None, now: datetime, interval: float) -> datetime | None:
    """Since when nothing was probed; None while the prober does its work, or never did any.

    A probe may take two time-outs of a minute.
    """
    if health is None or now - health.probed_at <= timedelta(seconds=3 * interval + 120):
        return None
    return health.probed_at


class Role(StrEnum):
    """What a prober is among its replicas."""

    LEADING = "leading"
    STANDING_BY = "standing_by"
    ALONE = "alone"


@dataclass(frozen=True)
class Pace:
    """interval: seconds between two probes of an upstream, more or less."""

    interval: float
    thresholds: Thresholds


@dataclass
class _Watched:
    """What is known of one upstream here. resumed: whether its history was read; until then
    nothing is judged.
    """

    verdict: Verdict = field(default_factory=Verdict)
    resumed: bool = False
    backlog: deque[ProbeResult] = field(default_factory=lambda: deque(maxlen=_BACKLOG))
    probed_at: float = 0.0
    due_at: float = 0.0


class Prober:
    """One process. probes: by realm. instance: what it is called among its like."""

    def __init__(
        self,
        *,
        probes: Mapping[str, Probe],
        store: ProbeStore,
        leadership: Leadership,
        verdicts: Verdicts,
        clock: Clock,
        random: Random,
        pace: Pace,
        instance: str,
    ) -> None:
        self._probes = probes
        self._store = store
        self._leadership = leadership
        self._verdicts = verdicts
        self._clock = clock
        self._random = random
        self._pace = pace
        self._watched = {realm: _Watched() for realm in probes}
        self._me = ProberSeen(instance, clock.now(), clock.now(), leading=False)
        self._told_at = 0.0
        self._role = Role.STANDING_BY

    @property
    def realms(self) -> tuple[str, ...]:
        """What is probed."""
        return tuple(self._probes)

    @property
    def role(self) -> Role:
        """As of the last beat."""
        return self._role

    def verdict(self, realm: str) -> Verdict:
        """What is thought of an upstream here. Raises KeyError for another realm."""
        return self._watched[realm].verdict

    def look(self, realm: str) -> ProbeResult:
        """One probe, kept nowhere and judged by nobody. Raises KeyError for another realm."""
        steps = self._probes[realm].run()
        return ProbeResult(realm, self._clock.now(), steps)

    def beat(self) -> Role:
        """Take the lead or keep it, and note from time to time that this process is there."""
        try:
            role = Role.LEADING if self._leadership.lead() else Role.STANDING_BY
        except Unavailable:
            role = Role.ALONE
        if role is not self._role:
            _log.info("prober's role", extra={"role": role.value, "before": self._role.value})
            self._role, self._told_at = role, 0.0
        self._note_presence()
        return role

    def step(self, realm: str) -> ProbeResult:
        """Probe once, keep it, and do what follows. Raises KeyError for another realm."""
        watched = self._watched[realm]
        result = self.look(realm)
        watched.probed_at = self._clock.timestamp()
        watched.due_at = watched.probed_at + self._interval()
        watched.backlog.append(result)
        try:
            self._keep(realm, watched)
        except Unavailable as error:
            _log.warning(
                "what was probed waits to be kept",
                extra={"realm": realm, "waiting": len(watched.backlog), "why": error.dependency},
            )
        except Exception:  # the next probe must come whatever this one met
            _log.exception("a probe was not judged", extra={"realm": realm})
        return result

    def give_up(self) -> None:
        """Let another lead at once; a probe under way here is not judged any more."""
        self._role = Role.STANDING_BY
        self._leadership.give_up()
        self._present(self._clock.now(), leading=False)

    def due(self, realm: str) -> bool:
        """Whether this process is to probe now: it is time, or people fail who did not before."""
        if self._role is Role.STANDING_BY:
            return False
        watched, now = self._watched[realm], self._clock.timestamp()
        # A clock that was set back must not silence the prober.
        if now >= watched.due_at or now < watched.probed_at:
            return True
        if now < watched.probed_at + LEAST_GAP or not watched.verdict.healthy:
            return False
        return people_fail(self._verdicts.last_minute(realm), self._pace.thresholds)

    def run(self, stop: Event) -> None:
        """Go on until told to stop, each upstream in a thread of its own: one that hangs delays
        no other. Gives up the lead at the end; a probe under way is left alone.
        """
        self.beat()
        threads = [
            Thread(target=self._watch, args=(realm, stop), name=f"probe-{realm}", daemon=True)
            for realm in self._probes
        ]
        for thread in threads:
            thread.start()
        try:
            while not stop.wait(BEAT):
                self.beat()
        finally:
            self.give_up()

    def _watch(self, realm: str, stop: Event) -> None:
        while not stop.is_set():
            try:
                if self.due(realm):
                    self.step(realm)
                    continue
            except Exception:  # the next probe must come whatever this one met
                _log.exception("a probe failed", extra={"realm": realm})
            stop.wait(BEAT)

    def _keep(self, realm: str, watched: _Watched) -> None:
        """Write what waits, then judge. Raises Unavailable; the next probe tries again."""
        waiting = list(watched.backlog)
        if not watched.resumed or self._verdicts.overtaken(realm, watched.verdict):
            watched.verdict = self._resumed(realm)
            watched.resumed = True
        self._store.add(waiting)
        for result in waiting:
            # What people meet now says nothing of an hour that had to wait to be kept.
            live = self._verdicts.last_minute(realm) if result is waiting[-1] else Live()
            watched.verdict = observe(
                watched.verdict, result.at, result.reason, live, self._pace.thresholds
            )
        watched.backlog.clear()
        watched.verdict = self._verdicts.tell(realm, watched.verdict)
        if self._role is Role.LEADING:
            self._verdicts.judge(realm, watched.verdict)

    def _resumed(self, realm: str) -> Verdict:
        told = self._verdicts.kept(realm)
        history = [(one.at, one.ok) for one in self._store.recent(realm, _HISTORY)]
        return resumed(told, history[::-1], self._pace.thresholds)

    def _interval(self) -> float:
        share = int.from_bytes(self._random.bytes(2)) / 65_535
        return self._pace.interval * (1 + _JITTER * (2 * share - 1))

    def _note_presence(self) -> None:
        now = self._clock.timestamp()
        if self._told_at <= now < self._told_at + SEEN:
            return
        self._told_at = now
        self._present(self._clock.now(), leading=self._role is not Role.STANDING_BY)

    def _present(self, at: datetime, *, leading: bool) -> None:
        try:
            self._store.seen(ProberSeen(self._me.instance, self._me.started_at, at, leading))
        except Unavailable:
            _log.debug("that the prober is there was not kept")
