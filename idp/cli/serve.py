"""`idp serve`: the HTTP server (granian) over `wsgi.py`'s application."""

from __future__ import annotations

import argparse
import os
from typing import Any

from idp.cli.context import Context, environment


def add_parser(subparsers: Any) -> None:
    """`idp serve [--bind HOST:PORT]`."""
    parser = subparsers.add_parser("serve", help="serve the provider over HTTP")
    parser.add_argument("--bind", metavar="HOST:PORT", help="default: IDP_BIND")
    parser.set_defaults(func=_serve)


def _serve(args: argparse.Namespace, context: Context) -> int:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    settings = context.settings
    # Each server process reads the settings anew: hand the demo's on where it is the demo.
    os.environ.update(
        (name, value) for name, value in environment(os.environ).items() if name.startswith("IDP_")
    )
    host, _, port = (args.bind or settings.bind).rpartition(":")
    Granian(
        "wsgi:app",
        address=host.strip("[]") or "127.0.0.1",
        port=int(port),
        interface=Interfaces.WSGI,
        workers=settings.processes,
        blocking_threads=settings.threads,
        log_access=False,
        log_level=LogLevels.warning,
    ).serve()
    return 0
