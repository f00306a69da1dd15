"""Authorization codes in Redis: issued by one script, redeemed by one script."""

from __future__ import annotations

from idp.adapters.redis.access_tokens import access_key, clients_key, ended_key
from idp.adapters.redis.audit_stream import STREAM
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.pushed import pushed_key
from idp.adapters.redis.transactions import transaction_key
from idp.audit.records import AuditRecord
from idp.oidc.ports import Redemption, Refusal, Refused
from idp.oidc.records import CodeRecord

# KEYS: code, audit stream, the session's components, transaction or '', pushed request or ''.
# ARGV: data, client_id, redirect_uri, challenge, expires, TTL, audit entry, session TTL, key,
# what it ends with, the client's sid, and what the audit entry of a redemption will name: person,
# realm, mode, sid, grant.
_ISSUE = """
for i = 4, 5 do
  if KEYS[i] ~= '' and redis.call('EXISTS', KEYS[i]) == 0 then return 0 end
end
for i = 4, 5 do
  if KEYS[i] ~= '' then redis.call('DEL', KEYS[i]) end
end
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'client', ARGV[2], 'redirect_uri', ARGV[3],
  'challenge', ARGV[4], 'expires', ARGV[5], 'jkt', ARGV[9], 'ends_with', ARGV[10],
  'person', ARGV[12], 'realm', ARGV[13], 'mode', ARGV[14], 'sid', ARGV[15], 'grant', ARGV[16])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[11])
redis.call('EXPIRE', KEYS[3], ARGV[8])
redis.call('XADD', KEYS[2], '*', 'record', ARGV[7])
return 1
"""

# KEYS: code, access token, audit stream.
# ARGV: client, redirect_uri, challenge, now, access TTL, audit entry, key, prefix of what ended.
# Only the code knows whose it is, so the entry comes with `@person@` and the like, filled in here.
# A replay revokes only for who proves to be the right one (RFC 6749 §4.1.2): with a stolen code
# alone, nobody ends another's token. Should an answer get lost after the script ran, the
# component's retry is such a replay: it fails, and the login begins anew.
_REDEEM = """
local code = redis.call('HMGET', KEYS[1], 'data', 'client', 'redirect_uri', 'challenge',
  'expires', 'spent', 'jkt', 'ends_with', 'grant')
if not code[1] then return {'unknown'} end
if code[2] ~= ARGV[1] then return {'other_client'} end
if code[3] ~= ARGV[2] then return {'redirect_uri'} end
if code[4] ~= ARGV[3] then return {'verifier'} end
if code[7] ~= '' and code[7] ~= ARGV[7] then return {'dpop_key'} end
local ttl = tonumber(ARGV[5]) + 60
if code[6] then
  redis.call('SET', ARGV[8] .. code[9], '1', 'EX', ttl)
  return {'replayed', code[9]}
end
if tonumber(ARGV[4]) >= tonumber(code[5]) then return {'expired'} end
if redis.call('EXISTS', ARGV[8] .. code[9]) == 1 or
   (code[8] ~= '' and redis.call('EXISTS', ARGV[8] .. code[8]) == 1) then return {'ended'} end
redis.call('HSET', KEYS[1], 'spent', '1')
redis.call('EXPIRE', KEYS[1], ttl)
redis.call('HSET', KEYS[2], 'data', code[1], 'issued', ARGV[4], 'jkt', ARGV[7],
  'expires', tonumber(ARGV[4]) + tonumber(ARGV[5]), 'grant', code[9], 'ends_with', code[8])
redis.call('EXPIRE', KEYS[2], ttl)
local entry = string.gsub(ARGV[6], '@(%a+)@', function(field)
  return redis.call('HGET', KEYS[1], field) or ''
end)
redis.call('XADD', KEYS[3], '*', 'record', entry)
return {'redeemed', code[1]}
"""


def _code_key(code_digest: str) -> str:
    return f"idp:code:{code_digest}"


class RedisCodes:
    """`oidc.ports.CodeStore` on Redis.

    The access token is stored with the code's own record, so that the script needs no JSON of its
    own. The marker of a spent code outlives the access token, so that a replay always finds what
    to revoke.
    """

    def __init__(self, redis: RedisGateway, *, marker_ttl: int, session_ttl: int) -> None:
        self._marker_ttl = marker_ttl
        self._session_ttl = session_ttl
        self._issue = redis.script(_ISSUE)
        self._redeem = redis.script(_REDEEM)

    def issue(
        self,
        code_digest: str,
        code: CodeRecord,
        transaction_id: str | None,
        pushed: str | None,
        audit: AuditRecord,
    ) -> bool:
        """Store a code, and end what led to it in the same step."""
        keys = [
            _code_key(code_digest),
            STREAM,
            clients_key(code.session),
            transaction_key(transaction_id) if transaction_id is not None else "",
            pushed_key(pushed) if pushed is not None else "",
        ]
        values: list[str | float] = [
            *(code.to_json(), code.client_id, code.redirect_uri, code.code_challenge or ""),
            *(code.expires_at, self._marker_ttl, audit.to_json(), self._session_ttl),
            *(code.dpop_jkt or "", code.ends_with, code.sid),
            *(
                code.person_id,
                code.realm,
                code.mode,
                str(audit.details.get("sid", "")),
                code.grant_id,
            ),
        ]
        return bool(self._issue(keys, values))

    def redeem(self, attempt: Redemption, audit: AuditRecord) -> CodeRecord | Refused:
        """Compare, and only then spend."""
        answer = self._redeem(
            [_code_key(attempt.code_digest), access_key(attempt.access_digest), STREAM],
            [
                *(attempt.client_id, attempt.redirect_uri, attempt.challenge or "", attempt.now),
                *(attempt.access_ttl, audit.to_json(), attempt.jkt or "", ended_key("")),
            ],
        )
        if answer[0] == "redeemed":
            return CodeRecord.from_json(answer[1])
        return Refused(Refusal(answer[0]), answer[1] if len(answer) > 1 else "")
