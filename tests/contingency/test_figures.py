"""Whether the figures on the waiting page tell who exists, with accomplices who prepared them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from contingency_world import EARLIER, KNOWN, UNKNOWN, World

from bench.surge.crowd import ruc
from idp.contingency.visit import Visitor
from idp.jobs.registry import RetryLater
from idp.kernel.errors import Unavailable
from idp.kernel.ids import digest
from idp.mail.load import Outlook
from idp.mail.ports import RelayDeferred
from idp.people.seed import SeedRow

QUIET = Outlook(queue=0, recent=None)
BOTH = pytest.mark.parametrize("typed", [KNOWN, UNKNOWN], ids=["known", "unknown"])


def accomplices(world: World, count: int, *, companies: int) -> None:
    """So many people who ask, of so many companies; none is worked on yet."""
    rows = [
        SeedRow(
            number + 1, "sol", f"COMPLI{number:02}", ruc(900 + number % companies), "CÓMPLICE",
            f"c{number}@example.com", EARLIER, EARLIER, EARLIER,
        )
        for number in range(count)
    ]  # fmt: skip
    assert not world.people.seed(rows, trust_emails=True).problems
    for row in rows:
        browser, visitor = digest(row.usuario), Visitor(f"198.51.{row.line}.0/24", None)
        visit = world.contingency.visit(world.park(browser).id, browser)
        typed = {"ruc": row.ruc, "usuario": row.usuario}
        assert not world.contingency.request(visit, browser, typed, visitor).errors


def work_all(world: World) -> None:
    """Try all that is held, once; what is put off stays."""
    held, world.queue.held = world.queue.held, []
    for job in held:
        try:
            world.delivery(job[1])
        except RetryLater:
            world.queue.held.append(job)


def read_on(world: World, minutes: int, *, work: bool = False) -> set[Outlook]:
    """All that a stranger can read for so long."""
    seen = set()
    for _ in range(minutes * 2):
        world.clock.advance(30)
        if work:
            work_all(world)
        world.load.admit()
        seen.add(world.waiting_room.outlook())
    return seen


@BOTH
def test_figures_beside_19_deliveries_are_the_same_for_known_and_unknown(
    world: World, typed: Mapping[str, str]
) -> None:
    accomplices(world, 19, companies=19)
    world.clock.advance(100)
    work_all(world)
    world.ask(typed)
    world.clock.advance(100)
    work_all(world)
    assert read_on(world, 12) == {QUIET}


@BOTH
def test_figures_beside_19_that_the_relay_puts_off_are_the_same_for_known_and_unknown(
    world: World, typed: Mapping[str, str]
) -> None:
    world.outbox.failure = RelayDeferred("451")
    accomplices(world, 19, companies=19)
    world.ask(typed)
    work_all(world)
    assert read_on(world, 25, work=True) == {QUIET}


def test_figures_are_not_moved_by_the_many_accounts_of_one_company(world: World) -> None:
    accomplices(world, 90, companies=1)
    world.clock.advance(100)
    work_all(world)
    assert len(world.outbox.sent) == 90
    assert world.delivered_and_put_off() == (1, 0)
    assert read_on(world, 12) == {QUIET}


def test_figures_of_90_companies_are_told(world: World) -> None:
    """What the others are not told is told of a crowd: those tests could fail."""
    accomplices(world, 90, companies=90)
    world.clock.advance(100)
    work_all(world)
    assert Outlook(queue=0, recent=2) in read_on(world, 12)


@BOTH
def test_request_is_no_longer_untried_before_anything_is_decided(
    world: World, typed: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody tried is told live, so a slow relay must not keep those who exist in it."""
    world.ask(typed)
    world.clock.advance(100)
    assert untried(world) == 100

    def away(_: object) -> None:
        raise Unavailable("sql")

    monkeypatch.setattr(world.people, "find", away)
    with pytest.raises(Unavailable):
        world.work()
    assert untried(world) == 0


def untried(world: World) -> float:
    return world.figures.load(world.clock.timestamp(), 1).untried
