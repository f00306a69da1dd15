"""`idp users export FILE.csv`: everybody, in a file that `idp users import` reads.

With `--person` it is something else: one person's own copy (`users_copy`).

Exit codes: 0 done, 1 it could not be written, 2 misuse.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.cli import users_copy
from idp.cli.arguments import impersonal
from idp.cli.context import on_record
from idp.cli.private_file import private_file
from idp.cli.progress import Progress
from idp.kernel.errors import IdpError
from idp.kernel.identity import REALMS
from idp.people.csv_file import COLUMNS, written
from idp.people.export import cells

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(actions: Any) -> argparse.ArgumentParser:
    """`idp users export FILE.csv`."""
    parser: argparse.ArgumentParser = actions.add_parser(
        "export",
        help="write everybody to a CSV file, or all that is kept of one person; in clear, recorded "
        "in the audit log",
    )
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="must not exist yet; with --person it may be left out, to print",
    )
    parser.add_argument("--realm", choices=REALMS, help="only these people")
    parser.add_argument("--reason", required=True, type=impersonal, help="why, for the audit log")
    users_copy.add_options(parser)
    parser.set_defaults(func=run)
    return parser


@on_record
def run(args: argparse.Namespace, context: Context) -> int:
    """Write a file for its owner alone, row by row."""
    if not args.reason.strip():
        raise IdpError("reason_needed", detail="the audit log needs a reason")
    problem = _misused(args)
    if problem:
        raise IdpError("options_mixed", detail=problem)
    if args.person:
        return users_copy.run(args, context)
    services = context.services
    with (
        private_file(args.file) as file,
        Progress("export", 0, shown=not context.as_json) as progress,
    ):
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        now, rows = services.clock.now(), 0
        for person in services.people.everybody(
            args.realm, actor=context.actor, purpose=args.reason
        ):
            writer.writerow([written(cell) for cell in cells(person, now)])
            rows += 1
            progress.at(rows)
    context.out(
        {"rows": rows, "file": str(args.file)} if context.as_json else f"{rows} people: {args.file}"
    )
    return 0


def _misused(args: argparse.Namespace) -> str | None:
    """Everybody and one person must not be taken for one another."""
    if not args.person:
        if args.format or args.language:
            return "--format and --language are of one person's copy: name the --person"
        return None if args.file else "name the FILE.csv to write everybody to, or a --person"
    if args.realm:
        return "--realm is for everybody: a --person has a realm already"
    if args.language and args.format != "html":
        return "--language is for --format html"
    if args.file and args.file.suffix.lower() == ".csv":
        return "a CSV file holds everybody; one person's copy is JSON or HTML"
    return None
