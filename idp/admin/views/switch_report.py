"""`/admin/informes/…`: what is told of a contingency, to read and to take along."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Blueprint, Response

from idp.admin.now import Now
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.views.gate import Gate
from idp.kernel.errors import IdpError
from idp.upstream_status.incident import Report
from idp.upstream_status.incident_paper import paper_of
from idp.upstream_status.incidents import Incidents
from idp.web.documents import Documents
from idp.web.plot import svg
from idp.web.report import Paper

_ID = re.compile(r"[a-z0-9_-]{1,40}-[0-9]{1,9}")
_TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "json": "application/json",
    "jws": "application/jose",
}


def blueprint(
    *,
    incidents: Incidents,
    documents: Documents,
    pdf: Callable[[Paper, datetime], bytes],
    names: Callable[[], Mapping[str, str]],
    now: Now,
    gate: Gate,
) -> Blueprint:
    """A page, and each form as a file. names: of components, by client_id."""
    routes = Blueprint("console_report", __name__)

    def found(report: str) -> tuple[Report, Paper]:
        if not _ID.fullmatch(report):
            raise IdpError("not_found", 404)
        one = incidents.report(report)
        return one, paper_of(one, label=now.label(one.realm), names=names())

    @routes.get("/admin/informes/<report>")
    @gate.needs(Permission.SEE_STATE)
    def show(visit: Visit, report: str) -> Response:
        one, paper = found(report)
        return gate.page("consola/informe.html", visit, report=one, paper=paper, drawn=svg)

    @routes.get("/admin/informes/<report>/<form>")
    @gate.needs(Permission.SEE_STATE)
    def take(visit: Visit, report: str, form: str) -> Response:
        one, paper = found(report)
        if form not in _TYPES or (form == "jws" and not one.signature):
            raise IdpError("not_found", 404)
        if form == "html":
            body = documents.render("informe/informe.html", paper=paper, drawn=svg).encode()
        elif form == "pdf":
            body = pdf(paper, one.made_at)
        elif form == "json":
            body = json.dumps(dict(one.content), ensure_ascii=False, indent=1).encode()
        else:
            body = one.signature.encode()
        response = Response(body, content_type=_TYPES[form])
        response.headers["Content-Disposition"] = f'attachment; filename="{one.id}.{form}"'
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes
