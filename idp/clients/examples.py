"""Configuration that works, for the programs that components are written with.

`idp clients add` prints one, filled in for the new component, and docs/integrar.md shows the same
text: a test runs it, so the two cannot part. The secret itself never stands in it: it comes from
the environment (`VUCE_CLIENT_SECRET`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from idp.clients.block import scalar
from idp.clients.client import Client

_SECRET = ("client_secret_basic", "client_secret_post")
NO_ISSUER = "https://emisor.example"
"""Stands where the issuer would, on a machine that does not know it."""


@dataclass(frozen=True)
class Example:
    """One program's configuration. file: its usual name. text: what to put there."""

    program: str
    file: str
    text: str


def example(program: str, client: Client, issuer: str) -> Example:
    """The configuration of a component that logs people in.

    Raises LookupError, with the reason in Spanish, where there is none for this kind of component.
    """
    file, methods, render = _PROGRAMS[program]
    if not client.redirect_uris:
        raise LookupError("no hay ejemplo para un componente sin `redirect_uris`")
    if client.fapi2 and program != "openid-client":
        raise LookupError("con `profile: fapi2` solo hay ejemplo para openid-client")
    if client.token_endpoint_auth_method not in methods:
        method = client.token_endpoint_auth_method
        raise LookupError(f"no hay ejemplo de {program} con `{method}`")
    return Example(program, file, render(client, issuer))


def _spring(client: Client, issuer: str) -> str:
    method = client.token_endpoint_auth_method
    secret = "            client-secret: ${VUCE_CLIENT_SECRET}\n" if method in _SECRET else ""
    return f"""\
spring:
  security:
    oauth2:
      client:
        registration:
          vuce:
            client-id: {scalar(client.client_id)}
{secret}            client-authentication-method: {method}
            authorization-grant-type: authorization_code
            redirect-uri: {scalar(client.redirect_uris[0])}
            scope: {_scopes(client, ", ")}
        provider:
          vuce:
            issuer-uri: {scalar(issuer)}
            user-name-attribute: sub
"""


def _flask(client: Client, issuer: str) -> str:
    after = client.post_logout_redirect_uris
    back = f"\n        post_logout_redirect_uri={_quoted(after[0])}," if after else ""
    secret = ""
    if client.token_endpoint_auth_method in _SECRET:
        secret = '\n    client_secret=os.environ["VUCE_CLIENT_SECRET"],'
    return f"""\
import os

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
vuce = OAuth(app).register(
    "vuce",
    client_id={_quoted(client.client_id)},{secret}
    server_metadata_url={_quoted(issuer + "/.well-known/openid-configuration")},
    client_kwargs={{
        "scope": {_quoted(_scopes(client))},
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": {_quoted(client.token_endpoint_auth_method)},
    }},
)


@app.get("/login")
def login():
    return vuce.authorize_redirect({_quoted(client.redirect_uris[0])})


@app.get({_quoted(_path(client.redirect_uris[0]))})
def callback():
    token = vuce.authorize_access_token()
    session["sub"] = token["userinfo"]["sub"]
    session["id_token"] = token["id_token"]
    return redirect("/")


@app.post("/logout")
def logout():
    id_token = session.pop("id_token", None)
    session.clear()
    return vuce.logout_redirect(
        id_token_hint=id_token,{back}
    )
"""


def _apache(client: Client, issuer: str) -> str:
    method = client.token_endpoint_auth_method
    proof = 'OIDCClientSecret "${VUCE_CLIENT_SECRET}"'
    if method == "private_key_jwt":
        proof = "OIDCPrivateKeyFiles /etc/apache2/vuce.pem"
    home = client.client_uri or _origin(client.redirect_uris[0]) + "/"
    return f"""\
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client.client_id}
{proof}
OIDCProviderTokenEndpointAuth {method}
OIDCRedirectURI {client.redirect_uris[0]}
OIDCDefaultURL {home}
OIDCScope "{_scopes(client)}"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCCryptoPassphrase "${{VUCE_COOKIE_KEY}}"

<Location />
    AuthType openid-connect
    Require valid-user
</Location>
"""


