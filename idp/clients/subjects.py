"""A person's `sub`, and a session's `sid`, as a component sees them (OpenID Connect Core §8)."""

from __future__ import annotations

from idp.clients.client import Client
from idp.kernel.ids import keyed_token, same


class Subjects:
    """Public ids as they are; pairwise ones derived for the component's sector.

    key: 32 bytes. Derived ids cannot be turned back, and those of two sectors cannot be related.
    A pairwise `sid` is derived too: a shared one would relate the persons behind it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sub(self, client: Client, sub: str) -> str:
        """The subject identifier (OpenID Connect Core §8.1)."""
        return self._of(client, "sub", sub)

    def sid(self, client: Client, sid: str) -> str:
        """The session identifier (OpenID Connect Back-Channel Logout §2.1)."""
        return self._of(client, "sid", sid)

    def is_sub(self, client: Client, sub: str, seen: str) -> bool:
        """Whether the component knows the person of `sub` as `seen`."""
        return same(self.sub(client, sub), seen)

    def _of(self, client: Client, kind: str, value: str) -> str:
        if client.subject_type != "pairwise":
            return value
        sector = client.sector
        return keyed_token(self._key, f"{kind}:{len(sector)}:{sector}:{value}")
