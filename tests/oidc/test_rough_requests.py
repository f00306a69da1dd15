"""Requests that no well-behaved program sends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from relying_party import RelyingParty

from tests.support.servers import OwnValkey
from tests.support.world import World, authorization_params, build_world, query_of


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.binary(max_size=60))
def test_query_of_arbitrary_bytes_is_answered_by_a_page(world: World, query: bytes) -> None:
    raw = {"QUERY_STRING": query.decode("latin-1")}
    response = world.browser().get("/authorize", environ_overrides=raw)
    assert response.status_code == 400
    assert "Location" not in response.headers


@pytest.mark.parametrize("max_age", ["²", "9" * 5_000, "-1", "+1", "1.5", "١", "ab"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_max_age_that_is_no_number_of_seconds_is_refused(
    world: World, method: str, max_age: str
) -> None:
    params = authorization_params(max_age=max_age)
    browser = world.browser()
    response = (
        browser.get("/authorize", query_string=params)
        if method == "GET"
        else browser.post("/authorize", data=params)
    )
    assert response.status_code == 303
    if response.location.startswith("/authorize/"):
        response = browser.get(response.location)
    assert query_of(response.location)["error"] == "invalid_request"


def test_unknown_client_is_told_so_although_redis_is_away(
    tmp_path: Path, own_valkey: OwnValkey
) -> None:
    world = build_world(tmp_path, own_valkey.url)
    party = RelyingParty.logged_in(world)
    own_valkey.stop()
    assert party.authorize(client_id="nadie").status_code == 400
    world.services.stop()


def test_token_sent_by_two_methods_is_refused(mr: RelyingParty) -> None:
    """RFC 6750 §2."""
    token = mr.tokens()["access_token"]
    response = mr.world.browser().post(
        "/userinfo", headers={"Authorization": f"Bearer {token}"}, data={"access_token": token}
    )
    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_request"


def test_token_in_the_body_of_a_get_is_not_read(mr: RelyingParty) -> None:
    """RFC 6750 §2.2."""
    token = mr.tokens()["access_token"]
    response = mr.world.browser().get("/userinfo", data={"access_token": token})
    assert response.status_code == 401
