"""`idp serve`: the HTTP server (granian) over `wsgi.py`'s application."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from idp.cli.context import Context, environment
from idp.settings import places

# For the requests under way, of which the longest waits for SUNAT.
_STOP_SECONDS = 30


def add_parser(subparsers: Any) -> None:
    """`idp serve [--bind HOST:PORT]`."""
    parser = subparsers.add_parser("serve", help="serve the provider over HTTP")
    parser.add_argument("--bind", type=bind_address, metavar="HOST:PORT", help="default: IDP_BIND")
    parser.set_defaults(func=_serve)


def _serve(args: argparse.Namespace, context: Context) -> int:
    settings = context.settings
    return run(
        "idp.app:application",
        args.bind or settings.bind,
        processes=settings.processes,
        check=context.try_services,
        context=context,
    )


def run(
    target: str, bind: str, *, processes: int, check: Callable[[], None], context: Context
) -> int:
    """Serve an application until told to end. target: `module:factory`. check: raises StartError
    for what no server process could start with; a database that is away is not such a thing.
    """
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from idp.cli.http_server import Server

    # Until there are server processes that could read the files again, they are read anyway.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Said here, once.
    check()
    # Each server process reads the settings anew: hand the demo's on where it is the demo.
    os.environ.update(
        (name, value) for name, value in environment(os.environ).items() if name.startswith("IDP_")
    )
    host, port = split_address(bind)
    problem = listening_problem(host, port)
    if problem:
        print(f"idp: {problem}", file=sys.stderr)
        return 3

    Server(
        target,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=context.settings.threads,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
    ).serve()
    return 0


def split_address(text: str) -> tuple[str, int]:
    """`HOST:PORT` as what sockets take."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def listening_problem(host: str, port: int) -> str | None:
    """Why nobody could listen there, in a line; None when one could.

    The server itself shares its port among its processes, and would share it with a stranger's.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except (OSError, UnicodeError) as error:
        return f"cannot listen on {host}:{port} ({getattr(error, 'strerror', None) or error})"
    return None


def bind_address(raw: str) -> str:
    """A type for argparse: `HOST:PORT`."""
    try:
        return places.listen(raw)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected {error}") from error
