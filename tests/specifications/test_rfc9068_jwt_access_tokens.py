"""RFC 9068: access tokens as JWTs, for a component that asks for them."""

from __future__ import annotations

from typing import Any

from tests.support.components import Party, refused, verified
from tests.support.world import ISSUER, World


def test_token_says_what_the_profile_asks_for(provider: World) -> None:
    """§2.1, §2.2."""
    party = Party.logged_in(provider, "token-jwt")
    answer = party.tokens()
    token = verified(provider, answer["access_token"])
    claims = party.id_token(answer["id_token"]).claims
    assert token.header["typ"] == "at+jwt"
    jti = token.claims.pop("jti")
    assert len(jti) >= 22
    assert token.claims == {
        "iss": ISSUER,
        "aud": [ISSUER, "https://api.vuce.example/"],
        "sub": claims["sub"],
        "client_id": "token-jwt",
        "iat": claims["iat"],
        "exp": claims["iat"] + answer["expires_in"],
        "scope": answer["scope"],
        "auth_time": claims["auth_time"],
        "acr": claims["acr"],
        "amr": claims["amr"],
    }


def test_program_is_its_own_subject(provider: World) -> None:
    """§2.2: and there is no authentication of a person to tell of."""
    program = Party(provider, provider.browser(), "servicio-jwt")
    answer = program.post("/token", {"grant_type": "client_credentials"}).json
    claims = verified(provider, answer["access_token"]).claims
    assert (claims["sub"], claims["client_id"], claims["aud"]) == (
        "servicio-jwt", "servicio-jwt", ISSUER,
    )  # fmt: skip
    assert not {"acr", "amr", "auth_time"} & claims.keys()


def test_opaque_is_what_others_get(provider: World) -> None:
    for client_id in ("renueva", "mr", "renueva-spa"):
        token = Party.logged_in(provider, client_id).tokens()["access_token"]
        assert "." not in token
        assert len(token) >= 43  # 256 bits


def test_access_token_is_no_id_token_and_the_other_way_round(provider: World) -> None:
    """§5, RFC 8725 §3.11."""
    party = Party.logged_in(provider, "token-jwt")
    answer = party.tokens()
    refused(party.userinfo(answer["id_token"]), "invalid_token", (401,))
    assert party.answer(id_token_hint=answer["access_token"])["error"] == "invalid_request"
    page = party.browser.get("/logout", query_string={"id_token_hint": answer["access_token"]})
    assert page.status_code == 400


def test_jti_is_no_token(provider: World) -> None:
    """What an API reads in a JWT must not open userinfo."""
    party = Party.logged_in(provider, "token-jwt")
    jti = verified(provider, party.tokens()["access_token"]).claims["jti"]
    assert party.userinfo(jti).status_code == 401


def test_userinfo_answers_while_redis_is_away(tmp_path: Any, own_valkey: Any) -> None:
    """Only for these tokens: their signature is all that is left to judge by."""
    from tests.support.components import clients_text
    from tests.support.world import build_world

    world = build_world(tmp_path, own_valkey.url, clients=clients_text())
    party, other = (Party.logged_in(world, one) for one in ("token-jwt", "renueva"))
    token, opaque = party.tokens()["access_token"], other.tokens()["access_token"]
    whole = party.userinfo(token).json
    own_valkey.stop()
    assert party.userinfo(token).json == whole
    assert other.userinfo(opaque).status_code == 503
    world.clock.advance(900)
    assert party.userinfo(token).status_code == 401
