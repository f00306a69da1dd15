"""The token endpoint, as SUNAT has it: trailing slash, form in, JSON out."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, jsonify, request

from sandbox.people import SandboxPerson
from sandbox.sunat.answers import misbehave
from sandbox.sunat.board import Board
from sandbox.sunat.memory import Codes
from sandbox.sunat.realms import Realm
from sandbox.sunat.tokens import LIFETIME, Tokens

SCOPE = "https://api.sunat.gob.pe"
_PREFIX = "/v1/<any(clientessol, clientesextranet):path>/<client_id>/oauth2"


class TokenEndpoint:
    """Exchanges a code for an access token."""

    def __init__(
        self,
        *,
        people: tuple[SandboxPerson, ...],
        realms: tuple[Realm, ...],
        board: Board,
        codes: Codes,
        tokens: Tokens,
        base_url: str | None,
    ) -> None:
        self._people = {one.key: one for one in people}
        self._realms = {realm.path: realm for realm in realms}
        self._board = board
        self._codes = codes
        self._tokens = tokens
        self._base_url = base_url

    def blueprint(self) -> Blueprint:
        """The routes; without its trailing slash the endpoint does not exist."""
        routes = Blueprint("token", __name__)
        routes.add_url_rule(f"{_PREFIX}/token/", view_func=self.token, methods=["POST"])
        routes.add_url_rule(f"{_PREFIX}/token", "no_slash", self.missing, methods=["GET", "POST"])
        return routes

    def missing(self, path: str, client_id: str) -> Response:
        """Flask would redirect to the trailing slash; SUNAT does not."""
        abort(404)

    def token(self, path: str, client_id: str) -> Response:
        """Check client, grant, scope and code, in this order."""
        realm = self._realms[path]
        self._board.count(realm.name, "token_posts")
        instead = misbehave(self._board, realm.name, "token")
        if instead is not None:
            return instead
        form = request.form
        secret = form.get("client_secret", "").encode()
        known = client_id == form.get("client_id") == realm.client_id
        if not known or not hmac.compare_digest(secret, realm.client_secret.encode()):
            return _error("unauthorized_client", 401)
        if form.get("grant_type") != "authorization_code":
            return _error("unsupported_grant_type", 400)
        if form.get("scope", SCOPE) != SCOPE:
            return _error("invalid_scope", 400)
        grant = self._codes.redeem(form.get("code", ""), realm.name, client_id)
        if grant is None:
            return _error("invalid_grant", 400)
        return self._granted(realm, self._people[grant.person_key])

    def _granted(self, realm: Realm, person: SandboxPerson) -> Response:
        base = self._base_url or request.host_url
        fault = self._board.setting(realm.name).active("token")
        spoilt = fault is not None and fault.kind == "token"
        token = self._tokens.issue(
            person,
            realm,
            base.rstrip("/") + realm.token_path(),
            fault.name if fault is not None and spoilt else "up",
        )
        self._board.count(realm.name, "tokens")
        if spoilt:
            self._board.count(realm.name, "faults")
        return jsonify(access_token=token, token_type="JWT", expires_in=LIFETIME)


def _error(code: str, status: int) -> Response:
    response = jsonify(error=code)
    response.status_code = status
    return response
