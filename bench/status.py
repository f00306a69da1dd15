"""`/status` as everybody loads it on the day SUNAT is down, with three months of history."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from bench.server import Running
from idp.kernel.clock import FixedClock
from idp.upstream_status.changes import Transition
from idp.upstream_status.state import FlagState, Why

_CONNECTIONS = 4
_INCIDENTS = 40


@dataclass(frozen=True)
class Load:
    """cpu: the server's milliseconds per answer. p50, p99: milliseconds. each_second: answers, as
    many as came. size: bytes of a body.
    """

    cpu: float
    p50: float
    p99: float
    each_second: float
    size: int


def history(running: Running) -> None:
    """Three months with an incident every other day, and SUNAT down now."""
    services = running.services
    now = services.clock.now()
    clock = FixedClock(now - timedelta(days=2 * _INCIDENTS))
    for seq in range(1, 2 * _INCIDENTS + 1):
        up = seq % 2 == 0
        why = Why.DEFAULT if up else Why.JUDGED
        services.switch.transitions.add(Transition("sol", seq, clock.now(), up, why))
        clock.advance(86_400)
    services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="bench", who="bench")
    time.sleep(1.5)


def loads(running: Running, count: int) -> dict[str, Load]:
    """Each kind of answer, so many times over a few connections."""
    page = {"Accept": "text/html", "Accept-Language": "es"}
    kinds: dict[str, tuple[str, Mapping[str, str]]] = {
        "page": ("/status", page),
        "page of 90 days": ("/status?dias=90", page),
        "JSON": ("/status.json", {}),
        "JSON, not modified": ("/status.json", {"If-None-Match": _etag(running, "/status.json")}),
        "Atom": ("/status.atom", {}),
    }
    return {name: _load(running, *asked, count) for name, asked in kinds.items()}


def _etag(running: Running, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers["ETag"]


def _load(running: Running, path: str, headers: Mapping[str, str], count: int) -> Load:
    _ask(running, path, headers, 50)
    before, start = running.cpu_seconds(), time.perf_counter()
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        each = count // _CONNECTIONS
        asked = [pool.submit(_ask, running, path, headers, each) for _ in range(_CONNECTIONS)]
        found = [one.result() for one in asked]
    elapsed = time.perf_counter() - start
    taken = sorted(one for times, _ in found for one in times)
    return Load(
        cpu=(running.cpu_seconds() - before) / len(taken) * 1_000,
        p50=taken[len(taken) // 2],
        p99=taken[int(len(taken) * 0.99)],
        each_second=len(taken) / elapsed,
        size=found[0][1],
    )


def _ask(
    running: Running, path: str, headers: Mapping[str, str], count: int
) -> tuple[list[float], int]:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    taken, size = [], 0
    for _ in range(count):
        start = time.perf_counter()
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        size = len(answer.read())
        taken.append((time.perf_counter() - start) * 1_000)
        if answer.status not in (200, 304):
            raise RuntimeError(f"{path} answered {answer.status}")
    connection.close()
    return taken, size
