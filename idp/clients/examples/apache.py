"""Apache with mod_auth_openidc in front of an application of any kind."""

from __future__ import annotations

from idp.clients.client import Client
from idp.clients.examples.texts import File, origin, scopes


def render(client: Client, issuer: str) -> tuple[File, ...]:
    """One file, to include in a virtual host."""
    method = client.token_endpoint_auth_method
    proof = 'OIDCClientSecret "${VUCE_CLIENT_SECRET}"'
    if method == "private_key_jwt":
        proof = "OIDCPrivateKeyFiles /etc/apache2/vuce.pem"
    home = client.client_uri or origin(client.redirect_uris[0]) + "/"
    text = f"""\
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client.client_id}
{proof}
OIDCProviderTokenEndpointAuth {method}
OIDCRedirectURI {client.redirect_uris[0]}
OIDCDefaultURL {home}
OIDCScope "{scopes(client)}"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCCryptoPassphrase "${{VUCE_COOKIE_KEY}}"

<Location />
    AuthType openid-connect
    Require valid-user
</Location>
"""
    return (File("vuce.conf", text),)
