"""What the public status says, in plain words, and the same for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from idp.kernel.identity import EXTRANET, SOL, Mode
from idp.kernel.texts import Text
from idp.kernel.times import LIMA, lima, lima_date, with_article
from idp.upstream_status.board import DAYS
from idp.upstream_status.public import (
    Incident,
    Known,
    PublicStatus,
    hours_by_day,
    last_days,
)
from idp.web.plot import Line, Plot

# The kinds of users, as the chooser calls them.
_USERS: Mapping[str, Text] = {
    SOL: Text("Importador / Exportador"),
    EXTRANET: Text("Funcionario"),
}
_WAYS: Mapping[str, Text] = {
    SOL: Text("con Clave SOL"),
    EXTRANET: Text("con la Extranet de SUNAT"),
}
_USER_NAMES: Mapping[str, Text] = {
    SOL: Text("su RUC y su usuario SOL"),
    EXTRANET: Text("su usuario de Extranet"),
}
DAY = Text("Día")


class Words:
    """labels: what the way of logging in of each realm is called, where we have no words for it."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels

    def users(self, realm: str) -> Text | str:
        """Whom a realm is for."""
        return _USERS.get(realm) or self._labels.get(realm, realm)

    def works(self, one: Known, now: datetime, language: str = "es") -> Text:
        """What works."""
        label = self._labels.get(one.realm, one.realm)
        way = _WAYS.get(one.realm) or Text("con {label}", label=label)
        if one.up is None:
            return Text("No podemos confirmar si el ingreso {way} funciona.", way=way)
        if one.up and one.since is None:
            return Text("El ingreso {way} funciona.", way=way)
        when = moment(one.since, now, language) if one.since else ""
        if one.up:
            return Text("El ingreso {way} funciona, desde {when}.", way=way, when=when)
        if one.announced:
            return Text(
                "SUNAT está en mantenimiento anunciado: se ingresa por correo electrónico desde "
                "{when}.",
                when=when,
            )
        return Text("Contingencia: se ingresa por correo electrónico desde {when}.", when=when)

    def advice(self, one: Known) -> Text:
        """What a person should do now."""
        if one.up is None:
            return Text("Intente ingresar como siempre; la página le dirá qué hacer.")
        if one.up:
            return Text("Ingrese como siempre, desde el componente que usa.")
        name = _USER_NAMES.get(one.realm, Text("su usuario"))
        return Text(
            "Entre al componente que usa, como siempre. En lugar de su clave se le pedirá {name}, "
            "y recibirá en su correo un enlace para ingresar.",
            name=name,
        )


def moment(at: datetime, now: datetime, language: str = "es") -> str:
    """An hour of today, or hour and day."""
    today = at.astimezone(LIMA).date() == now.astimezone(LIMA).date()
    return with_article((lima if today else lima_date)(at, language), language)


def lasted(one: Incident, now: datetime) -> Text:
    """How long, in hours and minutes; at least a minute."""
    total = max(1, round(one.lasted(now) / timedelta(minutes=1)))
    hours, rest = divmod(total, 60)
    if not hours:
        return Text("{minutes} min", minutes=rest)
    return Text("{hours} h {minutes} min", hours=hours, minutes=f"{rest:02}")


def plot(status: PublicStatus, days: int, words: Words, say: Callable[[object], str] = str) -> Plot:
    """Hours of contingency of each day, a line for each realm. say: puts a text into a language."""
    shown = last_days(days, status.at)
    by_realm = {
        one.realm: hours_by_day(status.incidents, one.realm, shown, status.at)
        for one in status.known
    }
    total = Text(
        "Horas de contingencia de cada día, del {first} al {last}. {told}",
        first=_day(shown[0]),
        last=_day(shown[-1]),
        told=" ".join(
            f"{say(words.users(realm))}: {_hours(values)}." for realm, values in by_realm.items()
        ),
    )
    return Plot(
        title=say(Text("Horas de contingencia por día")),
        description=say(total),
        labels=tuple(_day(day) for day in shown),
        lines=tuple(Line(say(words.users(realm)), values) for realm, values in by_realm.items()),
        top=_top(by_realm.values()),
        unit="h",
    )


def _top(values: Iterable[Sequence[float]]) -> float:
    """Whole hours, so that each of the four steps can be read."""
    most = max((value for line in values for value in line), default=0.0)
    return float(next(top for top in (4, 8, 12, 24) if most <= top))


def _hours(values: Sequence[float]) -> str:
    return f"{sum(values):.1f} h"


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def document(status: PublicStatus, words: Words) -> dict[str, Any]:
    """`/status.json`: moments in UTC (RFC 3339), messages in Spanish."""
    return {
        "at": _iso(status.at),
        "current": status.current,
        "read_at": _iso(status.read_at),
        "realms": [_known(one, status.at, words) for one in status.known],
        "maintenance": [
            {
                "realm": one.realm,
                "starts_at": _iso(one.starts_at),
                "ends_at": _iso(one.ends_at),
                "announced_by": "SUNAT",
            }
            for one in status.maintenance
        ],
        "incidents": [
            {
                "realm": one.realm,
                "started_at": _iso(one.started_at),
                "ended_at": _iso(one.ended_at),
                "seconds": int(one.lasted(status.at).total_seconds()),
                "announced": one.announced,
            }
            for one in status.incidents
        ],
        "incident_days": DAYS,
    }


def _known(one: Known, now: datetime, words: Words) -> dict[str, Any]:
    mode = None if one.up is None else Mode.SUNAT if one.up else Mode.CONTINGENCIA
    return {
        "realm": one.realm,
        "users": str(words.users(one.realm)),
        "mode": str(mode) if mode else "unknown",
        "since": _iso(one.since),
        "announced": one.announced,
        "message": str(words.works(one, now)),
        "advice": str(words.advice(one)),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")
