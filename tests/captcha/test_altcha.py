"""ALTCHA: solved by the library's own solver, spent once, bound to the login."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge
from hypothesis import given
from hypothesis import strategies as st

from idp.adapters.redis.captcha import RedisSpentSolutions
from idp.adapters.redis.connection import RedisGateway
from idp.captcha.service import Captcha, Tools
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError


@pytest.fixture
def captcha(gateway: RedisGateway, clock: FixedClock) -> Captcha:
    tools = Tools(spent=RedisSpentSolutions(gateway), clock=clock, key=b"c" * 32, altcha_cost=5)
    return Captcha(vendor="altcha", tools=tools)


def solved(captcha: Captcha, transaction: str) -> dict[str, str]:
    widget = captcha.widget(transaction)
    challenge = Challenge.from_dict(json.loads(widget.challenge_json))
    solution = solve_challenge(challenge)
    assert solution is not None
    return {widget.field: Payload(challenge, solution).to_base64()}


def code_of(captcha: Captcha, form: dict[str, str], transaction: str = "txn") -> str:
    with pytest.raises(IdpError) as caught:
        captcha.verify(form, transaction)
    assert caught.value.status == 400
    return caught.value.code


def test_verify_a_solution_passes_once(captcha: Captcha) -> None:
    form = solved(captcha, "txn")
    captcha.verify(form, "txn")
    assert code_of(captcha, form) == "captcha_failed"


def test_verify_in_parallel_has_one_winner(captcha: Captcha) -> None:
    form = solved(captcha, "txn")

    def attempt(_: int) -> bool:
        try:
            captcha.verify(form, "txn")
        except IdpError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(32))) == 1


def test_verify_for_another_login_fails(captcha: Captcha) -> None:
    assert code_of(captcha, solved(captcha, "txn"), "other") == "captcha_failed"


def test_verify_after_its_end_says_expired(captcha: Captcha, clock: FixedClock) -> None:
    form = solved(captcha, "txn")
    clock.advance(1_201)
    assert code_of(captcha, form) == "captcha_expired"


def altered(form: dict[str, str], change: Any) -> dict[str, str]:
    payload = json.loads(base64.b64decode(form["altcha"]))
    change(payload)
    return {"altcha": base64.b64encode(json.dumps(payload).encode()).decode()}


ALTERATIONS = {
    "cheaper": lambda p: p["challenge"]["parameters"].update(cost=1),
    "longer life": lambda p: p["challenge"]["parameters"]["data"].update(e=2**40),
    "other login": lambda p: p["challenge"]["parameters"]["data"].update(t="x"),
    "no signature": lambda p: p["challenge"].pop("signature"),
    "wrong counter": lambda p: p["solution"].update(counter=2**31),
    "text as counter": lambda p: p["solution"].update(counter="1"),
    "bytes too many": lambda p: p["solution"].update(derivedKey="00" * 3000),
    "cost as text": lambda p: p["challenge"]["parameters"].update(cost="x"),
    "nonce not hex": lambda p: p["challenge"]["parameters"].update(nonce="zz"),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_verify_an_altered_solution_fails(captcha: Captcha, name: str) -> None:
    form = altered(solved(captcha, "txn"), ALTERATIONS[name])
    assert code_of(captcha, form) == "captcha_failed"


@given(text=st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_verify_rubbish_fails_without_breaking(text: str) -> None:
    tools = Tools(
        spent=RedisSpentSolutions(RedisGateway("unix:///nonexistent")),
        clock=FixedClock.__new__(FixedClock),
        key=b"c" * 32,
        altcha_cost=5,
    )
    assert code_of(Captcha(vendor="altcha", tools=tools), {"altcha": text}) == "captcha_failed"


def test_verify_nothing_fails_closed(captcha: Captcha) -> None:
    assert code_of(captcha, {}) == "captcha_failed"
