"""Cookies in production and on a developer's machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from idp.kernel.identity import Mode, Proof
from idp.web.browser import browser_hash
from tests.support.servers import OwnValkey
from tests.support.world import CLIENTS, World, build_world, settings_for

REDIRECT = "https://mr.example.com:9001/callback"


@pytest.fixture(scope="module")
def running_production(
    tmp_path_factory: pytest.TempPathFactory, valkey_server: OwnValkey
) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("production")
    upstreams = tuple(
        replace(one, base_url="https://api.example.com")
        for one in settings_for(folder, "").upstreams
    )
    world = build_world(
        folder,
        valkey_server.url,
        clients=CLIENTS.replace("http://localhost:", "https://mr.example.com:"),
        env="production",
        issuer="https://login.example.com",
        captcha="altcha",
        upstreams=upstreams,
    )
    yield world
    world.services.stop()


@pytest.fixture
def production(running_production: World, valkey: str) -> World:
    """With an empty Valkey: what other tests used up of a limit is theirs."""
    return running_production


def test_cookies_in_production_belong_to_the_host_and_to_https(production: World) -> None:
    browser = production.browser()
    response = production.authorize(browser, redirect_uri=REDIRECT)
    (cookie,) = response.headers.getlist("Set-Cookie")
    flags = {one.strip().partition("=")[0].lower() for one in cookie.split(";")[1:]}
    assert cookie.startswith("__Host-idp_browser=")
    assert {"secure", "httponly", "path", "samesite"} <= flags
    assert "domain" not in flags
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_plain_name_is_not_read_in_production(production: World) -> None:
    browser = production.browser()
    path = production.authorize(browser, redirect_uri=REDIRECT).location
    cookie = browser.get_cookie("__Host-idp_browser", domain="localhost")
    assert cookie is not None
    other = production.browser()
    other.set_cookie("idp_browser", cookie.value, domain="localhost")
    assert other.get(path).status_code == 403
    other.set_cookie("__Host-idp_browser", cookie.value, domain="localhost", secure=True)
    assert other.get(path, base_url="https://localhost").status_code == 200


def test_production_says_that_only_https_counts(production: World) -> None:
    for path in ("/", "/jwks.json", "/nada", "/token"):
        headers = production.browser().get(path).headers
        assert headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize("value", ["", "a" * 513, "ñ", "a b"])
def test_cookie_that_cannot_be_ours_is_no_session(world: World, value: str) -> None:
    browser = world.browser()
    browser.set_cookie("idp_session", value, domain="localhost")
    browser.set_cookie("idp_browser", value, domain="localhost")
    assert world.authorize(browser).location.startswith("/login/")


def test_session_cookie_ends_with_the_browser_and_logout_takes_it(world: World) -> None:
    browser = world.browser()
    path = world.authorize(browser).location
    mine = browser.get_cookie("idp_browser", domain="localhost")
    assert mine is not None
    person = world.person()
    proof = Proof(person.realm, person.id, Mode.SUNAT, world.clock.now())
    logins = world.services.logins
    logins.transactions.record_proof(path.removeprefix("/login/"), browser_hash(mine.value), proof)
    (cookie,) = browser.get(path).headers.getlist("Set-Cookie")
    assert cookie.startswith("idp_session=")
    assert "Max-Age" not in cookie
    assert "Expires" not in cookie
