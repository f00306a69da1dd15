"""Run the mock SUNAT: `sandbox sunat --port 8100`."""

from __future__ import annotations

import argparse
import socket
import sys

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.sunat.app import create_app


class QuietHandler(WSGIRequestHandler):
    """Logs no requests: their addresses carry codes and states."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


def build_server(app: Flask, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    """A threaded server, bound; port 0 takes a free one (`server.port`).

    Raises OSError when the port is taken.
    """
    # Bound here: werkzeug, left to bind by itself, prints its own advice and exits.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        return make_server(
            host,
            listener.getsockname()[1],
            app,
            threaded=True,
            request_handler=QuietHandler,
            fd=listener.fileno(),
        )


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument(
        "--original-url",
        action="append",
        default=[],
        metavar="URL",
        help="a registered callback, in place of the demo's; may be repeated",
    )
    parser.add_argument("--base-url", help="its address in tokens; default: the one asked")
    parser.add_argument("--seed", type=int, help="repeat what is random: flaky and padding")


def main(args: argparse.Namespace) -> int:
    """Serve until interrupted. 1 when the port cannot be had."""
    app = create_app(original_urls=args.original_url, base_url=args.base_url, seed=args.seed)
    try:
        server = build_server(app, args.host, args.port)
    except OSError as error:
        print(f"sandbox sunat: {args.host}:{args.port}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"mock SUNAT on http://{args.host}:{server.port} (/control)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="sandbox sunat", description=__doc__)
    configure(_parser)
    sys.exit(main(_parser.parse_args()))
