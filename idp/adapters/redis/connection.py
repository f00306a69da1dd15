"""The one connection pool to Redis, and its failures turned into ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from idp.kernel.errors import Unavailable

Scalar = str | int | float | bytes
Script = Callable[[Sequence[str], Sequence[Scalar]], Any]

_DOWN = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.BusyLoadingError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ClusterDownError,
)


# What a server answers that lives but cannot serve: too few replicas, a full disk, a script that
# hangs, a replica without its master.
_STATES = ("NOREPLICAS", "MISCONF", "BUSY", "MASTERDOWN", "READONLY", "LOADING", "OOM ")


@contextmanager
def unavailable_when_down() -> Iterator[None]:
    """Turn what says "Redis cannot serve now" into Unavailable("redis"); other errors stay bugs."""
    try:
        yield
    except _DOWN as error:
        raise Unavailable("redis", type(error).__name__) from error
    except redis.exceptions.ResponseError as error:
        # By redis-py these have no class of their own; a script's error may wrap them.
        state = next((one for one in _STATES if one in str(error)), None)
        if state is None:
            raise
        raise Unavailable("redis", state) from error


class RedisGateway:
    """A pool of connections (responses are text), with scripts that load once.

    url: `redis://`, `rediss://` or `unix://`; timeout: seconds for connecting and for an answer.
    A pooled connection that the other side closed is replaced before it is used, so a restart of
    Redis costs no request. Nothing is sent twice: a script whose answer got lost has done its work,
    and run again it would meet its own mark.
    """

    def __init__(self, url: str, *, timeout: float = 2.0) -> None:
        self._client: redis.Redis = redis.Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )

    @property
    def client(self) -> redis.Redis:
        """The client, for single commands; wrap its use in `guard()`."""
        return self._client

    def guard(self) -> Any:
        """A context in which Redis being down raises Unavailable("redis")."""
        return unavailable_when_down()

    def script(self, lua: str) -> Script:
        """A function (keys, args) -> answer that runs this script by its hash: one round trip."""
        registered = self._client.register_script(lua)

        def run(keys: Sequence[str], args: Sequence[Scalar]) -> Any:
            with unavailable_when_down():
                return registered(keys=list(keys), args=list(args))

        return run

    def pipeline(self, commands: Callable[[Any], None]) -> list[Any]:
        """Send what `commands` queues on a MULTI/EXEC pipeline: one round trip, all or nothing."""
        with unavailable_when_down():
            pipe = self._client.pipeline(transaction=True)
            commands(pipe)
            answers: list[Any] = pipe.execute()
            return answers

    def ping(self) -> None:
        """Raise Unavailable("redis") unless it answers and takes writes (replicas do not)."""
        with unavailable_when_down():
            self._client.set("idp:ping", "1", ex=60)

    def close(self) -> None:
        """Close every pooled connection."""
        self._client.close()
