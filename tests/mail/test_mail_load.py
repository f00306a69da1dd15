"""How busy the mail is, on a real Valkey."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.mail_load import RedisMailLoad
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.kernel.events import RelayAccepted
from idp.mail.load import LEAST_WATCHED, Load, MailLoad, estimated_wait
from idp.mail.news import CROWD

# As many as a crowd can be.
MANY = 4 * CROWD


@pytest.fixture
def load(gateway: RedisGateway, clock: FixedClock) -> MailLoad:
    return MailLoad(store=RedisMailLoad(gateway), clock=clock, key=b"n" * 32)


def delivered(load: MailLoad, clock: FixedClock, seconds: float, domain: str = "a.pe") -> None:
    load.relay_accepted(RelayAccepted("lnk", clock.timestamp(), domain, seconds, "who"))


def test_load_counts_what_waits_and_what_was_done(load: MailLoad, clock: FixedClock) -> None:
    load.opened("one")
    clock.advance(30)
    load.opened("two")
    load.closed("two")
    load.closed("two")
    found = load.now()
    assert (found.open, found.oldest, found.finished) == (1, 30.0, 1)


def test_load_forgets_what_was_lost_and_what_is_old(load: MailLoad, clock: FixedClock) -> None:
    load.opened("lost")
    load.opened("done")
    load.closed("done")
    clock.advance(2_401)
    found = load.now()
    assert found == Load(crowd=found.crowd)


def test_load_is_asked_for_once_in_two_seconds(
    load: MailLoad, clock: FixedClock, gateway: RedisGateway
) -> None:
    assert load.now().open == 0
    load.opened("one")
    assert load.now().open == 0
    clock.advance(2)
    assert load.now().open == 1


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (Load(), 0.0),
        (Load(open=CROWD - 1, oldest=1_700, finished=1), 0.0),
        (Load(open=CROWD, oldest=1_700), 0.0),
        (Load(open=CROWD, oldest=80, stuck=70, finished=CROWD - 1), 70.0),
        (Load(open=600, untried=5, stuck=1_000, finished=120), 600.0),
        (Load(open=600, untried=800, stuck=1_000, finished=120), 800.0),
        (Load(open=900, untried=2, finished=CROWD, window=LEAST_WATCHED - 1), 2.0),
        (Load(open=900, untried=2, finished=CROWD, window=LEAST_WATCHED), 1_350.0),
    ],
    ids=[
        "nothing", "too few to tell", "one that is old", "relay down", "by rate", "by age",
        "watched too briefly", "watched long enough",
    ],
)  # fmt: skip
def test_estimated_wait(given: Load, seconds: float) -> None:
    assert estimated_wait(given) == seconds


def work(load: MailLoad, clock: FixedClock, names: Iterable[str], a_second: int) -> None:
    """Let so many of these be done each second."""
    for count, name in enumerate(names, 1):
        load.closed(name)
        if count % a_second == 0:
            clock.advance(1)


def test_admit_beside_one_mailbox_that_puts_off_for_a_quarter_of_an_hour(
    load: MailLoad, clock: FixedClock
) -> None:
    load.opened("greylisted")
    clock.advance(901)
    for number in range(500):
        load.opened(f"n{number}")
    work(load, clock, (f"n{number}" for number in range(500)), 5)
    for number in range(MANY):
        load.opened(f"fresh{number}")
    assert load.now().open == MANY + 1
    load.admit()
    assert load.outlook().queue == 0


def test_admit_beside_many_that_the_relay_put_off_while_others_go_at_once(
    load: MailLoad, clock: FixedClock
) -> None:
    for number in range(2 * MANY):
        load.opened(f"old{number}")
        load.tried(f"old{number}")
    clock.advance(901)
    for number in range(600):
        load.opened(f"n{number}")
    work(load, clock, (f"n{number}" for number in range(600)), 10)
    load.admit()


def test_admit_in_the_first_seconds_of_a_surge(load: MailLoad, clock: FixedClock) -> None:
    for number in range(1_000):
        load.opened(f"n{number}")
    for second in range(60):
        work(load, clock, (f"n{second * 10 + number}" for number in range(10)), 10)
        load.admit()


def test_admit_in_the_first_seconds_after_an_outage(load: MailLoad, clock: FixedClock) -> None:
    for number in range(3_000):
        load.opened(f"n{number}")
        load.tried(f"n{number}")
    clock.advance(600)
    for second in range(60):
        load.admit()
        work(load, clock, (f"n{second * 20 + number}" for number in range(20)), 20)


def test_admit_is_refused_once_a_surge_was_watched_and_is_too_slow(
    load: MailLoad, clock: FixedClock
) -> None:
    for number in range(2_500):
        load.opened(f"n{number}")
    work(load, clock, (f"n{number}" for number in range(90)), 2)
    with pytest.raises(IdpError) as caught:
        load.admit()
    assert caught.value.code == "mail_busy"


def test_admit_is_refused_while_nothing_goes_out_for_a_quarter_of_an_hour(
    load: MailLoad, clock: FixedClock
) -> None:
    for number in range(MANY):
        load.opened(f"n{number}")
        load.tried(f"n{number}")
    clock.advance(901)
    with pytest.raises(IdpError):
        load.admit()


def test_speed_is_that_of_the_backlog_not_of_the_quiet_before_it(
    load: MailLoad, clock: FixedClock
) -> None:
    for number in range(80):
        load.opened(f"quiet{number}")
        load.closed(f"quiet{number}")
        clock.advance(1)
    for number in range(900):
        load.opened(f"n{number}")
    work(load, clock, (f"n{number}" for number in range(400)), 10)
    found = load.now()
    assert found.finished / found.window == pytest.approx(10, rel=0.1)


def test_admit_beyond_a_quarter_of_an_hour_says_when_to_come_back(
    load: MailLoad, clock: FixedClock
) -> None:
    for number in range(MANY):
        load.opened(f"n{number}")
    clock.advance(890)
    load.admit()
    clock.advance(15)
    with pytest.raises(IdpError) as caught:
        load.admit()
    assert (caught.value.code, caught.value.status) == ("mail_busy", 503)
    assert caught.value.retry_after == 65
    for number in range(MANY):
        load.closed(f"n{number}")
    clock.advance(2)
    load.admit()


def test_domains_add_up_a_day(load: MailLoad, clock: FixedClock) -> None:
    delivered(load, clock, 9.0)
    delivered(load, clock, 45.0, "b.pe")
    clock.advance(3_600)
    delivered(load, clock, 10.0)
    delivered(load, clock, 4_000.0)
    assert load.domains() == {"a.pe": {10: 2, 0: 1}, "b.pe": {60: 1}}
    clock.advance(86_400)
    assert load.domains() == {}
