"""What a refusal tells, and what it does to others."""

from __future__ import annotations

from typing import Any

import pytest
from relying_party import RelyingParty

from tests.support.world import World


@pytest.mark.parametrize(
    "changes",
    [
        {"auth": ("nadie", "x")},
        {"auth": ("mr", "otro")},
        {"auth": ("origen", "{secret}")},
        {"auth": None},
        {"auth": None, "client_id": "mr"},
        {"auth": None, "client_id": "mr", "client_secret": "{secret}"},
        {"auth": None, "client_id": "nadie"},
    ],
    ids=["unknown", "wrong", "other method", "nobody", "no secret", "post", "unknown public"],
)
def test_client_refused_reads_the_same_whatever_was_wrong(
    mr: RelyingParty, changes: dict[str, Any]
) -> None:
    secret = mr.world.secret
    changes = {
        name: tuple(one.format(secret=secret) for one in value)
        if isinstance(value, tuple)
        else value and value.format(secret=secret)
        for name, value in changes.items()
    }
    response = mr.redeem(mr.code(), **changes)
    assert response.status_code == 401
    assert response.get_json() == {
        "error": "invalid_client",
        "error_description": ("The client is unknown or did not authenticate as it is registered."),
    }
    assert response.headers["WWW-Authenticate"] == 'Basic realm="vuce"'


@pytest.mark.parametrize(
    "wrong", [{"code_verifier": "w" * 43}, {"redirect_uri": "http://localhost:9001/otra"}]
)
def test_spent_code_in_the_wrong_hands_revokes_nothing(
    mr: RelyingParty, wrong: dict[str, str]
) -> None:
    """RFC 6749 §4.1.2 revokes on a replay; who lacks the verifier has replayed nothing."""
    code = mr.code()
    token = mr.redeem(code).get_json()["access_token"]
    assert mr.redeem(code, **wrong).get_json()["error"] == "invalid_grant"
    assert mr.userinfo(token).status_code == 200
    assert mr.redeem(code).get_json()["error"] == "invalid_grant"
    assert mr.userinfo(token).status_code == 401


@pytest.mark.parametrize(
    "path", ["/jwks.json", "/.well-known/openid-configuration", "/userinfo", "/token", "/healthz"]
)
def test_answer_to_a_program_carries_the_common_headers(world: World, path: str) -> None:
    headers = world.browser().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_redirect_carries_the_common_headers(mr: RelyingParty) -> None:
    response = mr.authorize()
    assert response.status_code == 303
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
