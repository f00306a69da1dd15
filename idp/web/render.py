"""Pages: one Jinja environment, loaded once, and what every page is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Response, has_request_context, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from idp.kernel.errors import IdpError
from idp.kernel.texts import Text, waited
from idp.kernel.times import duration, lima, lima_date, with_article
from idp.web.browser import Browser
from idp.web.csrf import FIELD, Csrf
from idp.web.headers import Csp, apply
from idp.web.i18n import (
    CHOICE,
    LANGUAGES,
    SOURCE,
    Languages,
    catalogues,
    lang_of,
    marked,
    say,
    say_marked,
    unmarked,
)
from idp.web.messages import MESSAGES, Message, message_for
from idp.web.static import StaticUrls


@dataclass(frozen=True)
class HelpDesk:
    """Whom people call; on every page and mail."""

    phone: str
    email: str


class Pages:
    """Renders templates of a folder as strict, never stored HTML pages.

    layout: the template that the error page stands in. messages: what people read about errors.
    """

    def __init__(
        self,
        folder: Path,
        *,
        locales: Path,
        languages: Languages,
        help_desk: HelpDesk,
        browser: Browser,
        csrf: Csrf,
        production: bool,
        layout: str = "base.html",
        messages: Mapping[str, Message] = MESSAGES,
        help_url: str = "/ayuda",
    ) -> None:
        self._browser = browser
        self._csrf = csrf
        self._production = production
        self._languages = languages
        self._messages = messages
        shared = {
            "static": StaticUrls(folder / "static"),
            "help_desk": help_desk,
            "layout": layout,
            "help_url": help_url,
        }
        self._translations = catalogues(locales)
        self._environments = {
            language: environment(folder, language, found, shared)
            for language, found in self._translations.items()
        }

    def page(
        self,
        template: str,
        /,
        *,
        status: int = 200,
        csp: Csp | None = None,
        ui_locales: str | None = None,
        csrf_token: str | None = None,
        query: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Response:
        """A page, in the browser's language. csrf_token: for a browser whose cookie is set only by
        this very response. ui_locales: what the login's request prefers, where that is known.
        query: of what it was asked for with, what holds for it in another language too; nothing
        that its view did not look at, and no secret.
        """
        token = csrf_token if csrf_token is not None else self._token()
        language = self._language(ui_locales)
        body = (
            self._environments[language]
            .get_template(template)
            .render(
                {
                    **context,
                    "language": language,
                    "languages": _switch(language, query or {}),
                    "csrf_field": lambda: _field(token),
                }
            )
        )
        response = Response(body, status, content_type="text/html; charset=utf-8")
        response.headers["Content-Language"] = language
        if has_request_context() and (chosen := self._languages.chosen(request)):
            self._languages.remember(response, chosen)
        apply(response, csp or Csp(), production=self._production)
        return response

    def error(self, error: IdpError, *, reference: str | None = None) -> Response:
        """The error page: a stable code, one plain sentence, a way on."""
        text = message_for(error.message, self._messages)
        way_on = Text(text.way_on)
        if error.code == "rate_limited" and error.retry_after is not None:
            way_on = Text("Vuelva a intentarlo dentro de {wait}.", wait=waited(error.retry_after))
        response = self.page(
            "error.html",
            status=error.status,
            code=error.code,
            title=Text(text.title),
            description=Text(text.description),
            way_on=way_on,
            reference=reference,
        )
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def _language(self, ui_locales: str | None) -> str:
        return self._languages.of(request, ui_locales) if has_request_context() else SOURCE

    def _token(self) -> str:
        cookie = self._browser.read(request) if has_request_context() else None
        return self._csrf.token(cookie) if cookie else ""


def environment(
    folder: Path, language: str, translations: NullTranslations, shared: Mapping[str, Any]
) -> Environment:
    """What renders the templates of a folder in a language. shared: what each of them is given."""
    translate = translations.gettext
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
        finalize=lambda value: say_marked(translate, value),
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda msgid: marked(translate(msgid)),
        lambda one, many, count: marked(translations.ngettext(one, many, count)),
        newstyle=True,
    )
    environment.filters.update(
        lima=lambda moment: lima(moment, language),
        lima_date=lambda moment: lima_date(moment, language),
        las_lima=lambda moment: with_article(lima(moment, language), language),
        las_lima_date=lambda moment: with_article(lima_date(moment, language), language),
        duration=lambda seconds: say(translate, duration(seconds)),
        unmarked=lambda value: unmarked(translate, value),
    )
    # `_` and `say` are for where no element may stand; `trans` and `gettext` are for all else.
    environment.globals.update(
        {
            **shared,
            "_": translate,
            "say": lambda value: str(say(translate, value)),
            "lang_of": lambda value: lang_of(translate, value),
        }
    )
    icons: Any = environment.get_template("parts/icons.html").module
    environment.globals["icon"] = icons.icon
    return environment


def _switch(language: str, query: Mapping[str, str]) -> list[dict[str, str]]:
    """The other languages, each with the address of this page in it; none after a form was sent.

    A query alone: the path is whatever somebody typed, `//elsewhere` too.
    """
    if not has_request_context() or request.method not in ("GET", "HEAD"):
        return []
    kept = {name: value for name, value in query.items() if value}
    return [
        {"code": code, "name": name, "url": "?" + urlencode({**kept, CHOICE: code})}
        for code, name in LANGUAGES.items()
        if code != language
    ]


def _field(token: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, escape(token))
