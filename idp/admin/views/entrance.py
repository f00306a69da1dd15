"""`/admin/ingresar`, `/admin/codigo`, `/admin/salir`."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from idp.admin.entrance import Entered, Entrance, Origin
from idp.admin.roles import Permission
from idp.admin.sessions import Sessions, Visit
from idp.admin.views.gate import LOGIN, Gate, back_to
from idp.admin.views.menu import HOME
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text
from idp.web.redirects import see_other

_CODE = "/admin/codigo"
_REFUSED = Text("El usuario o la contraseña no es correcto, o la cuenta no se puede usar.")
_WRONG_CODE = Text(
    "El código no es correcto, o ya se usó. Espere a que su aplicación muestre el siguiente."
)
_WRONG_RECOVERY = Text("El código de recuperación no es correcto, o ya se usó.")


def blueprint(*, entrance: Entrance, sessions: Sessions, gate: Gate) -> Blueprint:
    """The way in and out."""
    routes = Blueprint("console_entrance", __name__)

    @routes.get(LOGIN)
    def ask() -> Response:
        if gate.visit() is not None:
            return see_other(HOME)
        back, notices = back_to(request.args.get("volver")), ("vencido", "salio")
        said = {name: "1" for name in notices if name in request.args}
        return gate.page(
            "consola/ingresar.html",
            query={"volver": back, **said},
            back=back,
            over="vencido" in said,
            left="salio" in said,
            error=None,
        )

    @routes.post(LOGIN)
    def password() -> Response:
        gate.check_form()
        form, back = request.form, back_to(request.form.get("volver"))
        name, typed = form.get("usuario", ""), form.get("clave", "")
        if entrance.password(name, typed, gate.origin(), back=back):
            return see_other(_CODE)
        return gate.page(
            "consola/ingresar.html", status=422, back=back, over=False, left=False, error=_REFUSED
        )

    @routes.get(_CODE)
    def ask_code() -> Response:
        if not entrance.waits_for_code(gate.origin().browser_hash):
            return see_other(f"{LOGIN}?vencido=1")
        return gate.page("consola/codigo.html", errors={})

    def second(
        step: Callable[[str, Origin], Entered | None], field: str, refused: Text
    ) -> Response:
        gate.check_form()
        try:
            entered = step(request.form.get(field, ""), gate.origin())
        except IdpError as error:
            if error.code != "console_step_over":
                raise
            return see_other(f"{LOGIN}?vencido=1")
        if entered is None:
            return gate.page("consola/codigo.html", status=422, errors={field: refused})
        return gate.let_in(see_other(back_to(entered.back)), entered.cookie, entered.known)

    @routes.post(_CODE)
    def code() -> Response:
        return second(entrance.code, "codigo", _WRONG_CODE)

    @routes.post(f"{_CODE}/recuperacion")
    def recovery() -> Response:
        return second(entrance.recovery_code, "recuperacion", _WRONG_RECOVERY)

    @routes.post("/admin/salir")
    @gate.needs(Permission.OWN_ACCOUNT)
    def leave(visit: Visit) -> Response:
        sessions.log_out(visit)
        return gate.let_out(see_other(f"{LOGIN}?salio=1"))

    return routes
