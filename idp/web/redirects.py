"""Redirects that always become a GET."""

from __future__ import annotations

from flask import Response


def see_other(location: str) -> Response:
    """303: whatever the method was, the next request is a GET (RFC 9110 §15.4.4)."""
    response = Response("", 303)
    response.headers["Location"] = location
    response.headers["Cache-Control"] = "no-store"
    return response
