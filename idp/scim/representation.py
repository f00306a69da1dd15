"""A person as the User that a system is answered, with its version and its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scim2_models import Context, ResponseParameters

from idp.kernel.clock import Clock
from idp.people.ports import Listed
from idp.scim import mapping
from idp.scim.schema import PersonUser
from idp.scim.versions import version_of

Parameters = ResponseParameters[Any]
# What whoever may not read needs to go on writing; `id` is always there.
_UNREAD: Parameters = ResponseParameters[PersonUser].model_validate(
    {"attributes": "externalId,meta"}
)


@dataclass(frozen=True)
class Shown:
    """A User as it is answered. version: its entity tag. location: its URL."""

    body: dict[str, Any]
    version: str
    location: str
    id: str


class Representation:
    """base: the URL of `/scim/v2`. version_key: of entity tags."""

    def __init__(self, *, clock: Clock, base: str, version_key: bytes) -> None:
        self._clock = clock
        self._base = base
        self._key = version_key

    def members(self, listed: Listed) -> dict[str, Any]:
        """What a system sees of a person, but `meta`."""
        return mapping.payload(listed, self._clock.now())

    def version(self, members: dict[str, Any]) -> str:
        """The entity tag of those members."""
        return version_of(self._key, members)

    def shown(self, listed: Listed, asked: Parameters | None) -> Shown:
        """The User, with the attributes that were asked for (RFC 7644 §3.9); None: for nobody who
        may read them.
        """
        members, person = self.members(listed), listed.person
        version, location = self.version(members), f"{self._base}/Users/{person.id}"
        members["meta"] = {
            "resourceType": "User",
            "created": person.created_at,
            "lastModified": person.updated_at,
            "location": location,
            "version": version,
        }
        body = PersonUser.model_validate(members).model_dump(
            scim_ctx=Context.RESOURCE_QUERY_RESPONSE,
            response_parameters=_UNREAD if asked is None else asked,
        )
        return Shown(body, version, location, person.id)
