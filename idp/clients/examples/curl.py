"""A program that acts for itself, by client_credentials: one request says it all."""

from __future__ import annotations

from idp.clients.client import Client
from idp.clients.examples.texts import File


def render(client: Client, issuer: str) -> tuple[File, ...]:
    """A request for a token, as a command."""
    scope = " ".join(sorted(one for one in client.scopes if ":" in one))
    proof = f'--user "{client.client_id}:$VUCE_CLIENT_SECRET"'
    if client.token_endpoint_auth_method == "client_secret_post":
        proof = f'--data client_id={client.client_id} --data "client_secret=$VUCE_CLIENT_SECRET"'
    text = f"""\
curl --silent {proof} \\
  --data grant_type=client_credentials --data-urlencode "scope={scope}" \\
  {issuer}/token
"""
    return (File("token.sh", text),)
