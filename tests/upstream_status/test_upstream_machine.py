"""Flips, ends, windows, probes and clocks in any order: what must always hold of what is in force."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.models import Base
from idp.adapters.sql.transitions import SqlTransitionStore
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.adapters.sql.windows import SqlWindowStore
from idp.audit.log import Audit
from idp.kernel.clock import FixedClock
from idp.kernel.random import SystemRandom
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Flag, FlagState, Health, Policy, Why, in_force
from idp.upstream_status.windows import Windows

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
MINUTES = st.integers(1, 90)
_FOLDER = TemporaryDirectory(prefix="idp-")
_MADE: list[Database] = []


def _database() -> Database:
    """Migrated once; each run begins with empty tables."""
    if not _MADE:
        _MADE.append(Database(f"sqlite:///{Path(_FOLDER.name)}/machine.db"))
        _MADE[0].upgrade()
    database = _MADE[0]
    with database.transaction(), database.connection() as connection:
        for name in (
            "upstream_flags", "upstream_flag_history", "upstream_evidence", "upstream_windows",
            "upstream_transitions",
        ):  # fmt: skip
            connection.execute(Base.metadata.tables[name].delete())
    return database


class Switching(RuleBasedStateMachine):
    """Two replicas on one database; the second's clock goes up to a second after the first's."""

    @initialize(behind=st.floats(0, 1), policy=st.sampled_from(list(Policy)))
    def begin(self, behind: float, policy: Policy) -> None:
        database = _database()
        self.store, self.transitions = SqlFlagStore(database), SqlTransitionStore(database)
        self.clocks = [FixedClock(NOW), FixedClock(NOW - timedelta(seconds=behind))]
        self.policy = policy
        self.replicas = [self._replica(database, clock) for clock in self.clocks]
        self.windows = Windows(
            store=SqlWindowStore(database), status=self.replicas[0], uow=database,
            audit=self._audit(database, self.clocks[0]), clock=self.clocks[0],
            random=SystemRandom(),
        )  # fmt: skip
        self.failing_since: datetime | None = None
        self.last_ok = NOW
        self.flag: Flag | None = None

    def _audit(self, database: Database, clock: FixedClock) -> Audit:
        return Audit(store=SqlAuditStore(database), clock=clock, random=SystemRandom())

    def _replica(self, database: Database, clock: FixedClock) -> UpstreamStatus:
        return UpstreamStatus(
            store=self.store, transitions=self.transitions, uow=database,
            audit=self._audit(database, clock), clock=clock, realms=("sol",), policy=self.policy,
        )  # fmt: skip

    @property
    def now(self) -> datetime:
        return self.clocks[0].now()

    @rule(state=st.sampled_from(list(FlagState)), minutes=st.none() | MINUTES, by=st.integers(0, 1))
    def flip(self, state: FlagState, minutes: int | None, by: int) -> None:
        until = None
        if minutes is not None and state is not FlagState.AUTO:
            until = self.now + timedelta(minutes=minutes)
        self.replicas[by].set("sol", state, reason="r", who="ana", until=until)
        self.flag = self.store.load(NOW)["sol"].flag

    @rule(ahead=st.integers(0, 30), minutes=MINUTES)
    def announce(self, ahead: int, minutes: int) -> None:
        starts = self.now + timedelta(minutes=ahead)
        self.windows.plan("sol", starts, starts + timedelta(minutes=minutes), reason="r", who="ana")

    @rule(ok=st.booleans(), verdict=st.booleans())
    def probe(self, ok: bool, verdict: bool) -> None:
        self.clocks[0].advance(1)
        self.clocks[1].advance(1)
        if ok:
            self.failing_since, self.last_ok = None, self.now
        elif self.failing_since is None:
            self.failing_since = self.now
        self.replicas[0].diagnosed(
            Health("sol", verdict, self.now, "r", self.now, ok, self.failing_since)
        )

    @rule(up=st.booleans())
    def judge(self, up: bool) -> None:
        self.replicas[1].judge("sol", up, reason="r", evidence={})

    @rule(seconds=st.integers(1, 3_600))
    def wait(self, seconds: int) -> None:
        for clock in self.clocks:
            clock.advance(seconds)

    @rule(who=st.integers(0, 1))
    def settle(self, who: int) -> None:
        self.replicas[who].settle("sol")

    @precondition(lambda self: hasattr(self, "replicas"))
    @invariant()
    def replicas_agree_once_their_clocks_do(self) -> None:
        for replica in self.replicas:
            assert replica.refresh()
        last = self.transitions.last("sol")
        one, other = (replica.state("sol") for replica in self.replicas)
        edges: list[Any] = [one.until, one.since, other.until, other.since]
        near = any(
            edge is not None and abs((edge - self.now).total_seconds()) <= 1 for edge in edges
        )
        assert near or one == other
        if last is not None:
            assert last.seq == len(self.transitions.find("sol", None, None, 10_000))

    @precondition(lambda self: hasattr(self, "replicas"))
    @invariant()
    def word_of_an_operator_holds(self) -> None:
        if self.flag is not None and in_force(self.flag, self.now):
            assert self.replicas[0].up("sol") is (self.flag.state is FlagState.FORCED_UP)

    @precondition(lambda self: hasattr(self, "replicas"))
    @invariant()
    def an_end_sends_nobody_to_what_fails(self) -> None:
        flag = self.flag
        ended = (
            flag is not None
            and flag.state is FlagState.FORCED_DOWN
            and flag.until is not None
            and flag.until <= self.now
        )
        if ended and flag is not None and flag.until is not None:
            fails = self.failing_since is not None and self.failing_since <= flag.until
            if fails:
                assert not self.replicas[0].up("sol")

    @precondition(lambda self: hasattr(self, "replicas"))
    @invariant()
    def nothing_is_held_down_after_a_good_word_of_the_prober(self) -> None:
        found = self.replicas[0].state("sol")
        health = self.replicas[0].facts("sol").health
        if found.why is Why.HELD:
            assert health is not None and health.fails_since is not None

    @rule()
    def transitions_alternate(self) -> None:
        self.replicas[0].settle("sol")
        found = list(reversed(self.transitions.find("sol", None, None, 10_000)))
        pairs = list(itertools.pairwise(found))
        assert all((one.up, one.why) != (other.up, other.why) for one, other in pairs)
        assert all(one.at <= other.at for one, other in pairs)


TestSwitching = Switching.TestCase
TestSwitching.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
