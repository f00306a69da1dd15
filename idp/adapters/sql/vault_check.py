"""Whether a database was filled with the lookup key at hand.

With another one nobody would be found, and everybody made anew with another `sub`.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from idp.adapters.sql.models import VaultCheckRow
from idp.adapters.sql.tables import insert_new, table_of
from idp.kernel.errors import Unavailable
from idp.people.vault import Vault

_CHECK = table_of(VaultCheckRow)
OTHER_KEYS = "the database was filled with another file of data keys"


class VaultCheck:
    """Looks once; an answer that fits is remembered for the life of the process."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._fits = False

    def read(self, connection: Connection) -> None:
        """Raise Unavailable("data_keys") where it was filled with another key."""
        if self._fits:
            return
        found = connection.execute(select(_CHECK.c.fingerprint)).scalars().all()
        if found and list(found) != [self._vault.fingerprint]:
            raise Unavailable("data_keys", OTHER_KEYS)
        if found:
            self._vault.pin()
            self._fits = True

    def write(self, connection: Connection) -> None:
        """The same before something is written; the first writer says with which key."""
        if self._fits:
            return
        self.read(connection)
        if not self._fits:
            insert_new(connection, _CHECK, {"fingerprint": self._vault.fingerprint})
