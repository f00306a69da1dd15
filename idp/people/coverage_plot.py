"""The history of coverage as a plot, for the console and for reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from idp.kernel.texts import Text
from idp.people.coverage import CoverageDay, Figures
from idp.web.plot import Line, Plot

DAY = Text("Día")
_TITLE = Text("Cobertura por día")
_NONE = Text("Todavía no hay ningún día: se guarda uno al comenzar cada día.")
_TOLD = Text(
    "De quienes usaron la VUCE, cuántos podrían ingresar si SUNAT fallara: el {first} eran el "
    "{begin}, el {last} son el {end}."
)
_ABLE = Text("Podrían ingresar")
_KNOWN = Text("Tienen un navegador reconocido")


def history_plot(history: Sequence[CoverageDay], say: Callable[[Text], str] = str) -> Plot:
    """Two lines, in per cent of the people of each day. say: puts a text into the page's language.

    With `web.plot.svg` it becomes a picture, and with `web.plot.table` the same figures in rows,
    under the heading DAY.
    """
    taken = {one.day: one.figures for one in history}
    days = _days(history)
    return Plot(
        title=say(_TITLE),
        description=say(_told(history)),
        labels=tuple(day.strftime("%d/%m/%Y") for day in days),
        lines=(
            Line(say(_ABLE), tuple(_able(taken.get(day)) for day in days)),
            Line(say(_KNOWN), tuple(_known(taken.get(day)) for day in days)),
        ),
        top=100.0,
        unit="%",
    )


def _days(history: Sequence[CoverageDay]) -> list[date]:
    """Every day from the first to the last: one that was not kept is a gap."""
    if not history:
        return []
    first, last = history[0].day, history[-1].day
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _told(history: Sequence[CoverageDay]) -> Text:
    if not history:
        return _NONE
    first, last = history[0], history[-1]
    return Text(
        _TOLD.msgid,
        first=first.day.strftime("%d/%m/%Y"),
        begin=_share(first),
        last=last.day.strftime("%d/%m/%Y"),
        end=_share(last),
    )


def _share(one: CoverageDay) -> str:
    found = _able(one.figures)
    return "–" if found is None else f"{found:.1f} %"


def _able(found: Figures | None) -> float | None:
    return _percent(found.able, found) if found else None


def _known(found: Figures | None) -> float | None:
    return _percent(found.known_browser, found) if found else None


def _percent(count: int, found: Figures) -> float | None:
    return round(100 * count / found.people, 1) if found.people else None
