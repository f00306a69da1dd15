"""How the mail goes, for the console and `idp mail status`: relays, queue, budgets, times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from idp.kernel.clock import Clock
from idp.kernel.texts import Text
from idp.kernel.times import LIMA
from idp.mail.domain_times import DomainTimes, domain_times
from idp.mail.load import Load, MailLoad, estimated_wait
from idp.mail.relay_figures import RelayFigures, RelayHealth, RelayHour, Trouble
from idp.web.plot import Line, Plot

# The last hours that a table sums up.
LATELY = 6
_TITLE = Text("Correos por hora")
_DESC = Text("De todos los servidores de correo, en las últimas 24 horas: {accepted} aceptados.")
_ACCEPTED, _DEFERRED, _REFUSED = Text("Aceptados"), Text("Aplazados"), Text("Rechazados")


@dataclass(frozen=True)
class Budgets:
    """Mails an hour: in all, to one domain, of campaigns."""

    all: int
    domain: int
    campaign: int


@dataclass(frozen=True)
class RelayShown:
    """lately: of the last hours. trouble: the last one within an hour. alone: some worker leaves it
    alone at this moment.
    """

    name: str
    per_minute: int
    lately: RelayHour
    day: RelayHour
    trouble: Trouble | None
    trouble_at: datetime | None
    alone: bool


@dataclass(frozen=True)
class MailShown:
    """wait: seconds that a new request would wait. hours: of all relays together, by the moment at
    which each begins.
    """

    load: Load
    wait: float
    relays: Sequence[RelayShown]
    hours: Sequence[tuple[datetime, RelayHour]]
    domains: Mapping[str, DomainTimes]
    budgets: Budgets


class MailBoard:
    """relays: name and mails a minute (0: no cap) of each, in the order of preference."""

    def __init__(
        self,
        *,
        load: MailLoad,
        figures: RelayFigures,
        relays: Sequence[tuple[str, int]],
        budgets: Budgets,
        clock: Clock,
    ) -> None:
        self._load = load
        self._figures = figures
        self._relays = relays
        self._budgets = budgets
        self._clock = clock

    def now(self) -> MailShown:
        """The figures of this moment. Raises Unavailable("redis")."""
        now = self._clock.timestamp()
        health = self._figures.health([name for name, _ in self._relays], now)
        load = self._load.now()
        return MailShown(
            load=load,
            wait=estimated_wait(load),
            relays=[_shown(name, cap, health[name], now) for name, cap in self._relays],
            hours=_together(list(health.values())),
            domains=domain_times(self._load.domains()),
            budgets=self._budgets,
        )


def hours_plot(
    hours: Sequence[tuple[datetime, RelayHour]], say: Callable[[Text], str] = str
) -> Plot:
    """What became of mails, hour by hour. say: puts a text into the page's language."""
    accepted = sum(one.accepted for _, one in hours)
    return Plot(
        title=say(_TITLE),
        description=say(Text(_DESC.msgid, accepted=accepted)),
        labels=tuple(at.astimezone(LIMA).strftime("%d/%m %H:%M") for at, _ in hours),
        lines=(
            Line(say(_ACCEPTED), tuple(float(one.accepted) for _, one in hours)),
            Line(say(_DEFERRED), tuple(float(one.deferred) for _, one in hours)),
            Line(say(_REFUSED), tuple(float(one.refused) for _, one in hours)),
        ),
    )


def _shown(name: str, cap: int, health: RelayHealth, now: float) -> RelayShown:
    hours = [one for _, one in health.hours]
    trouble = health.trouble
    return RelayShown(
        name=name,
        per_minute=cap,
        lately=_sum(hours[-LATELY:]),
        day=_sum(hours),
        trouble=trouble,
        trouble_at=datetime.fromtimestamp(trouble.at, UTC) if trouble else None,
        alone=trouble is not None and trouble.alone_until > now,
    )


def _together(relays: Sequence[RelayHealth]) -> list[tuple[datetime, RelayHour]]:
    found: dict[int, list[RelayHour]] = {}
    for one in relays:
        for number, hour in one.hours:
            found.setdefault(number, []).append(hour)
    return [
        (datetime.fromtimestamp(number * 3_600, UTC), _sum(found[number]))
        for number in sorted(found)
    ]


def _sum(hours: Sequence[RelayHour]) -> RelayHour:
    return RelayHour(
        sum(one.accepted for one in hours),
        sum(one.deferred for one in hours),
        sum(one.refused for one in hours),
    )
