"""Who works on what: one holder at a time, on a real Valkey."""

from __future__ import annotations

import threading
import time

import pytest
from contingency_world import World

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.leases import RedisLeases
from idp.jobs.registry import RetryLater
from idp.kernel.errors import Unavailable
from idp.kernel.random import SystemRandom
from idp.mail.ports import RelayDeferred


@pytest.fixture
def leases(gateway: RedisGateway) -> RedisLeases:
    return RedisLeases(gateway, SystemRandom(), life=1.0)


def test_hold_while_another_holds_it_is_refused_and_harms_nothing(leases: RedisLeases) -> None:
    with leases.hold("one") as mine, leases.hold("two") as other:
        with leases.hold("one") as theirs:
            assert (mine, other, theirs) == (True, True, False)
        with leases.hold("one") as again:
            assert not again
    with leases.hold("one") as after:
        assert after


def test_hold_for_longer_than_its_life_stays_ours(leases: RedisLeases) -> None:
    with leases.hold("one"):
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            with leases.hold("one") as theirs:
                assert not theirs
            time.sleep(0.05)


def test_hold_of_a_holder_that_died_ends_by_itself(
    gateway: RedisGateway, leases: RedisLeases, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = RedisLeases(gateway, SystemRandom(), life=1.0)
    monkeypatch.setattr(dead, "_keep", lambda *_: None)
    monkeypatch.setattr(dead, "_release", lambda *_: None)
    with dead.hold("one"):
        pass
    with leases.hold("one") as too_early:
        assert not too_early
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with leases.hold("one") as mine:
            if mine:
                return
        time.sleep(0.05)
    raise AssertionError("it never ended")


def test_hold_that_was_lost_is_not_taken_from_the_new_holder(
    gateway: RedisGateway, leases: RedisLeases
) -> None:
    with leases.hold("one"):
        gateway.client.flushall()
        other = RedisLeases(gateway, SystemRandom(), life=1.0)
        held, end = threading.Event(), threading.Event()

        def work() -> None:
            with other.hold("one") as mine:
                assert mine
                held.set()
                end.wait(10)

        thread = threading.Thread(target=work)
        thread.start()
        assert held.wait(10)
    with leases.hold("one") as theirs:
        assert not theirs
    end.set()
    thread.join()


def test_hold_with_redis_away_is_unavailable() -> None:
    away = RedisLeases(RedisGateway("unix:///nonexistent/valkey.sock"), SystemRandom())
    with pytest.raises(Unavailable), away.hold("one"):
        pass


def test_deliver_while_another_worker_has_the_link_is_put_off(world: World) -> None:
    world.ask()
    payload = world.queue.held[0][1]
    with RedisLeases(world.redis, world.random).hold(payload["link"]):
        with pytest.raises(RetryLater) as caught:
            world.delivery(payload)
        assert (str(caught.value), world.outbox.sent) == ("in_hand", [])
    world.delivery(payload)
    assert len(world.outbox.sent) == 1


def test_deliver_that_was_put_off_leaves_the_link_to_any_worker(world: World) -> None:
    world.ask()
    payload = world.queue.held[0][1]
    world.outbox.failure = RelayDeferred("451")
    with pytest.raises(RetryLater):
        world.delivery(payload)
    with RedisLeases(world.redis, world.random).hold(payload["link"]) as mine:
        assert mine
