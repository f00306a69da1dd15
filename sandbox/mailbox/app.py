"""The mailbox page and its JSON interface."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from idp.kernel.times import lima_date
from sandbox.mailbox.store import BEHAVIOURS, Caught, Mailbox
from sandbox.serving import harden

_LINK = re.compile(r"https?://[^\s<>\"]+")
_HTML_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)
_WORDS = {
    "accept": "Recibir todo",
    "defer": "Postergar (451)",
    "refuse": "Rechazar (550)",
    "hang": "No responder",
    "close": "Cortar la conexión",
}


def create_app(mailbox: Mailbox) -> Flask:
    """The application over a mailbox."""
    app = Flask(__name__)
    harden(app)
    app.jinja_env.filters.update(lima=lima_date, links=_with_links)

    @app.get("/")
    def inbox() -> str:
        to = request.args.get("to", "")
        return render_template(
            "inbox.html",
            messages=mailbox.messages(to),
            to=to,
            behaviour=mailbox.behaviour,
            behaviours=_WORDS,
        )

    @app.get("/mensaje/<message_id>")
    def message(message_id: str) -> str:
        return render_template("message.html", message=_found(mailbox, message_id))

    @app.get("/mensaje/<message_id>/html")
    def html(message_id: str) -> Response:
        # Links of the message open in the whole window, not in its frame.
        body = '<base target="_top">' + _found(mailbox, message_id).html
        response = Response(body, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = _HTML_CSP
        return response

    @app.post("/comportamiento")
    def behave() -> AnyResponse:
        mailbox.behaviour = _behaviour(request.form.get("behaviour"))
        return redirect("/", 303)

    @app.get("/api/messages")
    def api_list() -> Response:
        return jsonify([_json(one) for one in mailbox.messages(request.args.get("to", ""))])

    @app.get("/api/messages/<message_id>")
    def api_one(message_id: str) -> Response:
        return jsonify(_json(_found(mailbox, message_id)))

    @app.delete("/api/messages")
    def api_clear() -> tuple[str, int]:
        mailbox.clear()
        return "", 204

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> AnyResponse:
        status = error.code or 500
        if request.path.startswith("/api/"):
            return make_response(jsonify({"error": error.name}), status)
        return make_response(render_template("error.html", status=status), status)

    @app.put("/api/behaviour")
    def api_behave() -> Response:
        asked = request.get_json(silent=True)
        mailbox.behaviour = _behaviour(asked.get("behaviour") if isinstance(asked, dict) else None)
        return jsonify({"behaviour": mailbox.behaviour})

    return app


def _found(mailbox: Mailbox, message_id: str) -> Caught:
    return mailbox.get(message_id) or abort(404)


def _behaviour(asked: object) -> str:
    return asked if isinstance(asked, str) and asked in BEHAVIOURS else abort(400)


def _json(one: Caught) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at.isoformat(),
        "from": one.sender,
        "to": list(one.to),
        "subject": one.subject,
        "text": one.text,
        "html": one.html,
        "headers": dict(one.headers),
    }


def _with_links(text: str) -> Markup:
    """The text with its links made clickable."""
    found, last = Markup(), 0
    for match in _LINK.finditer(text):
        found += escape(text[last : match.start()])
        found += Markup('<a href="{0}">{0}</a>').format(match[0])
        last = match.end()
    return found + escape(text[last:])
