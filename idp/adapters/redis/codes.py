"""Authorization codes and access tokens in Redis, redeemed by one script."""

from __future__ import annotations

import json
from typing import Any

from idp.adapters.redis.audit_stream import STREAM
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.transactions import transaction_key
from idp.audit.records import AuditRecord
from idp.oidc.ports import Redemption, Refusal
from idp.oidc.records import AccessRecord, CodeRecord

# KEYS: code, audit stream, the session's components, [transaction].
# ARGV: data, client_id, redirect_uri, challenge, expires, TTL, audit entry, session TTL, and what
# the audit entry of a redemption will name: person, realm, mode, sid, grant.
_ISSUE = """
if KEYS[4] and redis.call('DEL', KEYS[4]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'client', ARGV[2], 'redirect_uri', ARGV[3],
  'challenge', ARGV[4], 'expires', ARGV[5], 'person', ARGV[9], 'realm', ARGV[10],
  'mode', ARGV[11], 'sid', ARGV[12], 'grant', ARGV[13])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('SADD', KEYS[3], ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[8])
redis.call('XADD', KEYS[2], '*', 'record', ARGV[7])
return 1
"""

# KEYS: code, access token, audit stream.
# ARGV: client, redirect_uri, challenge, now, access digest, access TTL, audit entry. Only the code
# knows whose it is, so the entry comes with `@person@` and the like, filled in here. A replay
# revokes only for who proves to be the right one (RFC 6749 §4.1.2): with a stolen code alone,
# nobody ends another's token. Should an answer get lost after the script ran, the component's
# retry is such a replay: it fails, and the login begins anew.
_REDEEM = """
local code = redis.call('HMGET', KEYS[1], 'data', 'client', 'redirect_uri', 'challenge',
  'expires', 'access')
if not code[1] then return {'unknown'} end
if code[2] ~= ARGV[1] then return {'other_client'} end
if code[3] ~= ARGV[2] then return {'redirect_uri'} end
if code[4] ~= ARGV[3] then return {'verifier'} end
if code[6] then
  redis.call('DEL', 'idp:access:' .. code[6])
  return {'replayed'}
end
if tonumber(ARGV[4]) >= tonumber(code[5]) then return {'expired'} end
local ttl = tonumber(ARGV[6])
redis.call('HSET', KEYS[1], 'access', ARGV[5])
redis.call('EXPIRE', KEYS[1], ttl + 60)
redis.call('HSET', KEYS[2], 'code', code[1], 'expires', tonumber(ARGV[4]) + ttl)
redis.call('EXPIRE', KEYS[2], ttl + 60)
local entry = string.gsub(ARGV[7], '@(%a+)@', function(field)
  return redis.call('HGET', KEYS[1], field) or ''
end)
redis.call('XADD', KEYS[3], '*', 'record', entry)
return {'redeemed', code[1]}
"""


def _code_key(code_digest: str) -> str:
    return f"idp:code:{code_digest}"


def _access_key(access_digest: str) -> str:
    return f"idp:access:{access_digest}"


class RedisCodes:
    """`oidc.ports.CodeStore` on Redis.

    The access token is stored as the code's own record with an expiry, so that the script needs
    no JSON of its own. The marker of a spent code outlives the access token, so that a replay
    always finds what to revoke.
    """

    def __init__(self, redis: RedisGateway, *, marker_ttl: int, session_ttl: int) -> None:
        self._redis = redis
        self._marker_ttl = marker_ttl
        self._session_ttl = session_ttl
        self._issue = redis.script(_ISSUE)
        self._redeem = redis.script(_REDEEM)

    def issue(
        self, code_digest: str, code: CodeRecord, transaction_id: str | None, audit: AuditRecord
    ) -> bool:
        """Store a code, and end its transaction in the same step."""
        keys = [_code_key(code_digest), STREAM, f"idp:sid:{code.sid}:clients"]
        if transaction_id is not None:
            keys.append(transaction_key(transaction_id))
        return bool(
            self._issue(
                keys,
                [
                    code.to_json(),
                    code.client_id,
                    code.redirect_uri,
                    code.code_challenge or "",
                    code.expires_at,
                    self._marker_ttl,
                    audit.to_json(),
                    self._session_ttl,
                    code.person_id,
                    code.realm,
                    code.mode,
                    code.sid,
                    code.grant_id,
                ],
            )
        )

    def redeem(self, attempt: Redemption, audit: AuditRecord) -> CodeRecord | Refusal:
        """Compare, and only then spend."""
        answer = self._redeem(
            [_code_key(attempt.code_digest), _access_key(attempt.access_digest), STREAM],
            [
                attempt.client_id,
                attempt.redirect_uri,
                attempt.challenge or "",
                attempt.now,
                attempt.access_digest,
                attempt.access_ttl,
                audit.to_json(),
            ],
        )
        if answer[0] == "redeemed":
            return CodeRecord.from_json(answer[1])
        return Refusal(answer[0])

    def access(self, access_digest: str, now: float) -> AccessRecord | None:
        """The live access token, or None."""
        with self._redis.guard():
            found: Any = self._redis.client.hmget(_access_key(access_digest), ["code", "expires"])
        data, expires = found
        if not data or now >= float(expires):
            return None
        code = json.loads(data)
        return AccessRecord(
            client_id=code["client_id"],
            scope=code["scope"],
            person_id=code["person_id"],
            sub=code["sub"],
            sid=code["sid"],
            grant_id=code["grant_id"],
            expires_at=float(expires),
        )
