"""OpenID Connect Core 1.0: `claims`, hints, `acr`, pairwise subjects, userinfo."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idp.kernel.identity import Mode
from idp.upstream_status.state import FlagState
from tests.support.components import Party, component_key, sign, unsigned
from tests.support.world import ISSUER, World, csrf_of, query_of

SUNAT, CONTINGENCY = "urn:vuce:acr:sunat", "urn:vuce:acr:contingencia"
UNMET = "unmet_authentication_requirements"


def claims(**members: Any) -> str:
    return json.dumps(members)


def essential(*values: str) -> str:
    return claims(id_token={"acr": {"essential": True, "values": list(values)}})


def down(world: World) -> None:
    for realm in ("sol", "extranet"):
        flag = world.services.upstream_status
        flag.set(realm, FlagState.FORCED_DOWN, reason="prueba", who="prueba")


# §5.5: the claims parameter.


def test_claim_asked_for_by_name_is_given_where_it_was_asked_for(renueva: Party) -> None:
    wish = claims(userinfo={"name": None}, id_token={"preferred_username": {"essential": True}})
    answer = renueva.tokens(scope="openid", claims=wish)
    in_token = renueva.id_token(answer["id_token"]).claims
    in_userinfo = renueva.userinfo(answer["access_token"]).json
    assert ("name" in in_token, "name" in in_userinfo) == (False, True)
    assert ("preferred_username" in in_token, "preferred_username" in in_userinfo) == (True, False)


def test_claim_that_nobody_has_is_left_out(renueva: Party) -> None:
    """§5.5.1: essential or not."""
    wish = claims(userinfo={"nadie": {"essential": True}}, id_token={"email": {"essential": True}})
    answer = renueva.tokens(scope="openid", claims=wish)
    assert renueva.userinfo(answer["access_token"]).json.keys() == {"sub"}


def test_claim_beyond_the_components_scopes_is_not_given(provider: World) -> None:
    spa = Party.logged_in(provider, "spa")
    answer = spa.tokens(scope="openid", claims=claims(userinfo={"name": None, "ruc": None}))
    assert spa.userinfo(answer["access_token"]).json.keys() == {"sub", "ruc"}


WRONG = ["{", "[]", "1", '"a"', '{"userinfo": 1}', '{"id_token": []}', '{"userinfo": {"a": 1}}']


@pytest.mark.parametrize("text", WRONG)
def test_malformed_claims_are_refused(renueva: Party, text: str) -> None:
    assert renueva.answer(claims=text)["error"] == "invalid_request"


HARMLESS = ['{"otro": {}}', '{"userinfo": null}', '{"id_token": {"acr": null}}', "{}"]


@pytest.mark.parametrize("text", HARMLESS)
def test_unknown_members_are_ignored(renueva: Party, text: str) -> None:
    assert "code" in renueva.answer(claims=text)


# §5.5.1.1: acr.

WISHES = [
    {"acr_values": SUNAT},
    {"acr_values": "urn:otro urn:mas"},
    {"claims": claims(id_token={"acr": {"value": SUNAT}})},
    {"claims": claims(id_token={"acr": {"values": [SUNAT]}})},
    {"claims": claims(id_token={"acr": {"essential": True}})},
    {"claims": essential(SUNAT, CONTINGENCY)},
]


@pytest.mark.parametrize("wish", WISHES)
def test_wish_is_no_condition(provider: World, wish: dict[str, str]) -> None:
    """A contingency session answers it; the token says what it is."""
    party = Party.logged_in(provider, "renueva", Mode.CONTINGENCIA)
    answer = party.tokens(prompt="none", **wish)
    assert party.id_token(answer["id_token"]).claims["acr"] == CONTINGENCY


def test_essential_sunat_is_met_by_sunat_alone(provider: World) -> None:
    by_mail = Party.logged_in(provider, "renueva", Mode.CONTINGENCIA)
    down(provider)
    assert by_mail.answer(prompt="none", claims=essential(SUNAT))["error"] == UNMET
    by_sunat = Party.logged_in(provider, "renueva")
    answer = by_sunat.tokens(prompt="none", claims=essential(SUNAT, "urn:otro"))
    assert by_sunat.id_token(answer["id_token"]).claims["acr"] == SUNAT


def test_essential_sunat_asks_for_a_login_while_sunat_is_there(provider: World) -> None:
    by_mail = Party.logged_in(provider, "conserva", Mode.CONTINGENCIA)
    flag = provider.services.upstream_status
    flag.set("sol", FlagState.AUTO, reason="vuelve", who="prueba")
    found = by_mail.answer(prompt="none", claims=essential(SUNAT))
    assert found["error"] == "login_required"


def test_essential_sunat_while_it_is_down_gets_a_clear_page_and_a_way_back(
    provider: World,
) -> None:
    party = Party(provider, provider.browser(), "renueva")
    down(provider)
    login = party.authorize(claims=essential(SUNAT)).headers["Location"]
    chosen = party.browser.get(login).text
    form = {"csrf_token": csrf_of(chosen), "realm": "sol"}
    party.browser.post(f"{login}/elegir", data=form)
    page = party.browser.get(login)
    assert f'id="error-code">{UNMET}<' in page.text
    back = party.browser.post(f"{login}/cancelar", data={"csrf_token": csrf_of(page.text)})
    answer = query_of(party.browser.get(back.headers["Location"]).headers["Location"])
    assert (answer["error"], answer["state"], answer["iss"]) == (UNMET, "st", ISSUER)


@pytest.mark.parametrize("value", ["urn:otro", CONTINGENCY])
def test_essential_acr_that_nobody_can_promise_is_refused_at_once(
    renueva: Party, value: str
) -> None:
    """OpenID Connect Unmet Authentication Requirements 1.0."""
    assert renueva.answer(claims=essential(value))["error"] == UNMET


def test_component_that_takes_sunat_only_is_told_in_silence(provider: World) -> None:
    party = Party.logged_in(provider, "sunat", Mode.CONTINGENCIA)
    down(provider)
    assert party.answer(prompt="none")["error"] == UNMET


# §3.1.2.1: hints, and the subject that is asked for.


def test_hint_of_the_session_is_silent(renueva: Party) -> None:
    hint = renueva.tokens()["id_token"]
    renueva.world.clock.advance(7_200 // 8)
    assert "code" in renueva.answer(prompt="none", id_token_hint=hint)


def test_hint_of_another_person_is_no_positive_answer(renueva: Party) -> None:
    hint = renueva.tokens()["id_token"]
    other = renueva.world.browser()
    renueva.world.log_in(other, renueva.world.person("20100070970", "OTRO1"))
    party = Party(renueva.world, other, "renueva")
    assert party.answer(prompt="none", id_token_hint=hint)["error"] == "login_required"
    login = party.authorize(id_token_hint=hint).headers["Location"]
    page = other.get(login).text
    assert 'id="cambiar"' in page
    assert 'id="continuar"' not in page
    # Whoever insists gets no answer about somebody else.
    other.post(f"{login}/continuar", data={"csrf_token": csrf_of(page)})
    resumed = other.get(login.replace("/login/", "/authorize/"))
    assert query_of(resumed.headers["Location"])["error"] == "login_required"


def test_subject_may_be_asked_for_by_claims(renueva: Party) -> None:
    """§5.5.1."""
    sub = renueva.id_token(renueva.tokens()["id_token"]).claims["sub"]
    good = claims(id_token={"sub": {"value": sub}})
    bad = claims(id_token={"sub": {"value": "otro"}})
    assert "code" in renueva.answer(prompt="none", claims=good)
    assert renueva.answer(prompt="none", claims=bad)["error"] == "login_required"


def hints(party: Party) -> dict[str, str]:
    """What is no ID token of this component's."""
    answer = party.tokens()
    own = party.id_token(answer["id_token"]).claims
    head, body, signature = answer["id_token"].split(".")
    other = Party(party.world, party.browser, "gracia").tokens()["id_token"]
    return {
        "garbage": "x",
        "altered": f"{head}.{body}.{signature[:-4]}AAAA",
        "unsigned": unsigned(own),
        "signed by somebody": sign(component_key("rsa"), "RS256", own, kid="rsa"),
        "another component's": other,
        "opaque access token": answer["access_token"],
    }


