"""Everybody asks while things break; then what that cost is measured, each part apart."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.server import Running
from bench.surge.account import Account, Asked, Kill
from bench.surge.asking import Visitor, ask, enter
from bench.surge.captcha import BUSY, CHEAP, price
from bench.surge.options import Options
from bench.surge.post import Post
from bench.surge.sizing import Costs
from bench.surge.stage import Stage, wait_until
from bench.surge.trouble import trouble
from bench.surge.waiting import WaitingRoom, poll_one_by_one
from idp.settings import Settings

_SAMPLE = 200
_CLIENTS = 24
_DRAIN_SECONDS = 300
_CALIBRATION = 500


@dataclass(frozen=True)
class Rush:
    """took: seconds until the last had asked; server_cpu, polls: within them. generator: the load
    generator's share of a core. worker_cpu: seconds, until the queue was drained.
    """

    asked: Sequence[Asked]
    kills: Sequence[Kill]
    drained: bool
    took: float
    server_cpu: float
    polls: int
    generator: float
    worker_cpu: float


def rush(
    running: Running, stage: Stage, visitors: list[Visitor], room: WaitingRoom, options: Options
) -> Rush:
    """Let everybody ask, break things meanwhile, and wait for the last mail."""
    began, cpu, own = time.time(), running.cpu_seconds(), time.process_time()
    gap = options.seconds / len(visitors)
    with ThreadPoolExecutor(1) as beside, ThreadPoolExecutor(_CLIENTS) as pool:
        breaking = beside.submit(trouble, stage, options.seconds)
        asking = [
            pool.submit(_ask, one, room, began + number * gap)
            for number, one in enumerate(visitors)
        ]
        asked = [one.result() for one in asking]
        took, cpu = time.time() - began, running.cpu_seconds() - cpu
        own, polls = time.process_time() - own, room.polls
        kills = breaking.result()
        drained = wait_until(lambda: _drained(running, room.post, asked), _DRAIN_SECONDS)
    return Rush(
        asked=asked,
        kills=kills,
        drained=drained,
        took=took,
        server_cpu=cpu,
        polls=polls,
        generator=own / took,
        worker_cpu=stage.worker_cpu(),
    )


def _ask(visitor: Visitor, room: WaitingRoom, at: float) -> Asked:
    time.sleep(max(0.0, at - time.time()))
    now = time.time()
    try:
        answer, page = ask(visitor)
        if page:
            room.seat(visitor, page)
        told = "retry-after" in answer.headers
        return Asked(visitor.who, now, answer.status, answer.seconds, told)
    except (OSError, RuntimeError, http.client.HTTPException):
        return Asked(visitor.who, now, 0, 0.0, told=False)
    finally:
        visitor.close()


def _drained(running: Running, post: Post, asked: Sequence[Asked]) -> bool:
    """Nothing waits, and everybody whose request was taken has a mail: what is put off for long may
    not count as waiting.
    """
    post.look()
    waiting = (one.who for one in asked if one.status == 303 and one.who.eligible)
    return running.services.mail_load.now().open == 0 and all(
        post.arrived(who.email) is not None for who in waiting
    )


def costs(
    running: Running, room: WaitingRoom, rushed: Rush, entering: float, options: Options
) -> Costs:
    """The parts' prices. entering: CPU seconds of a person who goes on by a link."""
    poll = cpu_of(running, lambda: poll_one_by_one(room, _CALIBRATION)) / _CALIBRATION
    asking = (rushed.server_cpu - rushed.polls * poll) / max(1, len(rushed.asked))
    return Costs(
        asking=max(0.0, asking),
        captcha=_captcha(options),
        poll=poll,
        entering=entering,
        mail=rushed.worker_cpu / max(1, len(room.post.mails)),
        latency=options.relay_latency,
        threads=options.worker_threads,
    )


def _captcha(options: Options) -> float:
    """CPU seconds that the captcha's usual rounds add to each form while many ask at once."""
    if options.captcha == "none":
        return 0.0
    return max(0.0, price(BUSY * Settings.altcha_cost) - price(CHEAP))


def cpu_of(running: Running, work: Callable[[], object]) -> float:
    """Seconds of the server while this is done, and nothing else."""
    before = running.cpu_seconds()
    work()
    return running.cpu_seconds() - before


def enter_some(running: Running, visitors: list[Visitor], account: Account) -> tuple[int, int]:
    """Some of the links, each in the browser that asked: how many were tried, and how many led to
    tokens.
    """
    numbers = sorted(account.with_link)
    sample = numbers[:: max(1, len(numbers) // _SAMPLE)][:_SAMPLE]
    entered = 0
    for number in sample:
        visitor = visitors[number]
        entered += enter(visitor, account.with_link[number], running.secret)
        visitor.close()
    return len(sample), entered
