"""RFC 9126: pushed authorization requests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.components import Party, refused
from tests.support.world import World, query_of


@pytest.fixture
def empuja(provider: World) -> Party:
    """A component whose requests must be pushed."""
    return Party.logged_in(provider, "empuja")


def code_of(response: Any) -> str:
    return query_of(response.headers["Location"])["code"]


def page_error(response: Any, code: str) -> None:
    """A page of ours, and no redirect."""
    assert response.status_code in (400, 403)
    assert f'id="error-code">{code}<' in response.text
    assert "Location" not in response.headers


def test_pushed_request_is_answered(empuja: Party) -> None:
    """§2.2: 201, a request_uri that tells nothing, and its life."""
    pushed = empuja.push()
    assert pushed.status_code == 201
    assert pushed.headers["Cache-Control"] == "no-store"
    assert pushed.json["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert pushed.json["expires_in"] == 90
    assert empuja.redeem(code_of(empuja.begin(pushed.json["request_uri"]))).status_code == 200


def test_what_stands_around_it_does_not_count(empuja: Party) -> None:
    """§4."""
    uri = empuja.push(state="de-par").json["request_uri"]
    answer = query_of(
        empuja.begin(
            uri, state="otro", scope="openid", redirect_uri="https://evil.example"
        ).headers["Location"]
    )
    assert answer["state"] == "de-par"
    assert "code" in answer


def test_it_is_good_for_one_answer(empuja: Party) -> None:
    """§7.3; until then a reload begins it again."""
    empuja.world.clock.advance(5)
    uri = empuja.push(prompt="login").json["request_uri"]
    logins = {empuja.begin(uri).headers["Location"] for _ in range(2)}
    assert all(one.startswith("/login/") for one in logins)
    uri = empuja.push().json["request_uri"]
    assert code_of(empuja.begin(uri))
    page_error(empuja.begin(uri), "invalid_request_uri")


def test_request_that_was_answered_in_another_tab_is_over(empuja: Party) -> None:
    empuja.world.clock.advance(5)
    uri = empuja.push(prompt="login").json["request_uri"]
    first, second = (empuja.begin(uri).headers["Location"] for _ in range(2))
    empuja.world.clock.advance(5)
    empuja.world.log_in(empuja.browser, empuja.world.person())
    resume = [one.replace("/login/", "/authorize/") for one in (first, second)]
    assert code_of(empuja.browser.get(resume[0]))
    assert "code" not in empuja.browser.get(resume[1]).headers.get("Location", "")


def test_it_expires(empuja: Party) -> None:
    """§2.2, §4."""
    uri = empuja.push().json["request_uri"]
    empuja.world.clock.advance(90)
    page_error(empuja.begin(uri), "invalid_request_uri")


def test_error_goes_back_where_the_request_names_a_registered_address(empuja: Party) -> None:
    answer = empuja.begin(
        "urn:ietf:params:oauth:request_uri:nada", redirect_uri=empuja.redirect_uri, state="s"
    )
    found = query_of(answer.headers["Location"])
    assert (found["error"], found["state"]) == ("invalid_request_uri", "s")


def test_it_belongs_to_the_component_that_pushed_it(empuja: Party) -> None:
    """§2.2, §7.2."""
    other = Party(empuja.world, empuja.browser, "renueva")
    page_error(other.begin(empuja.push().json["request_uri"]), "invalid_request_uri")
    refusal = empuja.push(client_id="renueva")
    refused(refusal, "invalid_client", (401,))


def test_request_that_was_not_pushed_is_refused_where_it_must_be(empuja: Party) -> None:
    """§5, §6: `require_pushed_authorization_requests`."""
    assert empuja.answer()["error"] == "invalid_request"


def test_other_request_uri_is_not_supported(renueva: Party) -> None:
    assert renueva.answer(request_uri="https://a.example/")["error"] == "request_uri_not_supported"


def test_any_component_may_push(provider: World) -> None:
    """§2: public ones as well."""
    for client_id in ("renueva", "renueva-spa", "llave", "origen"):
        party = Party.logged_in(provider, client_id)
        pushed = party.push(scope="openid")
        assert pushed.status_code == 201, pushed.text
        assert code_of(party.begin(pushed.json["request_uri"]))


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "§2.1: request_uri": ({"request_uri": "urn:x"}, "invalid_request"),
    "§2.1: redirect_uri not registered": (
        {"redirect_uri": "https://evil.example/"}, "invalid_request",
    ),
    "§2.1: no redirect_uri": ({"redirect_uri": None}, "invalid_request"),
    "§2.3: no response_type": ({"response_type": None}, "invalid_request"),
    "§2.3: other response_type": ({"response_type": "token"}, "unsupported_response_type"),
    "§2.3: no scope": ({"scope": None}, "invalid_scope"),
    "§2.3: no challenge": (
        {"code_challenge": None, "code_challenge_method": None}, "invalid_request",
    ),
    "§2.3: plain challenge": ({"code_challenge_method": "plain"}, "invalid_request"),
    "§2.3: response_mode": ({"response_mode": "fragment"}, "invalid_request"),
    "§2.3: prompt": ({"prompt": "none login"}, "invalid_request"),
    "§2.3: claims": ({"claims": "{"}, "invalid_request"),
    "§3: unsigned request": ({"request": "x"}, "invalid_request_object"),
    "registration": ({"registration": "{}"}, "registration_not_supported"),
}  # fmt: skip


@pytest.mark.parametrize("changes, error", BAD.values(), ids=BAD)
def test_bad_request_is_refused_at_once(empuja: Party, changes: dict[str, Any], error: str) -> None:
    refused(empuja.push(**changes), error)


def test_component_must_authenticate(empuja: Party) -> None:
    """§2: as at the token endpoint."""
    for auth in (None, ("empuja", "x"), ("nadie", "x")):
        refused(empuja.push(auth=auth), "invalid_client", (401,))


def test_repeated_parameter_is_refused(empuja: Party) -> None:
    repeated = empuja.push(scope=["openid", "vuce"])
    refused(repeated, "invalid_request")


def test_endpoint_takes_posts_only(empuja: Party) -> None:
    """§2."""
    response = empuja.world.browser().get("/par")
    assert response.status_code == 405
    assert response.json["error"] == "method_not_allowed"


def test_person_who_goes_back_ends_the_request(empuja: Party) -> None:
    """RFC 6749 §4.1.2.1: access_denied."""
    from tests.support.world import csrf_of

    uri = empuja.push(prompt="select_account").json["request_uri"]
    login = empuja.begin(uri).headers["Location"]
    page = empuja.browser.get(login).text
    back = empuja.browser.post(f"{login}/cancelar", data={"csrf_token": csrf_of(page)})
    answer = query_of(empuja.browser.get(back.headers["Location"]).headers["Location"])
    assert (answer["error"], answer["state"]) == ("access_denied", "st")
    page_error(empuja.begin(uri), "invalid_request_uri")
    assert empuja.browser.get(login).status_code == 404
