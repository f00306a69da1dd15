"""Rows of the people's tables: what is personal sealed on the way in, opened on the way out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row

from idp.adapters.sql.models import PersonRow
from idp.adapters.sql.tables import table_of
from idp.kernel.identity import Identifier
from idp.kernel.ids import storable
from idp.people.person import Address, Person
from idp.people.vault import Vault

# What stands in a person's `sealed`, by the names of the person's fields.
_TEXTS = (
    "identifier",
    "ruc",
    "usuario",
    "tipo_usuario",
    "name",
    "given_name",
    "family_name",
)
_MAPPINGS = ("extras", "standard", "profile", "said")
_NOT_PLAIN = ("sealed", "ruc_digest")
_PLAIN = tuple(column.name for column in table_of(PersonRow).c if column.name not in _NOT_PLAIN)


class SealedRows:
    """Between persons and rows."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def identifier_digest(self, identifier: Identifier) -> str:
        """The key under which an identifier is found."""
        return self._vault.lookup(f"identifier:{identifier.realm}", identifier.value)

    def email_digest(self, email: str) -> str:
        """The key under which a normalised address is found, whoever's it is."""
        return self._vault.lookup("email", email.casefold())

    def ruc_digest(self, ruc: str) -> str:
        """The key under which everybody of a company is found."""
        return self._vault.lookup("ruc", ruc)

    def identifier_row(self, person_id: str, identifier: Identifier) -> dict[str, Any]:
        """The row that lets an identifier name a person."""
        digest = self.identifier_digest(identifier)
        return {
            "digest": digest,
            "realm": identifier.realm,
            "sealed": self._vault.seal(identifier.value, f"identifiers:{digest}"),
            "person_id": person_id,
        }

    def identifier(self, row: Row[Any]) -> Identifier:
        """What such a row names."""
        return Identifier(row.realm, self._vault.open(row.sealed, f"identifiers:{row.digest}"))

    def person_row(self, person: Person) -> dict[str, Any]:
        """A person's own row."""
        known: dict[str, Any] = {name: storable(getattr(person, name)) for name in _TEXTS}
        for name in _MAPPINGS:
            known[name] = {key: storable(one) for key, one in getattr(person, name).items()}
        text = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
        return {name: getattr(person, name) for name in _PLAIN} | {
            "ruc_digest": self.ruc_digest(person.ruc) if person.ruc else None,
            "sealed": self._vault.seal(text, f"people:{person.id}"),
        }

    def person(self, row: Row[Any], addresses: Iterable[Row[Any]]) -> Person:
        """The person of a row and of their addresses' rows."""
        known: dict[str, Any] = json.loads(self._vault.open(row.sealed, f"people:{row.id}"))
        known.update({name: MappingProxyType(known.get(name, {})) for name in _MAPPINGS})
        return Person(
            addresses=tuple(self.address(found) for found in addresses),
            **known,
            **{name: getattr(row, name) for name in _PLAIN},
        )

    def address_row(self, person_id: str, address: Address) -> dict[str, Any]:
        """The row of an address."""
        return {
            "id": address.id,
            "person_id": person_id,
            "email_digest": self.email_digest(address.email),
            "sealed": self._vault.seal(address.email, f"addresses:{address.id}"),
            "created_at": address.created_at,
            "verified_at": address.verified_at,
            "counts_from": address.counts_from,
            "undeliverable_at": address.undeliverable_at,
            "confirmed_at": address.confirmed_at,
        }

    def address(self, row: Row[Any]) -> Address:
        """The address of a row."""
        return Address(
            id=row.id,
            email=self._vault.open(row.sealed, f"addresses:{row.id}"),
            created_at=row.created_at,
            verified_at=row.verified_at,
            counts_from=row.counts_from,
            undeliverable_at=row.undeliverable_at,
            confirmed_at=row.confirmed_at,
        )
