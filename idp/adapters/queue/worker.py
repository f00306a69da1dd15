"""The worker's loop: one dramatiq Worker in this process, begun anew after Redis was away."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import redis
from dramatiq import Worker
from dramatiq.brokers.redis import RedisBroker

from idp.jobs.periodic import Periodic

_log = logging.getLogger(__name__)
_TICK_SECONDS = 1.0
# What is in hand may wait two minutes for a relay's answer (adapters.smtp.relay). Ended before, the
# mail would be given to a relay that may have it. Nothing waits when nothing is in hand.
STOP_SECONDS = 130


def run_worker(
    make_broker: Callable[[], RedisBroker],
    *,
    threads: int,
    stop: threading.Event,
    periodic: Periodic | None = None,
    ready: threading.Event | None = None,
) -> None:
    """Work until `stop` is set, then finish what is in hand (at most STOP_SECONDS).

    make_broker: a new broker with its actors declared. It is called again once Redis was away:
    a worker that lost its connection forgets which delayed messages it holds while its heartbeat
    still claims them, so under its old name they would wait for its end. Under a new name they
    come back within seconds.
    """
    while not stop.is_set():
        broker = make_broker()
        server = _wait_for_redis(broker, stop)
        if server is None:
            return
        worker = Worker(broker, worker_threads=threads, worker_timeout=500)
        worker.start()
        if ready is not None:
            ready.set()
        try:
            _watch(broker, server, stop, periodic)
        finally:
            worker.stop(timeout=STOP_SECONDS * 1000)
            broker.client.close()


def _wait_for_redis(broker: RedisBroker, stop: threading.Event) -> str | None:
    """Which server answers, or None when it is time to stop instead."""
    while not stop.is_set():
        server = _server(broker)
        if server is not None:
            return server
        stop.wait(_TICK_SECONDS)
    return None


def _watch(
    broker: RedisBroker, server: str, stop: threading.Event, periodic: Periodic | None
) -> None:
    """Return when it is time to stop, or when Redis was away or is another process by now."""
    while not stop.wait(_TICK_SECONDS):
        if _server(broker) != server:
            _log.warning("the queue's Redis was away; the worker begins anew")
            return
        if periodic is not None:
            periodic.tick()


def _server(broker: RedisBroker) -> str | None:
    """The run id of the server that answers (it changes with a restart or a fail-over), or None."""
    try:
        return str(broker.client.info("server")["run_id"])
    except (redis.exceptions.RedisError, KeyError):
        return None
