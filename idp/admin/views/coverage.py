"""`/admin/cobertura`: how many could enter if SUNAT failed now, and why not the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, request
from markupsafe import Markup

from idp.admin.coverage import Choice, CoverageBoard
from idp.admin.coverage_words import REASONS
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.views.gate import Gate
from idp.admin.views.menu import COVERAGE
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text
from idp.kernel.times import duration
from idp.people.coverage import WINDOWS, CoverageDay
from idp.people.coverage_plot import DAY, history_plot
from idp.web.plot import svg

# What the page names the picture by.
PLOT_ID = "historia-grafico"
# Between the thousands: narrow, and no line ends there (U+202F).
_GAP = "\u202f"


def blueprint(*, board: CoverageBoard, gate: Gate) -> Blueprint:
    """One page; its filters are its query."""
    routes = Blueprint("console_coverage", __name__)

    @routes.get(COVERAGE)
    @gate.needs(Permission.SEE_COVERAGE)
    def show(visit: Visit) -> Response:
        choice = _choice()
        found = board.of(choice)
        return gate.page(
            "consola/cobertura.html",
            visit,
            query={"dias": str(choice.days), "tipo": choice.realm, "componente": choice.client_id},
            board=found,
            windows=[(days, duration(days * 86_400)) for days in WINDOWS],
            realms=board.realms,
            reasons=REASONS,
            number=number,
            percent=percent,
            plot=lambda say, lang_of: _drawn(found.history, say, lang_of),
            day=DAY,
        )

    return routes


def _drawn(
    history: Sequence[CoverageDay], say: Callable[[Text], str], lang_of: Callable[[Text], str]
) -> Markup:
    """The plot in the page's language; whole in Spanish, and marked so, where it lacks a word."""
    texts: list[Text] = []

    def note(text: Text) -> str:
        texts.append(text)
        return say(text)

    drawn = svg(history_plot(history, note), PLOT_ID)
    if any(lang_of(text) for text in texts):
        return Markup('<div lang="es">{}</div>').format(svg(history_plot(history), PLOT_ID))
    return drawn


def _choice() -> Choice:
    asked = request.args
    days = asked.get("dias", str(WINDOWS[-1]))
    if not re.fullmatch(r"[0-9]{1,4}", days):
        raise IdpError("not_found", 404)
    return Choice(int(days), asked.get("tipo", ""), asked.get("componente", ""))


def number(count: int) -> str:
    """`1 234 567`."""
    return f"{count:,}".replace(",", _GAP)


def percent(part: int, whole: int) -> str:
    """`62 %`; a dash where there is nobody. Never 100 or 0 unless it is all or nobody."""
    if not whole:
        return "–"
    found = round(100 * part / whole)
    if part < whole:
        found = min(found, 99)
    if part:
        found = max(found, 1)
    return f"{found}{_GAP}%"
