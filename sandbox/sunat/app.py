"""The mock SUNAT as a Flask application, for the server and for tests in-process."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable

from flask import Flask, Response, g, jsonify

from sandbox.people import PEOPLE, SandboxPerson
from sandbox.sunat.board import Board
from sandbox.sunat.control_views import Control
from sandbox.sunat.login_views import LoginPages
from sandbox.sunat.memory import Codes, Sessions
from sandbox.sunat.realms import build_realms
from sandbox.sunat.token_views import TokenEndpoint
from sandbox.sunat.tokens import Tokens


def create_app(
    people: Iterable[SandboxPerson] = PEOPLE,
    clock: Callable[[], float] = time.time,
    *,
    original_urls: Iterable[str] = (),
    base_url: str | None = None,
    seed: int | None = None,
) -> Flask:
    """Build a mock SUNAT.

    clock: seconds since the epoch, for codes and tokens.
    original_urls: the callbacks that it accepts, in place of the demo's.
    base_url: its address in the `iss` of tokens; without it, the one that was asked.
    seed: repeats which requests `flaky` breaks and which identifiers are padded.

    `app.extensions["sunat"]` is the `Board`: set faults and read counters in-process.
    """
    known = tuple(people)
    realms = build_realms(original_urls)
    board = Board((realm.name for realm in realms), seed=seed)
    codes, sessions = Codes(clock), Sessions()
    tokens = Tokens(clock=clock, rng=random.Random(seed))

    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["sunat"] = board
    login = LoginPages(people=known, realms=realms, board=board, codes=codes, sessions=sessions)
    token = TokenEndpoint(
        people=known, realms=realms, board=board, codes=codes, tokens=tokens, base_url=base_url
    )
    control = Control(board=board, realms=realms, public_pem=tokens.public_pem)
    for part in (login, token, control):
        app.register_blueprint(part.blueprint())
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    app.after_request(_headers)
    return app


def _headers(response: Response) -> Response:
    """A strict policy on every page: no script at all, no inline style."""
    form_action = g.get("form_action", "'self'")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        f"form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
