"""What describes this service (RFC 7644 §4, RFC 7643 §5-7): the same for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idp.scim.schema import CONFIG, PROVIDER

_LISTING = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


class Discovery:
    """base: the URL of `/scim/v2`. event_uris: the events that somebody is told of, now."""

    def __init__(self, *, base: str, event_uris: Callable[[], list[str]]) -> None:
        self._event_uris = event_uris
        self._config = _described(CONFIG.model_dump(), f"{base}/ServiceProviderConfig", "")
        self._all = {
            kind: [
                _described(one.model_dump(), f"{base}/{kind}/{one.id}", kind.removesuffix("s"))
                for one in found
            ]
            for kind, found in (
                ("Schemas", PROVIDER.schemas),
                ("ResourceTypes", PROVIDER.resource_types),
            )
        }

    def config(self) -> dict[str, Any]:
        """The ServiceProviderConfig; events (RFC 9967 §4) only where somebody has subscribed."""
        uris = self._event_uris()
        events = {"securityEvents": {"asyncRequest": "none", "eventUris": uris}} if uris else {}
        return {**self._config, **events}

    def all(self, kind: str) -> dict[str, Any]:
        """`Schemas` or `ResourceTypes`, as a ListResponse."""
        found = self._all[kind]
        return {
            "schemas": [_LISTING],
            "totalResults": len(found),
            "startIndex": 1,
            "itemsPerPage": len(found),
            "Resources": found,
        }

    def one(self, kind: str, name: str) -> dict[str, Any] | None:
        """The one of that id."""
        return next((one for one in self._all[kind] if one["id"] == name), None)


def _described(found: dict[str, Any], location: str, kind: str) -> dict[str, Any]:
    meta = {"resourceType": kind or "ServiceProviderConfig", "location": location}
    return {**found, "meta": meta}
