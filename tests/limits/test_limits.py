"""Counting uses against the table, on a real Valkey."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.limits import RedisCounter
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError, Unavailable
from idp.limits.service import Limits
from idp.limits.table import LIMITS, Limit

TABLE = {
    "small": Limit("small", "whoever", 3, 60),
    "lenient": Limit("lenient", "whoever", 3, 60, on_redis_down="allow"),
}


@pytest.fixture
def limits(gateway: RedisGateway, clock: FixedClock) -> Limits:
    return Limits(counter=RedisCounter(gateway), clock=clock, key=b"k" * 32, table=TABLE)


def refused_for(limits: Limits, *parts: str) -> int:
    with pytest.raises(IdpError) as caught:
        limits.hit("small", *parts)
    assert (caught.value.code, caught.value.status) == ("rate_limited", 429)
    assert caught.value.retry_after is not None
    return caught.value.retry_after


def test_hit_beyond_the_limit_says_when_to_come_back(limits: Limits, clock: FixedClock) -> None:
    for _ in range(3):
        limits.hit("small", "a")
    wait = refused_for(limits, "a")
    assert 0 < wait <= 20
    clock.advance(wait - 1)
    refused_for(limits, "a")
    clock.advance(1)
    limits.hit("small", "a")


def test_hit_of_several_at_once_counts_all_or_none(limits: Limits, clock: FixedClock) -> None:
    limits.hit_times(2, "small", "a")
    with pytest.raises(IdpError):
        limits.hit_times(2, "small", "a")
    limits.hit("small", "a")
    assert refused_for(limits, "a") == 20
    clock.advance(40)
    limits.hit_times(2, "small", "a")
    refused_for(limits, "a")


def test_hit_of_other_parts_is_counted_apart(limits: Limits) -> None:
    for _ in range(3):
        limits.hit("small", "ab", "c")
    refused_for(limits, "ab", "c")
    limits.hit("small", "a", "bc")


def test_hit_in_parallel_lets_exactly_the_limit_through(limits: Limits) -> None:
    def attempt(_: int) -> bool:
        try:
            limits.hit("small", "crowd")
        except IdpError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(64))) == 3


def test_hit_stores_nothing_of_what_was_typed(limits: Limits, gateway: RedisGateway) -> None:
    limits.hit("small", "20504774288:ADMIN")
    keys = gateway.client.keys("*")
    assert len(keys) == 1
    assert "20504774288" not in keys[0]


@pytest.mark.parametrize(("name", "passes"), [("small", False), ("lenient", True)])
def test_hit_with_redis_down_follows_the_table(name: str, passes: bool, clock: FixedClock) -> None:
    gone = RedisGateway("unix:///nonexistent/valkey.sock")
    limits = Limits(counter=RedisCounter(gone), clock=clock, key=b"k" * 32, table=TABLE)
    if passes:
        limits.hit(name, "a")
        assert LIMITS["contingency.person"].on_redis_down == "refuse"
    else:
        with pytest.raises(Unavailable):
            limits.hit(name, "a")


def test_hit_all_counts_every_row_or_none(limits: Limits) -> None:
    for _ in range(3):
        limits.hit("small", "a")
    with pytest.raises(IdpError) as caught:
        limits.hit_all(("lenient", "b"), ("small", "a"))
    assert caught.value.detail == "small"
    for _ in range(3):
        limits.hit_all(("lenient", "b"), ("small", "c"))
    assert refused_for(limits, "c") > 0


def test_component_and_system_are_let_far_beyond_the_worst_day() -> None:
    # 20,000 people at one component in three minutes: all of them at once, and each once more.
    worst_day = 20_000
    component, system = LIMITS["contingency.client"], LIMITS["contingency.system"]
    assert component.limit >= 2 * worst_day
    # Another component's people must get in beside them.
    assert system.limit >= component.limit + worst_day


def test_captcha_lets_everybody_try_twice_who_may_ask_for_a_link() -> None:
    tries, links = LIMITS["captcha.address"], LIMITS["contingency.address"]
    assert (tries.limit, tries.window) == (2 * links.limit, links.window)


def test_hit_of_a_row_with_words_of_its_own_names_them(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    table = {"crowd": Limit("crowd", "everybody", 1, 60, message="many_people")}
    limits = Limits(counter=RedisCounter(gateway), clock=clock, key=b"k" * 32, table=table)
    limits.hit("crowd")
    with pytest.raises(IdpError) as caught:
        limits.hit("crowd")
    assert (caught.value.code, caught.value.message) == ("rate_limited", "many_people")


def test_table_has_a_row_for_each_kind_of_key() -> None:
    keys = " ".join(row.key for row in LIMITS.values())
    for kind in ("address prefix", "what was typed", "component", "e-mail domain", "whole system"):
        assert kind in keys
