"""Rules on programs that watch over the provider, or flip the flag, by the console's API."""

from __future__ import annotations

from collections.abc import Callable

from idp.clients.client import ADMIN_READ, ADMIN_SWITCH
from idp.clients.raw import Raw
from idp.clients.report import shown

_SCOPES = (ADMIN_READ, ADMIN_SWITCH)


def _admin(raw: Raw) -> None:
    """Such a program acts for itself, and does nothing else: what lets people in holds no key to
    the switch. That it keeps a secret follows (RFC 6749 §4.4).
    """
    scopes = dict.fromkeys((raw.text("scope") or "").split())
    given = [one for one in scopes if one.startswith("admin:")]
    path = (*raw.path, "scope")
    for one in given:
        if one not in _SCOPES:
            raw.add(path, f"el scope {shown(one)} no existe", "uno de: " + ", ".join(_SCOPES))
    if given and set(raw.grants) != {"client_credentials"}:
        message = f"`{given[0]}` exige que `client_credentials` sea el único grant"
        raw.add(path, message, "registre otro componente con `grant_types: [client_credentials]`")


RULES: tuple[Callable[[Raw], None], ...] = (_admin,)
