"""Ways from a login back to the component that it is for."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

from idp.clients.client import Client
from idp.login.transaction import Transaction


def initiation_url(client: Client | None, issuer: str) -> str | None:
    """Where the component begins a login of its own accord (OpenID Connect Core §4), or None."""
    if client is None or client.initiate_login_uri is None:
        return None
    parts = urlsplit(client.initiate_login_uri)
    query = "&".join(part for part in (parts.query, urlencode({"iss": issuer})) if part)
    return urlunsplit(parts._replace(query=query))


def return_origins(transaction: Transaction, client: Client | None) -> tuple[str, ...]:
    """Origins that this login may end at: browsers hold a page's `form-action` against the
    redirects that follow the POST as well.
    """
    uris = [value for name, value in transaction.params if name == "redirect_uri"]
    if client is not None and client.initiate_login_uri is not None:
        uris.append(client.initiate_login_uri)
    parts = [urlsplit(uri) for uri in uris]
    return tuple(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts))
