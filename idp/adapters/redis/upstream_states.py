"""States of people who are at an upstream, and the codes that came back, in Redis."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.federation.driver import Refusal
from idp.federation.ports import Arrival, Departure
from idp.kernel.ids import digest

# A code outlives its state at most by what SUNAT lets it live, which nobody has published.
CODE_SEEN_TTL = 86_400

# KEYS: the state[, the code]. ARGV: realm, browser hash, now, seconds that a code stays seen.
# The code is noted before anything is judged: whoever brought it, it is not exchanged again.
# A callback that does not fit leaves the state to the browser that it belongs to.
_ARRIVE = """
local seen = false
if KEYS[2] then
  seen = not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[4])
end
local realm, browser, transaction, expires, spent, client = unpack(redis.call('HMGET', KEYS[1],
  'realm', 'browser', 'transaction', 'expires', 'spent', 'client'))
client = client or ''
if not realm then return {'state_unknown'} end
if realm ~= ARGV[1] then return {'state_other_realm'} end
if browser ~= ARGV[2] then return {'state_other_browser'} end
if tonumber(ARGV[3]) >= tonumber(expires) then
  return {'state_expired', realm, browser, transaction, expires, client}
end
if spent then return {'state_spent', realm, browser, transaction, expires, client} end
redis.call('HSET', KEYS[1], 'spent', '1')
if seen then return {'code_seen', realm, browser, transaction, expires, client} end
return {'', realm, browser, transaction, expires, client}
"""


class RedisUpstreamStates:
    """`federation.ports.StateStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis
        self._arrive = redis.script(_ARRIVE)

    def put(self, state: str, departure: Departure, *, now: datetime) -> None:
        """Keep a new state until it expires."""
        key = _state_key(state)
        left = (departure.expires_at - now).total_seconds()
        values = {
            "realm": departure.realm,
            "browser": departure.browser_hash,
            "transaction": departure.transaction_id,
            "expires": departure.expires_at.timestamp(),
            "client": departure.client_id or "",
        }

        def commands(pipe: Any) -> None:
            pipe.hset(key, mapping=values)
            # The TTL only collects: whether it expired is for our own clock to say.
            pipe.expire(key, max(1, int(left)) + 60)

        self._redis.pipeline(commands)

    def waits(self, state: str, browser_hash: str, *, now: datetime) -> bool:
        """Read and compare; nothing is noted."""
        with self._redis.guard():
            found: Any = self._redis.client.hmget(
                _state_key(state), ["browser", "expires", "spent"]
            )
        browser, expires, spent = found
        return browser == browser_hash and not spent and now.timestamp() < float(expires)

    def arrive(
        self,
        state: str,
        code: str | None,
        *,
        realm: str,
        browser_hash: str | None,
        now: datetime,
    ) -> Arrival:
        """Note the code, compare, spend: one script."""
        keys = [_state_key(state)]
        if code is not None:
            keys.append(f"idp:federation:code:{digest(code)}")
        answer = self._arrive(keys, [realm, browser_hash or "", now.timestamp(), CODE_SEEN_TTL])
        refusal = Refusal(answer[0]) if answer[0] else None
        if len(answer) == 1:
            return Arrival(None, refusal)
        return Arrival(
            Departure(
                realm=answer[1],
                browser_hash=answer[2],
                transaction_id=answer[3],
                expires_at=datetime.fromtimestamp(float(answer[4]), UTC),
                client_id=answer[5] or None,
            ),
            refusal,
        )


def _state_key(state: str) -> str:
    return f"idp:federation:state:{digest(state)}"
