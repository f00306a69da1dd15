"""`idp prober`: goes each upstream's login path again and again, and does what follows.

A process of its own, as many as there are machines: one leads, and when it dies another does
within seconds.
"""

from __future__ import annotations

import argparse
import signal
import threading
from typing import TYPE_CHECKING, Any

from idp.adapters.telemetry.log import configure_logging
from idp.cli.upstream_probe import line
from idp.upstream_status.evidence import described
from idp.upstream_status.probing import Role, answering

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp prober [--once | --alive]`."""
    parser = subparsers.add_parser("prober", help="watch each upstream's login path")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="probe each upstream once, and end")
    how.add_argument(
        "--alive",
        action="store_true",
        help="ask whether a prober has been there lately: 0 when one has, else 1",
    )
    parser.set_defaults(func=_prober)


def _prober(args: argparse.Namespace, context: Context) -> int:
    if args.alive:
        return _alive(context)
    if args.once:
        return _once(context)
    services = context.services
    configure_logging(context.settings.log_level, services.clock)
    stop = threading.Event()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it has no files to read again
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    services.probing.prober.run(stop)
    return 0


def _once(context: Context) -> int:
    prober = context.services.probing.prober
    role = prober.beat()
    if role is Role.STANDING_BY:
        context.out({"role": role, "probes": []} if context.as_json else "another prober leads")
        return 0
    try:
        results = [prober.step(realm) for realm in prober.realms]
    finally:
        prober.give_up()
    if context.as_json:
        probes = [{"realm": one.realm, **described(one)} for one in results]
        context.out({"role": role, "probes": probes})
    else:
        context.out("\n".join(line(one) for one in results))
    return 0


def _alive(context: Context) -> int:
    services = context.services
    found = answering(services.probing.store, services.clock.now())
    leading = next((one for one in found if one.leading), None)
    if context.as_json:
        context.out(
            [
                {
                    "instance": one.instance,
                    "leading": one.leading,
                    "started_at": one.started_at.isoformat(),
                    "seen_at": one.seen_at.isoformat(),
                }
                for one in found
            ]
        )
    elif leading is None:
        context.out("no prober leads")
    else:
        context.out(f"{leading.instance} leads; {len(found) - 1} more stand by")
    return 0 if leading is not None else 1
