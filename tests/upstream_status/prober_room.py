"""A prober's process for tests: everything real but its probe, which finds what a test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.evidence import RedisLiveCounts
from idp.adapters.redis.prober import RedisLeadership
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.probes import SqlActs, SqlProbeStore
from idp.audit.log import Audit
from idp.kernel.clock import FixedClock
from idp.kernel.random import SystemRandom
from idp.upstream_status.evidence import Evidence
from idp.upstream_status.hysteresis import Thresholds
from idp.upstream_status.observations import Outcome, Step, StepResult
from idp.upstream_status.probing import Pace, Prober, Role
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.verdicts import Rules, Verdicts
from idp.wiring.surface import Probing, Switch

RULES = Thresholds(
    failures=3, window=10, window_failures=6, successes=2, quiet=30, live_failures=3, forget=200
)
DWELL, DEADLINE = 300.0, 600.0


class Scripted:
    """A probe that finds what a test says."""

    def __init__(self) -> None:
        self.ok = True
        self.asked = 0

    def run(self) -> tuple[StepResult, ...]:
        self.asked += 1
        form = StepResult(Step.FORM, Outcome.OK, 100, status=200)
        if self.ok:
            return (form, StepResult(Step.TOKEN, Outcome.OK, 50, status=400))
        return (form, StepResult(Step.TOKEN, Outcome.FAILED, 15_000, "timeout"))


@dataclass
class Replica:
    """One prober's process, with what it stands on."""

    probing: Probing
    status: UpstreamStatus
    switch: Switch
    live: RedisLiveCounts
    probe: Scripted
    clock: FixedClock
    gateway: RedisGateway
    roles: list[Role] = field(default_factory=list)

    def probes(self, signs: str, every: float = 20) -> None:
        """`.` goes well, `x` does not; each after its interval."""
        for sign in signs:
            self.clock.advance(every)
            self.probe.ok = sign == "."
            self.roles.append(self.prober.beat())
            if self.roles[-1] is not Role.STANDING_BY:
                self.prober.step("sol")

    @property
    def prober(self) -> Prober:
        return self.probing.prober

    @property
    def store(self) -> SqlProbeStore:
        return self.probing.store

    @property
    def acts(self) -> SqlActs:
        return self.probing.acts

    @property
    def up(self) -> bool:
        self.status.refresh()
        return self.status.up("sol")


MakeReplica = Callable[..., Replica]


def make_replica(
    status: UpstreamStatus, switch: Switch, database: Database, gateway: RedisGateway,
    clock: FixedClock,
) -> Replica:  # fmt: skip
    """Another process on the same database and Redis."""
    random = SystemRandom()
    store, acts, live = SqlProbeStore(database), SqlActs(database), RedisLiveCounts(gateway)
    evidence = Evidence(
        live=live, store=store, clock=clock, health=lambda realm: status.facts(realm).health
    )
    verdicts = Verdicts(
        status=status,
        requests=switch.requests,
        acts=acts,
        evidence=evidence,
        live=live,
        uow=database,
        audit=Audit(store=SqlAuditStore(database), clock=clock, random=random),
        clock=clock,
        rules=Rules(RULES, DWELL, DEADLINE),
    )
    probe = Scripted()
    prober = Prober(
        probes={"sol": probe},
        store=store,
        leadership=RedisLeadership(gateway, random),
        verdicts=verdicts,
        clock=clock,
        random=random,
        pace=Pace(20.0, RULES),
        instance=f"here:{random.token(4)}",
    )
    probing = Probing(prober, evidence, store, acts)
    return Replica(probing, status, switch, live, probe, clock, gateway)
