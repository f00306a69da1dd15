"""The broker and the actors: one per row of the table of jobs."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, CurrentMessage, Middleware, Retries, ShutdownNotifications
from redis.backoff import NoBackoff
from redis.retry import Retry

from idp.jobs.registry import Job, Jobs, RetryLater
from idp.kernel.errors import Unavailable

_log = logging.getLogger(__name__)
NAMESPACE = "idp:queue"

# A killed worker's messages come back when another worker's maintenance finds that its heartbeat
# is old. The library's defaults take minutes for that, these about ten seconds; the price is a
# look at the heartbeats in every fifth command.
_MAINTENANCE_CHANCE = 200_000
_HEARTBEAT_MS = 5_000
_DEAD_LETTERS_MS = 86_400_000
_RETRY_ENQUEUE_SECONDS = 0.5


class PatientRetries(Retries):
    """Retries whose next try is not lost when Redis is away at that very moment.

    The library would log the failed enqueue and then acknowledge the message: the work would be
    gone. This one waits for Redis; the message stays ours meanwhile.
    """

    def after_process_message(
        self, broker: Any, message: Any, *, result: Any = None, exception: Any = None
    ) -> None:
        """As in the library, with an enqueue that waits."""
        super().after_process_message(  # type: ignore[no-untyped-call]
            _Patient(broker), message, result=result, exception=exception
        )


class GivenUp(Middleware):
    """Tells the room whose work is dropped; the library only logs it."""

    @property
    def actor_options(self) -> set[str]:
        """What `declare` may give an actor."""
        return {"given_up"}

    def after_skip_message(self, broker: Any, message: Any) -> None:
        """It was too old when a worker came."""
        self._tell(broker, message)

    def after_process_message(
        self, broker: Any, message: Any, *, result: Any = None, exception: Any = None
    ) -> None:
        """It failed, and has no tries left."""
        self._tell(broker, message)

    def _tell(self, broker: Any, message: Any) -> None:
        given_up = broker.get_actor(message.actor_name).options.get("given_up")
        if message.failed and given_up is not None:
            given_up(message.kwargs["payload"])


class _Patient:
    def __init__(self, broker: Any) -> None:
        self._broker = broker

    def enqueue(self, message: Any, *, delay: int | None = None) -> Any:
        while True:
            try:
                return self._broker.enqueue(message, delay=delay)
            except redis.exceptions.RedisError as error:
                _log.warning("queue waits for Redis", extra={"error": type(error).__name__})
                time.sleep(_RETRY_ENQUEUE_SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)


def make_broker(redis_url: str) -> RedisBroker:
    """A broker on `redis://`, `rediss://` or `unix://`, with the middleware that we need."""
    client = redis.Redis.from_url(
        redis_url,
        socket_timeout=5.0,
        socket_connect_timeout=2.0,
        # Nothing is sent twice: a job that was enqueued, its answer lost, would be two.
        retry=Retry(NoBackoff(), 0),
    )
    middleware: list[Middleware] = [
        # What is first here hears last what became of a message.
        GivenUp(),
        AgeLimit(),
        ShutdownNotifications(),
        CurrentMessage(),
        PatientRetries(),
    ]
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=middleware,
        namespace=NAMESPACE,
        maintenance_chance=_MAINTENANCE_CHANCE,
        heartbeat_timeout=_HEARTBEAT_MS,
        dead_message_ttl=_DEAD_LETTERS_MS,
    )


def declare(broker: RedisBroker, jobs: Jobs) -> None:
    """Make an actor of every row, with a queue of its own: no kind of work waits for another."""
    for job in jobs:
        dramatiq.actor(
            actor_name=job.name,
            queue_name=_queue(job.name),
            broker=broker,
            # None, said aloud, is no limit; what is not said would be the library's twenty.
            max_retries=job.retry.tries,
            min_backoff=round(job.retry.first * 1000),
            max_backoff=round(job.retry.longest * 1000),
            given_up=job.given_up,
        )(_runner(job))


def _queue(name: str) -> str:
    return name.replace(".", "-")


def _runner(job: Job) -> Any:
    def run(payload: Mapping[str, str]) -> None:
        try:
            job.handler(payload)
        except RetryLater as error:
            delay = None if error.after is None else round(error.after * 1000)
            raise dramatiq.errors.Retry(str(error), delay=delay) from None
        except Unavailable as error:
            _log.warning(
                "job waits for what it needs",
                extra={"job": job.name, "dependency": error.dependency},
            )
            raise dramatiq.errors.Retry(error.dependency) from None

    return run


@dataclass(frozen=True)
class Waiting:
    """ready: to be done, or in hand. delayed: for later. dead: given up within a day."""

    ready: int
    delayed: int
    dead: int


class DramatiqQueue:
    """`jobs.ports.JobQueue` on a broker whose actors are declared."""

    def __init__(self, broker: RedisBroker) -> None:
        self._broker = broker

    def close(self) -> None:
        """Close the broker's connections."""
        self._broker.client.close()

    def waiting(self) -> dict[str, Waiting]:
        """By kind of work, what is in the queue, in one round trip. Raises Unavailable("redis")."""
        names = sorted(self._broker.get_declared_queues())
        with self._broker.client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hlen(f"{NAMESPACE}:{name}.msgs")
                pipe.hlen(f"{NAMESPACE}:{name}.DQ.msgs")
                pipe.hlen(f"{NAMESPACE}:{name}.XQ.msgs")
            try:
                found = pipe.execute()
            except redis.exceptions.RedisError as error:
                raise Unavailable("redis", type(error).__name__) from error
        return {name: Waiting(*found[at * 3 : at * 3 + 3]) for at, name in enumerate(names)}

    def enqueue(
        self, name: str, payload: Mapping[str, str], *, max_age: int, delay: float = 0
    ) -> None:
        """Hand over one piece of work in one round trip. Raises Unavailable("redis")."""
        try:
            actor = self._broker.get_actor(name)
        except dramatiq.errors.ActorNotFound as error:
            raise LookupError(name) from error
        message = actor.message_with_options(
            kwargs={"payload": dict(payload)}, max_age=max_age * 1000
        )
        try:
            self._broker.enqueue(message, delay=round(delay * 1000) or None)
        except redis.exceptions.RedisError as error:
            raise Unavailable("redis", type(error).__name__) from error
