"""What is done regularly: in its turn, again at once when there is more, soon after a failure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from idp.jobs.periodic import Left, Periodic
from idp.kernel.clock import FixedClock

DAY = 86_400.0


@pytest.fixture
def periodic(clock: FixedClock) -> Periodic:
    return Periodic(clock=clock)


def counting(answers: list[object]) -> tuple[list[int], Callable[[], object]]:
    """A task with these answers, an exception among them, then nothing; and how often it ran."""
    ran: list[int] = []

    def run() -> object:
        ran.append(1)
        answer = answers.pop(0) if answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ran, run


def test_task_runs_at_once_and_then_in_its_turn(periodic: Periodic, clock: FixedClock) -> None:
    ran, run = counting([])
    periodic.register("daily", DAY, run)
    assert periodic.tick() == ["daily"]
    clock.advance(DAY - 1)
    assert periodic.tick() == []
    clock.advance(1)
    assert periodic.tick() == ["daily"]
    assert len(ran) == 2


def test_task_with_more_to_do_goes_on_at_the_next_tick_and_leaves_the_others_theirs(
    periodic: Periodic, clock: FixedClock
) -> None:
    ran, run = counting([Left.MORE, Left.MORE])
    periodic.register("purge", DAY, run)
    periodic.register("drain", 1.0, lambda: None)
    for _ in range(4):
        assert "drain" in periodic.tick()
        clock.advance(1)
    assert len(ran) == 3


def test_task_that_failed_does_not_wait_for_a_day(periodic: Periodic, clock: FixedClock) -> None:
    ran, run = counting([RuntimeError("away")])
    periodic.register("purge", DAY, run)
    assert periodic.tick() == ["purge"]
    clock.advance(299)
    assert periodic.tick() == []
    clock.advance(1)
    assert periodic.tick() == ["purge"]
    assert len(ran) == 2
