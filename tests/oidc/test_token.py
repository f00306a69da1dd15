"""`/token`: a code is good once, for one client, one redirect_uri and one verifier."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from relying_party import REDIRECT_URIS, RelyingParty
from werkzeug.test import TestResponse

from tests.support.world import World


def refused(response: TestResponse, status: int, error: str) -> None:
    """An error as RFC 6749 §5.2 has it: JSON that nobody stores, without the code in it."""
    assert (response.status_code, response.json["error"]) == (status, error)
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json.keys() <= {"error", "error_description"}


def test_code_redeemed_in_parallel_has_exactly_one_winner(mr: RelyingParty) -> None:
    code, start = mr.code(), threading.Barrier(64)

    def redeem(_: int) -> TestResponse:
        start.wait()
        return mr.redeem(code)

    with ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(redeem, range(64)))
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    for answer in answers:
        if answer is not won[0]:
            refused(answer, 400, "invalid_grant")
    # Every other attempt was a replay, which takes the winner's token back (RFC 6749 §4.1.2).
    assert mr.userinfo(won[0].json["access_token"]).status_code == 401


def test_code_replayed_after_success_revokes_its_access_token_only(mr: RelyingParty) -> None:
    other = mr.tokens()["access_token"]
    code = mr.code()
    token = mr.redeem(code).json["access_token"]
    assert mr.userinfo(token).status_code == 200
    refused(mr.redeem(code), 400, "invalid_grant")
    assert mr.userinfo(token).status_code == 401
    assert mr.userinfo(other).status_code == 200


def test_code_presented_by_another_client_after_success_revokes_nothing(mr: RelyingParty) -> None:
    code = mr.code()
    token = mr.redeem(code).json["access_token"]
    refused(RelyingParty(mr.world, mr.browser, "spa").redeem(code), 400, "invalid_grant")
    assert mr.userinfo(token).status_code == 200


WRONG: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "other confidential client": ("origen", {}, 400, "invalid_grant"),
    "other public client": ("spa", {}, 400, "invalid_grant"),
    "other client, our redirect_uri": (
        "spa", {"redirect_uri": REDIRECT_URIS["mr"]}, 400, "invalid_grant",
    ),
    "other redirect_uri": ("mr", {"redirect_uri": REDIRECT_URIS["spa"]}, 400, "invalid_grant"),
    "no redirect_uri": ("mr", {"redirect_uri": None}, 400, "invalid_grant"),
    "other verifier": ("mr", {"code_verifier": "w" * 43}, 400, "invalid_grant"),
    "no verifier": ("mr", {"code_verifier": None}, 400, "invalid_grant"),
    "malformed verifier": ("mr", {"code_verifier": "v" * 42}, 400, "invalid_grant"),
    "verifier beyond ASCII": ("mr", {"code_verifier": "ñ" * 43}, 400, "invalid_grant"),
    "wrong secret": ("mr", {"auth": ("mr", "x" * 43)}, 401, "invalid_client"),
    "repeated code": ("mr", {"code": ["a", "b"]}, 400, "invalid_request"),
    "other grant type": ("mr", {"grant_type": "password"}, 400, "unsupported_grant_type"),
    "no grant type": ("mr", {"grant_type": None}, 400, "invalid_request"),
    "no code": ("mr", {"code": None}, 400, "invalid_request"),
}  # fmt: skip


@pytest.mark.parametrize("client_id, changes, status, error", WRONG.values(), ids=WRONG)
def test_wrong_try_is_refused_and_burns_nothing(
    mr: RelyingParty, client_id: str, changes: dict[str, Any], status: int, error: str
) -> None:
    code = mr.code()
    party = RelyingParty(mr.world, mr.browser, client_id)
    refused(party.redeem(**{"code": code, **changes}), status, error)
    assert mr.redeem(code).status_code == 200


def test_code_lives_until_its_last_second_and_no_longer(mr: RelyingParty) -> None:
    in_time, late = mr.code(), mr.code()
    mr.world.clock.advance(mr.world.settings.code_ttl - 0.5)
    assert mr.redeem(in_time).status_code == 200
    mr.world.clock.advance(0.5)
    refused(mr.redeem(late), 400, "invalid_grant")


def test_unknown_code_is_told_like_any_other_that_does_not_fit(mr: RelyingParty) -> None:
    code = mr.code()
    texts = {mr.redeem(code, code_verifier="w" * 43).text, mr.redeem("unknown").text}
    assert len(texts) == 1


def test_answer_is_stored_nowhere_and_names_what_was_granted(mr: RelyingParty) -> None:
    response = mr.redeem(mr.code(scope="openid vuce address nothing"))
    assert response.headers["Cache-Control"] == "no-store"
    answer = response.json
    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope", "id_token"}
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == mr.world.settings.access_token_ttl
    assert answer["scope"] == "openid vuce"


def test_get_is_refused_and_told_what_is_allowed(world: World) -> None:
    response = world.browser().get("/token")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    assert response.json == {"error": "method_not_allowed"}


@pytest.mark.parametrize("kind", ["json", "query"])
def test_request_that_is_no_form_is_refused(mr: RelyingParty, kind: str) -> None:
    code = mr.code()
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URIS["mr"],
        "code_verifier": "v" * 43,
    }
    how: dict[str, Any] = {"json": sent} if kind == "json" else {"query_string": sent}
    refused(
        mr.world.browser().post("/token", auth=("mr", mr.world.secret), **how),
        400, "invalid_request",
    )  # fmt: skip
    assert mr.redeem(code).status_code == 200
