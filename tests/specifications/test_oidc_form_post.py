"""OAuth 2.0 Form Post Response Mode, and RFC 9207: how answers come back."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.support.components import Party
from tests.support.world import ISSUER, World

FIELD = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def fields(page: str) -> dict[str, str]:
    return {unescape(name): unescape(value) for name, value in FIELD.findall(page)}


CASES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "success": ({}, {"code", "state", "iss"}),
    "silent error": ({"prompt": "none", "max_age": "0"}, {"error", "state", "iss"}),
    "bad request": ({"prompt": "x"}, {"error", "error_description", "state", "iss"}),
    "bad scope": ({"scope": "vuce"}, {"error", "error_description", "state", "iss"}),
    "registration": ({"registration": "{}"}, {"error", "error_description", "state", "iss"}),
    "no state": ({"state": None}, {"code", "iss"}),
}


@pytest.mark.parametrize("changes, names", CASES.values(), ids=CASES)
def test_answer_is_a_form_that_posts_itself(
    renueva: Party, changes: dict[str, Any], names: set[str]
) -> None:
    """Form Post §2, also for errors; RFC 9207 §2: `iss` in each."""
    renueva.world.clock.advance(5)
    response = renueva.authorize(response_mode="form_post", **changes)
    assert response.status_code == 200
    assert "Location" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    found = fields(response.text)
    assert found.keys() == names
    assert found["iss"] == ISSUER
    assert f'action="{renueva.redirect_uri}"' in response.text
    policy = response.headers["Content-Security-Policy"]
    assert "form-action 'self' http://localhost:9010" in policy
    assert "unsafe-inline" not in policy


def test_page_works_with_and_without_javascript(renueva: Party) -> None:
    page = renueva.authorize(response_mode="form_post").text
    assert re.search(r'<script src="/static/[^"]+" defer></script>', page)
    assert 'type="module"' not in page
    assert re.search(r"<button[^>]* id=", page)


STATES = ["s" * 128, "a b&c=d", "<b>", "ñ", '"><script>', "%00", "+"]


@pytest.mark.parametrize("mode", ["query", "form_post"])
@pytest.mark.parametrize("state", STATES)
def test_state_comes_back_as_it_was(renueva: Party, mode: str, state: str) -> None:
    response = renueva.authorize(response_mode=mode, state=state)
    if mode == "form_post":
        assert fields(response.text)["state"] == state
    else:
        assert renueva.answer(state=state)["state"] == state


@pytest.mark.parametrize("client_id", ["renueva", "origen", "renueva-spa", "llave"])
def test_issuer_stands_in_every_answer(provider: World, client_id: str) -> None:
    """RFC 9207 §2, successes and errors."""
    party = Party.logged_in(provider, client_id)
    assert party.answer()["iss"] == ISSUER
    assert party.answer(prompt="x")["iss"] == ISSUER


def test_query_of_the_redirect_uri_is_kept(tmp_path: Any, valkey: str) -> None:
    """RFC 6749 §3.1.2."""
    from tests.support.components import clients_text
    from tests.support.world import build_world

    uri = "http://localhost:9010/callback?tenant=1"
    text = clients_text(renueva={"redirect_uris": [uri]})
    party = Party.logged_in(build_world(tmp_path, valkey, clients=text), "renueva")
    location = party.authorize().headers["Location"]
    assert location.startswith(f"{uri}&code=")
