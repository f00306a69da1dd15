"""`idp worker`: the mail worker, with the periodic work."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from typing import Any

from idp.adapters.queue.worker import run_worker
from idp.adapters.telemetry.log import configure_logging
from idp.cli.arguments import at_most
from idp.cli.context import Context
from idp.wiring import Hangup, audit_problems, beside, worker_broker

_log = logging.getLogger(__name__)


def add_parser(subparsers: Any) -> None:
    """`idp worker [--threads N]`."""
    parser = subparsers.add_parser("worker", help="send mails and do the periodic work")
    parser.add_argument(
        "--threads", type=at_most(256), metavar="N", help="default: IDP_WORKER_THREADS"
    )
    parser.set_defaults(func=_work)


def _work(args: argparse.Namespace, context: Context) -> int:
    hangup = Hangup()
    services = context.services
    configure_logging(context.settings.log_level, services.clock)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    services.start()
    hangup.hand_to(services.reloader)
    for problem in audit_problems(context.settings):
        _log.warning("the audit log cannot be vouched for: %s", problem)
    threads = beside(services.audit_room, services.clock)
    for one in threads:
        one.start()
    try:
        run_worker(
            worker_broker(services),
            threads=args.threads or context.settings.worker_threads,
            stop=stop,
            periodic=services.periodic,
        )
    finally:
        for one in threads:
            one.stop()
        context.close()
    return 0
