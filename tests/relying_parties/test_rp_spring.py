"""Spring Security as a component: the configuration that docs/integrar.md shows, at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.relying_parties.spring_component import Component, jar, started
from tests.relying_parties.stack import CONTINGENCY, OFFICIAL, PERSON, SUNAT, Stack
from tests.relying_parties.visitor import Visitor

SECRET = "un secreto: con + y % y ñ, de pruebas"
Start = Callable[..., Component]


@pytest.fixture(scope="module")
def start(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Register and run a component; `more` is added to its entry in clients.yaml."""
    jar()
    folder = tmp_path_factory.mktemp("spring")
    with ExitStack() as running_ones:

        def make(client_id: str, **more: Any) -> Component:
            found = Component(client_id, SECRET)
            stack.register(found.block(**more), found.secret)
            log = folder / f"{client_id}.log"
            return running_ones.enter_context(started(found, stack.issuer, log))

        yield make


@pytest.fixture(scope="module")
def component(start: Start) -> Component:
    return start("spring")


@pytest.fixture
def logged_in(visitor: Visitor, stack: Stack, component: Component) -> Visitor:
    """A browser of a person who entered through SUNAT."""
    visitor.go(component.url())
    stack.login_sunat(visitor, PERSON)
    return visitor


def until(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true in the time that a worker may take."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def has_session(visitor: Visitor, component: Component) -> bool:
    return visitor.go(component.url(), allow_redirects=False).status_code == 200


def test_request_of_a_confidential_client_carries_pkce_state_and_nonce(
    visitor: Visitor, component: Component
) -> None:
    answer = visitor.go(component.url("/oauth2/authorization/vuce"), allow_redirects=False)
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"code_challenge", "state", "nonce"} <= asked.keys()


def test_login_through_sunat_gives_the_claims_that_components_need(
    logged_in: Visitor, component: Component
) -> None:
    told = logged_in.json(component.url())
    assert told["acr"] == SUNAT
    assert told["amr"] == ["pwd"]
    assert told["auth_time"]
    assert (told["realm"], told["ruc"], told["usuario_sol"]) == ("sol", PERSON.ruc, PERSON.usuario)
    assert told["tipo_usuario"]
    assert told["email"] == PERSON.email
    userinfo = logged_in.json(component.url("/userinfo"))
    assert userinfo["sub"] == told["sub"]
    assert userinfo["email_verified"] is True


def test_login_of_an_official_names_the_extranet_user(
    visitor: Visitor, stack: Stack, component: Component
) -> None:
    visitor.go(component.url())
    stack.login_sunat(visitor, OFFICIAL)
    told = visitor.json(component.url())
    assert (told["realm"], told["usuario_extranet"]) == ("extranet", OFFICIAL.usuario)
    assert "usuario_sol" not in told


def test_login_in_contingency_is_the_same_person_by_another_acr(
    logged_in: Visitor, stack: Stack, component: Component, outage: Callable[[str], None]
) -> None:
    before = logged_in.json(component.url())
    outage(PERSON.realm)
    other = Visitor()
    other.go(component.url())
    stack.login_contingency(other, PERSON)
    told = other.json(component.url())
    assert (told["acr"], told["amr"]) == (CONTINGENCY, ["otp"])
    assert {name: told[name] for name in ("sub", "ruc", "usuario_sol")} == {
        name: before[name] for name in ("sub", "ruc", "usuario_sol")
    }


def test_refresh_gives_other_tokens_and_keeps_when_and_how_the_person_entered(
    logged_in: Visitor, component: Component
) -> None:
    told = logged_in.json(component.url())
    for _ in range(2):
        found = logged_in.json(component.url("/renovar"))
        assert found["antes"]["access_token"] != found["ahora"]["access_token"]
        assert found["antes"]["refresh_token"] != found["ahora"]["refresh_token"]
        assert found["ahora"]["expires_at"] > found["antes"]["expires_at"]
    # Spring judged the new ID token against the first (OpenID Connect Core §12.2) and shows it.
    renewed = logged_in.json(component.url())
    assert renewed["at_hash"] != told["at_hash"]
    assert {name: renewed[name] for name in ("sub", "acr", "amr", "auth_time", "sid")} == {
        name: told[name] for name in ("sub", "acr", "amr", "auth_time", "sid")
    }


