"""The vendors' captchas: their wire format as documented, and everything else refused."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from vendor_server import VendorServer, vendor_server

from idp.adapters.http.client import GuardedHttpClient
from idp.adapters.redis.captcha import RedisSpentSolutions
from idp.adapters.redis.connection import RedisGateway
from idp.captcha.service import Captcha, Tools
from idp.captcha.vendors import REMOTE, key_problems
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError, StartError
from idp.kernel.ids import digest
from idp.kernel.random import SystemRandom
from idp.signing.generate import ensure_generated
from idp.wiring.config_files import keys_and_clients
from tests.support.vault import make_data_keys
from tests.support.world import CLIENTS, settings_for

HOST = "ingreso.vuce.gob.pe"
STAMP = {"challenge_ts": "2026-11-23T15:00:00Z", "hostname": HOST}
# As each vendor documents a good answer.
GOOD: dict[str, dict[str, Any]] = {
    "recaptcha": {"success": True, **STAMP},
    "hcaptcha": {"success": True, **STAMP, "credit": False},
    "turnstile": {"success": True, **STAMP, "error-codes": [], "action": "", "cdata": digest("txn")},
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with vendor_server() as found:
        yield found


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


@pytest.fixture(params=REMOTE)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def captcha(kind: str, tools: Tools, server: VendorServer) -> Captcha:
    server.says = GOOD[kind]
    return Captcha(vendor=kind, tools=tools)


def answered(kind: str, answer: str = "an-answer") -> dict[str, str]:
    return {REMOTE[kind].field: answer}


def refusal(captcha: Captcha, form: dict[str, str], transaction: str = "txn") -> tuple[str, int]:
    with pytest.raises(IdpError) as caught:
        captcha.verify(form, transaction)
    return caught.value.code, caught.value.status


def test_good_answer_passes_once_and_the_vendor_is_asked_as_documented(
    captcha: Captcha, kind: str, server: VendorServer
) -> None:
    captcha.verify(answered(kind), "txn")
    site_key = {"sitekey": "site"} if kind == "hcaptcha" else {}
    assert server.asked == [{"secret": "ours alone", "response": "an-answer", **site_key}]
    assert refusal(captcha, answered(kind)) == ("captcha_expired", 400)
    assert len(server.asked) == 1


# Seconds for which each vendor says that an answer counts: so long it must not serve twice.
COUNTS = {"recaptcha": 120, "hcaptcha": 120, "turnstile": 300}


def test_answer_is_remembered_for_as_long_as_it_counts(
    captcha: Captcha, kind: str, gateway: RedisGateway
) -> None:
    captcha.verify(answered(kind), "txn")
    (marker,) = gateway.client.keys("idp:captcha:*")
    assert gateway.client.ttl(marker) >= COUNTS[kind]
    assert "an-answer" not in marker


def test_one_answer_at_once_has_one_winner(captcha: Captcha, kind: str) -> None:
    def attempt(_: int) -> bool:
        try:
            captcha.verify(answered(kind), "txn")
        except IdpError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1


@pytest.mark.parametrize("answer", ["", "ñ", "x" * 9_000])
def test_no_answer_is_refused_without_asking(
    captcha: Captcha, kind: str, server: VendorServer, answer: str
) -> None:
    assert refusal(captcha, answered(kind, answer)) == ("captcha_failed", 400)
    assert refusal(captcha, {}) == ("captcha_failed", 400)
    assert server.asked == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "wrong": ({"success": False, "error-codes": ["invalid-input-response"]}, "captcha_failed"),
    "late": ({"success": False, "error-codes": ["timeout-or-duplicate"]}, "captcha_expired"),
    "seen": ({"success": False, "error-codes": ["already-seen-response"]}, "captcha_expired"),
    "underscore": ({"success": False, "error_codes": ["timeout-or-duplicate"]}, "captcha_failed"),
    "no codes": ({"success": False}, "captcha_failed"),
    "odd codes": ({"success": False, "error-codes": [{"a": 1}, 3]}, "captcha_failed"),
    "another site": ({"success": True, "hostname": "malo.example"}, "captcha_failed"),
    "no site": ({"success": True}, "captcha_failed"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_vendor_refuses_is_refused(
    captcha: Captcha, kind: str, server: VendorServer, case: tuple[dict[str, Any], str]
) -> None:
    server.says, code = case
    assert refusal(captcha, answered(kind)) == (code, 400)


UNUSABLE: dict[str, tuple[Any, int]] = {
    "our secret": ({"success": False, "error-codes": ["invalid-input-secret"]}, 200),
    "keys of two sites": ({"success": False, "error-codes": ["sitekey-secret-mismatch"]}, 200),
    "key of no site": ({"success": False, "error-codes": ["invalid-sitekey"]}, 200),
    "keys for tests": ({"success": False, "error-codes": ["not-using-dummy-passcode"]}, 200),
    "vendor is ill": ({"success": False, "error-codes": ["internal-error"]}, 200),
    "page": ("<html>Bad gateway</html>", 502),
    "nothing": ("", 200),
    "text for true": ({"success": "true", "hostname": HOST}, 200),
    "list": ([True], 200),
    "null": (None, 200),
    "endless": ("[" * 100_000, 200),
    "deep": ("[" * 10_000, 200),
}


@pytest.mark.parametrize("case", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_is_no_answer_is_our_trouble_and_lets_nobody_pass(
    captcha: Captcha,
    kind: str,
    server: VendorServer,
    case: tuple[Any, int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.says, server.status = case
    assert refusal(captcha, answered(kind)) == ("captcha_unavailable", 503)
    assert [one.levelno for one in caplog.records if "captcha" in one.message] == [logging.ERROR]
    assert "ours alone" not in caplog.text
    assert "an-answer" not in caplog.text


def test_vendor_that_is_away_lets_nobody_pass(tools: Tools, kind: str) -> None:
    away = replace(tools, verify_url="http://127.0.0.1:9/siteverify")
    captcha = Captcha(vendor=kind, tools=away)
    assert refusal(captcha, answered(kind)) == ("captcha_unavailable", 503)


def test_turnstile_answer_of_another_login_is_refused(tools: Tools, server: VendorServer) -> None:
    captcha = Captcha(vendor="turnstile", tools=tools)
    assert captcha.widget("txn").attributes["data-cdata"] == digest("txn")
    server.says = GOOD["turnstile"]
    assert refusal(captcha, answered("turnstile"), "another") == ("captcha_failed", 400)
    server.says = {"success": True, **STAMP}
    assert refusal(captcha, answered("turnstile", "another")) == ("captcha_failed", 400)


_GOOGLE = "https://www.google.com/recaptcha/"
_HCAPTCHA = ("https://hcaptcha.com", "https://*.hcaptcha.com")
_CLOUDFLARE = ("https://challenges.cloudflare.com",)
# What each vendor's manual asks a policy to allow: script, frame, connect, style.
ALLOWED: dict[str, tuple[tuple[str, ...], ...]] = {
    "recaptcha": (
        (_GOOGLE, "https://www.gstatic.com/recaptcha/"),
        (_GOOGLE, "https://recaptcha.google.com/recaptcha/"),
        (_GOOGLE,),
        (),
    ),
    "hcaptcha": (_HCAPTCHA, _HCAPTCHA, _HCAPTCHA, _HCAPTCHA),
    "turnstile": (_CLOUDFLARE, _CLOUDFLARE, (), ()),
}


def test_widget_allows_its_own_vendor_and_nobody_else(captcha: Captcha, kind: str) -> None:
    widget = captcha.widget("txn")
    assert widget.attributes["data-sitekey"] == "site"
    sources = (widget.csp_script, widget.csp_frame, widget.csp_connect, widget.csp_style)
    assert sources == ALLOWED[kind]
    assert widget.csp_worker == ()
    # The script must be one that the page allows.
    plain = [one.replace("*.", "") for one in widget.csp_script]
    hosts = {one.split("/")[2] for one in plain}
    assert any(widget.remote_script.split("/")[2].endswith(host) for host in hosts)
    assert "ours alone" not in repr(widget)


# As published: site keys, and the secrets with which everybody passes.
TEST_KEYS = {
    "recaptcha": (
        ["6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI"],
        ["6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe"],
    ),
    "hcaptcha": (
        [
            "10000000-ffff-ffff-ffff-000000000001",
            "20000000-ffff-ffff-ffff-000000000002",
            "30000000-ffff-ffff-ffff-000000000003",
        ],
        ["0x0000000000000000000000000000000000000000"],
    ),
    "turnstile": (
        [
            "1x00000000000000000000AA",
            "2x00000000000000000000AB",
            "1x00000000000000000000BB",
            "2x00000000000000000000BB",
            "3x00000000000000000000FF",
        ],
        [
            "1x0000000000000000000000000000000AA",
            "2x0000000000000000000000000000000AA",
            "3x0000000000000000000000000000000AA",
        ],
    ),
}


@pytest.mark.parametrize("kind", TEST_KEYS)
def test_published_test_key_is_a_problem_wherever_it_stands(kind: str) -> None:
    for key in itertools.chain(*TEST_KEYS[kind]):
        (site,) = key_problems(kind, f" {key} ", "own")
        (secret,) = key_problems(kind, "own", key)
        assert site.startswith("IDP_CAPTCHA_SITE_KEY: ")
        assert secret.startswith("IDP_CAPTCHA_SECRET: ")
        assert key not in site + secret
        assert len(key_problems(kind, key, key)) == 2
    assert key_problems(kind, "own", "own") == []
    assert key_problems("altcha", TEST_KEYS[kind][0][0], "") == []


@pytest.mark.parametrize("kind", TEST_KEYS)
def test_published_test_keys_stop_a_start_in_production(
    kind: str, tmp_path: Path, clock: FixedClock
) -> None:
    ensure_generated(tmp_path / "keys", clock=clock)
    make_data_keys(tmp_path / "keys")
    clients = CLIENTS.replace("@hash@", "sha256:" + "ab" * 32).replace(
        "http://localhost", "https://a.pe"
    )
    (tmp_path / "clients.yaml").write_text(clients.replace("a.pe:90", "a.pe/90"))
    (site, *_), (secret, *_) = TEST_KEYS[kind]

    def problems(site_key: str, own: str) -> list[str]:
        settings = settings_for(
            tmp_path, "redis://127.0.0.1:9", captcha=kind, captcha_site_key=site_key,
            captcha_secret=own, env="production",
        )  # fmt: skip
        try:
            keys_and_clients(settings, clock, SystemRandom())
        except StartError as error:
            named = [one.partition(":")[0] for one in error.problems]
            return [one for one in named if one.startswith("IDP_CAPTCHA")]
        return []

    assert problems(site, "own") == ["IDP_CAPTCHA_SITE_KEY"]
    assert problems("own", secret) == ["IDP_CAPTCHA_SECRET"]
    assert problems("own", "own") == []
