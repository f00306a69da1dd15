"""What an operator is shown before a flip: what speaks for it, and whom it touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from idp.admin.coverage import Choice, CoverageBoard
from idp.admin.coverage import Line as CoverageLine
from idp.admin.switch_logins import HOUR, LoginBoard
from idp.clients.client import Client
from idp.kernel.errors import Unavailable
from idp.mail.load import Load, MailLoad, estimated_wait
from idp.people.coverage import WINDOWS, Figures

# Seconds. Who could enter hardly changes within them, and a flip must not wait for a count.
_COUNTED = 900.0
T = TypeVar("T")


class LiveTotals(Protocol):
    """Links and sessions that live now, at most."""

    @property
    def live(self) -> int:
        """Links."""
        ...

    @property
    def sunat(self) -> int:
        """Sessions that began at SUNAT."""
        ...

    @property
    def contingency(self) -> int:
        """Sessions that began by mail."""
        ...


class RelayState(Protocol):
    """A mail relay at this moment."""

    @property
    def name(self) -> str:
        """As the settings call it."""
        ...

    @property
    def alone(self) -> bool:
        """Whether it is left alone for a while, because it failed."""
        ...

    @property
    def trouble_at(self) -> datetime | None:
        """When it failed last, within an hour."""
        ...


@dataclass(frozen=True)
class Touched:
    """A component that takes this kind of user. logins: of the last hour. coverage: of its people
    of the last days; None where none of them is known.
    """

    client_id: str
    name: str
    contingency: bool
    known_browser_only: bool
    logins: int
    coverage: Figures | None


@dataclass(frozen=True)
class MailNow:
    """How the mail goes. wait: seconds that a new request would wait. half, most: seconds within
    which half, and 95 of a hundred, of a day's mails were taken; None for more than is counted.
    """

    load: Load
    wait: float
    deliveries: int
    half: int | None
    most: int | None


@dataclass(frozen=True)
class Preview:
    """All of it; None for what cannot be told now. people: of the last `days` days."""

    touched: tuple[Touched, ...]
    days: int
    people: Figures | None
    logins: int | None
    mail: MailNow | None
    relays: tuple[RelayState, ...]
    live: LiveTotals | None


class Previews:
    """Everything that it reads is counted for many who look. relays, live: of installations that
    tell them.
    """

    def __init__(
        self,
        *,
        clients: Callable[[], Iterable[Client]],
        coverage: CoverageBoard,
        logins: LoginBoard,
        mail: MailLoad,
        relays: Callable[[], Iterable[RelayState]] = tuple,
        live: Callable[[], LiveTotals | None] = lambda: None,
    ) -> None:
        self._clients = clients
        self._coverage = coverage
        self._logins = logins
        self._mail = mail
        self._relays = relays
        self._live = live

    def of(self, realm: str) -> Preview:
        """For a flip of this upstream. What does not answer is left out: it must not stand in the
        way of a flip.
        """
        days = WINDOWS[0]
        board = _told(lambda: self._coverage.of(Choice(days, realm), kept=_COUNTED))
        shown = _told(lambda: self._logins.of(HOUR, realm))
        logins = {one.client_id: one.sunat + one.contingency for one in shown.rows} if shown else {}
        lines = {one.key: one for one in board.components} if board else {}
        return Preview(
            touched=tuple(
                _touched(one, logins, lines)
                for one in self._clients()
                if realm in one.realms and not one.disabled
            ),
            days=days,
            people=board.figures if board else None,
            logins=sum(logins.values()) if shown else None,
            mail=_told(self.mail),
            relays=tuple(_told(self._relays) or ()),
            live=_told(self._live),
        )

    def mail(self) -> MailNow:
        """How the mail goes. Raises Unavailable("redis")."""
        load = self._mail.now()
        times: dict[int, int] = {}
        for buckets in self._mail.domains().values():
            for bound, count in buckets.items():
                times[bound] = times.get(bound, 0) + count
        return MailNow(
            load=load,
            wait=estimated_wait(load),
            deliveries=sum(times.values()),
            half=_within(times, 0.50),
            most=_within(times, 0.95),
        )


def _touched(
    client: Client, logins: Mapping[str, int], lines: Mapping[str, CoverageLine]
) -> Touched:
    line = lines.get(client.client_id)
    return Touched(
        client_id=client.client_id,
        name=client.client_name,
        contingency=client.contingency.allowed,
        known_browser_only=client.contingency.require_known_browser,
        logins=logins.get(client.client_id, 0),
        coverage=line.figures if line is not None and line.figures.people else None,
    )


def _within(times: Mapping[int, int], share: float) -> int | None:
    """The least bound (s) that covers so large a share; None beyond the last, 0 being that."""
    wanted, seen = share * sum(times.values()), 0
    for bound in sorted(one for one in times if one):
        seen += times[bound]
        if seen >= wanted:
            return bound
    return None


def _told(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except Unavailable:
        return None
