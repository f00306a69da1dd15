"""Parsing the command line and turning failures into one line and an exit code."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

from idp.cli.context import Context
from idp.kernel.errors import IdpError, StartError, Unavailable

GROUPS = (
    "serve",
    "worker",
    "console",
    "upstream",
    "clients",
    "keys",
    "data_keys",
    "users",
    "data",
    "sessions",
    "mail",
    "audit",
    "admin",
    "db",
    "check",
)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command, a group of subcommands per module."""
    groups = [importlib.import_module(f"idp.cli.{name}") for name in GROUPS]
    parser = argparse.ArgumentParser(
        prog="idp", description="VUCE's OpenID Connect provider with a contingency."
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    parser.add_argument(
        "--as", dest="actor", metavar="NAME", help="who acts, for the audit log (default: OS user)"
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in groups:
        group.add_parser(subparsers)
    return parser


def _is_name(actor: str) -> bool:
    """Whether somebody may say to be called so: `os:` and `console:` are ours to write."""
    return bool(actor.strip()) and actor.isprintable() and ":" not in actor


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see the package for the exit codes."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another alphabet gets a question mark, not the end of the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.actor and not _is_name(args.actor):
        parser.error("argument --as: a name on one line, without a colon")
    context = Context(as_json=args.json, actor=args.actor)
    try:
        code = int(args.func(args, context))
        sys.stdout.flush()
        return code
    except StartError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 3
    except Unavailable as error:
        keys = error.dependency == "data_keys"
        why = error.detail if keys else f"{error.dependency} does not answer"
        print(f"idp: {why}", file=sys.stderr)
        return 4
    except IdpError as error:
        print(f"idp: {error.code} {error.detail}".rstrip(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output has enough of it, as `head` does; Python would tell at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        context.close()
