"""`idp mail status`, as an operator types it."""

from __future__ import annotations

import argparse
from types import SimpleNamespace
from typing import Any

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.mail_load import RedisMailLoad
from idp.cli import mail
from idp.kernel.clock import FixedClock
from idp.kernel.events import RelayAccepted
from idp.mail.load import MailLoad


@pytest.fixture
def load(gateway: RedisGateway, clock: FixedClock) -> MailLoad:
    return MailLoad(store=RedisMailLoad(gateway), clock=clock, key=b"n" * 32)


def run(load: MailLoad, *, as_json: bool) -> list[Any]:
    said: list[Any] = []
    parser = argparse.ArgumentParser()
    mail.add_parser(parser.add_subparsers())
    args = parser.parse_args(["mail", "status"])
    services = SimpleNamespace(mail_load=load)
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
