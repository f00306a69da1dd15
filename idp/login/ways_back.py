"""Ways from a login back to the component that it is for."""

from __future__ import annotations

from collections.abc import Iterable
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


def front_door(client: Client, issuer: str) -> str | None:
    """Where a person enters the component: where it begins a login, or else its own page."""
    return initiation_url(client, issuer) or client.client_uri


def return_origins(transaction: Transaction, client: Client | None) -> tuple[str, ...]:
    """Origins that this login may end at: browsers hold a page's `form-action` against the
    redirects that follow the POST as well.
    """
    if transaction.destination == "component":
        return front_door_origins(client)
    uris = [value for name, value in transaction.params if name == "redirect_uri"]
    return _origins(uris, client)


def front_door_origins(client: Client | None) -> tuple[str, ...]:
    """Origins that a login may end at which the component begins anew: it names any of its
    redirect_uris then.
    """
    return _origins(client.redirect_uris if client else (), client)


def _origins(uris: Iterable[str], client: Client | None) -> tuple[str, ...]:
    also = [client.initiate_login_uri] if client and client.initiate_login_uri else []
    parts = [urlsplit(uri) for uri in (*uris, *also)]
    return tuple(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts))
