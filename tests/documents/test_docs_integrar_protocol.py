"""docs/integrar.md's claims, tokens, logout and services, against a provider that answers."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator

import dramatiq
import pytest
from integrar_snippets import Key, Served

from idp.clients import loader
from idp.clients.client import NudgePolicy
from idp.clients.report import Report
from idp.kernel.identity import Mode
from idp.upstream_status.state import FlagState
from idp.wiring import worker_broker
from tests.support.components import Party, verified
from tests.support.world import World

Snippets = dict[Key, str]
PERSON, ACR = "Qué se sabe de la persona", "`acr`: cómo ingresó"
ACCOUNTS, REFRESH, LOGOUT = "De RUC y usuario SOL a `sub`", "Renovar tokens", "Salir"
SERVICE = "Programas sin persona"
NAME = "El nombre de la persona lleva a *Modificación de Datos*"
UNMET = "unmet_authentication_requirements"
ZEROS = "sha256:" + "0" * 64


@pytest.fixture
def sunat_down(provider: Served) -> Iterator[None]:
    """Both upstreams flagged down, until the test is over."""
    status = provider.world.services.upstream_status
    for realm in ("sol", "extranet"):
        status.set(realm, FlagState.FORCED_DOWN, reason="prueba", who="prueba")
    yield
    for realm in ("sol", "extranet"):
        status.set(realm, FlagState.AUTO, reason="prueba", who="prueba")


def party(world: World, client_id: str = "mr", mode: Mode = Mode.SUNAT) -> Party:
    """A component before a person who is logged in."""
    browser = world.browser()
    world.log_in(browser, world.person(), mode)
    return Party(world, browser, client_id)


def test_snippet_claims_parameter_puts_userinfos_claims_into_the_id_token(
    provider: Served, snippets: Snippets
) -> None:
    mr = party(provider.world)
    plain = verified(provider.world, mr.tokens()["id_token"]).claims
    asked = mr.tokens(claims=snippets[PERSON, "json", 0])
    more = verified(provider.world, asked["id_token"]).claims
    assert set(more) - set(plain) == {"email", "name"}


def test_snippet_id_token_shows_what_one_holds(provider: Served, snippets: Snippets) -> None:
    shown = json.loads(snippets[PERSON, "json", 1])
    given = verified(provider.world, party(provider.world).tokens()["id_token"]).claims
    assert {name: type(value) for name, value in shown.items()} == {
        name: type(value) for name, value in given.items()
    }
    for name in ("acr", "amr", "realm", "ruc", "usuario_sol", "tipo_usuario"):
        assert shown[name] == given[name]
    assert shown["exp"] - shown["iat"] == given["exp"] - given["iat"] == 900


def test_snippet_accounts_are_linked_once_and_never_by_mail(snippets: Snippets) -> None:
    """The two statements, as the guide's three steps use them."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE cuenta (id, realm, ruc, usuario, correo)")
    rows = [
        (1, "sol", "20131312955 ", "exporta1", "comun@example.com"),
        (2, "sol", "20131312955", "OTRO", "comun@example.com"),
        (3, "extranet", "20131312955", "EXPORTA1", "comun@example.com"),
    ]
    database.executemany("INSERT INTO cuenta VALUES (?, ?, ?, ?, ?)", rows)
    database.executescript(snippets[ACCOUNTS, "sql", 0])

    def link(sub: str, usuario: str = "EXPORTA1") -> int:
        wanted = {"sub": sub, "realm": "sol", "ruc": "20131312955", "usuario": usuario}
        return database.execute(snippets[ACCOUNTS, "sql", 1], wanted).rowcount

    assert [link("a"), link("b"), link("c", "NADIE")] == [1, 0, 0]
    linked = database.execute("SELECT id FROM cuenta WHERE vuce_sub IS NOT NULL").fetchall()
    assert linked == [(1,)]
    with pytest.raises(sqlite3.IntegrityError):
        link("a", "OTRO")


def test_snippet_essential_sunat_is_never_met_by_mail(
    provider: Served, snippets: Snippets, sunat_down: None
) -> None:
    asked = {"claims": snippets[ACR, "json", 0], "prompt": "none"}
    by_mail = party(provider.world, mode=Mode.CONTINGENCIA)
    assert "code" in by_mail.answer(prompt="none")
    assert by_mail.answer(**asked)["error"] == UNMET
    assert "code" in party(provider.world).answer(**asked)


def test_snippet_sunat_only_needs_no_parameter(
    provider: Served, snippets: Snippets, sunat_down: None
) -> None:
    provider.use(snippets[ACR, "yaml", 0])
    by_mail = party(provider.world, "mi-componente", Mode.CONTINGENCIA)
    assert by_mail.answer(prompt="none")["error"] == UNMET


def test_snippet_refresh_renews_and_rotates(provider: Served, snippets: Snippets) -> None:
    provider.use(snippets[REFRESH, "yaml", 0])
    component = party(provider.world, "mi-componente")
    first = component.tokens(scope="openid vuce offline_access")
    printed = provider.shell(
        snippets[REFRESH, "sh", 0],
        VUCE_CLIENT_SECRET=provider.world.secret,
        REFRESH_TOKEN=first["refresh_token"],
    )
    renewed = json.loads(printed)
    assert renewed["refresh_token"] != first["refresh_token"]
    before, after = (verified(provider.world, one["id_token"]).claims for one in (first, renewed))
    for name in ("sub", "sid", "auth_time", "acr"):
        assert after[name] == before[name]
    assert ("nonce" in before, "nonce" in after) == (True, False)


