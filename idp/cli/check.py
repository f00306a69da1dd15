"""`idp check`: everything that must be right before the provider starts, said at once."""

from __future__ import annotations

import argparse
from typing import Any

from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp check`."""
    parser = subparsers.add_parser(
        "check", help="check settings, clients.yaml, keys, database and Redis"
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(func=_check)


def _check(args: argparse.Namespace, context: Context) -> int:
    from idp.wiring import start_problems

    problems = start_problems(context.settings)
    if context.as_json:
        context.out({"ok": not problems, "problems": problems})
    else:
        context.out("\n".join(problems) or "ok")
    return 3 if problems else 0
