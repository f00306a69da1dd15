"""Several relays against real servers that accept, defer, refuse, hang and close."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from smtp_server import Behaviour, SmtpServer
from test_relay import MESSAGE, SENDER

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.limits import RedisCounter
from idp.adapters.smtp.relay import SmtpRelay
from idp.adapters.smtp.url import parse_smtp_urls
from idp.kernel.breaker import FAILURES, FIRST_PAUSE
from idp.kernel.clock import FixedClock
from idp.limits.ports import evenly
from idp.mail.ports import RelayDeferred, RelayRefused
from idp.mail.relays import Relays

Make = Callable[..., Relays]


@pytest.fixture
def make(gateway: RedisGateway, clock: FixedClock) -> Make:
    """Relays on these ports; a pause moves the clock."""

    def relays(*ports: int, per_minute: int = 0, patience: float = 0.0) -> Relays:
        cap = f"?per_minute={per_minute}" if per_minute else ""
        urls = parse_smtp_urls(" ".join(f"smtp://127.0.0.1:{port}{cap}" for port in ports))
        return Relays(
            [
                (
                    url.name,
                    SmtpRelay(url, sender=SENDER, timeout=1.0, answer_timeout=1.0),
                    url.per_minute,
                )
                for url in urls
            ],
            counter=RedisCounter(gateway),
            clock=clock,
            pause=clock.advance,
            patience=patience,
        )

    return relays


@contextmanager
def servers(*behaviours: Behaviour) -> Iterator[list[int]]:
    with ExitStack() as stack:
        yield [stack.enter_context(SmtpServer(one)).port for one in behaviours]


@contextmanager
def silent() -> Iterator[int]:
    """A server that takes connections and never greets."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


@contextmanager
def slamming() -> Iterator[int]:
    """A server that closes each connection before its greeting."""
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def slam() -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=slam, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


