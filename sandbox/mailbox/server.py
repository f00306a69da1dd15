"""Run the mailbox: `sandbox mailbox --http-port 8025 --smtp-port 8026`."""

from __future__ import annotations

import argparse
import sys

from sandbox.mailbox.app import create_app
from sandbox.mailbox.smtp import start
from sandbox.mailbox.store import Mailbox
from sandbox.serving import serve


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--http-port", type=int, default=8025)
    parser.add_argument("--smtp-port", type=int, default=8026)


def main(args: argparse.Namespace) -> int:
    """Serve until interrupted; 1 when a port cannot be had."""
    mailbox = Mailbox()
    try:
        controller = start(mailbox, args.host, args.smtp_port)
    except OSError as error:
        print(f"port {args.smtp_port}: {error.strerror}", file=sys.stderr)
        return 1
    try:
        return serve(create_app(mailbox), args.host, args.http_port)
    finally:
        controller.stop(no_assert=True)
