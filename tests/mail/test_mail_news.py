"""What the figures of a crowd tell, and how seldom one more person moves them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.mail_load import RedisMailLoad
from idp.kernel.clock import FixedClock
from idp.kernel.events import RelayAccepted
from idp.mail.load import MailLoad, Outlook
from idp.mail.news import CROWD, EPOCH, SETTLED, Epoch, News, closed, crowd, news

KEY = b"n" * 32
FEWEST, MANY = 2 * CROWD, 4 * CROWD
EPOCHS = range(2_000)


@pytest.fixture
def load(gateway: RedisGateway, clock: FixedClock) -> MailLoad:
    """At the beginning of an epoch."""
    clock.advance(EPOCH - clock.timestamp() % EPOCH)
    return MailLoad(store=RedisMailLoad(gateway), clock=clock, key=KEY)


def deliver(load: MailLoad, clock: FixedClock, people: range, seconds: float) -> None:
    for number in people:
        load.relay_accepted(
            RelayAccepted("lnk", clock.timestamp(), "a.pe", seconds, f"person{number}")
        )


def test_closed_epoch_is_the_last_one_that_is_settled() -> None:
    start = 1_000 * EPOCH
    assert closed(start + SETTLED - 1) == 998
    assert closed(start + SETTLED) == 999
    assert closed(start + EPOCH) == 999


def test_crowd_is_drawn_for_each_epoch_and_is_the_same_in_every_process() -> None:
    found = [crowd(KEY, "news", number) for number in EPOCHS]
    assert (min(found), max(found)) == (FEWEST, MANY)
    assert found == [crowd(KEY, "news", number) for number in EPOCHS]
    assert found != [crowd(b"o" * 32, "news", number) for number in EPOCHS]
    assert found != [crowd(KEY, "now", number) for number in EPOCHS]


def test_news_of_fewer_than_a_crowd_are_none() -> None:
    for number in EPOCHS:
        many = crowd(KEY, "news", number) - 1
        assert news(Epoch([240.0] * many, [600.0] * many), KEY, number) == News(None, 0.0)


def test_news_of_a_crowd_are_the_middle_and_the_age_that_it_reached() -> None:
    for number in EPOCHS:
        many = crowd(KEY, "news", number)
        ages = [float(one) for one in range(200)]
        found = news(Epoch(ages, ages), KEY, number)
        assert found.recent is not None
        assert 79 <= found.recent <= 120
        assert found.put_off == 200 - many


def test_middle_is_drawn_for_each_epoch() -> None:
    ages = [float(one) for one in range(200)]
    assert len({news(Epoch(ages), KEY, number).recent for number in EPOCHS}) > 30


@pytest.mark.parametrize("accomplices", [19, FEWEST - 2, FEWEST, 55, MANY - 1, 2 * MANY])
@pytest.mark.parametrize(
    "prepared",
    [
        lambda many: Epoch([240.0] * many, [600.0] * many),
        lambda many: Epoch([59.0] * (many // 2) + [61.0] * (many - many // 2), ()),
        lambda many: Epoch((), [59.0] * (many // 2) + [61.0] * (many - many // 2)),
    ],
    ids=["a crowd or not", "two halves delivered", "two halves put off"],
)
def test_one_more_person_seldom_moves_what_accomplices_prepared(
    prepared: Callable[[int], Epoch], accomplices: int
) -> None:
    """As a stranger reads it, within minutes; few accomplices see nothing at all."""
    base = prepared(accomplices)
    more = Epoch(
        [*base.delivered, 1.0] if base.delivered else (),
        [*base.put_off, 700.0] if base.put_off else (),
    )
    moved = sum(_read(base, number) != _read(more, number) for number in EPOCHS) / len(EPOCHS)
    assert moved <= (0.08 if accomplices >= FEWEST - 1 else 0.0)


def _read(found: Epoch, number: int) -> tuple[bool, bool, bool]:
    told = news(found, KEY, number)
    return told.recent is None, (told.recent or 0) > 60, told.put_off > 60


def test_outlook_is_that_of_the_closed_epoch_until_the_next_is_closed(
    load: MailLoad, clock: FixedClock
) -> None:
    deliver(load, clock, range(MANY), 200.0)
    clock.advance(EPOCH + SETTLED - 1)
    assert load.outlook() == Outlook(queue=0, recent=None)
    clock.advance(1)
    assert load.outlook() == Outlook(queue=0, recent=5)
    deliver(load, clock, range(MANY), 800.0)
    clock.advance(EPOCH - 1)
    assert load.outlook() == Outlook(queue=0, recent=5)
    clock.advance(1)
    assert load.outlook() == Outlook(queue=0, recent=15)
    clock.advance(EPOCH)
    assert load.outlook() == Outlook(queue=0, recent=None)


def test_outlook_counts_a_person_once_however_many_mails_they_are_sent(
    load: MailLoad, clock: FixedClock
) -> None:
    for _ in range(MANY):
        deliver(load, clock, range(FEWEST - 1), 200.0)
        for number in range(FEWEST - 1):
            load.put_off(f"other{number}", 400.0)
    clock.advance(EPOCH + SETTLED)
    assert load.outlook() == Outlook(queue=0, recent=None)


def test_outlook_tells_what_a_crowd_waits_for_that_the_relay_puts_off(
    load: MailLoad, clock: FixedClock
) -> None:
    for number in range(MANY):
        load.put_off(f"person{number}", 250.0)
    clock.advance(EPOCH + SETTLED)
    assert load.outlook() == Outlook(queue=5, recent=None)


def test_outlook_forgets_a_put_off_once_the_mail_left(load: MailLoad, clock: FixedClock) -> None:
    for number in range(MANY):
        load.put_off(f"person{number}", 250.0)
    deliver(load, clock, range(MANY), 260.0)
    clock.advance(EPOCH + SETTLED)
    assert load.outlook() == Outlook(queue=0, recent=5)


def test_outlook_tells_at_once_what_nobody_tried_yet(load: MailLoad, clock: FixedClock) -> None:
    """Dead workers are no news of five minutes ago; and it tells nothing of who exists."""
    for number in range(MANY):
        load.opened(f"n{number}")
    clock.advance(100)
    assert load.outlook() == Outlook(queue=2, recent=None)
    for number in range(MANY):
        load.tried(f"n{number}")
    clock.advance(2)
    assert load.outlook() == Outlook(queue=0, recent=None)


def test_admit_is_not_moved_by_one_person_beside_accomplices(
    load: MailLoad, clock: FixedClock
) -> None:
    for number in range(FEWEST - 1):
        load.opened(f"n{number}")
        load.tried(f"n{number}")
    for _ in range(40):
        clock.advance(30)
        load.admit()
