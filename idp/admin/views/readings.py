"""What an installation consists of, to read: components, keys, console accounts."""

from __future__ import annotations

from flask import Blueprint, Response

from idp.admin.accounts_shown import STATES as ACCOUNT_STATES
from idp.admin.accounts_shown import shown
from idp.admin.components import Components
from idp.admin.desk import AccountDesk
from idp.admin.keys import STATES, KeysBoard
from idp.admin.roles import ROLE_NAMES, Permission
from idp.admin.sessions import Visit
from idp.admin.views.gate import Gate
from idp.admin.views.menu import ACCOUNTS, COMPONENTS, KEYS
from idp.kernel.clock import Clock


def blueprint(
    *, components: Components, keys: KeysBoard, desk: AccountDesk, clock: Clock, gate: Gate
) -> Blueprint:
    """Nothing here changes anything: that is for commands."""
    routes = Blueprint("console_readings", __name__)

    @routes.get(COMPONENTS)
    @gate.needs(Permission.SEE_CLIENTS)
    def list_components(visit: Visit) -> Response:
        return gate.page("consola/componentes.html", visit, board=components.now())

    @routes.get(f"{COMPONENTS}/<client_id>")
    @gate.needs(Permission.SEE_CLIENTS)
    def one_component(visit: Visit, client_id: str) -> Response:
        return gate.page(
            "consola/componente.html",
            visit,
            one=components.one(client_id),
            now=clock.now(),
            labels=components.labels,
        )

    @routes.get(KEYS)
    @gate.needs(Permission.SEE_KEYS)
    def list_keys(visit: Visit) -> Response:
        return gate.page("consola/llaves.html", visit, keys=keys.now(), states=STATES)

    @routes.get(ACCOUNTS)
    @gate.needs(Permission.SEE_ACCOUNTS)
    def list_accounts(visit: Visit) -> Response:
        now = clock.now()
        return gate.page(
            "consola/cuentas.html",
            visit,
            accounts=[(one, shown(one, now)) for one in desk.all()],
            states=ACCOUNT_STATES,
            roles=ROLE_NAMES,
        )

    return routes
