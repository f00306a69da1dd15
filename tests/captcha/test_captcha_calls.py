"""What a vendor that hangs or is away costs: few threads, for a short while, and nobody passes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from vendor_server import VendorServer, vendor_server

from idp.adapters.http.client import GuardedHttpClient
from idp.adapters.redis.captcha import RedisSpentSolutions
from idp.adapters.redis.connection import RedisGateway
from idp.captcha.calls import LONGEST_PAUSE
from idp.captcha.service import Captcha, Tools
from idp.kernel.breaker import FAILURES, FIRST_PAUSE
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError

HOST = "ingreso.vuce.gob.pe"
GOOD = {"success": True, "hostname": HOST}


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with vendor_server() as found:
        found.says = GOOD
        yield found
        found.answers.set()


@pytest.fixture
def tools(gateway: RedisGateway, clock: FixedClock, server: VendorServer) -> Tools:
    return Tools(
        spent=RedisSpentSolutions(gateway),
        clock=clock,
        key=b"c" * 32,
        altcha_cost=5,
        http=GuardedHttpClient(allow=("127.0.0.1/32",)),
        site_key="site",
        secret="ours alone",
        hostname=HOST,
        verify_url=server.url,
    )


Try = Callable[[], str]


def tries(captcha: Captcha) -> Try:
    """Another answer each time: what became of it."""
    numbers = count()

    def attempt() -> str:
        try:
            captcha.verify({"g-recaptcha-response": f"answer-{next(numbers)}"}, "txn")
        except IdpError as error:
            return f"{error.code} {error.retry_after}"
        return "passed"

    return attempt


AWAY = f"captcha_unavailable {int(LONGEST_PAUSE)}"


@pytest.fixture
def attempt(tools: Tools) -> Try:
    return tries(Captcha(vendor="recaptcha", tools=tools))


@pytest.mark.parametrize(("threads", "calls"), [(8, 2), (2, 1), (1, 1), (32, 8)])
def test_vendor_that_hangs_holds_a_quarter_of_the_threads(
    tools: Tools, server: VendorServer, threads: int, calls: int
) -> None:
    attempt = tries(Captcha(vendor="recaptcha", tools=replace(tools, threads=threads)))
    server.answers.clear()
    with ThreadPoolExecutor(40) as pool:
        under_way = [pool.submit(attempt) for _ in range(40)]
        deadline = time.monotonic() + 20
        while sum(one.done() for one in under_way) < 40 - calls:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        server.answers.set()
        said = [one.result() for one in under_way]
    assert (said.count("passed"), said.count(AWAY)) == (calls, 40 - calls)
    assert len(server.asked) == calls


def test_call_that_is_one_too_many_waits_for_one_to_end(tools: Tools, server: VendorServer) -> None:
    attempt = tries(Captcha(vendor="recaptcha", tools=replace(tools, threads=4)))
    server.answers.clear()
    threading.Timer(0.2, server.answers.set).start()
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: attempt(), range(2))) == ["passed", "passed"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_vendor_that_fails_again_and_again_is_left_alone_and_tried_once(
    attempt: Try, server: VendorServer, clock: FixedClock, status: int
) -> None:
    server.says, server.status = "no", status
    assert [attempt() for _ in range(FAILURES + 20)] == [AWAY] * (FAILURES + 20)
    assert len(server.asked) == FAILURES
    clock.advance(FIRST_PAUSE)
    assert [attempt(), attempt()] == [AWAY, AWAY]
    assert len(server.asked) == FAILURES + 1
    server.says, server.status = GOOD, 200
    clock.advance(2 * FIRST_PAUSE)
    assert [attempt(), attempt()] == ["passed", "passed"]


def test_vendor_nobody_reaches_is_left_alone(
    tools: Tools, caplog: pytest.LogCaptureFixture
) -> None:
    away = replace(tools, verify_url="http://127.0.0.1:9/siteverify")
    attempt = tries(Captcha(vendor="recaptcha", tools=away))
    assert {attempt() for _ in range(20)} == {AWAY}
    said = [one.message for one in caplog.records if one.levelname == "ERROR"]
    # A line for each call that was made, and one for the pause: not one for each form.
    assert len(said) == FAILURES + 1
    assert "captcha vendor left alone for a while" in said


def test_vendor_is_tried_again_within_the_time_that_the_page_names(
    attempt: Try, server: VendorServer, clock: FixedClock
) -> None:
    server.says, server.status = "no", 500
    for _ in range(20):
        attempt()
        clock.advance(LONGEST_PAUSE)
    asked = len(server.asked)
    server.says, server.status = GOOD, 200
    assert (attempt(), len(server.asked)) == ("passed", asked + 1)


@pytest.mark.parametrize(
    ("says", "status"),
    [
        ({"success": False, "error-codes": ["invalid-input-response"]}, 200),
        ({"success": False, "error-codes": ["bad-request"]}, 400),
        ("<html>Forbidden</html>", 403),
    ],
    ids=["wrong", "bad request", "firewall"],
)
def test_what_a_strangers_answers_bring_about_closes_the_form_to_nobody(
    attempt: Try, server: VendorServer, says: Any, status: int
) -> None:
    server.says, server.status = says, status
    for _ in range(FAILURES * 3):
        attempt()
    server.says, server.status = GOOD, 200
    assert attempt() == "passed"
