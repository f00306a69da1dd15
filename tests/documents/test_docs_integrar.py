"""docs/integrar.md: no snippet without its test, and configurations as `idp clients add` prints."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from integrar_snippets import ISSUER, ROOT, TEXT, Key, Served, tables

from idp.clients import loader
from idp.clients.examples import example
from idp.clients.examples.spring import APPLICATION_YML, SECURITY_CONFIG
from idp.people.attributes import ATTRIBUTES
from tests.support.components import Party, verified
from tests.support.world import REDIRECT_URI

Snippets = dict[Key, str]
COMPONENT = "https://componente.example"
DEMO = "Cinco minutos con la demostración"
PERSON, ACR = "Qué se sabe de la persona", "`acr`: cómo ingresó"
SERVICE, REFRESH, LOGOUT = "Programas sin persona", "Renovar tokens", "Salir"
NAME = "El nombre de la persona lleva a *Modificación de Datos*"

# Which test runs which fence: a fence in no row fails, and so does a row without its fence.
RUN_BY = {
    (DEMO, "sh"): ["demo_walk"] * 6,
    (DEMO, "json"): ["demo_walk"],
    ("Spring Boot", "sh"): ["spring"],
    ("Spring Boot", "yaml"): ["spring"],
    ("Spring Boot", "java"): ["spring"],
    ("Apache (mod_auth_openidc)", "apache"): ["apache"],
    ("Python (Authlib)", "python"): ["demo_walk"],
    (PERSON, "json"): ["claims_parameter", "id_token"],
    ("De RUC y usuario SOL a `sub`", "sql"): ["accounts", "accounts"],
    (ACR, "json"): ["essential_sunat"],
    (ACR, "python"): ["demo_walk"],
    (ACR, "yaml"): ["sunat_only"],
    (REFRESH, "yaml"): ["refresh"],
    (REFRESH, "sh"): ["refresh"],
    (LOGOUT, "json"): ["logout_notice"],
    (LOGOUT, "python"): ["logout_notice"],
    (NAME, "html"): ["persons_name"],
    (NAME, "yaml"): ["no_nudge"],
    (SERVICE, "sh"): ["service", "service"],
    (SERVICE, "json"): ["service"],
    (SERVICE, "yaml"): ["introspection"],
}


def test_every_snippet_has_a_test_that_runs_it(snippets: Snippets) -> None:
    found = Counter((section, language) for section, language, _ in snippets)
    assert found == Counter({at: len(names) for at, names in RUN_BY.items()})
    # A fence without a language would escape.
    assert TEXT.count("```") == 2 * len(snippets)
    sources = "".join(one.read_text() for one in Path(__file__).parent.glob("test_docs_integrar*"))
    names = {one for row in RUN_BY.values() for one in row}
    assert [
        one for one in names if not re.search(rf"^def test_snippet_{one}_", sources, re.M)
    ] == []


def test_links_within_the_guide_lead_somewhere() -> None:
    heads = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    targets = re.findall(r"\]\(#([^)]+)\)", TEXT)
    assert len(targets) > 12
    assert [one for one in targets if one not in anchors] == []


def test_snippet_spring_is_what_add_prints_and_the_test_component_runs_with(
    provider: Served, snippets: Snippets
) -> None:
    configuration = snippets["Spring Boot", "yaml", 0]
    printed = provider.shell(snippets["Spring Boot", "sh", 0])
    assert provider.here(configuration) in printed
    assert snippets["Spring Boot", "java", 0] == SECURITY_CONFIG
    assert SECURITY_CONFIG in printed
    told = yaml.safe_load(configuration)["spring"]["security"]["oauth2"]["client"]
    file = provider.world.settings.clients_file
    clients = loader.load(file, production=False, realms=("sol", "extranet")).clients
    client, registration = clients["mi-componente"], told["registration"]["vuce"]
    built = registration["redirect-uri"].replace("{registrationId}", "vuce")
    assert built.replace("{baseUrl}", COMPONENT) == client.redirect_uris[0]
    assert set(registration["scope"].split(", ")) == client.scopes
    assert told["provider"]["vuce"]["issuer-uri"] == ISSUER
    # Where the class sends people, they must be let.
    assert client.post_logout_redirect_uris == (f"{COMPONENT}/salida",)
    assert '"{baseUrl}/salida"' in SECURITY_CONFIG


def test_spring_texts_are_those_of_the_component_that_the_tests_log_in_with() -> None:
    source = ROOT / "tests" / "relying_parties" / "spring" / "src" / "main"
    if source.is_dir():
        (java,) = source.rglob("SecurityConfig.java")
        assert java.read_text(encoding="utf-8") == SECURITY_CONFIG
        yml = source / "resources" / "application.yml"
        assert yml.read_text(encoding="utf-8") == APPLICATION_YML
    for name in ("VUCE_CLIENT_ID", "VUCE_CLIENT_SECRET", "VUCE_ISSUER"):
        assert f"${{{name}}}" in APPLICATION_YML


def test_snippet_apache_is_what_add_prints(provider: Served, snippets: Snippets) -> None:
    """tests/relying_parties runs what `example` gives in a real Apache."""
    add = (
        'idp clients add mi-componente --name "Mi componente" --for apache '
        "--redirect-uri https://componente.example/oidc/callback"
    )
    printed = provider.shell(add)
    assert provider.here(snippets["Apache (mod_auth_openidc)", "apache", 0]) in printed
    assert provider.world.services.clients.reload()
    client = provider.world.services.clients.get("mi-componente")
    assert client is not None
    (file,) = example("apache", client, ISSUER).files
    assert file.text == snippets["Apache (mod_auth_openidc)", "apache", 0]


def documented() -> dict[str, tuple[str, set[str]]]:
    """Claim to its scope and places, as the guide's table says."""
    found = {}
    for claims, scope, places, _ in tables(PERSON):
        for claim in re.findall(r"`(\w+)`", claims):
            found[claim] = (scope.strip("`"), set(places.split(", ")))
    return found


def test_claims_table_is_discoverys_list(provider: Served) -> None:
    metadata = provider.world.browser().get("/.well-known/openid-configuration").json
    told = documented()
    assert set(told) == set(metadata["claims_supported"])
    scopes = {one.claim: one.scope for one in ATTRIBUTES}
    assert {name: scope for name, (scope, _) in told.items()} == {
        name: scopes.get(name, "openid") for name in told
    }


EVERYTHING = """
clients:
  - client_id: mr
    client_name: Todo
    redirect_uris: [{uri}]
    scope: openid profile email phone address vuce
    secrets:
      - hash: sha256:{zeros}
"""


@pytest.mark.parametrize(
    ("ruc", "usuario"), [("20131312955", "EXPORTA1"), ("10123456781", "PERSONA1")]
)
def test_claims_table_says_where_each_claim_is(provider: Served, ruc: str, usuario: str) -> None:
    provider.use(EVERYTHING.format(uri=REDIRECT_URI, zeros="0" * 64))
    world = provider.world
    browser = world.browser()
    world.log_in(browser, world.person(ruc, usuario))
    party = Party(world, browser, "mr")
    answer = party.tokens(scope="openid profile email phone address vuce")
    given = {
        "ID token": set(verified(world, answer["id_token"]).claims),
        "userinfo": set(party.userinfo(answer["access_token"]).json),
    }
    # An official's alone, and what SUNAT did not say of this person.
    absent = {"usuario_extranet", "given_name", "family_name"}
    for place, names in given.items():
        wanted = {claim for claim, (_, places) in documented().items() if place in places}
        assert wanted - absent == names, place