def _openid_client(client: Client, issuer: str) -> str:
    after = client.post_logout_redirect_uris
    back = f"\n    post_logout_redirect_uri: {_js(after[0])}," if after else ""
    key, proof = _JS_PROOF[client.token_endpoint_auth_method]
    request = "client.buildAuthorizationUrl"
    dpop, bound, beside = "", "", ""
    if client.fapi2:
        request = "await client.buildAuthorizationUrlWithPAR"
        dpop = (
            "const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))\n"
        )
        bound, beside = ", { DPoP }", ", {}, { DPoP }"
    # openid-client refuses http, which only a machine of one's own may use.
    plain = ", { execute: [client.allowInsecureRequests] }" if issuer.startswith("http:") else ""
    return f"""\
import * as client from 'openid-client'
{key}
const config = await client.discovery(
  new URL({_js(issuer)}), {_js(client.client_id)}, undefined,
  {proof}{plain})
{dpop}const redirect_uri = {_js(client.redirect_uris[0])}

// Guarde `pending` en la sesión del navegador y redirija a `url`.
export async function begin() {{
  const pending = {{
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
  }}
  const url = {request}(config, {{
    redirect_uri,
    scope: {_js(_scopes(client))},
    state: pending.expectedState,
    nonce: pending.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pending.pkceCodeVerifier),
    code_challenge_method: 'S256',
  }}{bound})
  return {{ url, pending }}
}}

// `current`: la dirección completa (URL) con la que volvió la persona.
export async function finish(current, pending) {{
  const tokens = await client.authorizationCodeGrant(config, current, pending{beside})
  return {{ claims: tokens.claims(), idToken: tokens.id_token }}
}}

export function logoutUrl(idToken) {{
  return client.buildEndSessionUrl(config, {{
    id_token_hint: idToken,{back}
  }})
}}
"""


_JS_KEY = """\
import { readFileSync } from 'node:fs'

// Su llave privada (ES256), como JWK; la pública se publica en `jwks_uri`.
const jwk = JSON.parse(readFileSync(process.env.VUCE_CLIENT_KEY))
const key = await crypto.subtle.importKey(
  'jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
"""
_JS_PROOF = {
    "client_secret_basic": ("", "client.ClientSecretBasic(process.env.VUCE_CLIENT_SECRET)"),
    "client_secret_post": ("", "client.ClientSecretPost(process.env.VUCE_CLIENT_SECRET)"),
    "private_key_jwt": (_JS_KEY, "client.PrivateKeyJwt({ key, kid: jwk.kid })"),
    "none": ("", "client.None()"),
}


def _scopes(client: Client, between: str = " ") -> str:
    """In the order that people write them: `openid` first."""
    known = ("openid", "profile", "email", "phone", "address", "vuce", "offline_access")
    others = sorted(client.scopes.difference(known))
    return between.join([*(one for one in known if one in client.scopes), *others])


def _quoted(text: str) -> str:
    """A string of Python."""
    return json.dumps(text, ensure_ascii=False)


def _js(text: str) -> str:
    """A string of JavaScript, in the quotes that its programmers use."""
    return "'" + _quoted(text)[1:-1].replace("'", "\\'") + "'"


def _origin(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0].split('?', 1)[0]}"


def _path(uri: str) -> str:
    return uri.removeprefix(_origin(uri)).split("?", 1)[0] or "/"


_PROGRAMS: dict[str, tuple[str, tuple[str, ...], Callable[[Client, str], str]]] = {
    "spring": ("application.yml", (*_SECRET, "none"), _spring),
    "openid-client": ("vuce.mjs", tuple(_JS_PROOF), _openid_client),
    "flask": ("app.py", (*_SECRET, "none"), _flask),
    "apache": ("vuce.conf", (*_SECRET, "private_key_jwt"), _apache),
}
PROGRAMS = tuple(_PROGRAMS)
