"""RFC 9101 and OpenID Connect Core §6: signed authorization requests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.components import Party, component_key, sign, unsigned
from tests.support.world import ISSUER, World, query_of

NOW = 1_772_463_600


@pytest.fixture
def firma(provider: World) -> Party:
    """A component that may sign its requests."""
    return Party.logged_in(provider, "firma")


def signed(party: Party, alg: str = "PS256", kid: str = "rsa", **changes: Any) -> str:
    """A good request object, changed; what is None is left out."""
    typ = changes.pop("header_typ", "oauth-authz-req+jwt")
    claims = {**party.params(), "iss": party.client_id, "aud": ISSUER, **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return sign(component_key(kid), alg, kept, kid=kid, typ=typ)


def asked(party: Party, request: str, **around: Any) -> dict[str, str]:
    """What comes back for the object with client_id and redirect_uri around it."""
    query = {
        "client_id": party.client_id,
        "redirect_uri": party.redirect_uri,
        "response_type": "code",
        "scope": "openid",
        "request": request,
        **around,
    }
    response = party.browser.get("/authorize", query_string=query)
    assert response.headers["Location"].startswith(party.redirect_uri), response.text
    return query_of(response.headers["Location"])


def test_only_what_is_inside_counts(firma: Party) -> None:
    """§6.3."""
    answer = asked(firma, signed(firma, state="dentro"), state="fuera", scope="x", nonce="fuera")
    assert answer["state"] == "dentro"
    tokens = firma.redeem(answer["code"]).json
    assert firma.id_token(tokens["id_token"]).claims["nonce"] == "no"
    assert set(tokens["scope"].split()) == {"openid", "profile", "email", "vuce"}


def test_numbers_and_objects_inside_are_the_parameters_they_stand_for(firma: Party) -> None:
    """OpenID Connect Core §6.1."""
    wish = {"id_token": {"name": None}}
    answer = asked(firma, signed(firma, max_age=3_600, claims=wish))
    claims = firma.id_token(firma.redeem(answer["code"]).json["id_token"]).claims
    assert claims["name"]


def test_object_is_enough_by_itself(firma: Party) -> None:
    """§5: client_id alone stands around it."""
    query = {"client_id": "firma", "request": signed(firma)}
    assert "code=" in firma.browser.get("/authorize", query_string=query).headers["Location"]


def test_object_by_post_is_taken(firma: Party) -> None:
    parked = firma.browser.post("/authorize", data=firma.params(request=signed(firma)))
    resumed = firma.browser.get(parked.headers["Location"])
    assert "code=" in resumed.headers["Location"]


BAD: dict[str, dict[str, Any]] = {
    "§4: for another server": {"aud": "https://otro.example"},
    "§4: of another component": {"iss": "mr"},
    "§4: client_id of another": {"client_id": "mr"},
    "§4: expired": {"exp": NOW - 60},
    "§4: not yet": {"nbf": NOW + 60},
    "§4: a request inside": {"request": "x"},
    "§4: a request_uri inside": {"request_uri": "urn:x"},
    "§10.8: a token of another kind": {"header_typ": "at+jwt"},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_bad_object_is_refused(firma: Party, changes: dict[str, Any]) -> None:
    """§6.2, §7: told to the registered address that stands around it."""
    assert asked(firma, signed(firma, **changes))["error"] == "invalid_request_object"


def test_object_that_nobody_signed_is_refused(firma: Party) -> None:
    """Discovery lists no `none`; RFC 9101 §10.2."""
    claims = {**firma.params(), "iss": "firma", "aud": ISSUER}
    objects = (
        unsigned(claims),
        "x",
        "a.b.c",
        sign(component_key("rsa-other"), "PS256", claims, kid="rsa"),
        sign(component_key("rsa"), "RS512", claims, kid="rsa"),
    )
    for one in objects:
        assert asked(firma, one)["error"] == "invalid_request_object"


def test_refusal_goes_the_way_that_the_object_asks_for(firma: Party) -> None:
    """A form post, where `response_mode` stands inside."""
    claims = {**firma.params(), "response_mode": "form_post", "state": "dentro"}
    query = firma.params(request=unsigned(claims), state="fuera")
    response = firma.browser.get("/authorize", query_string=query)
    assert response.status_code == 200
    assert 'name="error" value="invalid_request_object"' in response.text
    assert 'name="state" value="dentro"' in response.text


def test_nothing_is_sent_to_an_address_inside_a_bad_object(firma: Party) -> None:
    """§10: what is not trusted names no place to go."""
    claims = {**firma.params(), "redirect_uri": "https://evil.example/"}
    query = {"client_id": "firma", "request": unsigned(claims)}
    response = firma.browser.get("/authorize", query_string=query)
    assert response.status_code == 400
    assert 'id="error-code">invalid_request_object<' in response.text


def test_component_that_must_sign_is_held_to_it(provider: World) -> None:
    """§10.5: `require_signed_request_object`."""
    party = Party.logged_in(provider, "firma-siempre")
    assert party.answer()["error"] == "invalid_request"
    assert "code" in asked(party, signed(party))


def test_component_without_keys_can_sign_nothing(renueva: Party) -> None:
    request = signed(renueva)
    assert renueva.answer(request=request)["error"] == "invalid_request_object"


def test_object_may_be_pushed(firma: Party) -> None:
    """RFC 9126 §3."""
    pushed = firma.post("/par", {"client_id": "firma", "request": signed(firma, state="de-par")})
    assert pushed.status_code == 201, pushed.text
    answer = query_of(firma.begin(pushed.json["request_uri"]).headers["Location"])
    assert answer["state"] == "de-par"
    assert "code" in answer
