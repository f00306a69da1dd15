"""Texts of small clients.yaml files, valid or with one thing changed."""

from __future__ import annotations

from collections.abc import Callable

from idp.clients.problem import LoadResult

REALMS = ("sol", "extranet")
HASH = "sha256:" + "ab" * 32
OTHER_HASH = "sha256:" + "cd" * 32

Load = Callable[..., LoadResult]


def client(client_id: str = "uno", **lines: str | None) -> str:
    """One client of the file as text; `lines` replaces a key's text, None leaves the key out."""
    keys: dict[str, str | None] = {
        "client_id": client_id,
        "client_name": "Uno",
        "redirect_uris": "[https://uno.example.com/callback]",
        "scope": "openid profile",
        "secrets": f"[{{hash: {HASH}}}]",
    }
    keys.update(lines)
    text = [f"{key}: {value}" for key, value in keys.items() if value is not None]
    return "  - " + "\n    ".join(text) + "\n"


def document(*clients: str) -> str:
    """The whole file as text: `clients:` is line 1, the first client_id line 2."""
    return "clients:\n" + "".join(clients or (client(),))
