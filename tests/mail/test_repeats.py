"""A mail of which nobody knows whether a relay took it: what is remembered, and what follows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from dramatiq.middleware import TimeLimit
from smtp_server import Behaviour, SmtpServer
from test_relay import MESSAGE, SENDER

from idp.adapters.queue.broker import make_broker
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.mail_tries import RedisMailTries
from idp.adapters.smtp.relay import SmtpRelay
from idp.kernel.clock import FixedClock
from idp.mail.ports import RelayDeferred, RelayRefused
from idp.mail.repeats import REPEAT_AFTER, RepeatingRelay

Make = Callable[[int], RepeatingRelay]


@pytest.fixture
def make(gateway: RedisGateway, clock: FixedClock) -> Make:
    """A relay in a process of its own, on this port."""

    def relay(port: int, redis: RedisGateway = gateway) -> RepeatingRelay:
        return RepeatingRelay(
            SmtpRelay(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=1.0, answer_timeout=0.3),
            tries=RedisMailTries(redis),
            clock=clock,
        )

    return relay


def test_mail_to_a_relay_that_always_answers_too_late_is_repeated_once(
    make: Make, clock: FixedClock
) -> None:
    behaviour = Behaviour(hang=True)
    began = clock.timestamp()
    with SmtpServer(behaviour) as server:
        first, other = make(server.port), make(server.port)
        with pytest.raises(RelayDeferred) as caught:
            first.send(MESSAGE)
        assert (caught.value.scope, caught.value.after) == ("unknown", REPEAT_AFTER)
        for _ in range(17):
            clock.advance(90)
            try:
                other.send(MESSAGE)
            except RelayRefused as error:
                assert (error.recipient, error.reason) == (False, "unknown")
            except RelayDeferred as error:
                assert clock.timestamp() + (error.after or 0) == began + REPEAT_AFTER
                assert error.scope == "unknown"
    assert [message["Message-ID"] for *_, message in behaviour.received] == [
        "<abc123@idp.example.com>"
    ] * 2


def test_mail_repeated_after_its_wait_is_taken_and_says_which_attempt_it_was(
    make: Make, clock: FixedClock
) -> None:
    behaviour = Behaviour(close_before_answer=True)
    with SmtpServer(behaviour) as server:
        relay = make(server.port)
        with pytest.raises(RelayDeferred) as caught:
            relay.send(MESSAGE)
        label = f"127.0.0.1:{server.port}"
        assert caught.value.told == {"code": "disconnected", "relay": label, "attempt": "1"}
        behaviour.close_before_answer = False
        clock.advance(REPEAT_AFTER)
        assert relay.send(MESSAGE).told == {"relay": label, "attempt": "2"}


def test_mail_that_was_put_off_may_be_tried_again_at_any_time(make: Make) -> None:
    behaviour = Behaviour(rcpt="451 4.7.1 later")
    with SmtpServer(behaviour) as server:
        for attempt in (1, 2, 3):
            with pytest.raises(RelayDeferred) as caught:
                make(server.port).send(MESSAGE)
            assert caught.value.told["attempt"] == str(attempt)
            assert caught.value.after is None
        behaviour.rcpt = "550 5.1.1 no such user"
        with pytest.raises(RelayRefused) as refused:
            make(server.port).send(MESSAGE)
        assert refused.value.told["attempt"] == "4"


def test_mail_goes_out_while_nobody_can_remember(clock: FixedClock) -> None:
    behaviour = Behaviour()
    with SmtpServer(behaviour) as server:
        relay = RepeatingRelay(
            SmtpRelay(
                f"smtp://127.0.0.1:{server.port}", sender=SENDER, timeout=1.0, answer_timeout=0.3
            ),
            tries=RedisMailTries(RedisGateway("unix:///nowhere/valkey.sock")),
            clock=clock,
        )
        assert relay.send(MESSAGE).attempt == 0
        behaviour.hang = True
        with pytest.raises(RelayDeferred) as caught:
            relay.send(MESSAGE)
    assert caught.value.after == REPEAT_AFTER


def test_queue_ends_no_job_for_its_length(valkey: str) -> None:
    assert not any(isinstance(one, TimeLimit) for one in make_broker(valkey).middleware)


def test_redis_holds_no_message_id(make: Make, gateway: RedisGateway) -> None:
    with SmtpServer(Behaviour()) as server:
        make(server.port).send(MESSAGE)
    (key,) = gateway.client.keys("*")
    assert "abc123" not in key
    assert gateway.client.ttl(key) > 3_600
