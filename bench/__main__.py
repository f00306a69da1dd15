"""`python -m bench [--flows N]`: what an SSO login costs, with its parts, and `/status`."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.server import Running, serving
from bench.sso import measure
from bench.status import history, loads


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--flows", type=int, default=1_000)
    flows = parser.parse_args().flows
    with tempfile.TemporaryDirectory(prefix="bench") as folder, serving(Path(folder)) as running:
        print("part                          ms")
        for name, milliseconds in parts(running):
            print(f"{name:<28}{milliseconds:6.3f}")
        print("\nSSO authorize + token    server CPU     p50     p99  (ms)")
        for client_id in ("rs256", "es256"):
            found = measure(running, client_id, flows)
            print(f"{client_id:<24}{found.cpu:11.2f}{found.p50:8.2f}{found.p99:8.2f}")
        history(running)
        print("\n/status                  server CPU     p50     p99  (ms)  a second   bytes")
        for name, one in loads(running, 4 * flows).items():
            times = f"{one.cpu:11.2f}{one.p50:8.2f}{one.p99:8.2f}"
            print(f"{name:<24}{times}      {one.each_second:9.0f}{one.size:8}")
    return 0


def parts(running: Running) -> list[tuple[str, float]]:
    """What each part takes in this process."""
    keyring, redis = running.services.keyring, running.services.redis
    claims = {"iss": "x", "sub": "y", "aud": "z"}
    return [
        ("RS256 signature", _each(lambda: keyring.sign(claims, alg="RS256"), 300)),
        ("ES256 signature", _each(lambda: keyring.sign(claims, alg="ES256"), 300)),
        ("Redis round trip", _each(redis.ping, 1_000)),
    ]


def _each(call: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times * 1_000


if __name__ == "__main__":
    raise SystemExit(main())
