"""Security headers; pages carry a strict Content-Security-Policy without inline code."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.wrappers import Response

Sources = tuple[str, ...]


@dataclass(frozen=True)
class Csp:
    """What a page needs beyond the strict default; each is a tuple of CSP sources.

    form_action adds origins that a form's redirects lead to: browsers hold the directive against
    those as well.
    """

    script: Sources = ()
    style: Sources = ()
    form_action: Sources = ()
    connect: Sources = ()
    worker: Sources = ()
    frame: Sources = ()

    def text(self) -> str:
        """The header's value (CSP Level 3)."""
        directives: dict[str, Sources] = {
            "default-src": ("'none'",),
            "script-src": self.script or ("'none'",),
            "style-src": _union(("'self'",), self.style),
            "img-src": ("'self'",),
            "connect-src": self.connect or ("'none'",),
            "worker-src": self.worker or ("'none'",),
            "frame-src": self.frame or ("'none'",),
            "form-action": _union(("'self'",), self.form_action),
            "base-uri": ("'none'",),
            "frame-ancestors": ("'none'",),
        }
        return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def apply(response: Response, csp: Csp, *, production: bool) -> None:
    """Set every header of a page on a response."""
    response.headers["Content-Security-Policy"] = csp.text()
    response.headers["Cache-Control"] = "no-store"
    common(response, production=production)


def common(response: Response, *, production: bool) -> None:
    """Headers of every response, pages or not."""
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault(
        "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
    )
    if production:
        response.headers.setdefault("Strict-Transport-Security", "max-age=63072000")


def _union(first: Sources, more: Sources) -> Sources:
    return tuple(dict.fromkeys((*first, *more)))
