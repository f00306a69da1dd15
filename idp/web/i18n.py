"""Languages: which one a browser is answered in, and the catalogues.

Spanish is the source: its sentences are the msgids. What a catalogue lacks is said in Spanish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Request
from werkzeug.wrappers import Response

from idp.kernel.texts import Text
from idp.web.cookies import Cookies

SOURCE = "es"
# As each language calls itself.
LANGUAGES: Mapping[str, str] = {"es": "Español", "en": "English", "qu": "Runasimi"}
# Members of the macrolanguage Quechua (ISO 639-3) as Peru's Quechuas are called: Ayacucho, Cusco.
_MEMBERS: Mapping[str, str] = {"quy": "qu", "quz": "qu"}
COOKIE = "idp_language"
_LIFE = 180 * 86_400


def catalogues(folder: Path) -> dict[str, NullTranslations]:
    """The translations by language, from `<folder>/<language>/messages.po`, read once."""
    found: dict[str, NullTranslations] = {SOURCE: NullTranslations()}
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        with (folder / language / "messages.po").open("rb") as file:
            compiled = BytesIO()
            write_mo(compiled, read_po(file, locale=None))
            compiled.seek(0)
            found[language] = GNUTranslations(compiled)
    return found


def say(translate: Callable[[str], str], value: object) -> object:
    """A Text in the language of `translate`; anything else as it is."""
    if not isinstance(value, Text):
        return value
    said = translate(value.msgid)
    if not value.params:
        return said
    return said.format(**{name: say(translate, one) for name, one in value.params.items()})


def supported(tags: Iterable[str]) -> str | None:
    """The first of these language tags (BCP 47) that we speak: `qu-PE` and `quz` are `qu`."""
    for tag in tags:
        language = tag.strip().partition("-")[0].lower()
        language = _MEMBERS.get(language, language)
        if language in LANGUAGES:
            return language
    return None


class Languages:
    """Chooses a language: what was asked for here (`ui_locales`, OpenID Connect Core §3.1.2.1; also
    the page's own links), else what this browser asked for before, else Accept-Language, else
    Spanish.
    """

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def of(self, request: Request, ui_locales: str = "") -> str:
        """The language of the answer. ui_locales: of the parked request."""
        kept = self._cookies.read(request, COOKIE) or ""
        return (
            self.asked(request)
            or supported((kept, *ui_locales.split()))
            # RFC 9110 §12.4.2: what has a weight of 0 is not acceptable.
            or supported(tag for tag, weight in request.accept_languages if weight > 0)
            or SOURCE
        )

    def asked(self, request: Request) -> str | None:
        """The language that this very request asks for."""
        if not request.query_string.isascii():
            # Refused elsewhere, by a page that needs a language too.
            return None
        return supported(request.args.get("ui_locales", "").split())

    def prefer(self, request: Request, response: Response, ui_locales: str) -> None:
        """What a login's request prefers holds for its other pages, where the browser has not
        chosen.
        """
        found = supported(ui_locales.split())
        if found and self._cookies.read(request, COOKIE) is None and not self.asked(request):
            self.remember(response, found)

    def remember(self, response: Response, language: str) -> None:
        """Answer this browser in that language from now on."""
        self._cookies.set(response, COOKIE, language, max_age=_LIFE)
