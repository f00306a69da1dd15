"""Parked requests in Redis: a hash each (data, version), and an index per browser."""

from __future__ import annotations

from typing import Any

from idp.adapters.redis.connection import RedisGateway
from idp.kernel.clock import Clock
from idp.kernel.ids import digest
from idp.login.transaction import Transaction

# KEYS: the transaction[, the browser's index]. ARGV: data, TTL, the version that was read (-1: a
# new one), digest, created_at, per_browser.
# The oldest transactions of a browser give way: a stranger cannot fill the memory from one browser,
# and nobody who opens many tabs is refused.
_WRITE = """
if ARGV[3] ~= '-1' and redis.call('HGET', KEYS[1], 'version') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[1], 'version', ARGV[3] + 1)
redis.call('EXPIRE', KEYS[1], ARGV[2])
if KEYS[2] then
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[4])
  redis.call('EXPIRE', KEYS[2], 7200)
  local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[6])
  if surplus > 0 then
    for _, old in ipairs(redis.call('ZPOPMIN', KEYS[2], surplus)) do
      if #old == 64 then redis.call('DEL', 'idp:txn:' .. old) end
    end
  end
end
return 1
"""

# KEYS: the browser's index. What ended meanwhile is still named there.
_OF_BROWSER = """
local found = {}
for _, one in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local row = redis.call('HMGET', 'idp:txn:' .. one, 'data', 'version')
  if row[1] then found[#found + 1] = row end
end
return found
"""


def transaction_key(transaction_id: str) -> str:
    """The key of a transaction: never its id, only the digest."""
    return f"idp:txn:{digest(transaction_id)}"


def _browser_key(browser_hash: str) -> str:
    return f"idp:txn:browser:{browser_hash}"


class RedisTransactions:
    """`login.ports.TransactionStore` on Redis."""

    def __init__(self, redis: RedisGateway, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._write = redis.script(_WRITE)
        self._of_browser = redis.script(_OF_BROWSER)

    def add(self, transaction: Transaction, *, per_browser: int) -> None:
        """Store a new one and drop the browser's oldest beyond the limit."""
        self._put(transaction, version=-1, per_browser=per_browser)

    def bind(self, transaction: Transaction, *, per_browser: int) -> bool:
        """Compare-and-set on the version, and count it among its browser's."""
        return self._put(transaction, version=transaction.version, per_browser=per_browser)

    def get(self, transaction_id: str) -> Transaction | None:
        """The stored one, or None."""
        with self._redis.guard():
            found: Any = self._redis.client.hmget(
                transaction_key(transaction_id), ["data", "version"]
            )
        data, version = found
        return Transaction.from_json(data, int(version)) if data else None

    def replace(self, transaction: Transaction) -> bool:
        """Compare-and-set on the version."""
        return self._put(transaction, version=transaction.version)

    def remove(self, transaction_id: str) -> bool:
        """End it."""
        with self._redis.guard():
            return bool(self._redis.client.delete(transaction_key(transaction_id)))

    def of_browser(self, browser_hash: str) -> list[Transaction]:
        """The index and what it names, in one round trip."""
        found = self._of_browser([_browser_key(browser_hash)], [])
        return [Transaction.from_json(data, int(version)) for data, version in found]

    def _put(self, transaction: Transaction, *, version: int, per_browser: int = 0) -> bool:
        keys = [transaction_key(transaction.id)]
        if per_browser and transaction.browser_hash is not None:
            keys.append(_browser_key(transaction.browser_hash))
        return bool(
            self._write(
                keys,
                [
                    transaction.to_json(),
                    self._ttl(transaction),
                    version,
                    digest(transaction.id),
                    transaction.created_at.timestamp(),
                    per_browser,
                ],
            )
        )

    def _ttl(self, transaction: Transaction) -> int:
        # The TTL only collects: whether it expired is for our own clock to say.
        return max(1, int((transaction.expires_at - self._clock.now()).total_seconds()) + 60)
