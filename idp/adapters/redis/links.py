"""Links in Redis: a hash each, and an index per identifier.

Expiry is a field compared with our clock; the TTL only collects, and late: who opens a link that
ended hours ago is told so, rather than that it never was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from idp.adapters.redis.audit_stream import STREAM
from idp.adapters.redis.connection import RedisGateway
from idp.audit.records import AuditRecord
from idp.links.link import Link, LinkState
from idp.links.ports import TRIES_EACH, TRIES_IN_ALL, Admission, Attempt, Crowd, Outcome

_KEPT = 86_400
_INDEX = "idp:links:identifier:"

# KEYS: the link, its identifier's index.
# ARGV: now, bound (when it stops counting for its identifier), digest, TTL, origin, then the
# crowd's three numbers, then fields…
# An entry of the identifier's index lasts for its whole bound, used, superseded or not: were it to
# end earlier, a stranger could count who exists, or have any number of mails sent by asking again.
# Nobody's link is ended by somebody else's asking.
_ADD = """
local now = tonumber(ARGV[1])
local each, crowd, most = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local entries = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
local total, held, first, own = #entries / 2, 0, nil, nil
for i = 1, #entries, 2 do
  first = first or tonumber(entries[i + 1])
  if redis.call('HGET', 'idp:links:' .. entries[i], 'origin') == ARGV[5] then
    held = held + 1
    own = own or tonumber(entries[i + 1])
  end
end
if held >= each then return {0, tostring(own - now)} end
if total >= most or (held > 0 and total >= crowd) then return {0, tostring(first - now)} end
for i = 9, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[1], 'origin', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return {1, '0'}
"""

# A spent one may yet be given back: then it must not live beside the newer one.
_SUPERSEDE = """
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'asked' or state == 'live' then redis.call('HSET', KEYS[1], 'state', 'superseded') end
if state == 'spent' then redis.call('HSET', KEYS[1], 'replaced', '1') end
return 1
"""

# KEYS: the link, the audit stream. ARGV: the entry.
_WITHDRAW = """
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'asked' and state ~= 'live' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'withdrawn')
redis.call('XADD', KEYS[2], '*', 'record', ARGV[1])
return 1
"""

_ASSIGN = """
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'live' then
  return redis.call('HGET', KEYS[1], 'person_id') == ARGV[1] and 1 or 0
end
if state ~= 'asked' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'live', 'person_id', ARGV[1], 'known', ARGV[2])
return 1
"""

# KEYS: the link, the audit stream. ARGV: when, the new end, entries…
# The entries travel with the mark: a delivery that dies in between is repeated as a whole.
_ACCEPTED = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'sent_at', ARGV[1], 'expires_at', ARGV[2])
for i = 3, #ARGV do redis.call('XADD', KEYS[2], '*', 'record', ARGV[i]) end
return 1
"""

# The order of the checks is that of `Links.problem`: the same link gives the same page.
# ARGV: now, way, browser, whether its code is right, the tries of a visitor, those of all.
# *There* tells nothing but "wrong", and counts its own tries only in what it says: its page must
# show neither what became of a mail nor what is typed elsewhere. What others used up of the tries
# in all closes it too, silently. Everything is read at once: a mailed link costs what another does.
_CONSUME = """
local now, way, browser, right = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4] == '1'
local mine = 'tries:' .. browser
local state, expires_at, asked_by, known, own, all = unpack(redis.call('HMGET', KEYS[1],
  'state', 'expires_at', 'browser_hash', 'known', mine, 'tries'))
local problem = nil
if not state or state == 'asked' then problem = 'unknown'
elseif state ~= 'live' then problem = state
elseif tonumber(expires_at) <= now then problem = 'expired'
elseif way ~= 'here' and asked_by ~= browser then problem = 'other_browser'
elseif way == 'there' and known ~= '1' then problem = 'unknown'
end
if problem and way ~= 'there' then return {problem} end
if way ~= 'asking_browser' then
  if not state then return {'wrong_code'} end
  local closed = tonumber(all or '0') >= tonumber(ARGV[6])
  if tonumber(own or '0') >= tonumber(ARGV[5]) or (closed and way == 'here') then
    return {'code_closed'}
  end
  if problem or closed or not right then
    redis.call('HINCRBY', KEYS[1], mine, 1)
    redis.call('HINCRBY', KEYS[1], 'tries', 1)
    return {'wrong_code'}
  end
end
redis.call('HSET', KEYS[1], 'state', 'spent')
return {'consumed', redis.call('HGETALL', KEYS[1])}
"""

# ARGV: browser, the tries of a visitor, those of all, whether to count a look.
_CODE_OPEN = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 1 end
if ARGV[4] == '1' then redis.call('HINCRBY', KEYS[1], 'hits', 1) end
local mine = tonumber(redis.call('HGET', KEYS[1], 'tries:' .. ARGV[1]) or '0')
local all = tonumber(redis.call('HGET', KEYS[1], 'tries') or '0')
if redis.call('HGET', KEYS[1], 'browser_hash') == ARGV[1] then all = 0 end
return (mine < tonumber(ARGV[2]) and all < tonumber(ARGV[3])) and 1 or 0
"""

_GIVE_BACK = """
if redis.call('HGET', KEYS[1], 'state') == 'spent' then
  local replaced = redis.call('HGET', KEYS[1], 'replaced') == '1'
  redis.call('HSET', KEYS[1], 'state', replaced and 'superseded' or 'live')
