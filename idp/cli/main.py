"""Parsing the command line and turning failures into one line and an exit code."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

from idp.cli.context import Context, may_go_on_record, must_say_who
from idp.kernel.errors import IdpError, StartError, Unavailable

GROUPS = (
    "serve",
    "worker",
    "console",
    "prober",
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
        "--as",
        dest="actor",
        metavar="NAME",
        help="who acts, for the audit log (default: OS user; root must say)",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in groups:
        group.add_parser(subparsers)
    _also_after(subparsers)
    return parser


def _also_after(subparsers: Any) -> None:
    """`--as` after the words of each command that goes on record, where people type it."""
    for parser in dict.fromkeys(subparsers.choices.values()):
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                _also_after(action)
        if (
            may_go_on_record(parser.get_default("func"))
            and "--as" not in parser._option_string_actions
        ):
            parser.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


def _is_name(actor: str) -> bool:
    """Whether somebody may say to be called so: `os:` and `console:` are ours to write."""
    return bool(actor.strip()) and actor.isprintable() and ":" not in actor


def _understood(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; ends with 2 for those that cannot be. Root is whoever has its password: what
    goes on record must name a person.
    """
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.actor and not _is_name(args.actor):
        parser.error("argument --as: a name on one line, without a colon")
    if must_say_who(args):
        parser.error("root says who gives the order: --as NAME")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; see the package for the exit codes."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another alphabet gets a question mark, not the end of the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    args = _understood(argv)
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
