"""A worker in a process of its own: argv is the Redis URL and a folder to leave marks in."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from dramatiq.brokers.redis import RedisBroker

from idp.adapters.queue.broker import declare, make_broker
from idp.adapters.queue.worker import run_worker
from idp.jobs.registry import Jobs


def main(url: str, folder: Path) -> None:
    def slow(payload: Mapping[str, str]) -> None:
        with (folder / "began").open("a") as marks:
            marks.write(payload["id"] + "\n")
        if not (folder / "fast").exists():
            time.sleep(60)
        (folder / f"done-{payload['id']}").touch()

    def build() -> RedisBroker:
        jobs = Jobs()
        jobs.register("slow", slow)
        broker = make_broker(url)
        declare(broker, jobs)
        return broker

    run_worker(build, threads=1, stop=threading.Event())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
