"""Limits that let at most so many through in any window, and the line of those who wait."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import pairwise

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.limits import RedisCounter
from idp.kernel.clock import FixedClock
from idp.limits.ports import evenly
from idp.limits.service import Limits
from idp.limits.table import Limit, table

TABLE = {
    "all": Limit("all", "", 1_200, 60, "allow", even=True),
    "busy": Limit("busy", "", 120, 60, "allow", even=True),
    "one": Limit("one", "whose", 60, 60, "allow", even=True),
}


@pytest.fixture
def limits(gateway: RedisGateway, clock: FixedClock) -> Limits:
    return Limits(counter=RedisCounter(gateway), clock=clock, key=b"k" * 32, table=TABLE)


@pytest.mark.parametrize("limit", [1, 2, 3, 30, 59, 240, 600])
def test_even_limit_lets_no_more_than_itself_through_in_any_minute(
    gateway: RedisGateway, limit: int
) -> None:
    counter, went = RedisCounter(gateway), []
    now, end = 1_000.0, 1_000.0 + 180.0
    while now < end:
        _, wait = counter.hit([evenly("k", limit, 60)], now=now)
        if wait > 0:
            now += wait + 1e-6
        else:
            went.append(now)
    most = max(sum(1 for one in went if begin <= one < begin + 60) for begin in went)
    assert most <= limit
    assert len(went) >= 3 * (limit - max(1, limit // 60))


def test_turn_of_those_put_off_is_spread_and_kept(limits: Limits, clock: FixedClock) -> None:
    uses = (("all",), ("one", "x"))
    waits = [limits.turn(*uses, later=False, again=False) for _ in range(22)]
    assert waits[:2] == [0, 0]
    waits = waits[2:]
    gaps = [round(after - before, 3) for before, after in pairwise(waits)]
    assert set(gaps) == {round(60 / 59, 3)}
    for wait, before in zip(waits, [0.0, *waits], strict=False):
        clock.advance(wait - before)
        assert limits.turn(*uses, later=False, again=True) == 0
        # Who comes now stands behind those who wait, though others of its kind were let through.
        if wait < waits[-1]:
            assert limits.turn(*uses, later=False, again=False) > waits[-1] - wait


def test_turn_of_who_returns_a_little_early_is_not_lost(limits: Limits, clock: FixedClock) -> None:
    """Queues count in milliseconds, and clocks of two machines differ."""
    waits = [limits.turn(("one", "x"), later=False, again=False) for _ in range(12)]
    clock.advance(waits[2] - 0.01)
    assert limits.turn(("one", "x"), later=False, again=True) == pytest.approx(0.01, abs=0.001)
    clock.advance(0.01)
    assert limits.turn(("one", "x"), later=False, again=True) == 0


def test_turn_of_another_kind_waits_for_nobody(limits: Limits) -> None:
    for _ in range(9):
        limits.turn(("all",), ("one", "x"), later=False, again=False)
    assert limits.turn(("all",), ("one", "y"), later=False, again=False) == 0


def test_turn_of_what_can_wait_comes_after_what_cannot(limits: Limits, clock: FixedClock) -> None:
    """A minute of more links than the limit bears, and as many notices: links take it all."""
    waiting = [(0.0, number % 2 == 1, False) for number in range(400)]
    sent = {True: 0, False: 0}
    began = clock.timestamp()
    while waiting:
        waiting.sort(key=lambda one: one[0])
        at, later, again = waiting.pop(0)
        if at >= 60:
            break
        clock.advance(max(0.0, began + at - clock.timestamp()))
        wait = limits.turn(("busy",), later=later, again=again)
        if wait > 0:
            waiting.append((at + wait, later, True))
        else:
            sent[later] += 1
    assert sent[False] >= 110
    assert sent[True] <= 6


def test_turn_under_twice_what_it_bears_is_wasted_on_nobody(gateway: RedisGateway) -> None:
    """Who is put off beyond the life of a link gives up: its place must not be lost with it."""
    counter, use = RedisCounter(gateway), evenly("k", 60, 60)
    waiting = [(second / 2, second / 2, False) for second in range(2 * 3_600)]
    heapify(waiting)
    sent = [0] * 60
    while waiting:
        at, asked, again = heappop(waiting)
        if at >= 3_600:
            break
        if at - asked > 1_680:
            continue
        wait = counter.turn([use], now=1_000 + at, later=False, again=again)
        if wait > 0:
            heappush(waiting, (at + wait, asked, True))
        else:
            sent[int(at // 60)] += 1
    assert min(sent) >= 54


def test_turn_of_what_can_wait_with_nothing_else_to_do_comes_at_once(
    limits: Limits, clock: FixedClock
) -> None:
    for _ in range(60):
        assert limits.turn(("all",), later=True, again=False) == 0
        clock.advance(1)


def test_give_back_makes_room_again(limits: Limits) -> None:
    uses = (("all",), ("one", "x"))
    for _ in range(30):
        assert limits.turn(*uses, later=False, again=False) == 0
        limits.give_back(*uses)
    assert [limits.turn(*uses, later=False, again=False) for _ in range(2)] == [0, 0]
    assert limits.turn(*uses, later=False, again=False) > 0


def test_turn_with_redis_down_is_allowed(clock: FixedClock) -> None:
    gone = RedisCounter(RedisGateway("unix:///nowhere/valkey.sock"))
    limits = Limits(counter=gone, clock=clock, key=b"k" * 32, table=TABLE)
    assert limits.turn(("all",), later=False, again=False) == 0
    limits.give_back(("all",))


def test_mail_limits_bear_the_day_of_the_manual_for_operators() -> None:
    """docs/rendimiento.md: 20 000 people in ten minutes, each with a link and a notice, 60 % of
    them at one provider.
    """
    rows = table(mail_budget=240_000, mail_domain_budget=144_000)
    per_ten_minutes = {name: row.limit * 600 / row.window for name, row in rows.items()}
    assert per_ten_minutes["mail.budget"] >= 2 * 20_000
    assert per_ten_minutes["mail.domain"] >= 2 * 20_000 * 0.6
    assert rows["mail.budget"].even and rows["mail.domain"].even


@pytest.mark.parametrize(
    ("budget", "domain", "campaign", "limit"),
    [(240_000, 144_000, 6_000, 6_000), (240_000, 8_000, 6_000, 1_000), (60, 60, 6_000, 7)],
)
def test_campaigns_have_an_eighth_of_the_mail_at_most(
    budget: int, domain: int, campaign: int, limit: int
) -> None:
    rows = table(mail_budget=budget, mail_domain_budget=domain, campaign_budget=campaign)
    assert (rows["mail.campaign"].limit, rows["mail.campaign"].even) == (limit, True)
