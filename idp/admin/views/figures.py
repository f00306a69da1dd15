"""`/admin/correo` and `/admin/enlaces-y-sesiones`: how the mail goes, and what lives now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Blueprint, Response
from markupsafe import Markup

from idp.admin.live import LiveBoard
from idp.admin.mail_board import LATELY, MailBoard, hours_plot
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.views.coverage import number
from idp.admin.views.gate import Gate
from idp.admin.views.menu import LIVE, MAIL
from idp.kernel.clock import Clock
from idp.kernel.texts import Text, waited
from idp.kernel.times import duration
from idp.mail.domain_times import OTHERS
from idp.mail.relay_figures import RelayHour
from idp.web.plot import svg

# What the page names the picture by.
PLOT_ID = "correo-grafico"


def blueprint(*, mail: MailBoard, live: LiveBoard, clock: Clock, gate: Gate) -> Blueprint:
    """Figures of everybody together; nothing in them is about one person."""
    routes = Blueprint("console_figures", __name__)

    @routes.get(MAIL)
    @gate.needs(Permission.SEE_STATE)
    def show_mail(visit: Visit) -> Response:
        shown = mail.now()
        return gate.page(
            "consola/correo.html",
            visit,
            shown=shown,
            at=clock.now(),
            lately=duration(LATELY * 3_600),
            others=OTHERS,
            number=number,
            seconds=_seconds,
            plot=lambda say, lang_of: _drawn(shown.hours, say, lang_of),
            plot_id=PLOT_ID,
        )

    @routes.get(LIVE)
    @gate.needs(Permission.SEE_STATE)
    def show_live(visit: Visit) -> Response:
        shown = live.now()
        return gate.page(
            "consola/enlaces.html",
            visit,
            shown=shown,
            number=number,
            longest=duration(shown.spans.link_longest),
        )

    return routes


def _drawn(
    hours: Sequence[tuple[datetime, RelayHour]],
    say: Callable[[Text], str],
    lang_of: Callable[[Text], str],
) -> Markup:
    """The plot in the page's language; whole in Spanish, and marked so, where it lacks a word."""
    texts: list[Text] = []

    def note(text: Text) -> str:
        texts.append(text)
        return say(text)

    drawn = svg(hours_plot(hours, note), PLOT_ID)
    if any(lang_of(text) for text in texts):
        return Markup('<div lang="es">{}</div>').format(svg(hours_plot(hours), PLOT_ID))
    return drawn


def _seconds(count: float | None) -> Text:
    """A length of time as a cell says it."""
    return Text("más de 30 minutos") if count is None else waited(int(count))
