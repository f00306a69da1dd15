"""The `sandbox` command: it only picks the module of a subcommand."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

SUBCOMMANDS = {
    "demo": ("sandbox.demo.runner", "run the whole demo"),
    "sunat": ("sandbox.sunat.server", "the mock SUNAT"),
    "sunat-set": ("sandbox.sunat.control", "make the mock SUNAT misbehave, or behave again"),
    "rp": ("sandbox.rp.server", "one relying party"),
    "authenticator": ("sandbox.authenticator", "the app on a telephone that makes codes"),
    "mailbox": ("sandbox.mailbox.server", "an SMTP catcher with a mailbox page"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; its module is imported only when it is the one."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="sandbox", description="What stands in for the outside.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = words[0] if words else ""
    for name, (module_name, help_text) in SUBCOMMANDS.items():
        sub = subparsers.add_parser(name, help=help_text)
        if name == asked:
            module = importlib.import_module(module_name)
            module.configure(sub)
            sub.set_defaults(run=module.main)
    args = parser.parse_args(words)
    return int(args.run(args))


if __name__ == "__main__":
    sys.exit(main())
