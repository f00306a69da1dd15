"""What the console's API and `/metrics` stand on. Only the console's process needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from idp.adapters.redis.replays import RedisReplays
from idp.adapters.redis.tallies import RedisTallies
from idp.adapters.sql.audit_seals import SqlSealStore
from idp.admin import metric_sources as sources
from idp.admin.api.call import Answer, Call
from idp.admin.api.drilling import Drilling
from idp.admin.api.readings import Readings, States
from idp.admin.api.replays import Replays
from idp.admin.api.switching import Switching
from idp.admin.metrics import Metrics, Source
from idp.kernel.ids import derive_key
from idp.wiring.base import Services


@dataclass(frozen=True)
class ConsoleApi:
    """handlers: by the id of an operation (`admin.api.operations`)."""

    handlers: Mapping[str, Callable[[Call], Answer]]
    metrics: Metrics


def api(services: Services) -> ConsoleApi:
    """Both surfaces for programs."""
    labels = {one.realm: one.label for one in services.settings.upstreams}
    states = States(status=services.upstream_status, labels=labels, clock=services.clock)
    replays = Replays(
        store=RedisReplays(services.redis),
        clock=services.clock,
        key=derive_key(services.settings.secret_key, "api-changes"),
    )
    readings, switching = _readings(services, states), _switching(services, states, replays)
    drilling = Drilling(
        states=states,
        drills=services.drills,
        clients=services.clients,
        replays=replays,
        clock=services.clock,
    )
    return ConsoleApi(
        handlers={
            "upstreams": readings.upstreams,
            "upstream": readings.upstream,
            "history": readings.history,
            "transitions": readings.transitions,
            "incidents": readings.incidents,
            "incident": readings.incident,
            "windows": readings.windows,
            "requests": readings.requests,
            "coverage": readings.coverage,
            "coverageHistory": readings.coverage_history,
            "mail": readings.mail,
            "live": readings.live,
            "clients": readings.clients,
            "keys": readings.keys,
            "audit": readings.audit,
            "flip": switching.flip,
            "policy": switching.policy,
            "planWindow": switching.plan_window,
            "cancelWindow": switching.cancel_window,
            "drills": drilling.all,
            "drillReport": drilling.report,
            "beginDrill": drilling.begin,
            "endDrill": drilling.end,
        },
        metrics=_metrics(services),
    )


def _readings(services: Services, states: States) -> Readings:
    switch = services.switch
    return Readings(
        states=states,
        status=switch.status,
        transitions=switch.transitions,
        incidents=switch.incidents,
        windows=switch.windows,
        requests=switch.requests,
        coverage=services.coverage,
        counted=services.console.coverage,
        mail=services.console.mail,
        live=services.console.live,
        clients=services.clients,
        keys=lambda: [one.record for one in services.keyring.keys],
        audit=services.audit,
        clock=services.clock,
    )


def _switching(services: Services, states: States, replays: Replays) -> Switching:
    switch = services.switch
    return Switching(
        states=states,
        status=switch.status,
        switchboard=switch.switchboard,
        windows=switch.windows,
        replays=replays,
        clock=services.clock,
    )


def _metrics(services: Services) -> Metrics:
    status, clock = services.upstream_status, services.clock
    seals = SqlSealStore(services.database)
    return Metrics(
        sources=[
            Source(None, lambda: sources.upstreams(status, clock)),
            Source(None, lambda: sources.configuration(services.clients, services.keyring)),
            Source("redis", lambda: sources.logins(RedisTallies(services.redis))),
            Source("redis", lambda: sources.mail(services.console.mail)),
            Source("redis", lambda: sources.jobs(services.queue.waiting)),
            Source("redis", lambda: sources.audit_stream(services.audit_stream.waiting)),
            Source("sql", lambda: sources.audit_tail(seals.waiting, clock)),
            Source("sql", lambda: sources.requests(services.switch.requests)),
        ],
        clock=clock,
    )
