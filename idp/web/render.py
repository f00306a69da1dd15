"""Pages: one Jinja environment, loaded once, and what every page is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Response, has_request_context, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from idp.kernel.errors import IdpError
from idp.kernel.times import duration, lima, lima_date
from idp.web.browser import Browser
from idp.web.csrf import FIELD, Csrf
from idp.web.headers import Csp, apply
from idp.web.messages import message_for
from idp.web.static import StaticUrls


@dataclass(frozen=True)
class HelpDesk:
    """Whom people call; on every page and mail."""

    phone: str
    email: str


class Pages:
    """Renders templates of a folder as strict, never stored HTML pages."""

    def __init__(
        self,
        folder: Path,
        *,
        help_desk: HelpDesk,
        browser: Browser,
        csrf: Csrf,
        production: bool,
    ) -> None:
        self._browser = browser
        self._csrf = csrf
        self._production = production
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        self._environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
        self._environment.filters.update(lima=lima, lima_date=lima_date, duration=duration)
        self._environment.globals.update(static=StaticUrls(folder / "static"), help_desk=help_desk)
        icons: Any = self._environment.get_template("parts/icons.html").module
        self._environment.globals["icon"] = icons.icon

    def page(
        self,
        template: str,
        /,
        *,
        status: int = 200,
        csp: Csp | None = None,
        language: str = "es",
        csrf_token: str | None = None,
        **context: Any,
    ) -> Response:
        """A page. csrf_token: for a browser whose cookie is set only by this very response."""
        token = csrf_token if csrf_token is not None else self._token()
        body = self._environment.get_template(template).render(
            {**context, "language": language, "csrf_field": lambda: _field(token)}
        )
        response = Response(body, status, content_type="text/html; charset=utf-8")
        apply(response, csp or Csp(), production=self._production)
        return response

    def error(self, error: IdpError, *, reference: str | None = None) -> Response:
        """The error page: a stable code, one plain sentence, a way on."""
        text = message_for(error.message)
        response = self.page(
            "error.html",
            status=error.status,
            code=error.code,
            title=text.title,
            description=text.description,
            way_on=text.way_on,
            reference=reference,
        )
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def _token(self) -> str:
        cookie = self._browser.read(request) if has_request_context() else None
        return self._csrf.token(cookie) if cookie else ""


def _field(token: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, escape(token))
