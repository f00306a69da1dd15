"""Where in a SCIM User (RFC 7643 §4.1) an attribute of a person stands."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Self

# Our extension of the User: what its core schema has no place for.
EXTENSION = "urn:vuce:scim:schemas:extension:1.0:Person"
_PATH = re.compile(r"(?:(urn:[^ ]+):)?(\w+)(?:\[type eq \"(\w+)\"\])?(?:\.(\w+))?")

Payload = MutableMapping[str, Any]


@dataclass(frozen=True)
class ScimPath:
    """A path as PATCH has it (RFC 7644 §3.5.2), taken apart.

    kind: of the value meant among those of a multi-valued attribute.
    """

    extension: str | None
    attribute: str
    kind: str | None = None
    member: str | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a path of our tables. Raises ValueError."""
        found = _PATH.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return cls(*found.groups())

    @property
    def name(self) -> str:
        """The attribute as a whole, as an event names it (RFC 9967 §2.2)."""
        return f"{self.extension}:{self.attribute}" if self.extension else self.attribute

    def get(self, payload: Payload) -> Any:
        """The value there, or None."""
        found: Any = payload.get(self.extension) if self.extension else payload
        found = (found or {}).get(self.attribute)
        if self.kind is not None:
            alike = [one for one in found or () if one.get("type") == self.kind]
            found = alike[0] if alike else None
        if self.member is not None:
            found = (found or {}).get(self.member)
        return found

    def put(self, payload: Payload, value: Any) -> None:
        """Set the value there, making what leads to it."""
        place: Any = payload
        if self.extension:
            place = place.setdefault(self.extension, {})
        if self.kind is not None:
            entries = place.setdefault(self.attribute, [])
            place = next((one for one in entries if one["type"] == self.kind), None)
            if place is None:
                place = {"type": self.kind}
                entries.append(place)
        elif self.member is not None:
            place = place.setdefault(self.attribute, {})
        place[self.member or self.attribute] = value


def own(attribute: str) -> str:
    """The path of an attribute of our extension."""
    return f"{EXTENSION}:{attribute}"
