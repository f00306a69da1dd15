"""The short ways of these tests through a login."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.kernel.identity import Mode, Proof
from idp.people.person import Person
from idp.upstream_status.state import FlagState
from idp.web.browser import browser_hash
from tests.support.world import World, csrf_of


def flag_down(world: World, realm: str = "sol") -> None:
    """SUNAT is flagged down for one realm."""
    world.services.upstream_status.set(realm, FlagState.FORCED_DOWN, reason="prueba", who="prueba")


def park(world: World, browser: FlaskClient, **changes: Any) -> str:
    """A request that needs a login; the path of its dispatcher."""
    response = world.authorize(browser, **changes)
    assert response.status_code == 303, response.text
    assert response.location.startswith("/login/"), response.location
    return str(response.location)


def page(browser: FlaskClient, path: str) -> str:
    """A page that must be there."""
    response = browser.get(path)
    assert response.status_code == 200, (response.status_code, response.location)
    return response.text


def press(browser: FlaskClient, path: str, action: str, **fields: str) -> TestResponse:
    """Press a form of the page at this path."""
    form = {"csrf_token": csrf_of(page(browser, path)), **fields}
    return browser.post(f"{path}/{action}", data=form)


def prove(
    world: World, browser: FlaskClient, path: str, person: Person, mode: Mode = Mode.SUNAT
) -> None:
    """Record on the transaction that this person was proved now, as a method of login does."""
    cookie = browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None
    proof = Proof(person.realm, person.id, mode, world.clock.now())
    transactions = world.services.logins.transactions
    transactions.record_proof(path.removeprefix("/login/"), browser_hash(cookie.value), proof)


def follow(browser: FlaskClient, path: str, most: int = 6) -> list[str]:
    """Where redirects lead within the provider, until a page or the component; each place."""
    places = [path]
    for _ in range(most):
        response = browser.get(places[-1])
        if response.status_code != 303:
            return places
        places.append(str(response.location))
        if not places[-1].startswith("/"):
            return places
    raise AssertionError(f"redirects without end: {places}")
