"""What a run prints: figures to read, the machine's as much as ours; and the verdict."""

from __future__ import annotations

import os
from collections.abc import Iterable
from statistics import median

from bench.surge.account import Account, Trial, peak, percentile
from bench.surge.captcha import BUSY
from bench.surge.day import Rush
from bench.surge.options import Options
from bench.surge.post import Post
from bench.surge.sizing import FULL, MAILS_EACH, Costs, by_cpu, by_threads, carries, need
from bench.surge.waiting import NOTICED_AFTER, WaitingRoom

_BIG_DAY, _BIG_SECONDS = 20_000, 600.0


def heading(options: Options, database: str, load: float) -> None:
    """What is measured, and how busy the machine is already."""
    kind = database.partition(":")[0].partition("+")[0]
    said = "SQLITE, not what production runs on" if kind == "sqlite" else kind
    _line("machine", f"{os.cpu_count()} cores, load average before {load:.1f}; database {said}")
    _line(
        "the day",
        f"{options.people} people in {options.minutes:g} min, captcha {options.captcha}, "
        f"two workers of {options.worker_threads} threads, the relay takes "
        f"{options.relay_latency:g} s",
    )


def people(account: Account, trial: Trial) -> None:
    """Everybody's outcome."""
    asked = account.eligible + account.strangers
    _line("people who asked", f"{asked}, of them strangers {account.strangers}")
    _line("one usable link each", f"{len(account.with_link)}, tried {trial.entered}/{trial.tried}")
    _line("clear answers", f"{account.clear_answers}")
    _line("lost", f"{len(account.lost)}, two links {len(account.two_links)}")
    kills = ", ".join(f"{one.in_hand} of {one.threads} threads" for one in trial.kills)
    _line("workers killed with", f"{kills} at the relay")
    bound = sum(one.threads for one in trial.kills)
    _line(
        "mails repeated", f"{account.repeats} (at most {bound}), strangers' {account.to_strangers}"
    )


def server(rushed: Rush, requests: int, costs: Costs) -> None:
    """The HTTP side; asking and polling apart."""
    taken = [one.seconds * 1_000 for one in rushed.asked if one.status]
    each = requests / max(1, len(rushed.asked))
    cpu = costs.asking / max(1.0, each)
    _line(
        "requests/s",
        f"{(requests + rushed.polls) / rushed.took:.0f}: asking {requests / rushed.took:.0f}, "
        f"polling {rushed.polls / rushed.took:.0f}; generator {rushed.generator:.0%} of a core",
    )
    _line(
        "CPU per request", f"asking {_ms(cpu)} ({each:.1f} requests each), poll {_ms(costs.poll)}"
    )
    if costs.captcha:
        _line("CPU of the captcha", f"{_ms(costs.captcha)} more a form, at {BUSY} times the work")
    asking = costs.asking + costs.captcha
    _line("CPU per person", f"asking {_ms(asking)}, entering {_ms(costs.entering)}; polls apart")
    _line("the form's answer", f"{_percentiles(taken)} ms")


def mail(rushed: Rush, account: Account, post: Post, costs: Costs) -> None:
    """The worker's side."""
    drained = "yes" if rushed.drained else "NO"
    _line("mails", f"{len(post.mails)}, CPU each {_ms(costs.mail)}; queue drained: {drained}")
    tries = list(post.put_offs.values())
    typical = median(tries) if tries else 0
    _line("recipients put off", f"{len(tries)}, {typical:.0f} times in the median")
    most = peak([one["at"] for one in post.mails])
    _line("mails/s at the peak", f"{most:.1f} of two workers, {most / 2:.1f} each")
    others = [
        account.ages[one.who.number]
        for one in rushed.asked
        if one.who.number in account.ages and one.who.email not in post.put_offs
    ]
    _line("from asking to relay", f"{_percentiles(account.ages.values())} s")
    _line("  without those put off", f"{_percentiles(others)} s")


def sizes(costs: Costs, room: WaitingRoom) -> None:
    """What an operator needs for the day."""
    _line(
        "a worker carries",
        f"{carries(costs):.0f} mails/s = min(CPU {by_cpu(costs):.0f}, "
        f"threads/latency {by_threads(costs):.0f})",
    )
    print(f"\n{_BIG_DAY} people in 10 minutes, {MAILS_EACH} mails each, planned {FULL:.0%} full:")
    for words, seconds in (
        (f"pages in sight {room.page_open:.0f} s, as here", room.page_open),
        ("every page in sight all the time", _BIG_SECONDS),
    ):
        found = need(costs, people=_BIG_DAY, seconds=_BIG_SECONDS, page_open=seconds)
        print(
            f"  {words}: {found.polls:.0f} polls/s, {found.server:.1f} cores of server: "
            f"{found.server_processes} processes"
        )
    print(
        f"  {found.mails:.0f} mails/s: {found.sending:.0f} threads at the relay at any moment, "
        f"{found.worker_processes} worker processes of {costs.threads} threads"
    )
    print(f"  (a page is left {NOTICED_AFTER:.0f} s after its mail reached the relay)")


def verdict(wrong: list[str]) -> int:
    """The exit status."""
    print("\nkept: everybody was served or told, once" if not wrong else "\nBROKEN:")
    for one in wrong:
        print(f"  {one}")
    return 1 if wrong else 0


def _line(name: str, said: str) -> None:
    print(f"{name:24}{said}", flush=True)


def _ms(seconds: float) -> str:
    return f"{seconds * 1_000:.2f} ms"


def _percentiles(values: Iterable[float]) -> str:
    found = list(values)
    marks = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"), (1.0, "max"))
    return "  ".join(f"{name} {percentile(found, share):.1f}" for share, name in marks)
