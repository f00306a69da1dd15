"""Whatever is sent to an endpoint: no 500, and no redirect to a place that nobody registered."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.support.components import Party, Proof, component_key, sign, unsigned
from tests.support.world import CHALLENGE, ISSUER, REDIRECT_URI, VERIFIER, World

CLIENTS = (
    "mr",
    "renueva",
    "renueva-spa",
    "llave",
    "fapi",
    "firma",
    "empuja",
    "inhabil",
    "servicio",
)
REGISTERED = ("http://localhost:9",)
ENDPOINTS = (
    ("GET", "/authorize"), ("POST", "/authorize"), ("GET", "/authorize/x"), ("POST", "/token"),
    ("POST", "/par"), ("POST", "/revoke"), ("POST", "/introspect"), ("GET", "/userinfo"),
    ("POST", "/userinfo"), ("GET", "/logout"), ("POST", "/logout"),
)  # fmt: skip

_text = st.text(max_size=40)
_weird = st.sampled_from(
    [
        "",
        " ",
        "null",
        "[]",
        "{}",
        "0",
        "-1",
        "\x00",
        "%00",
        "a" * 3_000,
        "ñ",
        "\u202e",
        "😀",
        "\r\nX: y",
    ]
)
_claims = st.recursive(
    st.none() | st.booleans() | st.integers() | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_own = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "redirect_uri", "scope", "response_type", "claims", "htm", "htu", "ath", "state"), _claims),
)  # fmt: skip
_tokens = st.one_of(
    _text,
    st.builds(unsigned, _own),
    st.builds(lambda claims: sign(component_key("ec"), "ES256", claims, kid="ec"), _own),
    st.builds(
        lambda claims: sign(
            component_key("ec"), "ES256", claims, typ="dpop+jwt",
            jwk=component_key("ec").as_dict(private=False),
        ),
        _own,
    ),
)  # fmt: skip
_values = {
    "client_id": st.sampled_from(CLIENTS),
    "redirect_uri": st.sampled_from(
        [REDIRECT_URI, "http://localhost:9010/callback", "https://evil.example/", "//evil.example"]
    ),
    "response_type": st.sampled_from(["code", "token", "code id_token"]),
    "scope": st.sampled_from(["openid", "openid vuce", "vuce", "api:leer"]),
    "response_mode": st.sampled_from(["query", "form_post", "fragment"]),
    "prompt": st.sampled_from(["none", "login", "consent", "select_account", "none login"]),
    "max_age": st.sampled_from(["0", "10000", "-1", "9" * 30]),
    "code_challenge": st.just(CHALLENGE),
    "code_challenge_method": st.sampled_from(["S256", "plain"]),
    "request_uri": st.sampled_from(["urn:ietf:params:oauth:request_uri:x", "https://evil.example"]),
    "grant_type": st.sampled_from(["authorization_code", "refresh_token", "client_credentials"]),
    "client_assertion_type": st.just("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    "code_verifier": st.just(VERIFIER),
    "post_logout_redirect_uri": st.sampled_from(["http://localhost:9001/", "https://evil.example"]),
    **dict.fromkeys(("request", "client_assertion", "id_token_hint", "token", "access_token", "refresh_token", "code", "logout_token"), _tokens),
    **dict.fromkeys(("state", "nonce", "claims", "acr_values", "login_hint", "ui_locales", "display", "registration", "dpop_jkt", "client_secret", "token_type_hint"), _text),
}  # fmt: skip
_params = st.fixed_dictionaries(
    {}, optional={name: st.one_of(value, _text, _weird) for name, value in _values.items()}
)
_headers = st.fixed_dictionaries(
    {},
    optional={
        "Authorization": st.sampled_from(["Basic !!", "Basic Og==", "Basic /////w==", "Bearer", "DPoP x",
                                          "Bearer a.b.c", "Basic bXI6eA=="]),
        "DPoP": _tokens.filter(lambda text: text.isascii() and text.isprintable()),
    },
)  # fmt: skip


def proper(response: TestResponse) -> None:
    """What may come: no failure of ours, and no place but a registered one."""
    assert response.status_code < 500, response.text
    location = response.headers.get("Location", "")
    parts = urlsplit(location)
    if parts.netloc:
        assert location.startswith(REGISTERED), location
    else:
        assert not location.startswith(("//", "/\\"))
    if response.mimetype == "text/html" and response.status_code not in (302, 303):
        assert "Traceback" not in response.text
        assert "https://evil.example" not in response.headers["Content-Security-Policy"]
        assert 'action="https://evil.example' not in response.text


@pytest.fixture
def party(provider: World) -> Party:
    return Party.logged_in(provider, "mr")


@pytest.mark.parametrize("method, path", ENDPOINTS)
@given(params=_params, headers=_headers)
@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_endpoint_bears_whatever_is_sent(
    party: Party, method: str, path: str, params: dict[str, str], headers: dict[str, str]
) -> None:
    how = {"query_string" if method == "GET" else "data": params}
    proper(party.browser.open(path, method=method, headers=headers, **how))


@given(params=_params)
@settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@pytest.mark.parametrize("client_id", ["renueva", "fapi", "firma", "servicio"])
def test_component_that_authenticated_gets_no_further(
    party: Party, client_id: str, params: dict[str, str]
) -> None:
    """Behind the authentication of a component: the same."""
    component = Party(party.world, party.browser, client_id)
    kept = {
        name: value
        for name, value in params.items()
        if name not in ("client_id", "client_secret", "client_assertion", "client_assertion_type")
    }
    proof = {"DPoP": Proof().make(party.world, "POST", "/token")}
    for path in ("/token", "/par", "/revoke", "/introspect"):
        answer = component.post(path, kept, headers=proof if path == "/token" else {})
        proper(answer)
        assert answer.json.get("error") != "invalid_client"
    begun = party.browser.get(
        "/authorize", query_string={**component.params(), **kept} if client_id != "servicio" else {}
    )
    proper(begun)


def test_pushed_request_goes_nowhere_else(party: Party) -> None:
    """The address that counts is the one that was pushed."""
    component = Party(party.world, party.browser, "empuja")
    uri = component.push().json["request_uri"]
    answer = component.begin(uri, redirect_uri="https://evil.example/", iss=ISSUER)
    assert answer.headers["Location"].startswith(component.redirect_uri)
