"""The prober, and the evidence that every process gathers."""

from __future__ import annotations

import os
import socket

from idp.adapters.redis.evidence import RedisLiveCounts
from idp.adapters.redis.prober import RedisLeadership
from idp.adapters.sql.probes import SqlActs, SqlProbeStore
from idp.federation.probe import DEFAULT_FORM, ClientesSolPath, LoginPathProbe, Manner
from idp.kernel.ids import new_id
from idp.settings import Settings, Upstream
from idp.upstream_status.evidence import Evidence
from idp.upstream_status.hysteresis import Thresholds
from idp.upstream_status.probing import Pace, Prober
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.verdicts import Rules, Verdicts
from idp.wiring.base import Base
from idp.wiring.identity import endpoint_of
from idp.wiring.surface import Probing, Switch

# Probes that a silence may last for; then what was before it says nothing of now.
_FORGET = 10


def evidence(base: Base, status: UpstreamStatus) -> Evidence:
    """How people's logins fare, and the snapshots that are kept with a flip."""
    return Evidence(
        live=RedisLiveCounts(base.redis),
        store=SqlProbeStore(base.database),
        clock=base.clock,
        health=lambda realm: status.facts(realm).health,
    )


def probing(base: Base, switch: Switch, gathered: Evidence) -> Probing:
    """One prober; whether it leads among its like shows when it runs."""
    settings, rules = base.settings, thresholds(base.settings)
    store, acts = SqlProbeStore(base.database), SqlActs(base.database)
    verdicts = Verdicts(
        status=switch.status,
        requests=switch.requests,
        acts=acts,
        evidence=gathered,
        live=RedisLiveCounts(base.redis),
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        rules=Rules(rules, float(settings.probe_dwell), float(settings.probe_deadline)),
    )
    prober = Prober(
        probes={one.realm: probe(one, base) for one in settings.upstreams},
        store=store,
        leadership=RedisLeadership(base.redis, base.random),
        verdicts=verdicts,
        clock=base.clock,
        random=base.random,
        pace=Pace(float(settings.probe_interval), rules),
        instance=f"{socket.gethostname()[:64]}:{os.getpid()}:{new_id(base.random, 'prb')[-6:]}",
    )
    return Probing(prober, gathered, store, acts)


def thresholds(settings: Settings) -> Thresholds:
    """When a verdict changes."""
    return Thresholds(
        failures=settings.probe_failures,
        window=settings.probe_window,
        window_failures=settings.probe_window_failures,
        successes=settings.probe_recoveries,
        quiet=float(settings.probe_quiet),
        live_failures=settings.probe_live_failures,
        forget=float(_FORGET * settings.probe_interval),
    )


def probe(upstream: Upstream, base: Base) -> LoginPathProbe:
    """The probe of an upstream, by its driver."""
    settings = base.settings
    return LoginPathProbe(
        path=ClientesSolPath(
            endpoint_of(upstream), f"{settings.issuer}/upstream/{upstream.realm}/callback"
        ),
        manner=Manner(
            # SUNAT's operators see who asks, and whom to write to.
            agent=f"VUCE-IdP-prober/1 (+{settings.issuer})",
            timeout=upstream.timeout,
            slow=float(settings.probe_slow),
            form=upstream.probe_form or DEFAULT_FORM,
            errors=frozenset(upstream.probe_errors.split()),
            redirects=upstream.probe_redirects,
        ),
        http=base.http,
        clock=base.clock,
        random=base.random,
    )
