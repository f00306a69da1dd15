"""`python -m bench.audit [--rows N] [--database postgresql|sqlite]`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.server import Running, serving
from bench.surge.stage import database
from idp.audit.events import AuditEvent
from idp.wiring import Services

_BATCH = 1_000


@dataclass(frozen=True)
class Run:
    """What a command took. seconds: by the clock. peak: its largest resident set (MiB)."""

    seconds: float
    peak: float


def main() -> int:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(prog="bench.audit")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    options = parser.parse_args()
    sizes = [one for one in (10_000, 100_000) if one < options.rows] + [options.rows]
    with tempfile.TemporaryDirectory(prefix="audit") as name:
        folder = Path(name)
        with (
            database(options.database, folder) as url,
            serving(folder, IDP_DATABASE_URL=url) as running,
        ):
            _idp(running, "--as", "bench", "audit", "key", "init")
            _measured(folder, running, sizes)
    return 0


def _measured(folder: Path, running: Running, sizes: list[int]) -> None:
    print(
        "      rows   written/s   sealed/s   empty look ms   verified/s   peak MiB"
        "   exported/s   MiB   from export/s   peak MiB",
        flush=True,
    )
    key = folder / "key.json"
    key.write_text(_said(running, "audit", "key", "show", "--public"))
    there = 0
    for size in sizes:
        new = size - there
        written = fill(running.services, new)
        sealed, looked = seal(running.services)
        _idp(running, "audit", "checkpoint")
        verified = _idp(running, "audit", "verify")
        file = folder / f"{size}.jsonl"
        exported = _idp(running, "--as", "bench", "audit", "export", str(file))
        again = _idp(running, "audit", "verify", "--from-export", str(file), "--key", str(key))
        mib = file.stat().st_size / 2**20
        file.unlink()
        there = size
        print(
            f"{size:>10}{new / written:>12.0f}{new / sealed:>11.0f}{looked * 1000:>16.2f}"
            f"{size / verified.seconds:>13.0f}{verified.peak:>11.0f}"
            f"{size / exported.seconds:>13.0f}{mib:>6.0f}"
            f"{size / again.seconds:>16.0f}{again.peak:>11.0f}",
            flush=True,
        )


def fill(services: Services, rows: int) -> float:
    """Write so many, a thousand in a transaction; the seconds that took."""
    began = time.monotonic()
    for start in range(0, rows, _BATCH):
        services.audit.record_all(
            [
                services.audit.entry(
                    AuditEvent.LOGIN_COMPLETED,
                    person_id=f"per_{number:026}",
                    client_id="rs256",
                    realm="sol",
                    mode="sunat",
                    reference=f"A-{number}",
                    sid=f"ses_{number:026}",
                    acr="urn:vuce:acr:sunat",
                )
                for number in range(start, min(start + _BATCH, rows))
            ]
        )
    return time.monotonic() - began


def seal(services: Services) -> tuple[float, float]:
    """Seal all there is; the seconds of that, and of a look at a log in which nothing waits."""
    began = time.monotonic()
    while services.audit_room.sealer.step():
        pass
    sealed = time.monotonic() - began
    began = time.monotonic()
    for _ in range(20):
        services.audit_room.sealer.step()
    return sealed, (time.monotonic() - began) / 20


def _idp(running: Running, *words: str) -> Run:
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "idp.cli", *words],
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
    return Run(time.monotonic() - began, used.ru_maxrss / 1024)


def _said(running: Running, *words: str) -> str:
    command = [sys.executable, "-m", "idp.cli", *words]
    return subprocess.run(
        command, env=running.environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


if __name__ == "__main__":
    raise SystemExit(main())
