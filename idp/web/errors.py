"""Error handlers: whatever goes wrong becomes a page in Spanish, or JSON for programs."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from idp.kernel.errors import IdpError
from idp.web.headers import common
from idp.web.render import Pages

_log = logging.getLogger(__name__)
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "request_too_large"}


def _json(error: IdpError) -> Response:
    body = json.dumps({"error": error.code})
    response = Response(body, error.status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def register_errors(
    app: Flask,
    pages: Pages,
    *,
    is_api: Callable[[str], bool],
    production: bool,
    writers: Mapping[str, Callable[[IdpError], Response]] | None = None,
) -> None:
    """Handle IdpError, the framework's own errors and everything unforeseen.

    writers: what writes the errors of an API that has words of its own, by the beginning of paths.
    """

    def write(error: IdpError) -> Response:
        path = request.path
        own = next((one for at, one in (writers or {}).items() if path.startswith(at)), None)
        if own is None and not is_api(path):
            return pages.error(error)
        response = own(error) if own else _json(error)
        common(response, production=production)
        return response

    @app.errorhandler(IdpError)
    def known(error: IdpError) -> Response:
        level = logging.WARNING if error.status >= 500 else logging.INFO
        _log.log(level, "refused", extra={"code": error.code, "detail": error.detail})
        return write(error)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return Response("", status, dict(error.get_headers()))
        code = _HTTP_CODES.get(status, "invalid_request" if status < 500 else "server_error")
        response = write(IdpError(code, status))
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        _log.error("unforeseen error", exc_info=error, extra={"endpoint": request.endpoint})
        return write(IdpError("server_error", 500))
