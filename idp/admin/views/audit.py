"""`/admin/auditoria`: what happened, searched by what is on record, and taken along as a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, request

from idp.admin.audit_search import FIELDS, MOST, AuditSearch, Records, Wanted
from idp.admin.audit_words import meaning
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.views.gate import Gate
from idp.admin.views.menu import AUDIT
from idp.audit.events import AuditEvent
from idp.kernel.errors import IdpError

_FILE = f"{AUDIT}/archivo"


def blueprint(*, search: AuditSearch, realms: Sequence[tuple[str, str]], gate: Gate) -> Blueprint:
    """Its filters are its query: opaque ids, and never what tells who somebody is."""
    routes = Blueprint("console_audit", __name__)

    def page(visit: Visit, wanted: Wanted, after: str | None = None) -> Response:
        told = search.page(wanted.search, after) if wanted.search else Records([], None)
        return gate.page(
            "consola/auditoria.html",
            visit,
            status=200 if wanted.search else 422,
            query={name: value for name, value in wanted.values.items() if not wanted.errors},
            wanted=wanted,
            errors=wanted.errors,
            records=told,
            seals=search.seals(),
            first=after is None,
            meaning=meaning,
            events=list(AuditEvent),
            realms=realms,
            most=MOST,
            action=_FILE,
            finds_people=visit.may(Permission.FIND_PERSON),
        )

    @routes.get(AUDIT)
    @gate.needs(Permission.SEE_AUDIT)
    def show(visit: Visit) -> Response:
        after = request.args.get("despues")
        if after is not None and not re.fullmatch(r"aud_[a-z0-9]{1,36}", after):
            raise IdpError("not_found", 404)
        return page(visit, search.read(_told(request.args)), after)

    @routes.post(_FILE)
    @gate.needs(Permission.SEE_AUDIT)
    def download(visit: Visit) -> Response:
        wanted = search.read(_told(request.form))
        if wanted.search is None:
            return page(visit, wanted)
        lines = search.download(wanted, actor=visit.account.actor)
        response = Response(lines, content_type="application/jsonl; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="auditoria.jsonl"'
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes


def _told(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form.get(name, "")[:200] for name in FIELDS}
