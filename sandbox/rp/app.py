"""The component's pages: a public home, a tray of trámites, the claims, login and logout."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from sandbox.rp.config import Config
from sandbox.rp.memory import Visit, Visits
from sandbox.rp.notices import EventRefused, Notices
from sandbox.rp.protocol import LoginFailed, Provider
from sandbox.serving import harden

TRAMITES = {
    1: "Solicitud 2026-000101: Registro sanitario",
    2: "Solicitud 2026-000102: Certificado de origen",
    3: "Solicitud 2026-000103: Permiso de internamiento",
}
_PROMPTS = ("none", "login", "select_account")
_MODES = {"urn:vuce:acr:sunat": "SUNAT", "urn:vuce:acr:contingencia": "Contingencia"}


def create_app(config: Config) -> Flask:
    """The application of one component."""
    app = Flask(__name__)
    harden(app)
    provider, visits, notices = Provider(config), Visits(), Notices()

    def visit() -> tuple[str, Visit]:
        return visits.get(request.cookies.get(config.cookie))

    def answer(response: Any, visit_id: str) -> Response:
        made = make_response(response)
        # Lax reaches us on redirects; from another port of localhost, form posts are same-site too.
        made.set_cookie(config.cookie, visit_id, httponly=True, samesite="Lax")
        return made

    def page(name: str, found: Visit, **context: Any) -> str:
        return render_template(name, config=config, user=found.user, modes=notices.all(), **context)

    def own_path(target: str) -> str:
        """A path of ours, whatever was asked for: nobody is led elsewhere."""
        if target.startswith(config.base_url + "/"):
            target = target[len(config.base_url) :]
        good = target.startswith("/") and not target.startswith(("//", "/\\"))
        return target if good else "/"

    def begin(visit_id: str, found: Visit, target: str, **extra: str) -> Response:
        url, pending = provider.authorization_url(**extra)
        while len(found.pending) >= 10:
            del found.pending[next(iter(found.pending))]
        found.pending[pending["state"]] = {**pending, "target": own_path(target)}
        return answer(redirect(url, 303), visit_id)

    @app.errorhandler(LoginFailed)
    def failed(error: LoginFailed) -> tuple[str, int]:
        _, found = visit()
        status = 503 if error.code == "provider_unavailable" else 400
        return page("error.html", found, code=error.code, text=str(error)), status

    @app.errorhandler(EventRefused)
    def event_refused(error: EventRefused) -> tuple[dict[str, str], int]:
        return {"err": error.code}, 400

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[str, int]:
        _, found = visit()
        code = "not_found" if error.code == 404 else "bad_request"
        return page("error.html", found, code=code, text=""), error.code or 500

    @app.get("/")
    def home() -> Response:
        visit_id, found = visit()
        return answer(page("home.html", found, tramites=TRAMITES), visit_id)

    @app.route("/login", methods=["GET", "POST"])
    def login() -> Response:
        """Also the initiate_login_uri (OpenID Connect Core §4)."""
        visit_id, found = visit()
        asked = request.values
        if asked.get("iss", config.issuer) != config.issuer:
            raise LoginFailed("wrong_issuer")
        prompt = asked.get("prompt", "")
        return begin(
            visit_id,
            found,
            asked.get("target_link_uri", "/"),
            prompt=prompt if prompt in _PROMPTS else "",
            login_hint=asked.get("login_hint", ""),
        )

    @app.route("/callback", methods=["GET", "POST"])
    def callback() -> Response:
        visit_id, found = visit()
        brought = (request.form if request.method == "POST" else request.args).to_dict()
        pending = found.pending.pop(brought.get("state", ""), None)
        if pending is None:
            raise LoginFailed("state_unknown")
        found.user = provider.finish(brought, pending)
        return answer(redirect(pending["target"], 303), visits.renew(visit_id))

    @app.route("/tramite/<int:number>", methods=["GET", "POST"])
    def tramite(number: int) -> Response | tuple[str, int]:
        visit_id, found = visit()
        if number not in TRAMITES:
            return page("error.html", found, code="not_found", text=""), 404
        if request.method == "POST":
            # Kept first: what was typed outlives a session that ended meanwhile.
            found.drafts[number] = request.form.get("observaciones", "")[:2_000]
        if found.user is None:
            return begin(visit_id, found, f"/tramite/{number}")
        draft = found.drafts.get(number, "")
        body = page(
            "tramite.html",
            found,
            number=number,
            title=TRAMITES[number],
            draft=draft,
            saved=request.method == "POST",
        )
        return answer(body, visit_id)

    @app.get("/claims")
    def claims() -> Response:
        visit_id, found = visit()
        if found.user is None:
            return begin(visit_id, found, "/claims")
        told = found.user["claims"]
        extra = {name: value for name, value in found.user["userinfo"].items() if name not in told}
        mode = _MODES.get(told.get("acr", ""), "desconocido")
        return answer(page("claims.html", found, told=told, extra=extra, mode=mode), visit_id)

    @app.post("/avisos/estado")
    def told() -> tuple[str, int]:
        """The provider tells that people log in by another way; from no browser, so no visit."""
        notices.take(provider.event(request.get_data(as_text=True)))
        return "", 202

    @app.post("/logout")
    def logout() -> AnyResponse:
        visit_id, found = visit()
        user, found.user = found.user, None
        if user is None:
            return redirect("/", 303)
        url = provider.logout_url(user["id_token"], secrets.token_urlsafe(12))
        return answer(redirect(url, 303), visit_id)

    @app.post("/olvidar")
    def forget() -> Response:
        """End the component's own session only, as a time-out would."""
        visit_id, found = visit()
        found.user = None
        return answer(redirect("/", 303), visit_id)

    return app
