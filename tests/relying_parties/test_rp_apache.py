"""Apache with mod_auth_openidc: the back channel, and renewing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.relying_parties.apache_component import apache
from tests.relying_parties.component import Component
from tests.relying_parties.stack import OFFICIAL, PERSON, Stack
from tests.relying_parties.visitor import Visitor


@pytest.fixture(scope="module")
def component(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Component]:
    with apache(stack, tmp_path_factory.mktemp("apache"), name="apache-aviso") as found:
        yield found


def still_there(visitor: Visitor, component: Component) -> bool:
    return visitor.go(component.home, allow_redirects=False).status_code == 200


def test_logout_at_the_provider_ends_that_browsers_session_at_the_component(
    visitor: Visitor, stack: Stack, component: Component
) -> None:
    visitor.go(component.home)
    stack.login_sunat(visitor, PERSON)
    other = Visitor()
    other.go(component.home)
    stack.login_sunat(other, PERSON)
    visitor.go(f"{stack.issuer}/logout")
    visitor.press("cerrar-sesion")
    deadline = time.monotonic() + 20
    while still_there(visitor, component) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not still_there(visitor, component)
    assert still_there(other, component)


def test_page_that_was_asked_for_is_where_the_login_ends(
    visitor: Visitor, stack: Stack, component: Component
) -> None:
    visitor.go(f"{component.home}tramites?numero=7")
    stack.login_sunat(visitor, OFFICIAL)
    assert visitor.page.json()["path"] == "/tramites?numero=7"
