"""Bad requests at `/authorize`: a page until the redirect_uri is known good, then the component."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from relying_party import REDIRECT_URIS, RelyingParty

from tests.support.world import CHALLENGE, ISSUER, World, query_of

HERE = REDIRECT_URIS["mr"]

# What changes in a good request, the code that the page names.
PAGES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown client": ({"client_id": "nadie"}, "invalid_client"),
    "no client": ({"client_id": None}, "invalid_client"),
    "client in other case": ({"client_id": "MR"}, "invalid_client"),
    "no redirect_uri": ({"redirect_uri": None}, "invalid_redirect_uri"),
    "redirect_uri of another client": (
        {"redirect_uri": REDIRECT_URIS["spa"]}, "invalid_redirect_uri",
    ),
    "foreign redirect_uri": ({"redirect_uri": "https://evil.example/"}, "invalid_redirect_uri"),
    "longer path": ({"redirect_uri": f"{HERE}/x"}, "invalid_redirect_uri"),
    "with a query": ({"redirect_uri": f"{HERE}?a=b"}, "invalid_redirect_uri"),
    "with a fragment": ({"redirect_uri": f"{HERE}#a"}, "invalid_redirect_uri"),
    "other port": ({"redirect_uri": "http://localhost:9099/callback"}, "invalid_redirect_uri"),
    "other host in other case": (
        {"redirect_uri": "http://LOCALHOST:9001/callback"}, "invalid_redirect_uri",
    ),
    "user in front of the host": (
        {"redirect_uri": "http://localhost:9001@evil.example/callback"}, "invalid_redirect_uri",
    ),
    "bad request and foreign redirect_uri": (
        {"redirect_uri": "https://evil.example/", "response_type": "token"},
        "invalid_redirect_uri",
    ),
    "two clients": ({"client_id": ["mr", "spa"]}, "invalid_request"),
    "two redirect_uris": ({"redirect_uri": [HERE, "https://evil.example/"]}, "invalid_request"),
}  # fmt: skip

REDIRECTS: dict[str, tuple[dict[str, Any], str]] = {
    "no response_type": ({"response_type": None}, "invalid_request"),
    "empty response_type": ({"response_type": ""}, "invalid_request"),
    "token": ({"response_type": "token"}, "unsupported_response_type"),
    "id_token": ({"response_type": "id_token"}, "unsupported_response_type"),
    "code id_token": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "code in other case": ({"response_type": "CODE"}, "unsupported_response_type"),
    "response_type beyond ASCII": ({"response_type": "código"}, "unsupported_response_type"),
    "no scope": ({"scope": None}, "invalid_scope"),
    "scope without openid": ({"scope": "profile vuce"}, "invalid_scope"),
    "openid within another word": ({"scope": "openidx"}, "invalid_scope"),
    "no PKCE": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "no challenge": ({"code_challenge": None}, "invalid_request"),
    "no method, which means plain": ({"code_challenge_method": None}, "invalid_request"),
    "plain": ({"code_challenge_method": "plain"}, "invalid_request"),
    "unknown method": ({"code_challenge_method": "S512"}, "invalid_request"),
    "challenge of 42": ({"code_challenge": CHALLENGE[:42]}, "invalid_request"),
    "challenge of 44": ({"code_challenge": CHALLENGE + "a"}, "invalid_request"),
    "challenge with padding": ({"code_challenge": CHALLENGE[:42] + "="}, "invalid_request"),
    "challenge with a line end": ({"code_challenge": CHALLENGE + "\n"}, "invalid_request"),
    "repeated scope": ({"scope": ["openid", "vuce"]}, "invalid_request"),
    "repeated state": ({"state": ["st", "st"]}, "invalid_request"),
    "repeated unknown parameter": ({"x": ["1", "2"]}, "invalid_request"),
    "unsigned request object": ({"request": "eyJhbGciOiJub25lIn0.e30."}, "invalid_request_object"),
    "request_uri": ({"request_uri": "https://a.example/"}, "request_uri_not_supported"),
    "registration": ({"registration": "{}"}, "registration_not_supported"),
    "none with login": ({"prompt": "none login"}, "invalid_request"),
    "unknown prompt": ({"prompt": "loginn"}, "invalid_request"),
    "negative max_age": ({"max_age": "-1"}, "invalid_request"),
    "max_age in words": ({"max_age": "diez"}, "invalid_request"),
    "max_age of other digits": ({"max_age": "٣"}, "invalid_request"),
    "max_age beyond reason": ({"max_age": "9" * 40}, "invalid_request"),
    "fragment": ({"response_mode": "fragment"}, "invalid_request"),
    "web_message": ({"response_mode": "web_message"}, "invalid_request"),
}  # fmt: skip

# OpenID Connect Core §3.1.2.1: these never cause an error.
IGNORED: dict[str, dict[str, Any]] = {
    "unknown parameter": {"extra": "x"},
    "display": {"display": "nothing known"},
    "ui_locales": {"ui_locales": "xx-not-real qu"},
    "claims_locales": {"claims_locales": "fr"},
    "acr_values": {"acr_values": "urn:unknown"},
    "login_hint": {"login_hint": "alguien@example.com"},
    "unknown scope": {"scope": "openid vuce offline_access nothing"},
    "empty parameters": {"prompt": "", "max_age": "", "request": "", "response_mode": ""},
    "no nonce": {"nonce": None},
}


def errors_of(response: Any, where: str = HERE) -> dict[str, str]:
    assert response.status_code == 303
    location = response.headers["Location"]
    assert location.startswith(where + "?"), location
    assert not urlsplit(location).fragment
    return query_of(location)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("changes, code", PAGES.values(), ids=PAGES)
def test_request_without_a_good_client_and_redirect_uri_is_answered_by_a_page(
    mr: RelyingParty, changes: dict[str, Any], code: str, method: str
) -> None:
    how = {"query_string" if method == "get" else "data": mr.params(**changes)}
    response = mr.browser.open("/authorize", method=method.upper(), **how)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert f'id="error-code">{code}<' in response.text
    assert 'lang="es"' in response.text
    assert "evil" not in response.text


@pytest.mark.parametrize("changes, error", REDIRECTS.values(), ids=REDIRECTS)
def test_bad_request_goes_back_with_error_state_and_issuer(
    mr: RelyingParty, changes: dict[str, Any], error: str
) -> None:
    found = errors_of(mr.authorize(**changes))
    assert (found["error"], found["state"], found["iss"]) == (error, "st", ISSUER)
    assert found.keys() <= {"error", "error_description", "state", "iss"}
    # RFC 6749 §4.1.2.1: what a description may hold.
    assert all(" " <= one <= "~" and one not in '"\\' for one in found.get("error_description", ""))


@pytest.mark.parametrize("changes, error", REDIRECTS.values(), ids=REDIRECTS)
def test_bad_request_by_post_ends_in_the_same_error(
    mr: RelyingParty, changes: dict[str, Any], error: str
) -> None:
    response = mr.browser.post("/authorize", data=mr.params(**changes))
    if response.headers["Location"].startswith("/authorize/"):
        response = mr.browser.get(response.headers["Location"])
    found = errors_of(response)
    assert (found["error"], found["state"], found["iss"]) == (error, "st", ISSUER)


@pytest.mark.parametrize("changes", IGNORED.values(), ids=IGNORED)
def test_parameter_that_we_do_not_use_does_no_harm(
    mr: RelyingParty, changes: dict[str, Any]
) -> None:
    assert mr.answer(**changes).keys() == {"code", "state", "iss"}


def test_prompt_none_without_a_session_is_login_required(world: World) -> None:
    stranger = RelyingParty(world, world.browser())
    assert stranger.answer(prompt="none") == {
        "error": "login_required", "state": "st", "iss": ISSUER,
    }  # fmt: skip


def test_state_comes_back_as_it_was_sent_and_not_at_all_when_it_was_not(mr: RelyingParty) -> None:
    state = "a b&c=d%20+ñ\"'<>#?/\\"
    assert mr.answer(state=state)["state"] == state
    assert mr.answer(state=state, scope="vuce")["state"] == state
    assert "state" not in mr.answer(state=None)
    assert "state" not in mr.answer(state=None, scope="vuce")


def test_parameters_are_read_from_where_the_method_says_only(mr: RelyingParty) -> None:
    query = urlencode(mr.params(), quote_via=quote)
    response = mr.browser.post(f"/authorize?{query}")
    assert response.status_code == 400
    assert "Location" not in response.headers
