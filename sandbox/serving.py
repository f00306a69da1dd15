"""Serving one of the sandbox's applications until it is interrupted."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from flask import Flask, Response

from sandbox.sunat.server import build_server

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action *; base-uri 'none'; "
    "frame-ancestors 'none'; frame-src 'self'"
)


def harden(app: Flask, csp: str = CSP) -> None:
    """Give every response of an application strict headers, unless it set its own."""

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", csp)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if not response.headers.get("Content-Type", "").startswith(("text/css", "image/")):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.get("/healthz")
    def alive() -> dict[str, str]:
        return {"status": "ok"}


def serve(app: Flask, host: str, port: int) -> int:
    """Serve until SIGTERM or Ctrl-C; 1 with one line when the port cannot be had."""
    try:
        server = build_server(app, host, port)
    except OSError as error:
        print(f"port {port}: {error.strerror}", file=sys.stderr)
        return 1

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0
