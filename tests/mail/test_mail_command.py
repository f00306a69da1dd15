"""`idp mail status`, as an operator types it."""

from __future__ import annotations

import argparse
from types import SimpleNamespace
from typing import Any

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.mail_load import RedisMailLoad
from idp.adapters.redis.relay_figures import RedisRelayFigures
from idp.admin.mail_board import Budgets, MailBoard
from idp.cli import mail
from idp.kernel.clock import FixedClock
from idp.kernel.events import RelayAccepted
from idp.mail.load import MailLoad
from idp.mail.relay_figures import NoFigures, RelayFigures, Trouble


@pytest.fixture
def load(gateway: RedisGateway, clock: FixedClock) -> MailLoad:
    return MailLoad(store=RedisMailLoad(gateway), clock=clock, key=b"n" * 32)


def run(load: MailLoad, *, as_json: bool, figures: RelayFigures | None = None) -> list[Any]:
    said: list[Any] = []
    parser = argparse.ArgumentParser()
    mail.add_parser(parser.add_subparsers())
    args = parser.parse_args(["mail", "status"])
    board = MailBoard(
        load=load,
        figures=figures or NoFigures(),
        relays=[("uno.example:25", 600)],
        budgets=Budgets(all=9_000, domain=6_000, campaign=700),
        clock=load._clock,
    )
    services = SimpleNamespace(console=SimpleNamespace(mail=board))
    context = SimpleNamespace(services=services, as_json=as_json, out=said.append)
    assert args.func(args, context) == 0
    return said


def test_status_tells_delivery_times_by_domain_and_hides_small_ones(
    load: MailLoad, clock: FixedClock
) -> None:
    load.opened("one")
    clock.advance(40)
    for number in range(40):
        seconds = 20.0 if number < 36 else 500.0
        load.relay_accepted(RelayAccepted("lnk", clock.timestamp(), "big.example", seconds, "who"))
    load.relay_accepted(RelayAccepted("lnk", clock.timestamp(), "una-persona.pe", 2_000.0, "who"))
    (found,) = run(load, as_json=True)
    assert (found["open"], found["oldest_seconds"]) == (1, 40.0)
    assert found["domains"] == {
        "big.example": {"deliveries": 40, "p50": 30, "p95": 600},
        "(others)": {"deliveries": 1, "p50": None, "p95": None},
    }
    text = "\n".join(run(load, as_json=False))
    assert "waiting 1, the first for 40 s" in text
    assert "half within 30 s, 95 % within 600 s" in text
    assert "una-persona" not in text


def test_status_tells_how_each_relay_fares(
    load: MailLoad, gateway: RedisGateway, clock: FixedClock
) -> None:
    figures, now = RedisRelayFigures(gateway), clock.timestamp()
    for what, hours_ago in (("accepted", 0), ("accepted", 7), ("deferred", 1), ("refused", 0)):
        figures.count("uno.example:25", what, now - hours_ago * 3_600)  # type: ignore[arg-type]
    figures.failed("uno.example:25", Trouble(now, "timeout", now + 20))
    (found,) = run(load, as_json=True, figures=figures)
    assert found["budgets_an_hour"] == {"all": 9_000, "domain": 6_000, "campaign": 700}
    assert found["relays"] == [
        {
            "name": "uno.example:25",
            "per_minute": 600,
            "left_alone": True,
            "last_failure": "timeout",
            "last_failure_at": clock.now().isoformat(),
            "last_hours": {"hours": 6, "accepted": 1, "deferred": 1, "refused": 1},
            "day": {"accepted": 2, "deferred": 1, "refused": 1},
        }
    ]
    text = "\n".join(run(load, as_json=False, figures=figures))
    assert "left alone; last failure: timeout; in 6 h: 1 accepted, 1 put off, 1 refused" in text
    clock.advance(20)
    (later,) = run(load, as_json=True, figures=figures)
    assert later["relays"][0]["left_alone"] is False
