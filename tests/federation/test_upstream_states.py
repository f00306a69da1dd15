"""The store of states, on a real Valkey."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.upstream_states import RedisUpstreamStates
from idp.federation.driver import Refusal
from idp.federation.ports import Arrival, Departure
from idp.kernel.clock import FixedClock

STATE = "0123456789abcdef" * 2


@pytest.fixture
def states(gateway: RedisGateway) -> RedisUpstreamStates:
    return RedisUpstreamStates(gateway)


@pytest.fixture
def departure(states: RedisUpstreamStates, clock: FixedClock) -> Departure:
    made = Departure("sol", "transaction", "browser", clock.now() + timedelta(seconds=900))
    states.put(STATE, made, now=clock.now())
    return made


def arrive(
    states: RedisUpstreamStates,
    clock: FixedClock,
    code: str | None = "code",
    *,
    state: str = STATE,
    realm: str = "sol",
    browser_hash: str | None = "browser",
) -> Arrival:
    return states.arrive(state, code, realm=realm, browser_hash=browser_hash, now=clock.now())


def test_arrive_first_time_gives_the_departure(
    states: RedisUpstreamStates, clock: FixedClock, departure: Departure
) -> None:
    assert arrive(states, clock) == Arrival(departure, None)


def test_arrive_again_is_spent_and_still_tells_its_own_browser_where_to_go(
    states: RedisUpstreamStates, clock: FixedClock, departure: Departure
) -> None:
    arrive(states, clock)
    assert arrive(states, clock, "other") == Arrival(departure, Refusal.STATE_SPENT)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"browser_hash": "stranger"}, Refusal.STATE_BROWSER),
        ({"browser_hash": None}, Refusal.STATE_BROWSER),
        ({"realm": "extranet"}, Refusal.STATE_REALM),
        ({"state": "f" * 32}, Refusal.STATE_UNKNOWN),
        ({"state": ""}, Refusal.STATE_UNKNOWN),
    ],
    ids=["other browser", "no browser", "other realm", "unknown", "empty"],
)
def test_arrive_unfit_tells_nothing_spends_no_state_and_burns_the_code(
    given: dict[str, str | None],
    refusal: Refusal,
    states: RedisUpstreamStates,
    clock: FixedClock,
    departure: Departure,
) -> None:
    assert arrive(states, clock, "stolen", **given) == Arrival(None, refusal)  # type: ignore[arg-type]
    assert arrive(states, clock, "stolen") == Arrival(departure, Refusal.CODE_SEEN)


def test_arrive_expired_by_our_clock_is_refused_though_redis_still_has_it(
    states: RedisUpstreamStates, clock: FixedClock, departure: Departure
) -> None:
    clock.advance(899.9)
    assert arrive(states, clock, None, browser_hash="x").refusal is Refusal.STATE_BROWSER
    clock.advance(0.1)
    assert arrive(states, clock) == Arrival(departure, Refusal.STATE_EXPIRED)


def test_arrive_without_code_spends_the_state(
    states: RedisUpstreamStates, clock: FixedClock, departure: Departure
) -> None:
    assert arrive(states, clock, None) == Arrival(departure, None)
    assert arrive(states, clock).refusal is Refusal.STATE_SPENT


def test_arrive_in_parallel_exactly_one_wins(
    states: RedisUpstreamStates, clock: FixedClock, departure: Departure
) -> None:
    with ThreadPoolExecutor(16) as pool:
        arrivals = list(pool.map(lambda _: arrive(states, clock), range(64)))
    assert [one.refusal for one in arrivals].count(None) == 1
    assert {one.refusal for one in arrivals} == {None, Refusal.STATE_SPENT}


def test_arrive_one_code_with_many_states_in_parallel_is_good_once(
    states: RedisUpstreamStates, clock: FixedClock, departure: Departure
) -> None:
    many = [f"{number:032x}" for number in range(32)]
    for state in many:
        states.put(state, departure, now=clock.now())
    with ThreadPoolExecutor(16) as pool:
        arrivals = list(pool.map(lambda state: arrive(states, clock, state=state), many))
    assert [one.refusal for one in arrivals].count(None) == 1


def test_put_and_arrive_keep_digests_only(
    states: RedisUpstreamStates, clock: FixedClock, departure: Departure, gateway: RedisGateway
) -> None:
    arrive(states, clock, "secret-code")
    keys = gateway.client.keys("*")
    assert len(keys) == 2
    assert not [key for key in keys if STATE in key or "secret-code" in key]
    assert all(0 < gateway.client.ttl(key) <= 86_400 for key in keys)
