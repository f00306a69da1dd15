"""Links in Redis: a hash each, an index per transaction and one per identifier.

Expiry is a field compared with our clock; the TTL only collects, and late: who opens a link that
ended hours ago is told so, rather than that it never was.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.kernel.ids import digest
from idp.links.link import Link, LinkState
from idp.links.ports import Admission, Outcome

_KEPT = 86_400

# KEYS: the link, its transaction's index, its identifier's index.
# ARGV: now, gap, cap, bound (when it stops counting for its identifier), digest, TTL, origin,
# fields…
# An entry of the identifier's index lasts for its whole bound, used or not: were it to end
# earlier for a link that was sent or used, a stranger could count who exists.
# When the identifier is full, an origin that holds two more than the asking one gives up its oldest
# link: whoever asks from one place alone cannot keep the owner out, and many places together gain
# no more mails than the cap.
_ADD = """
local function supersede(digest)
  local key = 'idp:links:' .. digest
  local state = redis.call('HGET', key, 'state')
  if state == 'asked' or state == 'live' then redis.call('HSET', key, 'state', 'superseded') end
end
local now, gap, cap = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local old = redis.call('GET', KEYS[2])
local old_key = old and ('idp:links:' .. old)
if old and gap > 0 then
  local created = tonumber(redis.call('HGET', old_key, 'created_at') or '0')
  if created + gap > now then return {0, tostring(created + gap - now)} end
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
local others, held, first = {}, {}, nil
local entries = redis.call('ZRANGE', KEYS[3], 0, -1, 'WITHSCORES')
for i = 1, #entries, 2 do
  if entries[i] ~= old then
    local origin = redis.call('HGET', 'idp:links:' .. entries[i], 'origin') or ''
    others[#others + 1] = {entries[i], origin}
    held[origin] = (held[origin] or 0) + 1
    first = first or tonumber(entries[i + 1])
  end
end
if #others >= cap then
  local greedy
  for _, other in ipairs(others) do
    if not greedy or held[other[2]] > held[greedy[2]] then greedy = other end
  end
  if held[greedy[2]] < (held[ARGV[7]] or 0) + 2 then return {0, tostring(first - now)} end
  supersede(greedy[1])
  redis.call('ZREM', KEYS[3], greedy[1])
end
if old then
  supersede(old)
  local index = redis.call('HGET', old_key, 'index')
  if index then redis.call('ZREM', index, old) end
end
for i = 8, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'index', KEYS[3], 'origin', ARGV[7])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('SET', KEYS[2], ARGV[5], 'EX', ARGV[6])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[5])
redis.call('EXPIRE', KEYS[3], ARGV[6])
return {1, '0'}
"""

_ASSIGN = """
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'live' then
  return redis.call('HGET', KEYS[1], 'person_id') == ARGV[1] and 1 or 0
end
if state ~= 'asked' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'live', 'person_id', ARGV[1])
return 1
"""

_ACCEPTED = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'sent_at', ARGV[1], 'expires_at', ARGV[2])
return 1
"""

# The order of the checks is that of `Links.problem`: the same link gives the same page.
_CONSUME = """
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'asked' then return {'unknown'} end
if state == 'spent' or state == 'superseded' then return {state} end
if tonumber(redis.call('HGET', KEYS[1], 'expires_at')) <= tonumber(ARGV[2]) then
  return {'expired'}
end
if redis.call('HGET', KEYS[1], 'browser_hash') ~= ARGV[1] then return {'other_browser'} end
redis.call('HSET', KEYS[1], 'state', 'spent')
return {'consumed', redis.call('HGETALL', KEYS[1])}
"""

_GIVE_BACK = """
if redis.call('HGET', KEYS[1], 'state') == 'spent' then
  redis.call('HSET', KEYS[1], 'state', 'live')
end
return 1
"""

_MOMENTS = frozenset({"created_at", "expires_at", "sent_at"})


class RedisLinks:
    """`links.ports.LinkStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis
        self._add = redis.script(_ADD)
        self._assign = redis.script(_ASSIGN)
        self._accepted = redis.script(_ACCEPTED)
        self._consume = redis.script(_CONSUME)
        self._give_back = redis.script(_GIVE_BACK)

    def add(
        self, digest: str, link: Link, *, pool: str, origin: str, cap: int, gap: float
    ) -> Admission:
        """Store a new link in one script."""
        index = f"idp:links:identifier:{link.identifier_digest}{':' if pool else ''}{pool}"
        answer = self._add(
            [_key(digest), f"idp:links:transaction:{_hash(link.transaction_id)}", index],
            [
                link.created_at.timestamp(),
                gap,
                cap,
                link.expires_at.timestamp(),
                digest,
                _KEPT,
                origin,
                *_flat(link),
            ],
        )
        return Admission(stored=bool(answer[0]), wait=float(answer[1]))

    def get(self, digest: str) -> Link | None:
        """Read the hash."""
        with self._redis.guard():
            record: Any = self._redis.client.hgetall(_key(digest))
        return _link(record) if record else None

    def assign(self, digest: str, person_id: str) -> bool:
        """Compare the state and set the person."""
        return bool(self._assign([_key(digest)], [person_id]))

    def accepted(self, digest: str, sent_at: datetime, expires_at: datetime) -> None:
        """Write both moments, unless the link is gone."""
        self._accepted([_key(digest)], [sent_at.timestamp(), expires_at.timestamp()])

    def consume(self, digest: str, browser_hash: str, now: datetime) -> tuple[Outcome, Link | None]:
        """Compare state, expiry and browser, and spend."""
        answer = self._consume([_key(digest)], [browser_hash, now.timestamp()])
        if len(answer) == 1:
            return Outcome(answer[0]), None
        pairs = answer[1]
        return Outcome.CONSUMED, _link(dict(zip(pairs[::2], pairs[1::2], strict=True)))

    def give_back(self, digest: str) -> None:
        """From spent to live again."""
        self._give_back([_key(digest)], [])


def _key(token_digest: str) -> str:
    return f"idp:links:{token_digest}"


def _hash(transaction_id: str) -> str:
    return digest(transaction_id)


def _flat(link: Link) -> list[str | float]:
    flat: list[str | float] = []
    for one in fields(link):
        value = getattr(link, one.name)
        if value is not None:
            flat += [one.name, value.timestamp() if isinstance(value, datetime) else str(value)]
    return flat


def _link(record: dict[str, str]) -> Link:
    values: dict[str, Any] = {"client_id": None}
    for one in fields(Link):
        raw = record.get(one.name)
        if raw is not None:
            values[one.name] = (
                datetime.fromtimestamp(float(raw), UTC) if one.name in _MOMENTS else raw
            )
    values["state"] = LinkState(record["state"])
    return Link(**values)
