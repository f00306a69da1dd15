"""The proof of work grows while many forms are shown, and shrinks again; never beyond twice."""

from __future__ import annotations

import json

from idp.adapters.redis.captcha import RedisSpentSolutions
from idp.adapters.redis.connection import RedisGateway
from idp.captcha.load import Load
from idp.captcha.service import Captcha, Tools
from idp.kernel.clock import FixedClock


def test_work_follows_the_forms_of_the_last_ten_seconds(clock: FixedClock) -> None:
    load = Load(clock)
    factors = []
    for _ in range(400):
        factors.append(load.factor())
        clock.advance(0.01)
    assert factors[:100] == [1.0] * 100
    assert factors[150] == 1.5
    assert factors[-1] == 2.0
    clock.advance(11)
    assert load.factor() == 1.0


def test_challenge_of_a_busy_minute_costs_more_and_is_still_accepted(
    gateway: RedisGateway, clock: FixedClock
) -> None:
    tools = Tools(spent=RedisSpentSolutions(gateway), clock=clock, key=b"c" * 32, altcha_cost=10)
    captcha = Captcha(vendor="altcha", tools=tools)

    def cost() -> int:
        found: int = json.loads(captcha.widget("txn").challenge_json)["parameters"]["cost"]
        return found

    quiet = cost()
    for _ in range(400):
        captcha.widget("txn")
    assert (quiet, cost()) == (10, 20)
