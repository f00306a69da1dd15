"""Static files, named with a digest of their content so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Request, Response, request, send_from_directory

from idp.web.headers import common

_FOR_EVER = "public, max-age=31536000, immutable"


class StaticUrls:
    """URLs of the files below a folder, with digests computed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._urls: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        """`/static/<path>?v=<digest>`. Raises FileNotFoundError for a file that is not there."""
        if path not in self._urls:
            content = (self._folder / path).read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            self._urls[path] = f"/static/{path}?v={digest}"
        return self._urls[path]


def blueprint(folder: Path, *, production: bool) -> Blueprint:
    """`/static/…`."""
    bp = Blueprint("static_files", __name__)
    urls = StaticUrls(folder)

    @bp.get("/static/<path:path>")
    def file(path: str) -> Response:
        response = keep(send_from_directory(folder, path), request, urls(path))
        common(response, production=production)
        return response

    return bp


def keep(response: Response, request: Request, url: str) -> Response:
    """Let browsers keep a file for ever that was asked for by its own digest, as `url` has it."""
    asked = request.args.get("v")
    kept = asked is not None and url.endswith(f"?v={asked}")
    response.headers["Cache-Control"] = _FOR_EVER if kept else "no-cache"
    return response
