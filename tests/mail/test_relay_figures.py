"""What the relays did is counted for everybody, and never at a mail's expense."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from test_relay import MESSAGE

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.limits import RedisCounter
from idp.adapters.redis.relay_figures import RedisRelayFigures
from idp.kernel.breaker import FAILURES, FIRST_PAUSE
from idp.kernel.clock import FixedClock
from idp.kernel.errors import Unavailable
from idp.mail.message import OutgoingMessage
from idp.mail.ports import Receipt, RelayDeferred, RelayRefused
from idp.mail.relay_figures import HOURS, NoFigures, RelayHour
from idp.mail.relays import Relays

NAME = "uno.example:25"


class Scripted:
    """A relay that does what comes next."""

    def __init__(self, *steps: Exception | None) -> None:
        self.steps = list(steps)

    def send(self, message: OutgoingMessage) -> Receipt:
        step = self.steps.pop(0)
        if step is not None:
            raise step
        return Receipt()


@pytest.fixture
def figures(gateway: RedisGateway) -> RedisRelayFigures:
    return RedisRelayFigures(gateway)


def relays(
    gateway: RedisGateway, clock: FixedClock, figures: RedisRelayFigures, steps: Sequence[object]
) -> Relays:
    return Relays(
        [(NAME, Scripted(*steps), 0)],  # type: ignore[arg-type]
        counter=RedisCounter(gateway),
        clock=clock,
        pause=clock.advance,
        patience=0.0,
        figures=figures,
    )


def attempt(found: Relays) -> str:
    try:
        found.send(MESSAGE)
    except (RelayDeferred, RelayRefused) as error:
        return error.reason
    return "accepted"


def test_each_outcome_is_counted_in_its_hour(
    gateway: RedisGateway, clock: FixedClock, figures: RedisRelayFigures
) -> None:
    steps = [
        None,
        RelayDeferred("451", scope="recipient"),
        RelayDeferred("connect"),
        RelayRefused("550", recipient=True),
    ]
    found = relays(gateway, clock, figures, steps)
    assert [attempt(found) for _ in steps] == ["accepted", "451", "connect", "550"]
    clock.advance(3_600)
    health = figures.health([NAME, "dos.example:25"], clock.timestamp())
    hours = [one for _, one in health[NAME].hours]
    assert len(hours) == HOURS
    assert hours[-2:] == [RelayHour(accepted=1, deferred=2, refused=1), RelayHour()]
    assert {one for _, one in health["dos.example:25"].hours} == {RelayHour()}
    assert health["dos.example:25"].trouble is None


def test_relay_that_is_left_alone_is_told_until_it_works_again(
    gateway: RedisGateway, clock: FixedClock, figures: RedisRelayFigures
) -> None:
    steps = [*[RelayDeferred("timeout")] * FAILURES, None]
    found = relays(gateway, clock, figures, steps)
    for number in range(1, FAILURES + 1):
        attempt(found)
        trouble = figures.health([NAME], clock.timestamp())[NAME].trouble
        assert trouble is not None
        alone = number == FAILURES
        assert (trouble.reason, trouble.alone_until > clock.timestamp()) == ("timeout", alone)
    clock.advance(FIRST_PAUSE)
    assert attempt(found) == "accepted"
    assert figures.health([NAME], clock.timestamp())[NAME].trouble is None


def test_mail_leaves_while_nobody_can_count(
    gateway: RedisGateway, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = RedisRelayFigures(gateway)

    def away(*_: object) -> None:
        raise Unavailable("redis")

    for name in ("count", "failed", "works"):
        monkeypatch.setattr(figures, name, away)
    found = relays(gateway, clock, figures, [RelayDeferred("connect"), None])
    assert [attempt(found), attempt(found)] == ["connect", "accepted"]


def test_nobodys_figures_are_empty(clock: FixedClock) -> None:
    found = NoFigures().health([NAME], clock.timestamp())
    assert (found[NAME].hours, found[NAME].trouble) == ((), None)