REFUSALS = {
    "greylists": Behaviour(rcpt="450 4.2.0 greylisted"),
    "defers": Behaviour(rcpt="451 4.3.0 later"),
    "is full": Behaviour(data="452 4.3.1 full"),
    "refuses us": Behaviour(rcpt="554 5.7.1 relay access denied"),
    "refuses our sender": Behaviour(rcpt="550 5.1.8 Sender address rejected"),
    "refuses without a reason": Behaviour(rcpt="550 relay not permitted"),
    "refuses the message": Behaviour(data="554 5.7.1 looks like spam"),
    "goes away": Behaviour(rcpt="421 4.3.2 closing"),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_mail_that_the_first_relay_does_not_take_goes_to_the_second(make: Make, kind: str) -> None:
    first, second = replace(REFUSALS[kind], received=[]), Behaviour()
    with servers(first, second) as ports:
        make(*ports).send(MESSAGE)
    assert (len(first.received), len(second.received)) == (0, 1)


@pytest.mark.parametrize("broken", [silent, slamming])
def test_mail_goes_to_the_second_relay_when_the_first_never_greets(
    make: Make, broken: Callable[[], Iterator[int]]
) -> None:
    second = Behaviour()
    with broken() as port, servers(second) as ports:
        make(port, *ports).send(MESSAGE)
    assert len(second.received) == 1


@pytest.mark.parametrize(
    "first",
    [Behaviour(hang=True), Behaviour(close_before_answer=True)],
    ids=["hangs after the message", "closes after the message"],
)
def test_mail_that_may_have_been_taken_is_given_to_no_other(make: Make, first: Behaviour) -> None:
    second = Behaviour()
    with servers(first, second) as ports, pytest.raises(RelayDeferred) as caught:
        make(*ports).send(MESSAGE)
    assert caught.value.scope == "unknown"
    assert (len(first.received), len(second.received)) == (1, 0)


def test_outcome_names_the_relay_that_it_came_from(make: Make) -> None:
    first, second = Behaviour(rcpt="451 4.3.0 later"), Behaviour()
    with servers(first, second) as (one, two):
        relays = make(one, two)
        assert relays.send(MESSAGE).told == {"relay": f"127.0.0.1:{two}"}
        second.rcpt = "452 4.3.1 later"
        with pytest.raises(RelayDeferred) as deferred:
            relays.send(MESSAGE)
        second.rcpt = "550 5.1.1 no such user"
        with pytest.raises(RelayRefused) as refused:
            relays.send(MESSAGE)
    assert deferred.value.told == {"code": "452", "relay": f"127.0.0.1:{two}"}
    assert refused.value.told == {"code": "550", "relay": f"127.0.0.1:{two}"}


def test_recipient_that_does_not_exist_is_refused_without_asking_another(make: Make) -> None:
    first, second = Behaviour(rcpt="550 5.1.1 no such user"), Behaviour()
    with servers(first, second) as ports, pytest.raises(RelayRefused) as caught:
        make(*ports).send(MESSAGE)
    assert caught.value.recipient
    assert second.received == []


def test_message_that_every_relay_refuses_is_refused(make: Make) -> None:
    both = [Behaviour(data="554 5.7.1 spam"), Behaviour(data="554 5.7.1 spam")]
    with servers(*both) as ports, pytest.raises(RelayRefused) as caught:
        make(*ports).send(MESSAGE)
    assert not caught.value.recipient


def test_relay_that_fails_again_and_again_is_left_alone_then_tried_once(
    make: Make, clock: FixedClock
) -> None:
    first, second = Behaviour(), Behaviour()
    with servers(second) as ports, SmtpServer(first) as gone:
        port = gone.port
        relays = make(port, *ports)
        relays.send(MESSAGE)
    assert len(first.received) == 1
    with servers(second) as ports:
        relays = make(port, *ports)
        for _ in range(FAILURES):
            relays.send(MESSAGE)
        with SmtpServer(first, port=port):
            relays.send(MESSAGE)
            assert len(first.received) == 1
            clock.advance(FIRST_PAUSE)
            relays.send(MESSAGE)
            assert len(first.received) == 2
    assert len(second.received) == FAILURES + 1


def test_no_relay_in_reach_says_when_to_try_again(make: Make, clock: FixedClock) -> None:
    relays = make(1)
    for _ in range(FAILURES):
        with pytest.raises(RelayDeferred) as caught:
            relays.send(MESSAGE)
        assert caught.value.reason == "connect"
    with pytest.raises(RelayDeferred) as caught:
        relays.send(MESSAGE)
    assert caught.value.reason == "no_relay"
    times = []
    for number in range(8):
        with pytest.raises(RelayDeferred) as caught:
            relays.send(replace(MESSAGE, message_id=f"{number}@idp.example.com"))
        times.append(caught.value.after or 0)
    assert all(FIRST_PAUSE <= one <= 2 * FIRST_PAUSE for one in times)
    # Not all in the same second: what waited for the relay must not come back as one.
    assert len({round(one) for one in times}) > 3


def test_recipients_that_are_put_off_never_close_a_relay(make: Make) -> None:
    behaviour = Behaviour(rcpt="450 4.2.0 greylisted")
    with servers(behaviour) as ports:
        relays = make(*ports)
        for _ in range(FAILURES * 2):
            with pytest.raises(RelayDeferred) as caught:
                relays.send(MESSAGE)
            assert caught.value.reason == "450"
        behaviour.rcpt = ""
        relays.send(MESSAGE)
    assert len(behaviour.received) == 1


def test_cap_of_a_relay_is_shared_and_passes_on_what_is_beyond(make: Make) -> None:
    first, second = Behaviour(), Behaviour()
    with servers(first, second) as (one, two):
        processes = [make(one, per_minute=2), make(one, per_minute=2)]
        for relays in processes:
            relays.send(MESSAGE)
        with pytest.raises(RelayDeferred) as caught:
            processes[0].send(MESSAGE)
        assert caught.value.reason == "no_relay"
        make(one, two, per_minute=2).send(MESSAGE)
    assert (len(first.received), len(second.received)) == (2, 1)


def test_worker_waits_in_turn_for_a_relay_at_its_cap(make: Make, clock: FixedClock) -> None:
    behaviour, began = Behaviour(), clock.now()
    with servers(behaviour) as ports:
        relays = make(*ports, per_minute=30, patience=8.0)
        for _ in range(5):
            relays.send(MESSAGE)
    assert len(behaviour.received) == 5
    assert (clock.now() - began).total_seconds() == pytest.approx(3 * 60 / 29, abs=0.5)


def test_cap_of_a_relay_holds_in_any_minute(make: Make, clock: FixedClock) -> None:
    behaviour, began, sent = Behaviour(), clock.timestamp(), []
    with servers(behaviour) as ports:
        relays = make(*ports, per_minute=30, patience=8.0)
        while clock.timestamp() < began + 90:
            relays.send(MESSAGE)
            sent.append(clock.timestamp())
    # The clock has whole microseconds.
    assert max(sum(1 for at in sent if one <= at < one + 59.999) for one in sent) == 30


def test_notice_at_a_relay_at_its_cap_keeps_no_worker_waiting(
    make: Make, clock: FixedClock
) -> None:
    behaviour, began = Behaviour(), clock.now()
    notice = replace(MESSAGE, urgent=False)
    with servers(behaviour) as ports:
        relays = make(*ports, per_minute=60, patience=8.0)
        relays.send(MESSAGE)
        for _ in range(3):
            with pytest.raises(RelayDeferred) as caught:
                relays.send(notice)
            assert caught.value.reason == "no_relay"
        assert clock.now() == began
        relays.send(MESSAGE)
        assert clock.now() == began
    assert len(behaviour.received) == 2


def test_trial_of_a_relay_that_its_cap_forbids_is_made_later(
    make: Make, gateway: RedisGateway, clock: FixedClock
) -> None:
    behaviour = Behaviour()
    with SmtpServer(behaviour) as gone:
        port = gone.port
    relays = make(port, per_minute=60)
    for _ in range(FAILURES):
        with pytest.raises(RelayDeferred):
            relays.send(MESSAGE)
        clock.advance(2)
    clock.advance(FIRST_PAUSE)
    others, cap = RedisCounter(gateway), evenly(f"relay:127.0.0.1:{port}", 60, 60)
    with SmtpServer(behaviour, port=port):
        for _ in range(12):
            while others.hit([cap], now=clock.timestamp())[1] == 0:
                pass
            with pytest.raises(RelayDeferred):
                relays.send(MESSAGE)
            clock.advance(1)
        clock.advance(2)
        relays.send(MESSAGE)
    assert len(behaviour.received) == 1


def test_mail_goes_out_while_nobody_can_count(make: Make, clock: FixedClock) -> None:
    behaviour = Behaviour()
    with servers(behaviour) as (port,):
        url = parse_smtp_urls(f"smtp://127.0.0.1:{port}?per_minute=1")[0]
        relays = Relays(
            [(url.name, SmtpRelay(url, sender=SENDER), url.per_minute)],
            counter=RedisCounter(RedisGateway("unix:///nowhere/valkey.sock")),
            clock=clock,
            pause=clock.advance,
        )
        relays.send(MESSAGE)
        relays.send(MESSAGE)
    assert len(behaviour.received) == 2


@pytest.mark.parametrize(
    "query", ["?per_minute=0", "?per_minute=x", "?rate=5", "?per_minute=1&a=b"]
)
def test_url_with_another_option_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="per_minute"):
        parse_smtp_urls(f"smtp://relay:25{query}")
