"""Languages: which one a browser is answered in, and the catalogues.

Spanish is the source: its sentences are the msgids. What a catalogue lacks is said in Spanish, and
a page says so (`lang`), for screen readers to pronounce it right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Request
from markupsafe import Markup
from werkzeug.wrappers import Response

from idp.kernel.texts import Text
from idp.web.cookies import Cookies

SOURCE = "es"
# As each language calls itself.
LANGUAGES: Mapping[str, str] = {"es": "Español", "en": "English", "qu": "Runasimi"}
# Members of the macrolanguage Quechua (ISO 639-3) as Peru's Quechuas are called: Ayacucho, Cusco.
_MEMBERS: Mapping[str, str] = {"quy": "qu", "quz": "qu"}
# What a person chose, by the links of our pages.
CHOICE = "idioma"
COOKIE = "idp_language"
# For so many seconds.
REMEMBERED = 180 * 86_400
# What the login under way asked for.
_LOGIN_COOKIE = "idp_login_language"


_OPEN, _CLOSE = Markup('<span lang="es">'), Markup("</span>")


class InSpanish(str):
    """A sentence that a catalogue lacks."""

    __slots__ = ()


class _Lacking(NullTranslations):
    def gettext(self, message: str) -> str:
        return InSpanish(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return InSpanish(super().ngettext(msgid1, msgid2, n))


@cache
def catalogues(folder: Path) -> Mapping[str, NullTranslations]:
    """The translations by language, from `<folder>/<language>/messages.po`, read once.

    What one of them lacks comes as InSpanish.
    """
    found: dict[str, NullTranslations] = {SOURCE: NullTranslations()}
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        with (folder / language / "messages.po").open("rb") as file:
            compiled = BytesIO()
            write_mo(compiled, read_po(file, locale=None))
            compiled.seek(0)
            found[language] = GNUTranslations(compiled)
            found[language].add_fallback(_Lacking())
    return MappingProxyType(found)


def say(translate: Callable[[str], str], value: object) -> object:
    """A Text in the language of `translate`; anything else as it is."""
    if not isinstance(value, Text):
        return value
    said = translate(value.msgid)
    if not value.params:
        return said
    return said.format(**{name: say(translate, one) for name, one in value.params.items()})


def marked(html: str) -> str:
    """HTML of a catalogue, inside an element of its language where that is not the page's (WCAG
    2.2 §3.1.2).
    """
    return f"{_OPEN}{html}{_CLOSE}" if isinstance(html, InSpanish) else html


def say_marked(translate: Callable[[str], str], value: object) -> object:
    """`say`, for HTML: a sentence that is lacking comes whole in Spanish, and marked."""
    if isinstance(value, Text) and isinstance(translate(value.msgid), InSpanish):
        return _OPEN + str(value) + _CLOSE
    return say(translate, value)


def unmarked(translate: Callable[[str], str], value: object) -> object:
    """What is said, for where no element may stand: a title, an option."""
    if isinstance(value, Markup):
        return value.replace(_OPEN, "").replace(_CLOSE, "")
    return say(translate, value)


def lang_of(translate: Callable[[str], str], value: object) -> str:
    """The attribute that says which language `unmarked` is in; nothing for the page's own."""
    lacking = isinstance(value, Text) and isinstance(translate(value.msgid), InSpanish)
    if lacking or (isinstance(value, Markup) and value.strip().startswith(_OPEN)):
        return Markup(' lang="{}"').format(SOURCE)
    return ""


def supported(tags: Iterable[str]) -> str | None:
    """The first of these language tags (BCP 47) that we speak: `qu-PE` and `quz` are `qu`."""
    for tag in tags:
        language = tag.strip().partition("-")[0].lower()
        language = _MEMBERS.get(language, language)
        if language in LANGUAGES:
            return language
    return None


class Languages:
    """Chooses a language: what the person chooses here (`idioma`, the pages' own links), else chose
    in this browser before; else what a component asks for (`ui_locales`, OpenID Connect Core
    §3.1.2.1), which holds for that login alone; else Accept-Language, else Spanish.
    """

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def of(self, request: Request, ui_locales: str | None = None) -> str:
        """The language of the answer. ui_locales: of the parked request; None where the page knows
        of none.
        """
        chosen = self._cookies.read(request, COOKIE) or ""
        if ui_locales is None:
            ui_locales = self._cookies.read(request, _LOGIN_COOKIE) or ""
        return (
            self.chosen(request)
            or supported((chosen, *_asked(request), *ui_locales.split()))
            # RFC 9110 §12.4.2: what has a weight of 0 is not acceptable.
            or supported(tag for tag, weight in request.accept_languages if weight > 0)
            or SOURCE
        )

    def chosen(self, request: Request) -> str | None:
        """The language that the person chooses by this very request."""
        return supported([_query(request, CHOICE)])

    def prefer(self, request: Request, response: Response, ui_locales: str) -> None:
        """What a login's request asks for holds for its other pages; nothing of an earlier login's
        does.
        """
        found = supported(ui_locales.split())
        if found:
            self._cookies.set(response, _LOGIN_COOKIE, found, max_age=None)
        else:
            self.login_ends(request, response)

    def login_ends(self, request: Request, response: Response) -> None:
        """What its request asked for holds no longer."""
        if self._cookies.read(request, _LOGIN_COOKIE) is not None:
            self._cookies.clear(response, _LOGIN_COOKIE)

    def remember(self, response: Response, language: str) -> None:
        """Answer this browser in that language from now on."""
        self._cookies.set(response, COOKIE, language, max_age=REMEMBERED)


def _asked(request: Request) -> list[str]:
    return _query(request, "ui_locales").split()


def _query(request: Request, name: str) -> str:
    # Raw bytes are refused elsewhere, by a page that needs a language too.
    return request.args.get(name, "") if request.query_string.isascii() else ""
