"""Rules on systems that write or read people by SCIM (`idp/scim`)."""

from __future__ import annotations

from collections.abc import Callable

from idp.clients.client import SCIM_READ, SCIM_WRITE
from idp.clients.raw import Raw
from idp.clients.report import shown
from idp.clients.uris import uri_faults

_SCOPES = (SCIM_READ, SCIM_WRITE)
_NEEDS = {"wins": SCIM_WRITE, "trust_logins": SCIM_WRITE, "events_uri": SCIM_READ}


def _scim(raw: Raw) -> None:
    """RFC 7644: who writes or reads people does so for itself."""
    scopes = (raw.text("scope") or "").split()
    for one in dict.fromkeys(scopes):
        if one.startswith("scim:") and one not in _SCOPES:
            message = f"el scope {shown(one)} no existe"
            raw.add((*raw.path, "scope"), message, "uno de: " + ", ".join(_SCOPES))
    given = raw.data.get("scim")
    if not isinstance(given, dict) or not raw.report.usable((*raw.path, "scim")):
        return
    uri = given.get("events_uri")
    if isinstance(uri, str) and raw.report.usable((*raw.path, "scim", "events_uri")):
        faults = uri_faults(
            uri,
            loopback=not raw.production,
            example="https://personas.vuce.gob.pe/avisos",
            loopback_hint="use https",
        )
        raw.tell((*raw.path, "scim", "events_uri"), faults)
    for key, needed in _NEEDS.items():
        if key not in given or not raw.report.usable((*raw.path, "scim", key)):
            continue
        if needed not in scopes or "client_credentials" not in raw.grants:
            message = f"no sirve sin el grant `client_credentials` y el scope `{needed}`"
            raw.add((*raw.path, "scim", key), message, "agréguelos, o quítelo")


RULES: tuple[Callable[[Raw], None], ...] = (_scim,)
