"""`python -m bench.surge [--people N] [--minutes M] [--database postgresql|sqlite]`."""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.server import Running, free_port, serving
from bench.surge.account import Account, Asked, peak, percentile, settle
from bench.surge.asking import Visitor, ask, enter
from bench.surge.crowd import Asker, crowd, rows
from bench.surge.stage import Stage, database, wait_until
from idp.upstream_status.state import FlagState

_SAMPLE = 200
_CLIENTS = 24
_DRAIN_SECONDS = 300


def main() -> int:
    """Print the figures; 1 when something was lost, doubled or sent to a stranger."""
    parser = argparse.ArgumentParser(prog="bench.surge")
    parser.add_argument("--people", type=int, default=3_000)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="surge") as name:
        folder = Path(name)
        with database(options.database, folder) as url:
            return _day(folder, url, options.people, options.minutes * 60)


def _day(folder: Path, url: str, people: int, seconds: float) -> int:
    sink_port = free_port()
    settings = {
        "IDP_DATABASE_URL": url,
        "IDP_CAPTCHA": "none",
        "IDP_TRUSTED_PROXIES": "1",
        "IDP_SMTP_URL": f"smtp://127.0.0.1:{sink_port}",
    }
    with serving(folder, **settings) as running:
        stage = Stage(running.environment, sink_port, folder / "mails.jsonl")
        askers = crowd(people)
        report = running.services.people.seed(rows(askers), trust_emails=True)
        if report.problems:
            raise RuntimeError(report.problems[0])
        running.services.upstream_status.set(
            "sol", FlagState.FORCED_DOWN, reason="bench", who="bench"
        )
        time.sleep(1.5)
        try:
            stage.start_sink()
            stage.start_worker()
            stage.start_worker()
            stage.settle()
            return _rush(running, stage, askers, seconds)
        finally:
            stage.end()


def _rush(running: Running, stage: Stage, askers: list[Asker], seconds: float) -> int:
    visitors = [Visitor(running.port, one) for one in askers]
    began, cpu = time.time(), running.cpu_seconds()
    own = time.process_time()
    trouble = threading.Thread(target=_trouble, args=(stage, seconds))
    trouble.start()
    gap = seconds / len(askers)
    with ThreadPoolExecutor(_CLIENTS) as pool:
        asked = list(pool.map(lambda one: _ask(one, began + one.who.number * gap), visitors))
    took, cpu = time.time() - began, running.cpu_seconds() - cpu
    own = time.process_time() - own
    trouble.join()
    load = running.services.mail_load
    drained = wait_until(lambda: load.now().open == 0, _DRAIN_SECONDS)
    account = settle(asked, stage.received())
    worker_cpu = stage.worker_cpu()
    entered = _enter_some(running, visitors, account)
    requests = sum(one.requests for one in visitors)
    _print(asked, account, requests / took, cpu / requests * 1_000, own / took, entered)
    _print_mail(account, stage.received(), worker_cpu, drained=drained)
    sample = min(_SAMPLE, len(account.with_link))
    return 0 if account.whole and drained and entered == sample else 1


def _ask(visitor: Visitor, at: float) -> Asked:
    time.sleep(max(0.0, at - time.time()))
    now = time.time()
    try:
        answer, _ = ask(visitor)
        told = "Retry-After" in answer.headers
        return Asked(visitor.who, now, answer.status, answer.seconds, told)
    except (OSError, RuntimeError):
        return Asked(visitor.who, now, 0, 0.0, told=False)
    finally:
        visitor.close()


def _trouble(stage: Stage, seconds: float) -> None:
    """A worker dies at a third of the time, the relay is away from 40 to 60 %."""
    time.sleep(seconds * 0.33)
    stage.kill_worker()
    time.sleep(seconds * 0.07)
    stage.stop_sink()
    time.sleep(seconds * 0.2)
    stage.start_sink()
    stage.start_worker()


def _enter_some(running: Running, visitors: list[Visitor], account: Account) -> int:
    numbers = sorted(account.with_link)
    step = max(1, len(numbers) // _SAMPLE)
    entered = 0
    for number in numbers[::step][:_SAMPLE]:
        visitor = visitors[number]
        entered += enter(visitor, account.with_link[number], running.secret)
        visitor.close()
    return entered


def _print(
    asked: list[Asked],
    account: Account,
    rate: float,
    cpu: float,
    own_share: float,
    entered: int,
) -> None:
    taken = [one.seconds * 1_000 for one in asked if one.status]
    print(f"people who asked          {len(asked):8}   strangers {account.strangers}")
    print(f"one usable link each      {len(account.with_link):8}   tried {entered}")
    print(f"clear answers             {account.clear_answers:8}")
    print(f"lost                      {len(account.lost):8}   two links {len(account.two_links)}")
    print(f"mails to strangers        {account.to_strangers:8}   repeats {account.repeats}")
    print(f"requests/s                {rate:8.1f}   load generator {own_share:.0%} of a core")
    print(f"CPU per request       ms  {cpu:8.2f}   a process carries {1_000 / cpu:.0f} a second")
    print(
        f"the form's answer     ms  p50 {percentile(taken, 0.5):.1f}  "
        f"p95 {percentile(taken, 0.95):.1f}  p99 {percentile(taken, 0.99):.1f}"
    )


def _print_mail(
    account: Account, mails: list[dict[str, Any]], cpu: float, *, drained: bool
) -> None:
    per_mail = cpu / max(1, len(mails))
    print(f"mails                     {len(mails):8}   queue drained: {'yes' if drained else 'NO'}")
    print(f"mails/s at the peak       {peak([one['at'] for one in mails]):8.1f}   of two workers")
    print(f"CPU per mail          ms  {per_mail * 1_000:8.2f}")
    print(
        f"from asking to relay   s  p50 {percentile(account.ages, 0.5):.1f}  "
        f"p95 {percentile(account.ages, 0.95):.1f}  max {max(account.ages, default=0.0):.1f}"
    )
    carried = 1 / per_mail if per_mail else 0.0
    print(
        f"one worker process carries about {carried:.0f} mails/s on a core of its own; "
        f"20 000 people within 10 minutes need {20_000 / 600 / carried:.1f} of them"
    )


if __name__ == "__main__":
    raise SystemExit(main())
