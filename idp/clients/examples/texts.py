"""What the examples share: quoting, and parts of URIs."""

from __future__ import annotations

import json
from dataclasses import dataclass

from idp.clients.client import Client

SECRET = ("client_secret_basic", "client_secret_post")
_SCOPES = ("openid", "profile", "email", "phone", "address", "vuce", "offline_access")


@dataclass(frozen=True)
class File:
    """A file of a component. name: as is usual. text: what to put there."""

    name: str
    text: str


def scopes(client: Client, between: str = " ") -> str:
    """In the order that people write them: `openid` first."""
    others = sorted(client.scopes.difference(_SCOPES))
    return between.join([*(one for one in _SCOPES if one in client.scopes), *others])


def quoted(text: str) -> str:
    """A string of Python."""
    return json.dumps(text, ensure_ascii=False)


def origin(uri: str) -> str:
    """Scheme, host and port."""
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0].split('?', 1)[0]}"


def path(uri: str) -> str:
    """The path alone."""
    return uri.removeprefix(origin(uri)).split("?", 1)[0] or "/"
