"""Which program has an example for which component, and that no example holds a secret."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

import pytest
import yaml

from idp.clients.client import Client, Secret
from idp.clients.examples import PROGRAMS, example, usual_program

ISSUER = "https://emisor.example"
CLIENT = Client(
    client_id="dos",
    client_name="Dos",
    redirect_uris=("https://dos.pe/login/oauth2/code/vuce",),
    post_logout_redirect_uris=("https://dos.pe/salida",),
    scopes=frozenset({"vuce", "openid", "offline_access", "profile"}),
    secrets=(Secret("ab" * 32),),
)
SERVICE = replace(
    CLIENT, redirect_uris=(), grant_types=("client_credentials",), scopes=frozenset({"a:b", "a:a"})
)
METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
HAS = {
    "spring": {"client_secret_basic", "client_secret_post", "none"},
    "flask": {"client_secret_basic", "client_secret_post", "none"},
    "apache": {"client_secret_basic", "client_secret_post", "private_key_jwt"},
    "openid-client": set(METHODS),
    "curl": {"client_secret_basic", "client_secret_post"},
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("method", METHODS)
def test_example_is_there_for_what_the_program_can_do(program: str, method: str) -> None:
    kind = SERVICE if program == "curl" else CLIENT
    client = replace(kind, token_endpoint_auth_method=method)
    if method not in HAS[program]:
        with pytest.raises(LookupError, match=f"{program} con `{method}`"):
            example(program, client, ISSUER)
        return
    texts = [one.text for one in example(program, client, ISSUER).files]
    assert any(ISSUER in text and "dos" in text for text in texts)
    assert "VUCE_CLIENT_SECRET" in "".join(texts) or not method.startswith("client_secret")
    assert "ab" * 32 not in "".join(texts)


@pytest.mark.parametrize("program", [one for one in PROGRAMS if one != "openid-client"])
def test_example_of_fapi_is_openid_clients_alone(program: str) -> None:
    fapi = replace(CLIENT, profile="fapi2", token_endpoint_auth_method="private_key_jwt")
    with pytest.raises(LookupError, match="no hay ejemplo|fapi2"):
        example(program, fapi, ISSUER)
    (file,) = example("openid-client", fapi, ISSUER).files
    for word in ("buildAuthorizationUrlWithPAR", "getDPoPHandle", "PrivateKeyJwt"):
        assert word in file.text
    assert usual_program(fapi) == "openid-client"


@pytest.mark.parametrize("program", PROGRAMS)
def test_example_of_a_service_is_curls_alone(program: str) -> None:
    wrong = CLIENT if program == "curl" else SERVICE
    with pytest.raises(LookupError, match="grant_types"):
        example(program, wrong, ISSUER)
    assert (usual_program(SERVICE), usual_program(CLIENT)) == ("curl", "spring")
    assert 'scope=a:a a:b"' in example("curl", SERVICE, ISSUER).files[0].text


@pytest.mark.parametrize("client_id", ["dos", "true", "12", "0x1f"])
def test_spring_example_is_yaml_that_reads_back(client_id: str) -> None:
    file = example("spring", replace(CLIENT, client_id=client_id), ISSUER).files[0]
    found = yaml.safe_load(file.text)["spring"]["security"]["oauth2"]["client"]
    assert found["registration"]["vuce"]["client-id"] == client_id
    assert found["registration"]["vuce"]["scope"] == "openid, profile, vuce, offline_access"
    assert found["provider"]["vuce"]["issuer-uri"] == ISSUER


def test_spring_example_of_a_public_component_names_no_secret() -> None:
    public = replace(CLIENT, token_endpoint_auth_method="none")
    text = example("spring", public, ISSUER).files[0].text
    assert "client-authentication-method: none" in text
    assert "secret" not in text.lower()


@pytest.mark.parametrize("after", [(), ("https://dos.pe/salida",)], ids=["nowhere", "somewhere"])
def test_flask_example_is_python_for_its_own_paths(after: tuple[str, ...]) -> None:
    client = replace(
        CLIENT, redirect_uris=("https://dos.pe/a/b?c=1",), post_logout_redirect_uris=after
    )
    text = example("flask", client, ISSUER).files[0].text
    ast.parse(text)
    assert '@app.get("/a/b")' in text
    assert ("post_logout_redirect_uri" in text) is bool(after)
    assert max(len(line) for line in text.splitlines()) <= 100


def test_example_on_this_machine_lets_openid_client_speak_http() -> None:
    local, real = (
        example("openid-client", CLIENT, issuer).files[0].text
        for issuer in ("http://localhost:8000", ISSUER)
    )
    assert "allowInsecureRequests" in local
    assert not re.search("insecure", real, re.IGNORECASE)
