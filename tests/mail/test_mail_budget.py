"""The installation's own limits on mail: what is beyond waits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.limits import RedisCounter
from idp.kernel.clock import FixedClock
from idp.limits.service import Limits
from idp.limits.table import Limit, table
from idp.mail.budget import BudgetedRelay
from idp.mail.message import OutgoingMessage, RenderedMail
from idp.mail.ports import Receipt, RelayDeferred


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


def relay(gateway: RedisGateway, clock: FixedClock, **rows: Limit) -> tuple[BudgetedRelay, Outbox]:
    outbox = Outbox()
    rows_by_name = {row.name: row for row in rows.values()}
    limits = Limits(
        counter=RedisCounter(gateway),
        clock=clock,
        key=b"k" * 32,
        table={**table(mail_budget=1_000), **rows_by_name},
    )
    return BudgetedRelay(outbox, limits), outbox


def test_mail_beyond_the_budget_waits_for_its_turn(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    sender, outbox = relay(gateway, clock, a=Limit("mail.budget", "", 2, 60, "allow"))
    for name in "ab":
        sender.send(mail(f"{name}@x.pe"))
    with pytest.raises(RelayDeferred) as caught:
        sender.send(mail("c@x.pe"))
    assert (caught.value.reason, caught.value.after) == ("budget", 30.0)
    clock.advance(30)
    sender.send(mail("c@x.pe"))
    assert outbox.to == ["a@x.pe", "b@x.pe", "c@x.pe"]


def test_one_domain_beyond_its_share_lets_the_others_through(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    sender, outbox = relay(gateway, clock, a=Limit("mail.domain", "", 1, 60, "allow"))
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
