"""`python -m bench.alike [--each N]`: can a stranger tell who exists?

Every kind of person asks in random order against a real server with a worker beside it. The answers
must be the same bytes but for the request's own values, and their times the same within a bound.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from bench.alike.kinds import CONTROL, ELIGIBLE, SERVED, people
from bench.alike.verdict import BOUND, INJECTED, LEVEL, Compared, Times, compare, judge
from bench.alike.walk import STEPS, walk
from bench.server import Running, free_port, serving
from bench.surge.crowd import Asker
from bench.surge.stage import Stage
from idp.upstream_status.state import FlagState

# Of those who must get a mail; a few are put off by the relay, and may still wait at the end.
_LEAST_SERVED = 0.9


def main() -> int:
    """Print the figures; 1 when bytes or times tell people apart, or when the run is no proof."""
    parser = argparse.ArgumentParser(prog="bench.alike")
    parser.add_argument("--each", type=int, default=300, help="people of each kind")
    each = parser.parse_args().each
    with tempfile.TemporaryDirectory(prefix="alike") as name:
        folder, sink_port = Path(name), free_port()
        mails = folder / "mails.jsonl"
        settings = {
            "IDP_CAPTCHA": "none",
            "IDP_TRUSTED_PROXIES": "1",
            "IDP_SMTP_URL": f"smtp://127.0.0.1:{sink_port}",
        }
        with serving(folder, **settings) as running:
            stage = Stage(running.environment, sink_port, mails)
            try:
                stage.start_sink()
                stage.start_worker()
                return _run(running, stage, mails, each)
            finally:
                stage.end()


def _run(running: Running, stage: Stage, mails: Path, each: int) -> int:
    status = running.services.upstream_status
    status.set("sol", FlagState.FORCED_DOWN, reason="bench", who="bench")
    crowd = people(running.services.people, each)
    stage.settle()
    seen = walk(running.port, crowd, INJECTED / 1_000)
    compared = compare(seen.times)
    problems = [*judge(compared, seen.answers), *_wrongly_served(crowd, mails)]
    _print(seen.times, compared)
    requests = sum(len(one) for kinds in seen.times.values() for one in kinds.values())
    print(f"\n{len(crowd)} people, {requests} timed requests, load {os.getloadavg()[0]:.1f}")
    for problem in problems:
        print(problem)
    if not problems:
        print(f"nobody can be told apart: the same bytes, times within ±{BOUND} ms")
    return 1 if problems else 0


def _wrongly_served(crowd: Iterable[tuple[str, Asker]], mails: Path) -> list[str]:
    """Whether the kinds were what they are called: only the eligible got mails."""
    lines = [json.loads(line) for line in mails.read_text(encoding="utf-8").splitlines()]
    served = {line["to"] for line in lines if line.get("link")}
    due = {who.email for kind, who in crowd if kind in SERVED}
    found = []
    if served - due:
        found.append(f"mails to {len(served - due)} who must get none")
    if len(served & due) < _LEAST_SERVED * len(due):
        found.append(f"inconclusive: mails to {len(served & due)} of {len(due)} only")
    return found


def _print(times: Times, compared: Sequence[Compared]) -> None:
    print(f"slower than the eligible by (ms; 95 %), p by Holm; {CONTROL}: {INJECTED} ms injected")
    for step in STEPS:
        base = times[step][ELIGIBLE]
        print(f"\n{step}: {ELIGIBLE} n = {len(base)}, median {median(base):.3f} ms")
        for one in (one for one in compared if one.step == step):
            print(
                f"  {one.kind:16}{one.shift:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
                f"  p {one.p:.3f}  {_said(one)}"
            )
    print(f"\nsame: the interval lies within ±{BOUND}; different: p < {LEVEL}")


def _said(one: Compared) -> str:
    if one.kind != CONTROL:
        return one.verdict
    return "noticed, as it must be" if one.noticed else "NOT NOTICED"


if __name__ == "__main__":
    raise SystemExit(main())
