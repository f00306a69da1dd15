"""The installation's own limits on mail: what is beyond waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.limits import RedisCounter
from idp.kernel.clock import FixedClock
from idp.limits.service import Limits
from idp.limits.table import Limit, table
from idp.mail.budget import BudgetedRelay
from idp.mail.message import OutgoingMessage, RenderedMail
from idp.mail.ports import Receipt, RelayDeferred, RelayRefused


class Outbox:
    def __init__(self) -> None:
        self.to: list[str] = []
        self.failure: Exception | None = None

    def send(self, message: OutgoingMessage) -> Receipt:
        if self.failure is not None:
            raise self.failure
        self.to.append(message.to)
        return Receipt()


def mail(to: str) -> OutgoingMessage:
    return OutgoingMessage(
        to=to,
        content=RenderedMail("s", "t", "h"),
        message_id="1@idp.example.com",
        date=datetime(2026, 1, 1, tzinfo=UTC),
    )


def budget(limit: int) -> Limit:
    """The budget of the whole system, a minute."""
    return Limit("mail.budget", "", limit, 60, "allow", even=True)


def relay(gateway: RedisGateway, clock: FixedClock, **rows: Limit) -> tuple[BudgetedRelay, Outbox]:
    outbox = Outbox()
    rows_by_name = {row.name: row for row in rows.values()}
    limits = Limits(
        counter=RedisCounter(gateway),
        clock=clock,
        key=b"k" * 32,
        table={**table(mail_budget=100_000, mail_domain_budget=100_000), **rows_by_name},
    )
    return BudgetedRelay(outbox, limits), outbox


def test_mail_beyond_the_budget_waits_for_its_turn(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    sender, outbox = relay(gateway, clock, a=budget(2))
    for name in "ab":
        sender.send(mail(f"{name}@x.pe"))
    with pytest.raises(RelayDeferred) as caught:
        sender.send(mail("c@x.pe"))
    assert (caught.value.reason, caught.value.after) == ("budget", pytest.approx(60.0))
    clock.advance(60)
    sender.send(replace(mail("c@x.pe"), attempt=2))
    assert outbox.to == ["a@x.pe", "b@x.pe", "c@x.pe"]


@pytest.mark.parametrize(
    ("failure", "given_back"),
    [
        (RelayDeferred("connect"), True),
        (RelayDeferred("451", scope="recipient"), True),
        (RelayDeferred("timeout", scope="unknown"), False),
        (RelayRefused("550", recipient=True), False),
    ],
    ids=["no connection", "put off", "may have left", "refused"],
)
def test_budget_is_spent_by_mails_and_not_by_tries(
    gateway: RedisGateway, clock: FixedClock, failure: Exception, given_back: bool
) -> None:
    sender, outbox = relay(
        gateway, clock, a=budget(2), b=Limit("mail.domain", "", 2, 60, even=True)
    )
    outbox.failure = failure
    for _ in range(20 if given_back else 2):
        with pytest.raises(type(failure)) as caught:
            sender.send(mail("a@x.pe"))
        assert caught.value.reason == failure.reason  # type: ignore[attr-defined]
    outbox.failure = None
    if given_back:
        sender.send(mail("a@x.pe"))
        sender.send(mail("b@x.pe"))
    with pytest.raises(RelayDeferred) as deferred:
        sender.send(mail("c@x.pe"))
    assert deferred.value.reason == "budget"


def test_mails_beyond_the_budget_get_turns_of_their_own(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    sender, outbox = relay(gateway, clock, a=budget(60))
    turns = []
    for number in range(12):
        try:
            sender.send(mail(f"{number}@x.pe"))
        except RelayDeferred as error:
            turns.append((clock.timestamp() + (error.after or 0), f"{number}@x.pe"))
    assert len(outbox.to) == 2
    assert len({round(at) for at, _ in turns}) == 10
    for at, to in sorted(turns):
        clock.advance(at - clock.timestamp())
        sender.send(replace(mail(to), attempt=2))
    assert outbox.to == [f"{number}@x.pe" for number in range(12)]


def test_notice_waits_where_a_link_still_goes(gateway: RedisGateway, clock: FixedClock) -> None:
    sender, outbox = relay(gateway, clock, a=budget(60))
    sender.send(mail("a@x.pe"))
    with pytest.raises(RelayDeferred):
        sender.send(replace(mail("b@x.pe"), urgent=False))
    sender.send(mail("c@x.pe"))
    assert outbox.to == ["a@x.pe", "c@x.pe"]


def test_one_domain_beyond_its_share_lets_the_others_through(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    sender, outbox = relay(gateway, clock, a=Limit("mail.domain", "", 1, 60, "allow", even=True))
    sender.send(mail("a@Big.example"))
    with pytest.raises(RelayDeferred):
        sender.send(mail("b@big.example"))
    sender.send(mail("c@small.example"))
    assert outbox.to == ["a@Big.example", "c@small.example"]


def test_mail_goes_out_while_nobody_can_count(clock: FixedClock) -> None:
    gone = RedisGateway("unix:///nowhere/valkey.sock")
    sender, outbox = relay(gone, clock)
    sender.send(mail("a@x.pe"))
    assert outbox.to == ["a@x.pe"]
