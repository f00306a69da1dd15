"""What a run is told: `python -m bench.surge --help`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from idp.settings import Settings


@dataclass(frozen=True)
class Options:
    """The day. minutes: within which everybody asks. relay_latency: seconds that the relay takes
    for a mail. greylist: seconds for which it puts off the 5 %. share: of the eligible who must get
    a link; a clear answer is enough for the rest.
    """

    people: int
    minutes: float
    database: str
    captcha: str
    relay_latency: float
    greylist: float
    worker_threads: int
    share: float

    @property
    def seconds(self) -> float:
        """As `minutes`."""
        return self.minutes * 60


def read() -> Options:
    """The command line's options."""
    parser = argparse.ArgumentParser(prog="bench.surge")
    parser.add_argument("--people", type=int, default=3_000)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--captcha", choices=("altcha", "none"), default="altcha")
    parser.add_argument("--relay-latency", type=float, default=0.2, metavar="SECONDS")
    parser.add_argument("--greylist", type=float, default=75.0, metavar="SECONDS")
    parser.add_argument("--worker-threads", type=int, default=Settings.worker_threads)
    parser.add_argument("--share", type=float, default=0.95)
    return Options(**vars(parser.parse_args()))
