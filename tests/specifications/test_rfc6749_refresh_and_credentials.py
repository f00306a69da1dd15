"""RFC 6749 §4.4 and §6, RFC 9700 §4.14: refresh tokens, and programs that act for themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from idp.kernel.identity import Mode
from idp.upstream_status.state import FlagState
from tests.support.components import Party, refused
from tests.support.world import World

DAY = 86_400


def live(party: Party, token: str) -> bool:
    return party.userinfo(token).status_code == 200


def test_refresh_token_is_given_to_whom_it_is_registered_for(provider: World) -> None:
    for client_id in ("renueva", "renueva-spa", "llave", "token-jwt"):
        assert "refresh_token" in Party.logged_in(provider, client_id).tokens()
    for client_id in ("mr", "empuja", "par-b"):
        party = Party.logged_in(provider, client_id)
        if client_id != "empuja":
            assert "refresh_token" not in party.tokens(scope="openid offline_access")


def test_refreshed_answer_tells_of_the_same_login(renueva: Party) -> None:
    """OpenID Connect Core §12.2."""
    first = renueva.tokens()
    renueva.world.clock.advance(60)
    second = renueva.refresh(first["refresh_token"]).json
    before, after = (renueva.id_token(one["id_token"]).claims for one in (first, second))
    for name in ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid"):
        assert before[name] == after[name], name
    assert after["iat"] == before["iat"] + 60
    assert "nonce" not in after
    assert after.keys() | {"nonce"} == before.keys()
    assert live(renueva, second["access_token"])
    assert second["scope"] == first["scope"]


def test_each_use_rotates_it(renueva: Party) -> None:
    """RFC 9700 §4.14.2."""
    tokens = [renueva.tokens()["refresh_token"]]
    for _ in range(4):
        tokens.append(renueva.refresh(tokens[-1]).json["refresh_token"])
    assert len(set(tokens)) == 5


def test_reuse_revokes_the_family(renueva: Party) -> None:
    first = renueva.tokens()
    second = renueva.refresh(first["refresh_token"]).json
    assert live(renueva, second["access_token"])
    refused(renueva.refresh(first["refresh_token"]), "invalid_grant")
    refused(renueva.refresh(second["refresh_token"]), "invalid_grant")
    assert not live(renueva, first["access_token"])
    assert not live(renueva, second["access_token"])


def test_grace_lets_parallel_nodes_renew(provider: World) -> None:
    gracia = Party.logged_in(provider, "gracia")
    first = gracia.tokens()
    answers = [gracia.refresh(first["refresh_token"]) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 200]
    provider.clock.advance(21)
    assert gracia.refresh(answers[-1].json["refresh_token"]).status_code == 200
    refused(gracia.refresh(first["refresh_token"]), "invalid_grant")
    refused(gracia.refresh(answers[0].json["refresh_token"]), "invalid_grant")


def test_token_of_another_component_is_refused_and_lives_on(renueva: Party) -> None:
    """RFC 6749 §10.4."""
    token = renueva.tokens()["refresh_token"]
    other = Party(renueva.world, renueva.browser, "gracia")
    refused(other.refresh(token), "invalid_grant")
    assert renueva.refresh(token).status_code == 200


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "RFC 6749 §6: no token": ({"refresh_token": None}, "invalid_request"),
    "§6: unknown token": ({"refresh_token": "x"}, "invalid_grant"),
    "§6: a wider scope": ({"scope": "openid phone"}, "invalid_scope"),
    "§3.2: repeated": ({"refresh_token": ["a", "b"]}, "invalid_request"),
}


@pytest.mark.parametrize("changes, error", BAD.values(), ids=BAD)
def test_bad_request_is_refused_and_burns_nothing(
    renueva: Party, changes: dict[str, Any], error: str
) -> None:
    token = renueva.tokens()["refresh_token"]
    refused(renueva.refresh(token, **changes), error)
    assert renueva.refresh(token).status_code == 200


def test_scope_may_be_narrowed_for_one_answer(renueva: Party) -> None:
    """§6: the next one has the whole again."""
    first = renueva.tokens(scope="openid profile vuce")
    narrow = renueva.refresh(first["refresh_token"], scope="openid vuce").json
    assert narrow["scope"] == "openid vuce"
    assert "name" not in renueva.userinfo(narrow["access_token"]).json
    whole = renueva.refresh(narrow["refresh_token"]).json
    assert whole["scope"] == "openid profile vuce"


def test_component_without_the_grant_is_refused(provider: World) -> None:
    mr = Party.logged_in(provider, "mr")
    refused(mr.refresh("x"), "unauthorized_client")


@pytest.mark.parametrize("offline, lives", [(True, 29 * DAY), (False, 7 * 3_600)])
def test_family_lives_as_long_as_was_asked_for(renueva: Party, offline: bool, lives: int) -> None:
    """OpenID Connect Core §11: `offline_access` outlives the session."""
    scope = "openid offline_access" if offline else "openid"
    answer = renueva.tokens(scope=scope, prompt="consent" if offline else None)
    assert ("offline_access" in answer["scope"]) is offline
    renueva.world.clock.advance(lives)
    again = renueva.refresh(answer["refresh_token"])
    assert again.status_code == 200
    renueva.world.clock.advance(2 * DAY)
    refused(renueva.refresh(again.json["refresh_token"]), "invalid_grant")


@pytest.mark.parametrize("offline", [True, False])
def test_logout_ends_what_is_not_offline_access(renueva: Party, offline: bool) -> None:
    scope = "openid offline_access" if offline else "openid"
    answer = renueva.tokens(scope=scope)
    renueva.browser.get("/logout", query_string={"id_token_hint": answer["id_token"]})
    assert live(renueva, answer["access_token"]) is offline
    assert (renueva.refresh(answer["refresh_token"]).status_code == 200) is offline


def test_contingency_gets_no_offline_access(provider: World) -> None:
    party = Party.logged_in(provider, "renueva", Mode.CONTINGENCIA)
    answer = party.tokens(scope="openid offline_access vuce")
    assert answer["scope"] == "openid vuce"
    again = party.refresh(answer["refresh_token"]).json
    assert party.id_token(again["id_token"]).claims["acr"] == "urn:vuce:acr:contingencia"


def test_contingency_family_ends_with_the_recovery(provider: World) -> None:
    """`on_recovery: limit`, the default, of no seconds; a component may keep them."""
    ends = Party.logged_in(provider, "renueva", Mode.CONTINGENCIA)
    keeps = Party(provider, ends.browser, "conserva")
    tokens = [one.tokens()["refresh_token"] for one in (ends, keeps)]
    provider.services.upstream_status.set("sol", FlagState.AUTO, reason="vuelve", who="prueba")
    refused(ends.refresh(tokens[0]), "invalid_grant")
    assert keeps.refresh(tokens[1]).status_code == 200


def test_contingency_family_obeys_max_session(provider: World) -> None:
    party = Party.logged_in(provider, "conserva", Mode.CONTINGENCIA)
    token = party.tokens()["refresh_token"]
    provider.clock.advance(1_800)
    token = party.refresh(token).json["refresh_token"]
    provider.clock.advance(1)
    refused(party.refresh(token), "invalid_grant")


def test_program_gets_a_token_for_itself(provider: World) -> None:
    """RFC 6749 §4.4: no refresh token, no ID token, and no person behind it."""
    program = Party(provider, provider.browser(), "servicio")
    answer = program.post("/token", {"grant_type": "client_credentials", "scope": "api:leer"})
    assert answer.json.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json["scope"] == "api:leer"
    whole = program.post("/token", {"grant_type": "client_credentials"}).json
    assert set(whole["scope"].split()) == {"api:leer", "api:escribir"}
    refusal = program.userinfo(answer.json["access_token"])
    assert (refusal.status_code, refusal.json["error"]) == (403, "insufficient_scope")


SCOPES = ["api:borrar", "openid", "api:leer otro", "api:leer openid"]


@pytest.mark.parametrize("scope", SCOPES)
def test_program_gets_no_other_scope(provider: World, scope: str) -> None:
    program = Party(provider, provider.browser(), "servicio")
    form = {"grant_type": "client_credentials", "scope": scope}
    refused(program.post("/token", form), "invalid_scope")


def test_person_gets_no_scope_of_a_program(tmp_path: Any, valkey: str) -> None:
    from tests.support.components import clients_text
    from tests.support.world import build_world

    both = {
        "grant_types": ["authorization_code", "client_credentials"],
        "scope": "openid vuce api:leer",
    }
    party = Party.logged_in(
        build_world(tmp_path, valkey, clients=clients_text(renueva=both)), "renueva"
    )
    assert party.tokens(scope="openid vuce api:leer")["scope"] == "openid vuce"
    own = party.post("/token", {"grant_type": "client_credentials"})
    assert own.json["scope"] == "api:leer"


def test_component_that_is_no_program_is_refused(renueva: Party) -> None:
    form = {"grant_type": "client_credentials"}
    refused(renueva.post("/token", form), "unauthorized_client")


def test_disabled_component_is_unknown(provider: World) -> None:
    party = Party.logged_in(provider, "inhabil")
    page = party.authorize()
    assert page.status_code == 403
    assert 'id="error-code">client_disabled<' in page.text
    refused(party.refresh("x"), "invalid_client", (401,))


def test_login_works_and_refreshing_waits_while_sql_is_away(provider: World) -> None:
    """The component logs in anew sooner: nobody is kept out for a refresh token's sake."""
    renueva = Party.logged_in(provider, "renueva")
    token = renueva.tokens()["refresh_token"]
    file = Path(provider.settings.database_url.removeprefix("sqlite:///"))
    kept = file.rename(file.with_suffix(".away"))
    file.mkdir()  # what stands there cannot be opened as a database
    provider.services.database.close()
    assert "refresh_token" not in renueva.tokens()
    assert renueva.refresh(token).status_code == 503
    file.rmdir()
    kept.rename(file)
    assert renueva.refresh(token).status_code == 200
