"""ID tokens: signed by a published key, saying who, for whom, when and how."""

from __future__ import annotations

import base64
import hashlib

import pytest
from relying_party import RelyingParty

from idp.kernel.identity import Mode
from tests.support.world import ISSUER, START, World

ALGORITHMS = {"mr": "RS256", "origen": "ES256", "spa": "RS256"}
HOW = {
    Mode.SUNAT: ("urn:vuce:acr:sunat", ["pwd"]),
    Mode.CONTINGENCIA: ("urn:vuce:acr:contingencia", ["otp"]),
}


def at_hash(access_token: str) -> str:
    """OpenID Connect Core §3.1.3.6, by hand: both algorithms hash by SHA-256."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()


@pytest.mark.parametrize("client_id", ALGORITHMS)
@pytest.mark.parametrize("mode", list(Mode))
def test_id_token_says_who_for_whom_when_and_how(world: World, client_id: str, mode: Mode) -> None:
    party = RelyingParty.logged_in(world, client_id, mode)
    world.clock.advance(10)
    tokens = party.tokens(nonce="n-0S6_WzA2Mj", scope="openid vuce")
    token = party.id_token(tokens["id_token"])
    assert token.header["alg"] == ALGORITHMS[client_id]
    claims = dict(token.claims)
    sid, sub = claims.pop("sid"), claims.pop("sub")
    logged_in, now = int(START.timestamp()), int(world.clock.timestamp())
    acr, amr = HOW[mode]
    assert claims == {
        "iss": ISSUER, "aud": client_id, "nonce": "n-0S6_WzA2Mj",
        "iat": now, "exp": now + world.settings.id_token_ttl, "auth_time": logged_in,
        "acr": acr, "amr": amr, "at_hash": at_hash(tokens["access_token"]),
        "ruc": "20131312955", "usuario_sol": "EXPORTA1", "tipo_usuario": "0", "realm": "sol",
    }  # fmt: skip
    assert sub == world.person().sub
    assert sid.startswith("ses_")


def test_sub_is_the_same_in_both_modes_and_at_every_component(world: World) -> None:
    subs, sids = set(), set()
    for mode in Mode:
        for client_id in ALGORITHMS:
            party = RelyingParty.logged_in(world, client_id, mode)
            claims = party.id_token(party.tokens()["id_token"]).claims
            subs.add(claims["sub"])
            sids.add(claims["sid"])
    assert len(subs) == 1
    assert len(sids) == 2 * len(ALGORITHMS)


def test_sub_is_another_for_another_person_and_tells_nothing(world: World) -> None:
    first, second = world.person(), world.person(usuario="EXPORTA2")
    assert first.sub != second.sub
    assert "20131312955" not in first.sub
    assert "EXPORTA" not in first.sub.upper()


def test_nonce_that_was_not_sent_is_not_invented(mr: RelyingParty) -> None:
    assert "nonce" not in mr.id_token(mr.tokens(nonce=None)["id_token"]).claims


def test_claims_about_the_person_need_the_scope_vuce_and_mail_never_is_among_them(
    mr: RelyingParty,
) -> None:
    claims = mr.id_token(mr.tokens(scope="openid profile email")["id_token"]).claims
    assert not claims.keys() & {"ruc", "usuario_sol", "tipo_usuario", "realm", "name", "email"}


def test_session_of_the_same_browser_keeps_its_sid_over_components(mr: RelyingParty) -> None:
    other = RelyingParty(mr.world, mr.browser, "origen")
    sids = {one.id_token(one.tokens()["id_token"]).claims["sid"] for one in (mr, other)}
    assert len(sids) == 1
