"""`idp console`: the console's own server, apart from the provider's.

A process of its own: whatever happens at either listener takes no thread from the other, and each
can be put where only those reach it who should.
"""

from __future__ import annotations

import argparse
from typing import Any

from idp.cli.context import Context
from idp.cli.serve import bind_address, run


def add_parser(subparsers: Any) -> None:
    """`idp console [--bind HOST:PORT]`."""
    parser = subparsers.add_parser("console", help="serve the console (/admin) over HTTP")
    parser.add_argument(
        "--bind", type=bind_address, metavar="HOST:PORT", help="default: IDP_ADMIN_BIND"
    )
    parser.set_defaults(func=_console)


def _console(args: argparse.Namespace, context: Context) -> int:
    return run(
        "idp.console:application",
        args.bind or context.settings.admin_bind,
        processes=1,
        check=lambda: context.try_services(pages=False),
        context=context,
    )
