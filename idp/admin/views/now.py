"""`/admin`: how things stand."""

from __future__ import annotations

from flask import Blueprint, Response

from idp.admin.now import Now
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.views.gate import Gate
from idp.admin.views.menu import HOME
from idp.kernel.clock import Clock


def blueprint(*, now: Now, clock: Clock, gate: Gate) -> Blueprint:
    """The first page."""
    routes = Blueprint("console_now", __name__)

    @routes.get(HOME)
    @gate.needs(Permission.SEE_STATE)
    def show(visit: Visit) -> Response:
        return gate.page("consola/ahora.html", visit, upstreams=now.upstreams(), at=clock.now())

    return routes
