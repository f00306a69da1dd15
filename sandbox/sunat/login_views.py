"""What a browser meets: the login page and the end of SUNAT's own session."""

from __future__ import annotations

import hmac
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request

from sandbox.people import EXTRANET, SandboxPerson, find, of_realm
from sandbox.sunat.answers import misbehave
from sandbox.sunat.board import Board
from sandbox.sunat.memory import Codes, Sessions
from sandbox.sunat.realms import Realm

COOKIE = "sunat_session"
# What comes back in place of a code.
WAYS_BACK: dict[str, dict[str, str]] = {
    "back_error": {"error": "server_error"},
    "back_denied": {"error": "access_denied"},
    "back_no_code": {},
    "back_no_state": {"error": "server_error"},
}
WRONG = "Los datos de acceso no son correctos. Verifíquelos e intente nuevamente."


class LoginPages:
    """The login page of every realm. Holds no state of its own."""

    def __init__(
        self,
        *,
        people: tuple[SandboxPerson, ...],
        realms: tuple[Realm, ...],
        board: Board,
        codes: Codes,
        sessions: Sessions,
    ) -> None:
        self._people = people
        self._realms = {realm.path: realm for realm in realms}
        self._board = board
        self._codes = codes
        self._sessions = sessions

    def blueprint(self) -> Blueprint:
        """The routes."""
        pages = Blueprint("login", __name__)
        pages.add_url_rule(
            "/v1/<any(clientessol, clientesextranet):path>/<client_id>/oauth2/login",
            view_func=self.login,
            methods=["GET", "POST"],
        )
        pages.add_url_rule("/cerrar", view_func=self.close, methods=["GET", "POST"])
        return pages

    def login(self, path: str, client_id: str) -> Response:
        """Show the form, or send the browser back with a code."""
        realm = self._realms[path]
        posted = request.method == "POST"
        self._board.count(realm.name, "login_posts" if posted else "login_pages")
        instead = misbehave(self._board, realm.name, "login")
        if instead is not None:
            return instead
        if client_id != realm.client_id:
            return _refused("La aplicación que lo envió no está registrada.")
        original_url = request.args.get("originalUrl", "")
        if original_url not in realm.original_urls:
            return _refused("La dirección de retorno (originalUrl) no está registrada.")
        if posted:
            return self._submitted(realm, original_url)
        key = self._sessions.person_key(request.cookies.get(COOKIE), realm.name)
        if key is not None:
            return self._back(realm, key, original_url)
        return self._form(realm, original_url)

    def _submitted(self, realm: Realm, original_url: str) -> Response:
        usuario = request.form.get("usuario", "").strip().upper()
        ruc = None if realm.name == EXTRANET else request.form.get("ruc", "").strip()
        who = find(realm.name, usuario, ruc, self._people)
        given = request.form.get("clave", "").encode()
        if who is None or not hmac.compare_digest(given, who.password.encode()):
            return self._form(realm, original_url, error=WRONG)
        cookie = self._sessions.enter(request.cookies.get(COOKIE), realm.name, who.key)
        response = self._back(realm, who.key, original_url)
        response.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax")
        return response

    def _back(self, realm: Realm, person_key: str, original_url: str) -> Response:
        fault = self._board.setting(realm.name).active("login")
        if fault is not None and fault.kind == "way_back":
            answer = dict(WAYS_BACK[fault.name])
        else:
            answer = {"code": self._codes.issue(person_key, realm.name, realm.client_id)}
            self._board.count(realm.name, "codes")
        if "state" in request.args and (fault is None or fault.name != "back_no_state"):
            answer["state"] = request.args["state"]
        joint = "&" if urlsplit(original_url).query else "?"
        return make_response(redirect(original_url + joint + urlencode(answer), 302))

    def _form(self, realm: Realm, original_url: str, error: str | None = None) -> Response:
        page = render_template(
            "ingreso.html",
            realm=realm,
            people=of_realm(realm.name, self._people),
            values={} if error is None else request.form,
            error=error,
            action=f"{request.path}?{request.query_string.decode('ascii', 'replace')}",
        )
        # Browsers hold form-action against every redirect that follows the POST, and this one
        # goes on through the provider to a component, wherever that is.
        g.form_action = "*"
        return make_response(page)

    def close(self) -> Response:
        """Show who is logged in at SUNAT; a POST ends it."""
        cookie = request.cookies.get(COOKIE)
        if request.method == "POST":
            self._sessions.end(cookie)
            response = make_response(render_template("cerrar.html", names=[], closed=True))
            response.delete_cookie(COOKIE)
            return response
        keys = set(self._sessions.people(cookie).values())
        names = [one.name for one in self._people if one.key in keys]
        return make_response(render_template("cerrar.html", names=names, closed=False))


def _refused(reason: str) -> Response:
    return make_response(render_template("rechazado.html", reason=reason), 400)
