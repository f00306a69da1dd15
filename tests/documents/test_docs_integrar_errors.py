"""docs/integrar.md's table of errors: each row is brought about, and none is left out."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from authlib.oauth2 import OAuth2Error
from integrar_snippets import tables
from werkzeug.test import TestResponse

import idp.oidc
from idp.kernel.identity import Mode
from idp.upstream_status.state import FlagState
from tests.support.components import Party, Proof, clients_text, unsigned
from tests.support.servers import OwnValkey
from tests.support.world import World, authorization_params, build_world, csrf_of, query_of

RETURN, PAGE, TOKEN, USERINFO, LOGOUT = "retorno", "página", "token", "userinfo", "salida"
Row = tuple[str, str]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory, module_valkey: str) -> Iterator[World]:
    """Components of every kind, and SUNAT that is there."""
    world = build_world(tmp_path_factory.mktemp("errors"), module_valkey, clients=clients_text())
    yield world
    world.services.stop()


def mr(world: World, client_id: str = "mr", mode: Mode = Mode.SUNAT) -> Party:
    browser = world.browser()
    world.log_in(browser, world.person(), mode)
    return Party(world, browser, client_id)


def returned(**changes: object) -> Callable[[World], str]:
    """A request of `mr` whose answer goes back to it."""
    return lambda world: mr(world).answer(**changes)["error"]


def shown(**changes: str) -> Callable[[World], str]:
    """A request that ends on a page of ours."""
    return lambda world: on_page(mr(world).authorize(**changes))


def on_page(response: TestResponse) -> str:
    assert 400 <= response.status_code < 600
    assert "Location" not in response.headers
    found = re.search(r'id="error-code">([a-z_]+)<', response.text)
    assert found
    return found[1]


def by_token(client_id: str, **form: str) -> Callable[[World], str]:
    return lambda world: answered(mr(world, client_id).post("/token", form))


def answered(response: TestResponse, status: int = 400) -> str:
    assert response.status_code == status, response.text
    error: str = response.json["error"]
    return error


def cancelled(world: World) -> str:
    party = Party(world, world.browser(), "mr")
    login = party.authorize().headers["Location"]
    form = {"csrf_token": csrf_of(party.browser.get(login).text)}
    back = party.browser.post(f"{login}/cancelar", data=form)
    return query_of(party.browser.get(back.headers["Location"]).headers["Location"])["error"]


def unmet(world: World) -> str:
    party, status = mr(world, "sunat", Mode.CONTINGENCIA), world.services.upstream_status
    for realm in ("sol", "extranet"):
        status.set(realm, FlagState.FORCED_DOWN, reason="prueba", who="prueba")
    try:
        return party.answer(prompt="none")["error"]
    finally:
        for realm in ("sol", "extranet"):
            status.set(realm, FlagState.AUTO, reason="prueba", who="prueba")


def without_a_session(world: World) -> str:
    return Party(world, world.browser(), "mr").answer(prompt="none")["error"]


def pushed_twice(world: World) -> str:
    party = mr(world, "empuja")
    request_uri = party.push().json["request_uri"]
    assert "code" in query_of(party.begin(request_uri).headers["Location"])
    return on_page(party.begin(request_uri))


def too_often(world: World) -> str:
    for _ in range(301):
        answer = world.browser().get(
            "/authorize",
            query_string=authorization_params(),
            environ_overrides={"REMOTE_ADDR": "203.0.113.9"},
        )
        if answer.status_code != 303:
            break
    assert answer.status_code == 429
    return on_page(answer)


def wrong_secret(world: World) -> str:
    form = {"grant_type": "authorization_code", "code": "x"}
    return answered(mr(world).post("/token", form, auth=("mr", "otro")), 401)


def bad_proof(world: World) -> str:
    party = mr(world, "atado")
    proof = Proof().make(world, "GET", "/token")
    return answered(party.redeem(party.code(), headers={"DPoP": proof}))


def of_a_service(world: World) -> str:
    form = {"grant_type": "client_credentials"}
    token = mr(world, "servicio").post("/token", form).json["access_token"]
    return answered(mr(world).userinfo(token), 403)


def came_twice(world: World) -> str:
    headers = {"Authorization": "Bearer x"}
    sent = world.browser().post("/userinfo", data={"access_token": "x"}, headers=headers)
    return answered(sent)


def proof_of_another_token(world: World) -> str:
    party, proof = mr(world, "atado"), Proof()
    made = proof.make(world, "POST", "/token")
    token = party.redeem(party.code(), headers={"DPoP": made}).json["access_token"]
    return answered(party.userinfo(token, proof.make(world, "GET", "/userinfo", "otro")), 401)


def not_ours(world: World) -> str:
    return on_page(world.browser().get("/logout", query_string={"id_token_hint": "x"}))


CAUSES: dict[Row, Callable[[World], str]] = {
    (RETURN, "access_denied"): cancelled,
    (RETURN, "login_required"): without_a_session,
    (RETURN, "unmet_authentication_requirements"): unmet,
    (RETURN, "invalid_request"): returned(code_challenge=None, code_challenge_method=None),
    (RETURN, "invalid_scope"): returned(scope="profile"),
    (RETURN, "unsupported_response_type"): returned(response_type="token"),
    (RETURN, "request_uri_not_supported"): returned(request_uri="https://mr.example/r"),
    (RETURN, "registration_not_supported"): returned(registration="{}"),
    (RETURN, "invalid_request_object"): returned(request=unsigned({"scope": "openid"})),
    (PAGE, "invalid_client"): shown(client_id="nadie"),
    (PAGE, "invalid_redirect_uri"): shown(redirect_uri="http://localhost:9001/callback/"),
    (PAGE, "client_disabled"): lambda world: on_page(mr(world, "inhabil").authorize()),
    (PAGE, "invalid_request_uri"): pushed_twice,
    (PAGE, "rate_limited"): too_often,
    (TOKEN, "invalid_client"): wrong_secret,
    (TOKEN, "invalid_grant"): by_token("mr", grant_type="authorization_code", code="x",
                                       redirect_uri="http://localhost:9001/callback"),
    (TOKEN, "invalid_request"): by_token("mr"),
    (TOKEN, "unsupported_grant_type"): by_token("mr", grant_type="password"),
    (TOKEN, "unauthorized_client"): by_token("mr", grant_type="refresh_token", refresh_token="x"),
    (TOKEN, "invalid_scope"): by_token("servicio", grant_type="client_credentials",
                                       scope="otra:cosa"),
    (TOKEN, "invalid_dpop_proof"): bad_proof,
    (USERINFO, "invalid_token"): lambda world: answered(mr(world).userinfo("x"), 401),
    (USERINFO, "insufficient_scope"): of_a_service,
    (USERINFO, "invalid_request"): came_twice,
    (USERINFO, "invalid_dpop_proof"): proof_of_another_token,
    (LOGOUT, "invalid_logout_request"): not_ours,
}  # fmt: skip
AWAY = {(where, "temporarily_unavailable") for where in (PAGE, TOKEN, USERINFO)}


def documented() -> list[Row]:
    return [(where, code.strip("`")) for where, code, *_ in tables("Errores")]


def test_errors_table_has_the_rows_that_are_brought_about_here() -> None:
    assert sorted(documented()) == sorted({*CAUSES, *AWAY})
    assert all(len(row) == 4 and all(row) for row in tables("Errores"))


@pytest.mark.parametrize("row", CAUSES, ids="-".join)
def test_error_comes_where_the_table_says(provider: World, row: Row) -> None:
    assert CAUSES[row](provider) == row[1]


def test_every_error_that_the_provider_can_name_is_in_the_table() -> None:
    names = [one.name for one in pkgutil.iter_modules(idp.oidc.__path__, "idp.oidc.")]
    raised = {
        str(value.error)
        for name in names
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, type) and issubclass(value, OAuth2Error) and value.error
    }
    assert len(raised) > 10
    assert raised - {code for _, code in documented()} == set()


def test_what_is_away_is_said_so_everywhere(tmp_path: Path, own_valkey: OwnValkey) -> None:
    world = build_world(tmp_path, own_valkey.url)
    party = mr(world)
    code, token = party.code(), party.tokens()["access_token"]
    own_valkey.stop()
    try:
        assert on_page(party.authorize()) == "temporarily_unavailable"
        redeemed = party.redeem(code)
        assert answered(redeemed, 503) == "temporarily_unavailable"
        assert int(redeemed.headers["Retry-After"]) > 0
        assert answered(party.userinfo(token), 503) == "temporarily_unavailable"
    finally:
        world.services.stop()
