"""`python -m bench.people [--people N] [--database postgresql|sqlite]`."""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.people.lookups import Lookups, coverage_took, measure
from bench.server import Running, serving
from bench.surge.crowd import ruc
from bench.surge.stage import database

COLUMNS = (
    "realm", "ruc", "usuario", "name", "email", "email_verified_at", "consent_at", "last_login_at",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What a command took. seconds: by the clock. peak: its largest resident set (MiB)."""

    seconds: float
    peak: float
    said: str


def main() -> int:
    """Print a row for each size, the last with what the whole file took, twice."""
    parser = argparse.ArgumentParser(prog="bench.people")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    options = parser.parse_args()
    sizes = [one for one in (1_000, 10_000, 100_000) if one < options.people] + [options.people]
    with tempfile.TemporaryDirectory(prefix="people") as name:
        folder = Path(name)
        with (
            database(options.database, folder) as url,
            serving(folder, IDP_DATABASE_URL=url) as running,
        ):
            _measured(folder, running, sizes)
    return 0


def _measured(folder: Path, running: Running, sizes: list[int]) -> None:
    print(
        "    people   import s   rows/s   peak MiB   found p50 ms   p99 ms   nobody p50 ms"
        "   coverage s"
    )
    for size in sizes:
        file = folder / f"{size}.csv"
        write(file, size)
        run = _import(file, running)
        found = measure(running.services.people, size)
        _row(size, run, found, coverage_took(running.services.coverage, size))
    again = _import(file, running)
    print(f"the same file again: {again.seconds:.1f} s, peak {again.peak:.0f} MiB: {again.said}")


def write(file: Path, people: int) -> None:
    """Generate the people: each company has a few users, one in ten has no e-mail."""
    then = (datetime.now(UTC) - timedelta(days=60)).isoformat()
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for number in range(people):
            email = f"p{number}@d{number % 4000}.example" if number % 10 else ""
            verified = then if email else ""
            writer.writerow(
                ("sol", ruc(number // 3), f"U{number:07}", f"PERSONA {number}", email, verified,
                 then, then)
            )  # fmt: skip


def _import(file: Path, running: Running) -> Run:
    began = time.monotonic()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "idp.cli",
            "--as",
            "bench",
            "users",
            "import",
            str(file),
            "--trust-emails",
        ],
        env=running.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.read().strip()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said)
    return Run(time.monotonic() - began, used.ru_maxrss / 1024, said)


def _row(size: int, run: Run, found: Lookups, coverage: float) -> None:
    print(
        f"{size:>10}{run.seconds:>11.1f}{size / run.seconds:>9.0f}{run.peak:>11.0f}"
        f"{found.p50:>15.3f}{found.p99:>9.3f}{found.nobody:>16.3f}{coverage:>13.2f}",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
