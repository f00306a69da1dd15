"""`/status`, for people, programs and readers of feeds: no cookie, no login, no personal data.

Everybody loads it again and again on the day SUNAT is down, so an answer is made once for all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup
from werkzeug.http import generate_etag

from idp.kernel.texts import Text
from idp.upstream_status.board import StatusBoard
from idp.upstream_status.feed import atom
from idp.upstream_status.public import PublicStatus
from idp.upstream_status.public_words import DAY, Words, document, lasted, moment, plot
from idp.web.i18n import Languages
from idp.web.plot import svg, table
from idp.web.render import Pages

# Seconds that anybody on the way may keep an answer.
_KEPT = 5
_DAYS = (30, 90)
_JSON, _HTML, _ATOM = "application/json", "text/html", "application/atom+xml"
_PLOT = "horas"
_OPEN = {"Access-Control-Allow-Origin": "*"}


@dataclass(frozen=True)
class _Answer:
    """One rendering, and what it is of."""

    status: PublicStatus
    body: bytes
    headers: dict[str, str]


def blueprint(
    *,
    board: StatusBoard,
    words: Words,
    pages: Pages,
    languages: Languages,
    issuer: str,
) -> Blueprint:
    """words: of the realms. issuer: what the feed's links begin with."""
    bp = Blueprint("status", __name__)
    kept: dict[tuple[str, ...], _Answer] = {}

    def answer(key: tuple[str, ...], make: Callable[[PublicStatus], _Answer]) -> Response:
        status = board.now()
        found = kept.get(key)
        if found is None or found.status is not status:
            found = kept[key] = make(status)
        response = Response(found.body, headers=found.headers)
        response.make_conditional(request)
        return response

    @bp.get("/status")
    def page() -> Response:
        if request.accept_mimetypes.best_match((_HTML, _JSON), _HTML) == _JSON:
            return as_json()
        language = languages.of(request)
        days = _days(request.args.get("dias", ""))
        return answer(
            (language, str(days)), lambda status: _page(status, words, pages, language, days)
        )

    @bp.get("/status.json")
    def as_json() -> Response:
        return answer((_JSON,), lambda status: _json(status, words))

    @bp.get("/status.atom")
    def as_atom() -> Response:
        return answer(
            (_ATOM,),
            lambda status: _answer(status, atom(status, words, issuer).encode(), _ATOM, _OPEN),
        )

    return bp


def _days(asked: str) -> int:
    return next((days for days in _DAYS if asked == str(days)), _DAYS[0])


def _json(status: PublicStatus, words: Words) -> _Answer:
    body = json.dumps(document(status, words), ensure_ascii=False).encode() + b"\n"
    return _answer(status, body, _JSON, _OPEN)


def _page(status: PublicStatus, words: Words, pages: Pages, language: str, days: int) -> _Answer:
    oldest = status.at.timestamp() - days * 86_400
    shown = [
        one
        for one in status.incidents
        if one.ended_at is None or one.ended_at.timestamp() >= oldest
    ]

    def drawn(say: Callable[[object], str], lang_of: Callable[[object], str]) -> dict[str, Markup]:
        return _drawn(status, days, words, say, lang_of)

    made = pages.page(
        "estado/estado.html",
        query={"dias": str(days) if days != _DAYS[0] else ""},
        board=status,
        incidents=shown,
        days=days,
        other_days=next(one for one in _DAYS if one != days),
        standing=_standing(status),
        users=words.users,
        works=lambda one: words.works(one, status.at, language),
        advice=words.advice,
        lasted=lambda one: lasted(one, status.at),
        moment=lambda at: moment(at, status.at, language),
        drawn=drawn,
    )
    headers = {
        "Content-Language": made.headers["Content-Language"],
        "Content-Security-Policy": made.headers["Content-Security-Policy"],
        # A language that was chosen on another page is in a cookie.
        "Vary": "Accept, Accept-Language, Cookie",
    }
    return _answer(status, made.get_data(), f"{_HTML}; charset=utf-8", headers)


def _drawn(
    status: PublicStatus,
    days: int,
    words: Words,
    say: Callable[[object], str],
    lang_of: Callable[[object], str],
) -> dict[str, Markup]:
    """Plot and figures in the page's language; whole in Spanish, and marked so, where it lacks a
    word.
    """
    texts: list[object] = []

    def note(text: object) -> str:
        texts.append(text)
        return say(text)

    found, heading = plot(status, days, words, note), note(DAY)
    whole = Markup("{}")
    if any(lang_of(text) for text in texts):
        found, heading = plot(status, days, words), str(DAY)
        whole = Markup('<div lang="es">{}</div>')
    return {
        "svg": whole.format(svg(found, _PLOT)),
        "table": whole.format(table(found, heading)),
    }


def _standing(status: PublicStatus) -> Text:
    """The whole in one sentence."""
    ups = {one.up for one in status.known}
    if None in ups:
        return Text("No podemos confirmar en este momento cómo está el ingreso.")
    if ups == {True}:
        return Text("El ingreso funciona con normalidad.")
    if ups == {False}:
        return Text("SUNAT no está disponible: se ingresa por correo electrónico.")
    return Text("El ingreso con SUNAT funciona solo en parte.")


def _answer(
    status: PublicStatus, body: bytes, content_type: str, headers: dict[str, str]
) -> _Answer:
    common: dict[str, Any] = {
        "Content-Type": content_type,
        "Cache-Control": f"public, max-age={_KEPT}",
        "ETag": f'"{generate_etag(body)}"',
        "Vary": "Accept",
    }
    return _Answer(status, body, {**common, **headers})
