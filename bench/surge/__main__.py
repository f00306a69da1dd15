"""`python -m bench.surge`: exit 1 unless everybody is served or told, once, whatever breaks."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from bench.server import Running, free_port, serving
from bench.surge import report
from bench.surge.account import Trial, faults, settle
from bench.surge.asking import Visitor
from bench.surge.captcha import CHEAP
from bench.surge.crowd import Asker, crowd, rows
from bench.surge.day import costs, cpu_of, enter_some, rush
from bench.surge.options import Options, read
from bench.surge.post import Post
from bench.surge.stage import Stage, database
from bench.surge.waiting import WaitingRoom
from idp.settings import Settings
from idp.upstream_status.state import FlagState


def main() -> int:
    """Print the figures; 1 when a promise was broken."""
    options = read()
    with tempfile.TemporaryDirectory(prefix="surge") as name:
        folder = Path(name)
        with database(options.database, folder) as url:
            return _day(folder, url, options)


def _day(folder: Path, url: str, options: Options) -> int:
    sink_port = free_port()
    settings = {
        "IDP_DATABASE_URL": url,
        "IDP_CAPTCHA": options.captcha,
        "IDP_ALTCHA_COST": str(CHEAP),
        "IDP_TRUSTED_PROXIES": "1",
        "IDP_SMTP_URL": f"smtp://127.0.0.1:{sink_port}",
        # Budgets are even over the hour, and the crowd comes within minutes.
        "IDP_MAIL_BUDGET": str(max(Settings.mail_budget, 60 * options.people)),
        "IDP_MAIL_DOMAIN_BUDGET": str(max(Settings.mail_domain_budget, 60 * options.people)),
    }
    with serving(folder, **settings) as running:
        stage = Stage(
            running.environment,
            sink_port,
            folder / "mails.jsonl",
            latency=options.relay_latency,
            greylist=options.greylist,
            threads=options.worker_threads,
        )
        askers = _people(running, options.people)
        try:
            stage.start_sink()
            stage.start_worker()
            stage.start_worker()
            stage.settle()
            return _run(running, stage, askers, options)
        finally:
            stage.end()


def _people(running: Running, people: int) -> list[Asker]:
    """Known to the provider, and SUNAT is down for all of them."""
    askers = crowd(people)
    found = running.services.people.seed(rows(askers), trust_emails=True)
    if found.problems:
        raise RuntimeError(found.problems[0])
    running.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="bench", who="bench")
    time.sleep(1.5)
    return askers


def _run(running: Running, stage: Stage, askers: list[Asker], options: Options) -> int:
    report.heading(options, running.environment["IDP_DATABASE_URL"], os.getloadavg()[0])
    visitors = [Visitor(running.port, one) for one in askers]
    room = WaitingRoom(running.port, Post(stage.journal))
    try:
        rushed = rush(running, stage, visitors, room, options)
    finally:
        room.close()
    requests = sum(one.requests for one in visitors)
    room.post.look()
    account = settle(rushed.asked, room.post.mails)
    sample: list[int] = []
    entering = cpu_of(running, lambda: sample.extend(enter_some(running, visitors, account)))
    tried, entered = sample
    trial = Trial(rushed.kills, rushed.drained, tried, entered, room.polls, room.failed)
    found = costs(running, room, rushed, entering / max(1, tried), options)
    report.people(account, trial)
    report.server(rushed, requests, found)
    report.mail(rushed, account, room.post, found)
    report.sizes(found, room)
    return report.verdict(faults(account, trial, share=options.share))


if __name__ == "__main__":
    raise SystemExit(main())