NAMES = (
    "garbage", "altered", "unsigned", "signed by somebody", "another component's",
    "opaque access token",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_hint_that_is_none_is_refused(renueva: Party, name: str) -> None:
    answer = renueva.answer(prompt="none", id_token_hint=hints(renueva)[name])
    assert answer["error"] == "invalid_request"


# §8: subject identifiers.


def test_pairwise_subjects_cannot_be_related(provider: World) -> None:
    seen = {}
    for client_id in ("renueva", "par-a", "par-b"):
        party = Party.logged_in(provider, client_id)
        answer = party.tokens()
        found = party.id_token(answer["id_token"]).claims
        assert party.userinfo(answer["access_token"]).json["sub"] == found["sub"]
        again = Party.logged_in(provider, client_id).tokens()["id_token"]
        assert party.id_token(again).claims["sub"] == found["sub"]
        seen[client_id] = {found["sub"], found["sid"]}
    assert len(set.union(*seen.values())) == 6


def test_pairwise_component_hints_and_logs_out_by_its_own_ids(provider: World) -> None:
    party = Party.logged_in(provider, "par-a")
    hint = party.tokens()["id_token"]
    assert "code" in party.answer(prompt="none", id_token_hint=hint)
    gone = party.browser.get("/logout", query_string={"id_token_hint": hint})
    assert "Sesión cerrada" in gone.text or gone.status_code == 303
    assert party.answer(prompt="none")["error"] == "login_required"


# §5.3: userinfo.


def test_userinfo_says_the_subject_of_the_token(provider: World) -> None:
    for client_id in ("renueva", "token-jwt", "par-a"):
        party = Party.logged_in(provider, client_id)
        answer = party.tokens()
        sub = party.id_token(answer["id_token"]).claims["sub"]
        by_body = provider.browser().post(
            "/userinfo", data={"access_token": answer["access_token"]}
        )
        assert by_body.json["sub"] == party.userinfo(answer["access_token"]).json["sub"] == sub
