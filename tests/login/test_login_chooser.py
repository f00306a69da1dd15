"""Choosing who you are, and the session that a shared PC may still have."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from login_steps import flag_down, follow, page, park, press

from tests.support.world import REDIRECT_URI, World, query_of

ORIGEN = {"client_id": "origen", "redirect_uri": "http://localhost:9002/callback"}


def test_login_without_a_session_offers_both_kinds_of_user(world: World) -> None:
    browser = world.browser()
    text = page(browser, park(world, browser))
    for words in (
        "Importador / Exportador", "Ingresar con Clave SOL", "Funcionario",
        "Ingresar a la Extranet", "Mercancías Restringidas",
    ):  # fmt: skip
        assert words in text
    assert "Ha ingresado como" not in text


def test_login_at_a_component_of_one_realm_asks_nothing(world: World) -> None:
    browser = world.browser()
    path = park(world, browser, **ORIGEN)
    assert f'href="/upstream/sol/start?txn={path.removeprefix("/login/")}"' in page(browser, path)


@pytest.mark.parametrize("realm", ["sol", "extranet"])
@pytest.mark.parametrize(
    ("down", "room"), [(False, "/upstream/{0}/start"), (True, "/contingencia/")]
)
def test_choice_leads_to_sunat_or_to_contingency_by_the_flag(
    world: World, realm: str, down: bool, room: str
) -> None:
    if down:
        flag_down(world, realm)
    browser = world.browser()
    path = park(world, browser)
    chosen = press(browser, path, "elegir", realm=realm)
    assert (chosen.status_code, chosen.location) == (303, path)
    assert browser.get(path).location.startswith(room.format(realm))


@pytest.mark.parametrize("realm", ["extranet", "otro", "", None])
def test_choice_of_a_realm_that_the_component_has_not_is_refused(
    world: World, realm: str | None
) -> None:
    browser = world.browser()
    path = park(world, browser, **ORIGEN, prompt="select_account")
    response = press(browser, path, "elegir", **({} if realm is None else {"realm": realm}))
    assert response.status_code == 400
    assert "invalid_realm" in response.text


def test_select_account_names_the_session_and_goes_on_with_it(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, world.person())
    path = park(world, browser, prompt="select_account")
    text = page(browser, path)
    assert "Ha ingresado como EXPORTADORA DE PRUEBA S.A." in text
    assert "No soy yo: ingresar con otro usuario" in text
    assert press(browser, path, "continuar").location == path
    last = follow(browser, path)[-1]
    assert last.startswith(REDIRECT_URI)
    assert "code" in query_of(last)


def test_not_me_ends_the_session_and_asks_anew(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, world.person())
    stolen = browser.get_cookie("idp_session", domain="localhost")
    assert stolen is not None
    path = park(world, browser, prompt="select_account")
    press(browser, path, "cambiar")
    assert "Elija su tipo de usuario." in page(browser, path)
    # The session is gone for whoever kept its cookie, too.
    assert world.services.logins.sessions.current(stolen.value) is None


def test_session_in_force_shows_no_page(world: World) -> None:
    browser = world.browser()
    world.log_in(browser, world.person())
    location = world.authorize(browser).location
    assert urlsplit(location).port == 9001


def test_component_that_refuses_contingency_says_so_with_a_way_on(world: World) -> None:
    flag_down(world)
    browser = world.browser()
    estricto = {"client_id": "estricto", "redirect_uri": "http://localhost:9004/callback"}
    path = park(world, browser, **estricto, scope="openid vuce")
    press(browser, path, "elegir", realm="sol")
    text = page(browser, path)
    assert "Este componente requiere ingresar con SUNAT" in text
    assert 'id="reintentar"' in text
    txn = path.removeprefix("/login/")
    # Neither does the form let the person by, who types its address.
    assert browser.get(f"/contingencia/{txn}").location == path
