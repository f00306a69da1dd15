"""`/admin/alta/<token>`: setting an account up, by a link that counts once."""

from __future__ import annotations

from flask import Blueprint, Response, request
from markupsafe import Markup

from idp.admin.enrolment import Enrolment
from idp.admin.entrance import Entrance
from idp.admin.views.gate import LOGIN, Gate
from idp.admin.views.menu import HOME
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.texts import Text
from idp.limits.service import Limits
from idp.web.redirects import see_other

_WRONG = Text(
    "El código no es correcto. Revise que la hora de su teléfono sea automática y escriba el que "
    "la aplicación muestra ahora."
)


def blueprint(*, enrolment: Enrolment, entrance: Entrance, limits: Limits, gate: Gate) -> Blueprint:
    """Looking at a page spends nothing; confirming the app does."""
    routes = Blueprint("console_setup", __name__)

    def page(token: str, error: Text | None, status: int = 200) -> Response:
        account = enrolment.account(token)
        return gate.page(
            "consola/alta.html",
            status=status,
            name=account.name,
            action=f"/admin/alta/{token}",
            error=error,
        )

    @routes.get("/admin/alta/<token>")
    def ask_password(token: str) -> Response:
        return page(token, None)

    @routes.post("/admin/alta/<token>")
    def choose(token: str) -> Response:
        gate.check_form()
        origin, form = gate.origin(), request.form
        limits.hit("admin.setup", origin.prefix)
        refused = enrolment.choose(
            token, form.get("nueva", ""), form.get("repetida", ""), origin.browser_hash
        )
        if refused is not None:
            return page(token, refused, 422)
        return see_other(f"/admin/alta/{token}/aplicacion")

    def app(token: str, error: Text | None, status: int = 200) -> Response:
        shown = enrolment.app(token, gate.origin().browser_hash)
        if shown is None:
            return see_other(f"/admin/alta/{token}")
        return gate.page(
            "consola/alta_aplicacion.html",
            status=status,
            # Made by us, of nothing that anybody typed.
            qr=Markup(shown.qr),  # noqa: S704
            secret=shown.text,
            action=f"/admin/alta/{token}/aplicacion",
            error=error,
        )

    @routes.get("/admin/alta/<token>/aplicacion")
    def ask_code(token: str) -> Response:
        return app(token, None)

    @routes.post("/admin/alta/<token>/aplicacion")
    def confirm(token: str) -> Response:
        gate.check_form()
        origin = gate.origin()
        limits.hit("admin.setup", origin.prefix)
        try:
            done = enrolment.confirm(token, request.form.get("codigo", ""), origin.browser_hash)
        except IdpError as error:
            if error.code != "console_step_over":
                raise
            return see_other(f"/admin/alta/{token}")
        if done is None:
            return app(token, _WRONG, 422)
        try:
            entered = entrance.admit(done.account_id, origin)
        except Unavailable:
            # The codes are shown this once, whatever does not answer any more.
            return codes(done.codes, LOGIN, entered=False)
        return gate.let_in(codes(done.codes, HOME, entered=True), entered.cookie, entered.known)

    def codes(found: tuple[str, ...], on: str, *, entered: bool) -> Response:
        return gate.page("consola/codigos.html", codes=found, on=on, first=True, entered=entered)

    return routes
