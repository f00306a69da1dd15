"""Nobody outside can push everyone to e-mail: what strangers do at the provider's own doors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from federation_servers import MockSunat
from test_federation_flow import at_sunat, park, upstreams

from idp.adapters.redis.connection import RedisGateway
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.kernel.random import SystemRandom
from idp.upstream_status.state import Policy
from tests.support.world import World, build_world

ABANDONED, BOGUS = 25, 40


@pytest.fixture
def world(tmp_path: Path, gateway: RedisGateway, valkey: str, sunat: MockSunat) -> Iterator[World]:
    built = build_world(tmp_path, valkey, upstreams=upstreams(sunat))
    yield built
    built.services.redis.close()
    built.services.database.close()


def disturb(world: World) -> None:
    """Starts that nobody goes on with; callbacks with made-up states, codes and errors."""
    random = SystemRandom()
    for number in range(ABANDONED):
        browser = world.browser()
        browser.get(f"/upstream/sol/start?txn={park(world, browser)}")
        if number % 5 == 0:
            visit = at_sunat(world)
            visit.callback(code=random.token(16))
            visit.callback(code=None, error="access_denied")
    stranger = world.browser()
    for number in range(BOGUS):
        query = {"state": random.bytes(16).hex(), "code": "x" * (number * 60)}
        stranger.get("/upstream/sol/callback", query_string=query)


@pytest.mark.parametrize("policy", [Policy.ASSISTED, Policy.AUTOMATIC])
def test_bogus_callbacks_and_abandoned_starts_never_bring_about_more_than_advice(
    world: World, policy: Policy
) -> None:
    services = world.services
    status, prober = services.upstream_status, services.probing.prober
    status.set_policy("sol", policy, reason="prueba", who="ana")
    for _ in range(2):
        disturb(world)
        world.clock.advance(20)
        prober.beat()
        assert prober.step("sol").ok
    counted = services.probing.evidence.evidence_of("sol")["live"]["last_600_seconds"]
    assert counted["started"] >= 2 * ABANDONED
    assert counted["doubtful"] >= 2 * BOGUS
    assert (counted["failed"], counted["ok"]) == (0, 0)
    status.refresh()
    assert status.up("sol")
    assert status.facts("sol").judgement is None
    assert services.switch.requests.recent("sol") == []
    assert [(act.act, act.reason) for act in services.probing.acts.done("sol", 10)] == [
        ("advise", "Se rechazan los códigos de quienes vuelven")
    ]
    for _ in range(2):
        services.telling.step()
    told = services.audit.search(AuditFilter(event=AuditEvent.ADMINS_TOLD))
    assert [row.details["kind"] for row in told].count("worry") == 1


def test_outage_of_sunat_is_seen_through_the_whole_provider(world: World, sunat: MockSunat) -> None:
    services = world.services
    services.upstream_status.set_policy("sol", Policy.AUTOMATIC, reason="prueba", who="ana")
    prober = services.probing.prober
    sunat.misbehave("sol", "html200")
    for _ in range(3):
        visit = at_sunat(world)
        visit.callback()
    for _ in range(2):
        world.clock.advance(20)
        prober.beat()
        assert prober.due("sol")
        assert prober.step("sol").reason == "token: html_body"
    # Two probes are enough, since people's own exchanges fail.
    assert not services.upstream_status.up("sol")
