"""The two realms of the mock: where they live, whom they trust, how they sign their users."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.people import EXTRANET, SOL

CLIENT_SECRET = "sandbox-sunat-secret"
DEFAULT_CALLBACKS = {
    SOL: "http://localhost:8000/upstream/sol/callback",
    EXTRANET: "http://localhost:8000/upstream/extranet/callback",
}


@dataclass(frozen=True)
class Realm:
    """One realm. `original_urls` are the only places that a code is ever sent to."""

    name: str
    path: str
    title: str
    client_id: str
    client_secret: str
    tip_origen: str
    original_urls: tuple[str, ...]

    def token_path(self) -> str:
        """The token endpoint's path, with the trailing slash that SUNAT insists on."""
        return f"/v1/{self.path}/{self.client_id}/oauth2/token/"


def build_realms(original_urls: Iterable[str] = ()) -> tuple[Realm, ...]:
    """Both realms; `original_urls` replaces the demo's callbacks, in both.

    As at SUNAT, a callback is registered as a whole and compared as a whole.
    """
    given = tuple(original_urls)
    return (
        Realm(
            name=SOL,
            path="clientessol",
            title="Clave SOL",
            client_id="vuce-sol",
            client_secret=CLIENT_SECRET,
            tip_origen="IT",
            original_urls=given or (DEFAULT_CALLBACKS[SOL],),
        ),
        Realm(
            name=EXTRANET,
            path="clientesextranet",
            title="Extranet",
            client_id="vuce-extranet",
            client_secret=CLIENT_SECRET,
            tip_origen="ET",
            original_urls=given or (DEFAULT_CALLBACKS[EXTRANET],),
        ),
    )
