"""What the switch's pages draw: probes and logins over time with the flips, contingencies by day.

say: puts a text into the page's language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from idp.admin.switch_history import Stretch
from idp.admin.switch_logins import LoginsShown, Span, steps
from idp.admin.switch_ports import ProbeBucket
from idp.kernel.texts import Text
from idp.kernel.times import LIMA
from idp.upstream_status.changes import Transition
from idp.web.plot import Line, Mark, Plot

Say = Callable[[Text], str]
_HOLLOW = Markup(' fill-opacity="0" stroke="currentColor" stroke-opacity="0.5"')

HOUR_OF_DAY = Text("Hora")
_FLIPS = Text("Cambios de estado")
_TO_UP, _TO_DOWN = Text("{at}: a SUNAT"), Text("{at}: a contingencia")
_PROBES = Text("Verificaciones sin falla")
_PROBES_TOLD = Text("Cuántas de cada cien verificaciones de la sonda salieron bien: {told}.")
_LOGINS = Text("Ingresos")
_LOGINS_TOLD = Text("Por SUNAT {sunat}, por correo {contingency}.")
_BY_SUNAT, _BY_MAIL = Text("Con SUNAT"), Text("Por correo")
_NO_PROBES = Text("no hubo ninguna")
_STEPS = {"form": Text("Página de ingreso"), "token": Text("Respuesta de tokens")}
# Of the strip, in its own units; the same width as a plot.
_WIDTH, _LEFT, _RIGHT, _ROW, _BAR = 480, 8, 8, 56, 20


def probes_plot(
    found: Sequence[ProbeBucket],
    flips: Iterable[Transition],
    span: Span,
    now: datetime,
    say: Say = str,
) -> Plot:
    """A line for each step of the login path, in per cent, with the flips."""
    times = steps(span, now)
    names = list(dict.fromkeys(str(one.step) for one in found))
    lines = []
    for name in names:
        share = {one.at: _well(one) for one in found if str(one.step) == name}
        lines.append(Line(say(_step(name)), tuple(share.get(at) for at in times)))
    told = ", ".join(f"{say(_step(one))} {_share(found, one)}" for one in names)
    marked = marks(flips, times, span, say)
    return Plot(
        title=say(_PROBES),
        description=_with_marks(
            say(Text(_PROBES_TOLD.msgid, told=told or say(_NO_PROBES))), marked, say
        ),
        labels=labels(span, times),
        lines=tuple(lines),
        top=100.0,
        unit="%",
        marks=marked,
        marked=say(_FLIPS),
    )


def logins_plot(shown: LoginsShown, flips: Iterable[Transition], say: Say = str) -> Plot:
    """A line for each mode, with the flips."""
    told = Text(_LOGINS_TOLD.msgid, sunat=sum(shown.sunat), contingency=sum(shown.contingency))
    marked = marks(flips, shown.times, shown.span, say)
    return Plot(
        title=say(_LOGINS),
        description=_with_marks(say(told), marked, say),
        labels=labels(shown.span, shown.times),
        lines=(
            Line(say(_BY_SUNAT), tuple(map(float, shown.sunat))),
            Line(say(_BY_MAIL), tuple(map(float, shown.contingency))),
        ),
        # Whole people alone: a scale of quarters of one would say nothing.
        top=float(max(4, -(-max((*shown.sunat, *shown.contingency)) // 4) * 4)),
        marks=marked,
        marked=say(_FLIPS),
    )


def _with_marks(told: str, marked: Sequence[Mark], say: Say) -> str:
    """For who cannot see the plot, what is marked on it too."""
    if not marked:
        return told
    return f"{told} {say(_FLIPS)}: {'; '.join(one.name for one in marked)}."


def labels(span: Span, times: Sequence[datetime]) -> tuple[str, ...]:
    """The hour of each bucket in Lima, and its day where a span has two."""
    form = "%H:%M" if span.seconds <= 3_600 else "%d/%m %H:%M"
    return tuple(at.astimezone(LIMA).strftime(form) for at in times)


def marks(
    flips: Iterable[Transition], times: Sequence[datetime], span: Span, say: Say = str
) -> tuple[Mark, ...]:
    """The flips of a span, at the bucket that each fell into."""
    found = []
    for one in flips:
        number = int((one.at - times[0]).total_seconds()) // span.step
        if one.at >= times[0] and number < len(times):
            at = one.at.astimezone(LIMA).strftime("%H:%M:%S")
            word = _TO_UP if one.up else _TO_DOWN
            found.append(Mark(number, say(Text(word.msgid, at=at))))
    return tuple(found)


def strip(
    rows: Sequence[tuple[str, Sequence[Stretch]]],
    since: datetime,
    until: datetime,
    title: str,
    description: str,
    ident: str,
) -> Markup:
    """Contingencies as bars on a line of time, a row for each upstream: filled is contingency."""
    whole = (until - since).total_seconds()
    parts: list[Markup] = []
    for number, (label, stretches) in enumerate(rows):
        top = _ROW * number + 24
        parts.append(_words(_LEFT, top - 6, label, "start"))
        parts.append(_bar(_LEFT, top, _WIDTH - _LEFT - _RIGHT, filled=False))
        for one in stretches:
            begin = max((one.begin - since) / timedelta(seconds=1), 0.0) / whole
            end = ((one.end or until) - since) / timedelta(seconds=1) / whole
            if end > 0 and begin < 1:
                x, width = _place(begin, min(end, 1.0))
                parts.append(_bar(x, top, width, filled=True))
    below = _ROW * len(rows) + 16
    parts.append(_words(_LEFT, below, _day(since), "start"))
    parts.append(_words(_WIDTH - _RIGHT, below, _day(until), "end"))
    return Markup(
        '<svg class="plot" xmlns="http://www.w3.org/2000/svg" role="img" focusable="false" '
        'viewBox="0 0 {width} {height}" aria-labelledby="{ident}-title {ident}-desc">'
        '<title id="{ident}-title">{title}</title><desc id="{ident}-desc">{desc}</desc>'
        "{parts}</svg>"
    ).format(
        width=_WIDTH,
        height=below + 12,
        ident=ident,
        title=title,
        desc=description,
        parts=Markup("").join(parts),
    )


def _place(begin: float, end: float) -> tuple[float, float]:
    """Where a bar stands, and how wide it is: wide enough to be seen."""
    room = _WIDTH - _LEFT - _RIGHT
    width = max((end - begin) * room, 2.0)
    return round(min(_LEFT + begin * room, _WIDTH - _RIGHT - width), 1), round(width, 1)


def _bar(x: float, y: float, width: float, *, filled: bool) -> Markup:
    how = Markup() if filled else _HOLLOW
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="currentColor"{}/>').format(
        x, y, width, _BAR, how
    )


def _words(x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup(
        '<text x="{}" y="{}" font-size="16" fill="currentColor" text-anchor="{}">{}</text>'
    ).format(x, y, anchor, words)


def _day(at: datetime) -> str:
    return at.astimezone(LIMA).strftime("%d/%m/%Y")


def _well(one: ProbeBucket) -> float | None:
    return round(100 * (one.probes - one.failed - one.slow) / one.probes, 1) if one.probes else None


def _share(found: Sequence[ProbeBucket], name: str) -> str:
    these = [one for one in found if str(one.step) == name]
    probes = sum(one.probes for one in these)
    well = probes - sum(one.failed + one.slow for one in these)
    return f"{100 * well / probes:.0f} %" if probes else "–"


def _step(name: str) -> Text:
    return _STEPS.get(name, Text(name.replace("{", "").replace("}", "")))
