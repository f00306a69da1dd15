"""Pages that no login is behind: `/` and `/privacidad`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, Response

from idp.web.render import Pages


def blueprint(
    *,
    pages: Pages,
    components: Callable[[], Iterable[tuple[str, str | None]]],
    privacy: Mapping[str, Any],
) -> Blueprint:
    """components: name and front page (None: it has none) of those in use. privacy: how long each
    thing is kept, in seconds, and who made the captcha.
    """
    bp = Blueprint("pages", __name__)

    @bp.get("/")
    def home() -> Response:
        known = [{"name": name, "url": url} for name, url in components() if url]
        return pages.page("inicio.html", clients=known)

    @bp.get("/privacidad")
    def privacy_page() -> Response:
        return pages.page("privacidad.html", **privacy)

    return bp
