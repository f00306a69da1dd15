"""The switchboard: a page with plain forms for people, JSON for programs."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
)

from sandbox.sunat.board import ALL, Board
from sandbox.sunat.faults import FAULTS, BadSetting, setting_of
from sandbox.sunat.realms import Realm
from sandbox.sunat.tokens import KID


class Control:
    """Reads and changes the board."""

    def __init__(self, *, board: Board, realms: tuple[Realm, ...], public_pem: str) -> None:
        self._board = board
        self._realms = realms
        self._public_pem = public_pem

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("control", __name__)
        routes.add_url_rule("/", "home", lambda: redirect("/control"))
        routes.add_url_rule("/control", view_func=self.page, methods=["GET", "POST"])
        routes.add_url_rule("/control.json", view_func=self.json, methods=["GET", "PUT"])
        return routes

    def page(self) -> Response:
        """The control page; a POST changes one realm and shows the page again."""
        refused = False
        if request.method == "POST":
            if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
                abort(403)
            try:
                self._apply(request.form.to_dict())
            except BadSetting:
                refused = True
            else:
                return make_response(redirect("/control", 303))
        page = render_template(
            "control.html",
            realms=[(one, self._board.setting(one.name)) for one in self._realms],
            counters={one.name: self._board.counters(one.name) for one in self._realms},
            faults=FAULTS,
            refused=refused,
        )
        return make_response(page, 400 if refused else 200)

    def json(self) -> Response:
        """The state; a PUT changes it first.

        PUT takes an object of realm (`sol`, `extranet`, `all`), and any of fault, seconds,
        where (`login`, `token`), seed (of `flaky`), reset_counters. 400 `{"error": …}` for
        what is wrong with it.
        """
        if request.method == "PUT":
            body = request.get_json(force=True, silent=True)
            try:
                if not isinstance(body, dict):
                    raise BadSetting("body: a JSON object")
                self._apply(body)
            except BadSetting as error:
                response = jsonify(error=str(error))
                response.status_code = 400
                return response
        return jsonify(
            realms={one.name: self._state(one.name) for one in self._realms},
            faults={one.name: list(one.where) for one in FAULTS.values()},
            kid=KID,
            public_key_pem=self._public_pem,
        )

    def _state(self, realm: str) -> dict[str, Any]:
        now = self._board.setting(realm)
        return {
            "fault": now.fault,
            "where": list(now.where),
            "seconds": now.seconds,
            "counters": self._board.counters(realm),
        }

    def _apply(self, wish: dict[str, Any]) -> None:
        unknown = set(wish) - {"realm", "fault", "seconds", "where", "seed", "reset_counters"}
        if unknown:
            raise BadSetting(f"unknown: {', '.join(sorted(unknown))}")
        realm = str(wish.get("realm", ALL))
        self._board.check(realm)
        seed = wish.get("seed")
        if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
            raise BadSetting("seed: an integer")
        if "fault" in wish:
            made = setting_of(wish["fault"], wish.get("seconds"), wish.get("where"))
            self._board.set(realm, made)
        if seed is not None:
            self._board.seed(seed)
        if wish.get("reset_counters"):
            self._board.reset_counters(realm)
