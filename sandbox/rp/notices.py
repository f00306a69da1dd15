"""How people log in now, as the provider tells it: signed events, each counted once."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

EVENT = "urn:vuce:event:login-mode"
USERS = {"sol": "Importador / Exportador", "extranet": "Funcionario"}


class EventRefused(Exception):
    """RFC 8935 §2.4: `code` is what the provider is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Mode:
    """How people of a realm log in. seq: which change it was; at: epoch seconds."""

    realm: str
    mode: str
    seq: int
    at: int

    @property
    def words(self) -> str:
        """What the page says."""
        users = USERS.get(self.realm, self.realm)
        hour = time.strftime("%H:%M", time.gmtime(self.at - 5 * 3_600))
        how = "con SUNAT" if self.mode == "sunat" else "por correo electrónico (contingencia)"
        return f"{users}: se ingresa {how} desde las {hour} h (aviso {self.seq})"


class Notices:
    """The newest of each realm; an older one that comes late, or a second time, changes nothing."""

    def __init__(self) -> None:
        self._newest: dict[str, Mode] = {}
        self._lock = threading.Lock()

    def take(self, claims: dict[str, Any]) -> bool:
        """Whether it was news. Raises EventRefused. claims: of a token that was verified."""
        found = claims.get("events", {}).get(EVENT)
        try:
            told = Mode(
                str(found["realm"]), str(found["mode"]), int(found["seq"]), int(claims["toe"])
            )
        except (KeyError, TypeError, ValueError):
            raise EventRefused("invalid_request") from None
        with self._lock:
            before = self._newest.get(told.realm)
            if before is not None and before.seq >= told.seq:
                return False
            self._newest[told.realm] = told
            return True

    def all(self) -> list[Mode]:
        """In the order of the realms' names."""
        with self._lock:
            return [self._newest[realm] for realm in sorted(self._newest)]
