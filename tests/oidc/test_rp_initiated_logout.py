"""RP-initiated logout: who may end a session without asking, and where the person goes then."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from relying_party import RelyingParty
from werkzeug.test import TestResponse

from idp.app import create_app
from idp.kernel.identity import Mode
from tests.support.world import World, csrf_of, query_of

HOME = "http://localhost:9001/"


def logged_in(party: RelyingParty) -> bool:
    """Whether the browser's session is good for a code in silence."""
    found = party.answer(prompt="none")
    assert "code" in found or found["error"] == "login_required"
    return "code" in found


def log_out(party: RelyingParty, method: str = "GET", **params: str | None) -> TestResponse:
    sent = {name: value for name, value in params.items() if value is not None}
    how = {"query_string" if method == "GET" else "data": sent}
    return party.browser.open("/logout", method=method, **how)


def asks(response: TestResponse) -> bool:
    return response.status_code == 200 and 'action="/logout/confirmar"' in response.text


def confirm(party: RelyingParty, page: str, **changes: str) -> TestResponse:
    """Press the button of the page that asks."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    assert fields["csrf_token"] == csrf_of(page)
    return party.browser.post("/logout/confirmar", data={**fields, **changes})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_logout_by_the_component_that_the_person_is_at_ends_the_session_and_returns(
    mr: RelyingParty, method: str
) -> None:
    hint = mr.tokens()["id_token"]
    cookie = mr.browser.get_cookie("idp_session")
    response = log_out(
        mr, method, id_token_hint=hint, post_logout_redirect_uri=HOME, state="a b&c=ñ"
    )
    assert response.status_code == 303
    assert response.headers["Location"].startswith(HOME + "?")
    assert query_of(response.headers["Location"]) == {"state": "a b&c=ñ"}
    assert mr.browser.get_cookie("idp_session") is None
    assert not logged_in(mr)
    # Over at the provider, not only forgotten by the browser.
    assert cookie is not None
    mr.browser.set_cookie("idp_session", cookie.value, domain="localhost")
    assert not logged_in(mr)


def test_logout_without_a_state_returns_to_the_bare_uri(mr: RelyingParty) -> None:
    hint = mr.tokens()["id_token"]
    response = log_out(mr, id_token_hint=hint, post_logout_redirect_uri=HOME)
    assert response.headers["Location"] == HOME


def test_expired_id_token_is_still_a_hint(mr: RelyingParty) -> None:
    hint = mr.tokens()["id_token"]
    mr.world.clock.advance(mr.world.settings.id_token_ttl + 60)
    response = log_out(mr, id_token_hint=hint, post_logout_redirect_uri=HOME)
    assert response.headers["Location"] == HOME
    assert not logged_in(mr)


def test_hint_without_a_uri_ends_the_session_on_a_page_of_ours(mr: RelyingParty) -> None:
    response = log_out(mr, id_token_hint=mr.tokens()["id_token"])
    assert response.status_code == 200
    assert "Su sesión está cerrada" in response.text
    assert f'href="{HOME}"' in response.text
    assert not logged_in(mr)


def test_logout_of_one_browser_leaves_the_others(mr: RelyingParty) -> None:
    other = RelyingParty.logged_in(mr.world)
    log_out(mr, id_token_hint=mr.tokens()["id_token"])
    assert logged_in(other)


UNASKED: dict[str, dict[str, str]] = {
    "nothing": {},
    "client_id alone": {"client_id": "mr"},
    "client_id and its URI": {"client_id": "mr", "post_logout_redirect_uri": HOME},
}


@pytest.mark.parametrize("params", UNASKED.values(), ids=UNASKED)
def test_logout_without_a_hint_asks_first_and_goes_nowhere(
    mr: RelyingParty, params: dict[str, str]
) -> None:
    page = log_out(mr, state="st", **params)
    assert asks(page)
    assert logged_in(mr)
    done = confirm(mr, page.text)
    assert done.status_code == 200
    assert "Location" not in done.headers
    assert "Su sesión está cerrada" in done.text
    assert not logged_in(mr)


def test_hint_of_another_session_asks_first_and_then_returns(mr: RelyingParty) -> None:
    hint = RelyingParty.logged_in(mr.world).tokens()["id_token"]
    page = log_out(mr, id_token_hint=hint, post_logout_redirect_uri=HOME, state="st")
    assert asks(page)
    assert logged_in(mr)
    # Browsers hold a form's redirect against its page's policy.
    assert "form-action 'self' http://localhost:9001;" in page.headers["Content-Security-Policy"]
    assert confirm(mr, page.text).headers["Location"] == f"{HOME}?state=st"
    assert not logged_in(mr)


def test_confirmation_from_elsewhere_ends_nothing(mr: RelyingParty) -> None:
    page = log_out(mr).text
    assert confirm(mr, page, csrf_token="x").status_code == 403
    foreign = mr.browser.post(
        "/logout/confirmar", data={"csrf_token": csrf_of(page)},
        headers={"Origin": "https://evil.example"},
    )  # fmt: skip
    assert foreign.status_code == 403
    assert logged_in(mr)


def test_confirmation_judges_the_uri_again(mr: RelyingParty) -> None:
    page = log_out(mr).text
    response = confirm(mr, page, post_logout_redirect_uri="https://evil.example/")
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert logged_in(mr)


def forged(party: RelyingParty, hint: str) -> str:
    """The same claims by a key of somebody else, who names ours."""
    genuine = party.id_token(hint)
    return jwt.encode(dict(genuine.header), dict(genuine.claims), RSAKey.generate_key(2048))


# `@` stands for a genuine hint.
REFUSED: dict[str, dict[str, Any]] = {
    "unregistered URI": {"id_token_hint": "@", "post_logout_redirect_uri": "https://evil.example/"},
    "longer URI": {"id_token_hint": "@", "post_logout_redirect_uri": HOME + "x"},
    "a redirect_uri": {
        "id_token_hint": "@", "post_logout_redirect_uri": "http://localhost:9001/callback",
    },
    "URI of a client that has none": {"client_id": "spa", "post_logout_redirect_uri": HOME},
    "URI without hint or client": {"post_logout_redirect_uri": HOME},
    "hint of another client": {"id_token_hint": "@", "client_id": "origen"},
    "unknown client": {"client_id": "nadie"},
    "no token": {"id_token_hint": "x"},
    "cut hint": {"id_token_hint": "@cut"},
    "unsigned hint": {"id_token_hint": "eyJhbGciOiJub25lIn0.e30."},
    "forged hint": {"id_token_hint": "@forged"},
    "repeated hint": {"id_token_hint": ["@", "@"]},
}  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("params", REFUSED.values(), ids=REFUSED)
def test_bad_logout_request_is_a_page_that_goes_nowhere_and_ends_nothing(
    mr: RelyingParty, params: dict[str, Any], method: str
) -> None:
    hint = mr.tokens()["id_token"]
    stand_ins = {"@": hint, "@cut": hint[:-8]}
    if params.get("id_token_hint") == "@forged":
        stand_ins["@forged"] = forged(mr, hint)

    def fill(value: Any) -> Any:
        return [fill(one) for one in value] if isinstance(value, list) else (
            stand_ins.get(value, value)
        )  # fmt: skip

    sent = {name: fill(value) for name, value in params.items()}
    response = log_out(mr, method, **sent)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert 'id="error-code">invalid_logout_request<' in response.text
    assert logged_in(mr)


def test_access_token_is_no_hint(mr: RelyingParty) -> None:
    assert log_out(mr, id_token_hint=mr.tokens()["access_token"]).status_code == 400
    assert logged_in(mr)


def test_cross_site_post_comes_back_as_a_get_with_the_cookie(mr: RelyingParty) -> None:
    """A cross-site POST carries no Lax cookie; the redirect that answers it does."""
    params = {"id_token_hint": mr.tokens()["id_token"], "post_logout_redirect_uri": HOME}
    bounced = mr.world.browser().post("/logout", data=params)
    assert bounced.status_code == 303
    assert bounced.headers["Location"] == f"/logout?{urlencode(params)}"
    assert mr.browser.get(bounced.headers["Location"]).headers["Location"] == HOME
    assert not logged_in(mr)


def test_logout_when_nobody_is_logged_in_is_done_at_once(world: World) -> None:
    stranger = RelyingParty(world, world.browser())
    assert "Su sesión está cerrada" in log_out(stranger).text


def with_sunat_logout(party: RelyingParty) -> RelyingParty:
    """The same provider, with the place where SUNAT's own session is ended."""
    world = party.world
    settings = replace(world.settings, sunat_logout_url="https://sunat.example/cerrar")
    browser = create_app(settings, world.services).test_client()
    for cookie in ("idp_session", "idp_browser"):
        found = party.browser.get_cookie(cookie)
        if found is not None:
            browser.set_cookie(cookie, found.value, domain="localhost")
    return replace(party, browser=browser)


def test_logout_of_a_login_by_sunat_tells_that_sunats_session_may_live_on(
    mr: RelyingParty,
) -> None:
    hint = mr.tokens()["id_token"]
    party = with_sunat_logout(mr)
    # The second time our session is over, and SUNAT's still is not.
    for _ in range(2):
        response = log_out(party, id_token_hint=hint, post_logout_redirect_uri=HOME, state="s")
        assert response.status_code == 200
        assert 'href="https://sunat.example/cerrar"' in response.text
        assert f'href="{HOME}?state=s"' in response.text
    assert not logged_in(mr)


def test_logout_of_a_login_by_mail_returns_at_once(world: World) -> None:
    party = RelyingParty.logged_in(world, mode=Mode.CONTINGENCIA)
    hint = party.tokens()["id_token"]
    response = log_out(with_sunat_logout(party), id_token_hint=hint, post_logout_redirect_uri=HOME)
    assert (response.status_code, response.headers["Location"]) == (303, HOME)