def test_refresh_of_a_contingency_login_ends_when_sunat_is_back(
    visitor: Visitor, stack: Stack, component: Component, outage: Callable[[str], None]
) -> None:
    outage(PERSON.realm)
    visitor.go(component.url())
    stack.login_contingency(visitor, PERSON)
    visitor.json(component.url("/renovar"))
    assert visitor.json(component.url())["acr"] == CONTINGENCY
    stack.flag("up")
    answer = visitor.go(component.url("/renovar"), allow_redirects=False)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_grant"})


def test_logout_at_the_component_ends_the_providers_session_and_comes_back(
    logged_in: Visitor, component: Component, stack: Stack
) -> None:
    logged_in.go(component.url("/salir"))
    page = logged_in.press("salir")
    # SUNAT's own session may live on, and the provider says so before the way back.
    assert page.url.startswith(f"{stack.issuer}/logout?")
    assert logged_in.href("volver") == component.url("/salida")
    assert logged_in.go(component.url("/salida")).json() == {"estado": "sin sesión"}
    assert logged_in.go(component.url()).url.startswith(f"{stack.issuer}/login/")


@pytest.mark.parametrize("typ", ["logout+jwt", "JWT"])
def test_logout_at_the_provider_reaches_the_component_by_the_back_channel(
    typ: str, visitor: Visitor, stack: Stack, start: Start
) -> None:
    component = start(f"aviso-{typ[:3].lower()}", logout_token_typ=typ)
    visitor.go(component.url())
    stack.login_sunat(visitor, PERSON)
    other = Visitor()
    other.go(component.url())
    stack.login_sunat(other, PERSON)
    visitor.go(f"{stack.issuer}/logout")
    visitor.press("cerrar-sesion")
    assert until(lambda: not has_session(visitor, component))
    # The session of the same person in another browser is another `sid`.
    assert has_session(other, component)


def test_initiated_login_with_a_target_of_its_own_leads_there(
    visitor: Visitor, stack: Stack, component: Component
) -> None:
    asked = {"iss": stack.issuer, "target_link_uri": component.url("/userinfo?tramite=7")}
    visitor.go(component.url("/ingresar"), params=asked)
    stack.login_sunat(visitor, PERSON)
    assert urlsplit(visitor.page.url)[1:4] == urlsplit(component.url("/userinfo?tramite=7"))[1:4]
    assert visitor.page.json()["sub"]


@pytest.mark.parametrize(
    "target", ["https://malo.example/", "//malo.example/", "http://localhost:1/", "\\x", ""]
)
def test_initiated_login_with_a_foreign_target_leads_home(
    target: str, visitor: Visitor, stack: Stack, component: Component
) -> None:
    asked = {"iss": stack.issuer, "target_link_uri": target}
    visitor.go(component.url("/ingresar"), params=asked)
    stack.login_sunat(visitor, PERSON)
    assert urlsplit(visitor.page.url)[1:3] == urlsplit(component.url())[1:3]


def test_initiated_login_at_springs_own_address_ends_at_the_component(
    visitor: Visitor, stack: Stack, component: Component
) -> None:
    """The address that docs/integrar.md registers: no page of one's own is needed."""
    visitor.go(component.url("/oauth2/authorization/vuce"), params={"iss": stack.issuer})
    stack.login_sunat(visitor, PERSON)
    assert visitor.page.url.rstrip("/") == component.url().rstrip("/")
    assert visitor.page.json()["acr"] == SUNAT


def test_initiated_login_for_another_issuer_is_refused(
    visitor: Visitor, component: Component
) -> None:
    answer = visitor.go(component.url("/ingresar"), params={"iss": "https://malo.example"})
    assert answer.status_code == 400
    assert not answer.history


def test_cancelled_login_comes_back_as_access_denied(
    visitor: Visitor, component: Component
) -> None:
    visitor.go(component.url())
    page = visitor.press("cancelar")
    assert page.url == component.url("/ingreso-fallido")
    assert page.json() == {"error": "access_denied"}


def test_answer_to_a_login_that_the_component_forgot_is_refused(
    visitor: Visitor, component: Component
) -> None:
    page = visitor.go(component.url("/login/oauth2/code/vuce?code=x&state=x"))
    assert page.json() == {"error": "authorization_request_not_found"}


def test_component_starts_while_the_provider_does_not_answer(tmp_path: Path) -> None:
    alone = Component("solo", SECRET)
    with started(alone, "http://localhost:1", tmp_path / "solo.log"):
        answer = Visitor().go(alone.url("/salida"))
    assert answer.json() == {"estado": "sin sesión"}
