"""A request that met a failure between its steps is whole, or can be made again at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from contingency_world import HERE, KNOWN, UNKNOWN, VISITOR, World

from idp.contingency.delivery import SETTLES
from idp.jobs.registry import RetryLater
from idp.kernel.errors import IdpError, Unavailable
from idp.login.transaction import Transaction

STEPS = {
    "audit": ("stream", "push"),
    "job": ("queue", "enqueue"),
    "figures": ("load", "opened"),
    "login": ("transactions", "set_link"),
    "older link": ("links", "supersede"),
}


def break_once(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, *, answer_lost: bool
) -> None:
    """Let this step fail once, before it is done or after it."""
    part, name = STEPS[step]
    target = getattr(world, part)
    real: Callable[..., object] = getattr(target, name)

    def failing(*args: object, **kwargs: object) -> None:
        monkeypatch.setattr(target, name, real)
        if answer_lost:
            real(*args, **kwargs)
        raise Unavailable("redis")

    monkeypatch.setattr(target, name, failing)


def work_until_done(world: World) -> int:
    """Do all that is held, again where it is put off; how many jobs there were."""
    jobs, world.queue.held = world.queue.held, []
    left = [payload for _, payload, _ in jobs]
    for _ in range(int(SETTLES.total_seconds()) + 1):
        again = []
        for payload in left:
            try:
                world.delivery(payload)
            except RetryLater:
                again.append(payload)
        left = again
        world.clock.advance(1)
    assert left == []
    return len(jobs)


def waits_in_vain(world: World, transaction: Transaction) -> bool:
    """Whether *Revise su correo* is shown for a link that has no job."""
    login = world.transactions.load(transaction.id, HERE)
    shown = world.waiting_room.waiting(transaction.id, HERE) is not None
    return shown and login.link_id not in {payload["link"] for _, payload, _ in world.queue.held}


@pytest.mark.parametrize("answer_lost", [False, True], ids=["not done", "answer lost"])
@pytest.mark.parametrize("step", [step for step in STEPS if step != "older link"])
def test_request_that_failed_between_its_steps_asked_again_mails_once(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, answer_lost: bool
) -> None:
    transaction = world.park()
    break_once(world, monkeypatch, step, answer_lost=answer_lost)
    with pytest.raises(Unavailable):
        world.ask(transaction=transaction)
    assert not waits_in_vain(world, transaction)
    world.ask(transaction=transaction)
    assert not waits_in_vain(world, transaction)
    named = world.transactions.load(transaction.id, HERE).link_id
    assert [payload["link"] for _, payload, _ in world.queue.held].count(named or "") == 1
    work_until_done(world)
    assert len(world.outbox.sent) == 1
    assert world.entry.enter(world.mailed_token(), HERE, None) == transaction.id
    world.clock.advance(2)
    assert world.load.now().open == 0


def test_request_whose_job_was_refused_asked_again_has_one_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = world.park()
    break_once(world, monkeypatch, "job", answer_lost=False)
    with pytest.raises(Unavailable):
        world.ask(transaction=transaction)
    assert world.load.now().open == 0
    world.ask(transaction=transaction)
    assert work_until_done(world) == 1
    assert len(world.outbox.sent) == 1


@pytest.mark.parametrize("answer_lost", [False, True], ids=["not done", "answer lost"])
@pytest.mark.parametrize("step", STEPS)
def test_resend_that_failed_leaves_a_link_that_works_and_can_be_asked_again_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, answer_lost: bool
) -> None:
    transaction = world.ask()
    world.work()
    first = world.mailed_token()
    world.clock.advance(61)
    break_once(world, monkeypatch, step, answer_lost=answer_lost)
    visit = world.contingency.visit(transaction.id, HERE)
    whole = step == "older link"
    try:
        world.contingency.resend(visit, HERE, VISITOR)
    except Unavailable:
        assert not whole
        # What the login names still works: the first link, or one that has a job.
        after = world.transactions.load(transaction.id, HERE)
        whole = after.link_id != transaction.link_id
        assert whole or world.entry.open(first, HERE).problem is None
        assert whole == (step == "login" and answer_lost)
    if not whole:
        world.contingency.resend(world.contingency.visit(transaction.id, HERE), HERE, VISITOR)
    world.outbox.sent.clear()
    work_until_done(world)
    assert len(world.outbox.sent) == 1
    assert world.entry.open(first, HERE).problem is not None
    assert world.entry.enter(world.mailed_token(), HERE, None) == transaction.id


def test_request_that_was_never_whole_is_on_record_as_not_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_once(world, monkeypatch, "login", answer_lost=False)
    with pytest.raises(Unavailable):
        world.ask()
    with pytest.raises(RetryLater):
        world.delivery(world.queue.held[0][1])
    work_until_done(world)
    assert world.outbox.sent == []
    assert [one.details["code"] for one in world.events_of("mail.refused")] == ["abandoned"]


def test_form_sent_many_times_at_once_mails_once(world: World) -> None:
    transaction = world.park()
    visit = world.contingency.visit(transaction.id, HERE)

    def press(_: int) -> None:
        assert not world.contingency.request(visit, HERE, KNOWN, VISITOR).errors

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(press, range(4)))
    work_until_done(world)
    assert len(world.outbox.sent) == 1
    assert world.entry.enter(world.mailed_token(), HERE, None) == transaction.id


def test_forms_for_two_people_at_once_are_not_taken_for_one(world: World) -> None:
    visit = world.contingency.visit(world.park().id, HERE)
    world.contingency.request(visit, HERE, UNKNOWN, VISITOR)
    with pytest.raises(IdpError) as caught:
        world.contingency.request(visit, HERE, KNOWN, VISITOR)
    assert (caught.value.code, caught.value.retry_after) == ("rate_limited", 1)
    work_until_done(world)
    assert world.outbox.sent == []
