"""openid-client for Node.js, FAPI 2.0 included: PAR, DPoP and private_key_jwt."""

from __future__ import annotations

from idp.clients.client import Client
from idp.clients.examples.texts import File, quoted, scopes


def render(client: Client, issuer: str) -> tuple[File, ...]:
    """One module: begin a login, finish it, log out; with refresh tokens, renew as well."""
    after = client.post_logout_redirect_uris
    back = f"\n    post_logout_redirect_uri: {_js(after[0])}," if after else ""
    key, proof = PROOF[client.token_endpoint_auth_method]
    request = "client.buildAuthorizationUrl"
    dpop, bound = "", ""
    if client.fapi2:
        request = "await client.buildAuthorizationUrlWithPAR"
        dpop = (
            "const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))\n"
        )
        bound = ", { DPoP }"
    beside = f", {{}}{bound}" if bound else ""
    kept, renew = "", ""
    if "refresh_token" in client.grant_types:
        kept = ", refreshToken: tokens.refresh_token"
        renew = _RENEW.format(beside=beside)
    # openid-client refuses http, which only a machine of one's own may use.
    plain = ", { execute: [client.allowInsecureRequests] }" if issuer.startswith("http:") else ""
    text = f"""\
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
    scope: {_js(scopes(client))},
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
  const claims = tokens.claims()
  // El ID token ya está verificado; lo demás de la persona está en userinfo.
  const more = await client.fetchUserInfo(config, tokens.access_token, claims.sub{bound})
  return {{ claims: {{ ...claims, ...more }}, idToken: tokens.id_token{kept} }}
}}
{renew}
export function logoutUrl(idToken) {{
  return client.buildEndSessionUrl(config, {{
    id_token_hint: idToken,{back}
  }})
}}
"""
    return (File("vuce.mjs", text),)


_RENEW = """
// Cada respuesta trae otro refresh token: guarde siempre el último.
export async function renew(refreshToken) {{
  const tokens = await client.refreshTokenGrant(config, refreshToken{beside})
  return {{ accessToken: tokens.access_token, refreshToken: tokens.refresh_token ?? refreshToken }}
}}
"""
_KEY = """\
import { readFileSync } from 'node:fs'

// Su llave privada (ES256), como JWK; la pública se publica en `jwks_uri`.
const jwk = JSON.parse(readFileSync(process.env.VUCE_CLIENT_KEY))
const key = await crypto.subtle.importKey(
  'jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
"""
PROOF = {
    "client_secret_basic": ("", "client.ClientSecretBasic(process.env.VUCE_CLIENT_SECRET)"),
    "client_secret_post": ("", "client.ClientSecretPost(process.env.VUCE_CLIENT_SECRET)"),
    "private_key_jwt": (_KEY, "client.PrivateKeyJwt({ key, kid: jwk.kid })"),
    "none": ("", "client.None()"),
}


def _js(text: str) -> str:
    """A string of JavaScript, in the quotes that its programmers use."""
    return "'" + quoted(text)[1:-1].replace("'", "\\'") + "'"