end
return 1
"""

_MOMENTS = frozenset({"created_at", "expires_at", "sent_at"})
_NUMBERS = frozenset({"attempt", "hits"})


class RedisLinks:
    """`links.ports.LinkStore` on Redis."""

    def __init__(self, redis: RedisGateway) -> None:
        self._redis = redis
        self._add = redis.script(_ADD)
        self._supersede = redis.script(_SUPERSEDE)
        self._withdraw = redis.script(_WITHDRAW)
        self._assign = redis.script(_ASSIGN)
        self._accepted = redis.script(_ACCEPTED)
        self._consume = redis.script(_CONSUME)
        self._give_back = redis.script(_GIVE_BACK)
        self._code_open = redis.script(_CODE_OPEN)

    def add(self, digest: str, link: Link, *, pool: str, origin: str, crowd: Crowd) -> Admission:
        """Store a new link in one script."""
        index = f"{_INDEX}{link.identifier_digest}{':' if pool else ''}{pool}"
        answer = self._add(
            [_key(digest), index],
            [
                link.created_at.timestamp(),
                link.expires_at.timestamp(),
                digest,
                _KEPT,
                origin,
                crowd.each,
                crowd.crowd,
                crowd.most,
                *_flat(link),
            ],
        )
        return Admission(stored=bool(answer[0]), wait=float(answer[1]))

    def supersede(self, digest: str) -> None:
        """Compare the state and set it."""
        self._supersede([_key(digest)], [])

    def withdraw(self, digest: str, record: AuditRecord) -> bool:
        """Compare the state, set it and write the record."""
        return bool(self._withdraw([_key(digest), STREAM], [record.to_json()]))

    def get(self, digest: str) -> Link | None:
        """Read the hash."""
        with self._redis.guard():
            record: Any = self._redis.client.hgetall(_key(digest))
        return _link(record) if record else None

    def assign(self, digest: str, person_id: str, *, known: bool) -> bool:
        """Compare the state and set the person."""
        return bool(self._assign([_key(digest)], [person_id, int(known)]))

    def accepted(
        self, digest: str, sent_at: datetime, expires_at: datetime, records: Iterable[AuditRecord]
    ) -> None:
        """Write both moments and the records, unless the link is gone."""
        entries = [record.to_json() for record in records]
        self._accepted(
            [_key(digest), STREAM], [sent_at.timestamp(), expires_at.timestamp(), *entries]
        )

    def consume(self, digest: str, attempt: Attempt, now: datetime) -> tuple[Outcome, Link | None]:
        """Compare state, expiry, browser and code, and spend."""
        answer = self._consume(
            [_key(digest)],
            [
                now.timestamp(),
                attempt.way.value,
                attempt.browser_hash,
                int(attempt.right),
                TRIES_EACH,
                TRIES_IN_ALL,
            ],
        )
        if len(answer) == 1:
            return Outcome(answer[0]), None
        pairs = answer[1]
        return Outcome.CONSUMED, _link(dict(zip(pairs[::2], pairs[1::2], strict=True)))

    def code_open(self, digest: str, browser_hash: str, *, hit: bool = False) -> bool:
        """Compare the tries so far; count a look."""
        asked: list[str | int] = [browser_hash, TRIES_EACH, TRIES_IN_ALL, int(hit)]
        return bool(self._code_open([_key(digest)], asked))

    def give_back(self, digest: str) -> None:
        """From spent to live again, unless it was superseded meanwhile."""
        self._give_back([_key(digest)], [])

    def forget(self, identifier_digest: str) -> int:
        """Remove the links that the identifier's indexes name, and the indexes."""
        client, removed = self._redis.client, 0
        with self._redis.guard():
            pattern = f"{_INDEX}{identifier_digest}*"
            for index in list(client.scan_iter(match=pattern, count=1_000)):
                digests: Any = client.zrange(index, 0, -1)
                removed += int(client.delete(index, *(_key(one) for one in digests))) - 1
        return removed


def _key(token_digest: str) -> str:
    return f"idp:links:{token_digest}"


def _flat(link: Link) -> list[str | float]:
    flat: list[str | float] = []
    for one in fields(link):
        value = getattr(link, one.name)
        if isinstance(value, bool):
            flat += [one.name, int(value)]
        elif value is not None:
            flat += [one.name, value.timestamp() if isinstance(value, datetime) else str(value)]
    return flat


def _link(record: dict[str, str]) -> Link:
    values: dict[str, Any] = {"client_id": None}
    for one in fields(Link):
        raw = record.get(one.name)
        if raw is not None:
            values[one.name] = _value(one.name, raw)
    return Link(**values)


def _value(name: str, raw: str) -> Any:
    if name in _MOMENTS:
        return datetime.fromtimestamp(float(raw), UTC)
    if name in _NUMBERS:
        return int(raw)
    if name == "known":
        return raw == "1"
    return LinkState(raw) if name == "state" else raw
