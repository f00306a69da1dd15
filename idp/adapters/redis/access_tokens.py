"""Access tokens in Redis, and the marks of what ended before its time.

A mark stands for a whole grant or a whole chain of sessions: setting one ends every token of it,
however many there are, also those that are being issued at this very moment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from idp.adapters.redis.audit_stream import STREAM
from idp.adapters.redis.connection import RedisGateway
from idp.audit.records import AuditRecord
from idp.oidc.records import AccessRecord, Grant

# KEYS: access token, audit stream, mark of the grant, mark of the session or ''.
# ARGV: data, issued, expires, key, grant, what it ends with, TTL, audit entry.
_ADD = """
for i = 3, 4 do
  if KEYS[i] ~= '' and redis.call('EXISTS', KEYS[i]) == 1 then return 0 end
end
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'issued', ARGV[2], 'expires', ARGV[3],
  'jkt', ARGV[4], 'grant', ARGV[5], 'ends_with', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('XADD', KEYS[2], '*', 'record', ARGV[8])
return 1
"""

# KEYS: access token. ARGV: prefix of the marks.
_GET = """
local token = redis.call('HMGET', KEYS[1], 'data', 'issued', 'expires', 'jkt', 'grant', 'ends_with')
if not token[1] then return false end
for i = 5, 6 do
  if token[i] ~= '' and redis.call('EXISTS', ARGV[1] .. token[i]) == 1 then return false end
end
return {token[1], token[2], token[3], token[4]}
"""


def access_key(access_digest: str) -> str:
    """The key of an access token."""
    return f"idp:access:{access_digest}"


def ended_key(mark: str) -> str:
    """The key that says that a grant or a chain of sessions has ended."""
    return f"idp:ended:{mark}"


def clients_key(session: str) -> str:
    """The key of the components that a chain of sessions was used for."""
    return f"idp:chain:{session}:clients"


class RedisAccessTokens:
    """`oidc.ports.AccessStore` on Redis. mark_ttl: seconds; longer than whatever a mark may end."""

    def __init__(self, redis: RedisGateway, *, mark_ttl: int) -> None:
        self._redis = redis
        self._mark_ttl = mark_ttl
        self._add = redis.script(_ADD)
        self._get = redis.script(_GET)

    def add(self, access_digest: str, record: AccessRecord, audit: AuditRecord) -> bool:
        """Store a token, unless what it belongs to has ended."""
        grant = record.grant
        ends_with = grant.ends_with
        life = max(1, int(record.expires_at - record.issued_at))
        keys = [access_key(access_digest), STREAM, ended_key(grant.grant_id)]
        keys.append(ended_key(ends_with) if ends_with else "")
        values: list[str | float] = [
            *(grant.to_json(), record.issued_at, record.expires_at, record.jkt or ""),
            *(grant.grant_id, ends_with, life + 60, audit.to_json()),
        ]
        return bool(self._add(keys, values))

    def get(self, access_digest: str, now: float) -> AccessRecord | None:
        """The live one, or None."""
        found = self._get([access_key(access_digest)], [ended_key("")])
        if not found or now >= float(found[2]):
            return None
        return AccessRecord(
            Grant.from_json(found[0]), float(found[1]), float(found[2]), found[3] or None
        )

    def remove(self, access_digest: str) -> None:
        """End one token."""
        with self._redis.guard():
            self._redis.client.delete(access_key(access_digest))

    def end(self, mark: str) -> None:
        """End every token of a grant, or of a chain of sessions."""
        with self._redis.guard():
            self._redis.client.set(ended_key(mark), "1", ex=self._mark_ttl)

    def session_clients(self, session: str) -> dict[str, str]:
        """The components of a chain of sessions, each with the `sid` that it knows."""
        with self._redis.guard():
            found: Any = self._redis.client.hgetall(clients_key(session))
        return dict(found)

    def end_where(self, *, client_id: str | None = None, person_id: str | None = None) -> int:
        """End every code and token of a component, a person, or everybody."""
        ended = 0
        for key, data in self._all():
            grant = json.loads(data)
            if client_id not in (None, grant["client_id"]):
                continue
            if person_id not in (None, grant["person_id"]):
                continue
            with self._redis.guard():
                ended += int(self._redis.client.delete(key))
        return ended

    def _all(self) -> Iterator[tuple[str, str]]:
        """Every code and every access token, with what it stands for."""
        for pattern in ("idp:access:*", "idp:code:*"):
            with self._redis.guard():
                for key in self._redis.client.scan_iter(match=pattern, count=1_000):
                    data: Any = self._redis.client.hget(key, "data")
                    if data:
                        yield key, data
