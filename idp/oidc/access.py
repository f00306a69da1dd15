"""Access tokens as they are presented at userinfo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from authlib.oauth2.rfc6750 import BearerTokenValidator

from idp.kernel.clock import Clock
from idp.kernel.ids import digest
from idp.oidc.ports import CodeStore
from idp.oidc.records import AccessRecord
from idp.people.attributes import claims
from idp.people.person import Person


@dataclass(frozen=True)
class Token:
    """A live access token, as Authlib asks about it."""

    record: AccessRecord

    def is_expired(self) -> bool:
        """The store gives only live ones."""
        return False

    def is_revoked(self) -> bool:
        """A revoked one is deleted."""
        return False

    def get_scope(self) -> str:
        """As granted."""
        return self.record.scope


class Bearer(BearerTokenValidator):  # type: ignore[misc]
    """RFC 6750 over the store of digests."""

    def __init__(self, store: CodeStore, clock: Clock) -> None:
        super().__init__(realm="vuce")
        self._store = store
        self._clock = clock

    def authenticate_token(self, token_string: str) -> Token | None:
        """The live token, or None."""
        record = self._store.access(digest(token_string), self._clock.timestamp())
        return Token(record) if record else None


class FindsPeople(Protocol):
    """What is needed of the directory."""

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        ...


class UserInfo:
    """The claims that a token's scopes give, as the directory has them now (Core §5.3)."""

    def __init__(self, *, bearer: Bearer, people: FindsPeople, clock: Clock) -> None:
        self._bearer = bearer
        self._people = people
        self._clock = clock

    def claims(self, access_token: str) -> dict[str, Any]:
        """Claims by name, with `sub`. Raises Authlib's errors for a bad token or scope."""
        token = self._bearer.authenticate_token(access_token)
        self._bearer.validate_token(token, ["openid"], None)
        assert token is not None
        record = token.record
        found: dict[str, Any] = {"sub": record.sub}
        person = self._people.get(record.person_id)
        if person is not None:
            found.update(claims(person, frozenset(record.scope.split()), self._clock.now()))
        return found
