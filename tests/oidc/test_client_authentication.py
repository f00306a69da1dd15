"""How components prove themselves at `/token`: by the one method they registered, whole."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from relying_party import RelyingParty

from tests.support.world import World

SECRET = "@secret@"
UNSENT: dict[str, Any] = {"auth": None, "client_id": None, "client_secret": None}


def basic(client_id: str, secret: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


def percent(text: str) -> str:
    """Every character encoded, as RFC 6749 §2.3.1 allows of any."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def sent(world: World, changes: dict[str, Any]) -> dict[str, Any]:
    def fill(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(fill(one) for one in value)
        return world.secret if value == SECRET else value

    return {**UNSENT, **{name: fill(value) for name, value in changes.items()}}


# client, what is sent, whether it is let in
GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "basic": ("mr", {"auth": ("mr", SECRET)}),
    "basic and the same client_id": ("mr", {"auth": ("mr", SECRET), "client_id": "mr"}),
    "post": ("origen", {"client_id": "origen", "client_secret": SECRET}),
    "none": ("spa", {"client_id": "spa"}),
}

# client, what is sent, status, error
BAD: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "nothing": ("mr", {}, 401, "invalid_client"),
    "basic registered, post used": (
        "mr", {"client_id": "mr", "client_secret": SECRET}, 401, "invalid_client",
    ),
    "basic registered, none used": ("mr", {"client_id": "mr"}, 401, "invalid_client"),
    "post registered, basic used": ("origen", {"auth": ("origen", SECRET)}, 401, "invalid_client"),
    "post registered, none used": ("origen", {"client_id": "origen"}, 401, "invalid_client"),
    "none registered, a secret sent": (
        "spa", {"client_id": "spa", "client_secret": "x"}, 401, "invalid_client",
    ),
    "none registered, basic used": ("spa", {"auth": ("spa", "")}, 401, "invalid_client"),
    "basic with another's secret": ("mr", {"auth": ("mr", "x")}, 401, "invalid_client"),
    "basic with no secret": ("mr", {"auth": ("mr", "")}, 401, "invalid_client"),
    "post with a wrong secret": (
        "origen", {"client_id": "origen", "client_secret": "x"}, 401, "invalid_client",
    ),
    "basic of an unknown client": ("mr", {"auth": ("nadie", SECRET)}, 401, "invalid_client"),
    "post of an unknown client": (
        "mr", {"client_id": "nadie", "client_secret": SECRET}, 401, "invalid_client",
    ),
    "none of an unknown client": ("mr", {"client_id": "nadie"}, 401, "invalid_client"),
    "basic and another client_id": (
        "mr", {"auth": ("mr", SECRET), "client_id": "spa"}, 401, "invalid_client",
    ),
    "basic and post at once": (
        "mr",
        {"auth": ("mr", SECRET), "client_id": "mr", "client_secret": SECRET},
        400, "invalid_request",
    ),
    "wrong basic, right post": (
        "origen",
        {"auth": ("origen", "x"), "client_id": "origen", "client_secret": SECRET},
        400, "invalid_request",
    ),
    "basic that is not base64": (
        "mr", {"headers": {"Authorization": "Basic %%%"}}, 401, "invalid_client",
    ),
    "basic beyond UTF-8": (
        "mr", {"headers": {"Authorization": "Basic /////w=="}}, 401, "invalid_client",
    ),
    "basic without a colon": (
        "mr", {"headers": {"Authorization": "Basic bXI="}}, 401, "invalid_client",
    ),
    "another scheme": ("mr", {"headers": {"Authorization": "Bearer bXI="}}, 401, "invalid_client"),
}  # fmt: skip


@pytest.mark.parametrize("client_id, changes", GOOD.values(), ids=GOOD)
def test_registered_method_lets_the_component_in(
    world: World, client_id: str, changes: dict[str, Any]
) -> None:
    party = RelyingParty.logged_in(world, client_id)
    response = party.redeem(party.code(), **sent(world, changes))
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("client_id, changes, status, error", BAD.values(), ids=BAD)
def test_any_other_way_is_refused_and_the_right_one_still_works(
    world: World, client_id: str, changes: dict[str, Any], status: int, error: str
) -> None:
    party = RelyingParty.logged_in(world, client_id)
    code = party.code()
    response = party.redeem(code, **sent(world, changes))
    assert (response.status_code, response.json["error"]) == (status, error)
    assert response.headers["Cache-Control"] == "no-store"
    # RFC 6749 §5.2: a 401 names the scheme that would do.
    assert response.headers.get("WWW-Authenticate", "").startswith("Basic") == (status == 401)
    assert party.redeem(code).status_code == 200


def test_basic_credentials_are_form_decoded_before_they_are_compared(mr: RelyingParty) -> None:
    headers = basic(percent("mr"), percent(mr.world.secret))
    assert mr.redeem(mr.code(), auth=None, headers=headers).status_code == 200


def test_scheme_of_basic_is_compared_without_case(mr: RelyingParty) -> None:
    headers = basic("mr", mr.world.secret)
    headers["Authorization"] = headers["Authorization"].replace("Basic", "bAsIC")
    assert mr.redeem(mr.code(), auth=None, headers=headers).status_code == 200


def test_secret_in_the_query_is_not_read(world: World) -> None:
    party = RelyingParty.logged_in(world, "origen")
    form = {"grant_type": "authorization_code", "code": party.code(), "client_id": "origen"}
    response = world.browser().post(f"/token?client_secret={world.secret}", data=form)
    assert (response.status_code, response.json["error"]) == (401, "invalid_client")
