"""The files that the repository publishes: clients.yaml, its schema, its reference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clients_texts import HASH, OTHER_HASH, REALMS, Load, client, document
from jsonschema import Draft202012Validator

from idp.clients import loader
from idp.clients.client import Client, ContingencyPolicy
from idp.clients.secrets import PLACEHOLDER
from idp.clients.shape import SCHEMA, SCHEMA_FILE

ROOT = Path(__file__).resolve().parents[2]
PORTS = {"mercancias-restringidas": 8001, "origen": 8002, "gestion-autorizaciones": 8003}


def _committed() -> dict[str, Client]:
    result = loader.load(ROOT / "clients.yaml", production=False, realms=REALMS)
    assert result.problems == ()
    return dict(result.clients)


def test_clients_yaml_registers_the_three_components() -> None:
    clients = _committed()
    assert list(clients) == list(PORTS)
    for client_id, port in PORTS.items():
        found = clients[client_id]
        assert found.redirect_uris == (f"http://localhost:{port}/callback",)
        assert found.post_logout_redirect_uris == (f"http://localhost:{port}/",)
        assert found.initiate_login_uri == f"http://localhost:{port}/login"
        assert found.scopes == {"openid", "profile", "email", "vuce"}
        assert found.realms == ("sol", "extranet")
        assert found.require_pkce
    assert clients["gestion-autorizaciones"].id_token_signed_response_alg == "ES256"


def test_clients_yaml_holds_no_secret_that_works() -> None:
    for one in _committed().values():
        assert [secret.sha256 for secret in one.secrets] == [PLACEHOLDER]


def test_clients_yaml_as_committed_is_refused_in_production() -> None:
    result = loader.load(ROOT / "clients.yaml", production=True, realms=REALMS)
    placeholders = [one for one in result.problems if one.path.endswith(".hash")]
    assert len(placeholders) == len(PORTS)


def test_schema_is_itself_valid() -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "definition", ["client", "secret", "contingency", "nudge", "scim", "status"]
)
def test_reference_names_every_field_of_the_schema(definition: str) -> None:
    reference = (ROOT / "docs" / "clients-yaml.md").read_text(encoding="utf-8")
    for key in SCHEMA["$defs"][definition]["properties"]:
        assert f"`{key}`" in reference, key


def test_reference_example_is_valid_in_production(load: Load) -> None:
    reference = (ROOT / "docs" / "clients-yaml.md").read_text(encoding="utf-8")
    example = reference.split("```yaml\n")[1].split("```")[0]
    assert load(example, production=True).problems == ()


def test_load_minimal_client_gets_the_documented_defaults(load: Load) -> None:
    found = load(document()).clients["uno"]
    assert found.token_endpoint_auth_method == "client_secret_basic"
    assert found.grant_types == ("authorization_code",)
    assert found.response_types == ("code",)
    assert found.id_token_signed_response_alg == "RS256"
    assert found.realms == REALMS
    assert found.contingency == ContingencyPolicy(True, None, "limit", False)
    assert (found.state_lifetime, found.require_pkce, found.public) == (300, True, False)
    assert (found.initiate_login_uri, found.client_uri, found.allowed_origins) == (None, None, ())


def test_load_full_client_keeps_every_value(load: Load) -> None:
    until = "2027-01-31T00:00:00Z"
    text = document(
        client(
            token_endpoint_auth_method="client_secret_post",
            secrets=f"[{{hash: {HASH}, not_after: '{until}'}}, {{hash: {OTHER_HASH}}}]",
            allowed_origins="['https://a.example.com:8443']",
            realms="[extranet]",
            contingency="{allowed: false, max_session: 900, on_recovery: keep, "
            "require_known_browser: true}",
            state_lifetime="3600",
            require_pkce="false",
        )
    )
    found = load(text).clients["uno"]
    assert [one.sha256 for one in found.secrets] == ["ab" * 32, "cd" * 32]
    assert [one.not_after is None for one in found.secrets] == [False, True]
    assert found.contingency == ContingencyPolicy(False, 900, "keep", True)
    assert (found.realms, found.state_lifetime, found.require_pkce) == (("extranet",), 3600, False)


def test_load_public_client_needs_no_secret(load: Load) -> None:
    text = document(client(secrets=None, token_endpoint_auth_method="none"))
    assert load(text).clients["uno"].public
