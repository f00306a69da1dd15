"""`idp db`: the schema of the database."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from idp.cli.arguments import at_most
from idp.kernel.errors import Unavailable

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp db upgrade|status|revision`."""
    parser = subparsers.add_parser("db", help="the schema of the database")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    upgrade = actions.add_parser("upgrade", help="bring the schema to the newest revision")
    upgrade.add_argument(
        "--wait",
        type=at_most(3_600, least=0),
        default=30,
        metavar="SECONDS",
        help="for the database to answer",
    )
    upgrade.set_defaults(func=_upgrade)
    status = actions.add_parser("status", help="the schema's revision; exit code 1 if it is old")
    status.set_defaults(func=_status)
    revision = actions.add_parser(
        "revision", help="write a revision for what the models changed (for developers)"
    )
    revision.add_argument("message", metavar="MESSAGE")
    revision.set_defaults(func=_revision)
    for action in (upgrade, status, revision):
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


def _upgrade(args: argparse.Namespace, context: Context) -> int:
    database = context.services.database
    if not database.wait_ready(args.wait):
        raise Unavailable("sql")
    database.upgrade(context.services.vault)
    return _status(args, context)


def _status(args: argparse.Namespace, context: Context) -> int:
    current, newest = context.services.database.revision()
    if context.as_json:
        context.out({"current": current, "newest": newest})
    else:
        context.out(f"revision {current or 'none'}, newest {newest}")
    return 0 if current == newest else 1


def _revision(args: argparse.Namespace, context: Context) -> int:
    context.services.database.new_revision(args.message)
    return 0
