"""What every component does, by the configuration that `idp clients add` prints, unmodified:
Apache's mod_auth_openidc, Authlib in Flask, and openid-client with and without FAPI 2.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.people import PEOPLE, SandboxPerson
from tests.relying_parties.apache_component import apache
from tests.relying_parties.component import Component
from tests.relying_parties.flask_component import flask
from tests.relying_parties.node_component import node
from tests.relying_parties.stack import CONTINGENCY, SUNAT, Stack
from tests.relying_parties.visitor import Visitor

Outage = Callable[[str], None]
_Start = Callable[[Stack, Path], AbstractContextManager[Component]]
_KINDS: dict[str, _Start] = {
    "apache": apache,
    "authlib": flask,
    "openid-client": partial(node, fapi2=False),
    "openid-client-fapi2": partial(node, fapi2=True),
}
# Each enters with another person, since a person gets five mails a day.
_PEOPLE = dict(zip(_KINDS, ("EXPORTA1", "PERSONA1", "IMPORTA1", "EXT0003"), strict=True))
_KNOWS_NO_ISS = "apache"


@pytest.fixture(scope="module", params=_KINDS)
def component(
    request: pytest.FixtureRequest, stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Component]:
    """Each, registered and running."""
    with _KINDS[request.param](stack, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def person(component: Component) -> SandboxPerson:
    return next(one for one in PEOPLE if one.usuario == _PEOPLE[component.name])


@pytest.fixture
def logged_in(
    visitor: Visitor, stack: Stack, component: Component, person: SandboxPerson
) -> Visitor:
    visitor.go(component.home)
    stack.login_sunat(visitor, person)
    return visitor


def told_of(person: SandboxPerson) -> dict[str, str]:
    """What any login tells of a person."""
    user = "usuario_sol" if person.realm == "sol" else "usuario_extranet"
    return {
        "realm": person.realm,
        "ruc": person.ruc,
        user: person.usuario,
        "email": str(person.email),
    }


def test_login_through_sunat_ends_at_the_component_with_the_claims(
    logged_in: Visitor, component: Component, person: SandboxPerson
) -> None:
    assert logged_in.page.url == component.home
    told = logged_in.page.json()
    assert told["acr"] == SUNAT
    expected = told_of(person)
    assert {name: told[name] for name in expected} == expected
    assert not {"usuario_sol", "usuario_extranet"} <= told.keys()


def test_contingency_is_the_same_person_by_another_acr(
    logged_in: Visitor, stack: Stack, component: Component, person: SandboxPerson, outage: Outage
) -> None:
    sub = logged_in.page.json()["sub"]
    outage(person.realm)
    other = Visitor()
    other.go(component.home)
    stack.login_contingency(other, person)
    assert other.page.url == component.home
    told = other.page.json()
    assert (told["sub"], told["acr"]) == (sub, CONTINGENCY)
    expected = told_of(person)
    assert {name: told[name] for name in expected} == expected


def test_login_that_somebody_begins_elsewhere_ends_at_the_component(
    visitor: Visitor, stack: Stack, component: Component, person: SandboxPerson
) -> None:
    """OpenID Connect Core §4: `initiate_login_uri`, with the issuer that begins it."""
    visitor.go(component.initiate, params={"iss": stack.issuer})
    stack.login_sunat(visitor, person)
    assert visitor.page.json()["ruc"] == person.ruc


def test_used_link_leads_to_a_new_login_at_the_component(
    visitor: Visitor, stack: Stack, component: Component, person: SandboxPerson, outage: Outage
) -> None:
    """A person opens yesterday's mail: the page's button is the `initiate_login_uri`."""
    outage(person.realm)
    before = stack.mails(person)
    visitor.go(component.home)
    stack.login_contingency(visitor, person)
    other = Visitor()
    other.go(stack.link(person, after=before))
    again = other.href("reiniciar")
    assert again.startswith(component.initiate)
    assert parse_qs(urlsplit(again).query)["iss"] == [stack.issuer]
    other.go(again)
    stack.login_contingency(other, person)
    assert other.page.json()["acr"] == CONTINGENCY


def test_logout_at_the_component_ends_both_sessions_and_leads_back(
    logged_in: Visitor, stack: Stack, component: Component
) -> None:
    component.leave(logged_in)
    # SUNAT's own session may live on, and the provider says so before the way back.
    assert logged_in.page.url.startswith(f"{stack.issuer}/logout?")
    assert logged_in.href("volver").split("?")[0] == component.after_logout
    logged_in.go(component.home)
    assert logged_in.page.url.startswith(f"{stack.issuer}/login/")


def test_cancelled_login_is_told_and_lets_nobody_in(
    visitor: Visitor, stack: Stack, component: Component
) -> None:
    visitor.go(component.home)
    page = visitor.press("cancelar")
    assert any("error=access_denied" in one.url for one in (*page.history, page))
    if component.name == _KNOWS_NO_ISS:
        # mod_auth_openidc 2.4.12 takes an error with `iss` (RFC 9207) for a login that somebody
        # begins elsewhere, and asks once more: a page of ours, where the person decides.
        assert page.url.startswith(f"{stack.issuer}/login/")
        return
    assert urlsplit(page.url)[:2] == urlsplit(component.home)[:2]
    assert page.status_code == 400
