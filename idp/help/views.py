"""`/ayuda`: the manual, whatever else is down; it asks neither Redis nor the database."""

from __future__ import annotations

from flask import Blueprint, Response, request, send_from_directory

from idp.help.built import PDF, PICTURES, Built
from idp.help.markup import Document
from idp.kernel.errors import IdpError
from idp.web.render import Pages
from idp.web.static import keep


def blueprint(*, pages: Pages, manual: Document, built: Built) -> Blueprint:
    """`/ayuda`, and what `make manual` built; the text alone where that is not installed."""
    bp = Blueprint("help", __name__)
    content = manual.html(built.pictures)
    contents = [one for one in manual.headings if one.level == 2]

    @bp.get("/ayuda")
    def show() -> Response:
        return pages.page("ayuda/pagina.html", content=content, contents=contents, pdf=built.pdf)

    @bp.get(f"/ayuda/{PICTURES}/<name>.png")
    def picture(name: str) -> Response:
        found = built.pictures.get(name)
        if built.folder is None or found is None:
            raise IdpError("not_found", 404)
        response = send_from_directory(built.folder / PICTURES, f"{name}.png")
        return keep(response, request, found.url)

    @bp.get(f"/ayuda/{PDF}")
    def pdf() -> Response:
        if built.folder is None or not built.pdf:
            raise IdpError("not_found", 404)
        response = send_from_directory(built.folder, PDF)
        response.headers["Cache-Control"] = "no-cache"
        return response

    return bp