def test_refresh_rules_of_contingency_are_as_the_guide_says(
    provider: Served, snippets: Snippets, sunat_down: None
) -> None:
    provider.use(snippets[REFRESH, "yaml", 0])
    component = party(provider.world, "mi-componente", Mode.CONTINGENCIA)
    answer = component.tokens(scope="openid vuce offline_access")
    assert answer["scope"] == "openid vuce"
    again = component.refresh(answer["refresh_token"])
    assert again.status_code == 200
    status = provider.world.services.upstream_status
    status.set("sol", FlagState.FORCED_UP, reason="vuelve", who="prueba")
    over = component.refresh(again.json["refresh_token"])
    assert (over.status_code, over.json["error"]) == (400, "invalid_grant")


NOTICE = """
clients:
  - client_id: mi-componente
    client_name: Mi componente
    redirect_uris: [http://localhost:9001/callback]
    scope: openid
    backchannel_logout_uri: {url}/aviso
    secrets:
      - hash: {zeros}
"""


def test_snippet_logout_notice_is_verified_by_the_guides_function(
    provider: Served, snippets: Snippets
) -> None:
    provider.use(NOTICE.format(url=provider.url, zeros=ZEROS))
    world = provider.world
    component = party(world, "mi-componente")
    answer = component.tokens(scope="openid")
    component.browser.get("/logout", query_string={"id_token_hint": answer["id_token"]})
    work(world)
    (notice,) = provider.notices

    module: dict[str, object] = {}
    exec(provider.here(snippets[LOGOUT, "python", 0]), module)  # the guide's own words
    ended_session = module["ended_session"]
    assert callable(ended_session)
    given = verified(world, notice)
    assert ended_session(notice) == given.claims["sid"]
    assert given.claims["sid"] == verified(world, answer["id_token"]).claims["sid"]
    for no_notice in (answer["id_token"], notice[:-8] + "AAAAAAAA"):
        with pytest.raises(Exception, match=r"aviso|signature"):
            ended_session(no_notice)

    shown = json.loads(snippets[LOGOUT, "json", 0])
    assert {name: type(value) for name, value in shown.items()} == {
        name: type(value) for name, value in given.claims.items()
    }
    assert shown["events"] == given.claims["events"]
    assert shown["exp"] - shown["iat"] == given.claims["exp"] - given.claims["iat"]


def work(world: World) -> None:
    """Let a worker send what is queued."""
    broker = worker_broker(world.services)()
    queue = "logout-notify"  # alone: mails would be retried for as long as no relay answers
    worker = dramatiq.Worker(broker, queues={queue}, worker_threads=1, worker_timeout=50)
    worker.start()
    broker.join(queue, timeout=10_000)
    worker.join()
    worker.stop()
    broker.client.close()


def test_snippet_persons_name_leads_to_the_form_and_from_there_back(
    provider: Served, snippets: Snippets
) -> None:
    own_page = "    client_uri: https://componente.example/\n    scope:"
    provider.use(snippets[NAME, "yaml", 0].replace("    scope:", own_page))
    link = re.search(r'href="([^"]+)"', provider.here(snippets[NAME, "html", 0]))
    assert link
    browser = party(provider.world, "mi-componente").browser
    browser.get("/cuenta")
    page = browser.get(link[1].removeprefix(provider.url))
    assert "Modificación de Datos de EXPORTADORA DE PRUEBA S.A." in page.text
    onward = re.search(r'href="([^"]+)">Continuar a Mi componente<', page.text)
    assert onward
    assert browser.get(onward[1]).location == "https://componente.example/"


def test_snippet_no_nudge_switches_both_off(provider: Served, snippets: Snippets) -> None:
    provider.use(snippets[NAME, "yaml", 0])
    found = provider.world.services.clients.get("mi-componente")
    assert found is not None
    assert found.nudge == NudgePolicy(missing=False, yearly=False)


def test_snippet_service_gets_the_token_that_is_shown(provider: Served, snippets: Snippets) -> None:
    printed = provider.shell(snippets[SERVICE, "sh", 0])
    request = provider.here(snippets[SERVICE, "sh", 1])
    assert request in printed
    (line,) = [one for one in printed.splitlines() if "client_secret  " in one]
    assert provider.world.services.clients.reload()
    given = json.loads(provider.shell(request, VUCE_CLIENT_SECRET=line.split()[1]))
    shown = json.loads(snippets[SERVICE, "json", 0])
    assert given.keys() == shown.keys()
    assert {**given, "access_token": ""} == {**shown, "access_token": ""}


def test_snippet_introspection_lets_the_api_ask_about_the_other(
    provider: Served, snippets: Snippets
) -> None:
    both = snippets[SERVICE, "yaml", 0]
    provider.use(both.replace("1" * 64, "0" * 64))
    world = provider.world
    form = {"grant_type": "client_credentials"}
    token = Party(world, world.browser(), "reportes").post("/token", form).json["access_token"]
    for client_id, active in (("api-tramites", True), ("reportes", True)):
        asking = Party(world, world.browser(), client_id)
        answer = asking.post("/introspect", {"token": token}).json
        assert answer["active"] is active
        assert (answer["client_id"], answer["scope"]) == ("reportes", "tramites:leer")
    own = Party(world, world.browser(), "api-tramites").post("/token", form).json["access_token"]
    other = Party(world, world.browser(), "reportes").post("/introspect", {"token": own})
    assert other.json == {"active": False}


def test_every_registration_shown_has_no_problem(snippets: Snippets) -> None:
    """In production too, but for the secrets that stand there as examples."""
    shown = [text for (_, language, _), text in snippets.items() if text.startswith("clients:")]
    assert len(shown) == 4
    for text in shown:
        real = text.replace(ZEROS, "sha256:" + "ab" * 32)
        found = loader.parse(
            real.encode(), report=Report("f"), production=True, realms=("sol", "extranet")
        )
        assert found.problems == ()
