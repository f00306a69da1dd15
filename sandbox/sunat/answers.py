"""The HTTP answers of a SUNAT that misbehaves, and the gate that gives them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

from flask import Response, render_template, request

from sandbox.sunat.board import Board

HUGE_BYTES = 32 * 1024 * 1024
_CHUNK = 64 * 1024


def _down() -> Response:
    """Cut the connection before a byte of an answer.

    Raises ConnectionAbortedError where there is no socket (Flask's test client).
    """
    connection = request.environ.get("werkzeug.socket")
    if connection is None:
        raise ConnectionAbortedError("the mock SUNAT is down")
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the caller was quicker
    return Response(status=503)  # never arrives: the server drops it with the connection


def _error500() -> Response:
    return Response(
        "<html><body><h1>500 Internal Server Error</h1></body></html>", 500, mimetype="text/html"
    )


def _empty200() -> Response:
    return Response(b"", 200, mimetype="application/json")


def _html200() -> Response:
    return Response(render_template("mantenimiento.html"), 200, mimetype="text/html")


def _huge() -> Response:
    def body() -> Iterator[bytes]:
        yield b'{"access_token":"'
        for _ in range(HUGE_BYTES // _CHUNK):
            yield b"A" * _CHUNK
        yield b'","token_type":"JWT","expires_in":3600}'

    return Response(body(), 200, mimetype="application/json")


def _redirect() -> Response:
    return Response("", 302, {"Location": "/healthz"})


def _refused(error: str, status: int) -> Response:
    return Response(f'{{"error":"{error}"}}', status, mimetype="application/json")


def _bad_json() -> Response:
    return Response('{"access_token":"eyJraWQiOi', 200, mimetype="application/json")


ANSWERS: dict[str, Callable[[], Response]] = {
    "down": _down,
    "error500": _error500,
    "flaky": _error500,
    "cut_after": _down,
    "unauthorized_client": lambda: _refused("unauthorized_client", 401),
    "invalid_scope": lambda: _refused("invalid_scope", 400),
    "empty200": _empty200,
    "html200": _html200,
    "huge": _huge,
    "redirect": _redirect,
    "bad_json": _bad_json,
}


def misbehave(board: Board, realm: str, endpoint: str) -> Response | None:
    """The answer that a fault puts in place of the honest one, or None to go on."""
    fault = board.setting(realm).active(endpoint)
    if fault is None or (fault.name == "flaky" and not board.flaky_hit()):
        return None
    if fault.name == "cut_after" and not board.cut_hit(realm):
        return None
    board.count(realm, "faults")
    if fault.kind == "pause":
        board.pause(realm)
    return ANSWERS[fault.name]() if fault.kind == "answer" else None
