"""Events that cross rooms, and the bus that carries them within a process.

An event says what happened, with opaque ids only. Handlers are subscribed in wiring; a handler
that fails is logged and never undoes what the publisher did, unless it was subscribed as one that
the publisher cannot do without.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from idp.kernel.identity import Mode

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoginCompleted:
    """A session began, at `at` (epoch seconds). `client_id` is the component that asked, None for
    `/cuenta`. `language`: of the pages where it was proved. `drill`: the drill that it came of.
    """

    person_id: str
    realm: str
    mode: Mode
    client_id: str | None
    sid: str
    at: float
    language: str = "es"
    drill: str = ""


@dataclass(frozen=True)
class SessionEnded:
    """A session ended: `reason` is one of logout, replaced, revoked, renewed, ended_by_person,
    recovered (its components were told before).

    `sub` is the person's public one. `chain` names the sessions that continued one another up to
    this one. `renewed`: the same person proved themselves again at the same browser, and a new
    session continues the chain.
    """

    sid: str
    person_id: str
    sub: str
    reason: str
    chain: str


@dataclass(frozen=True)
class PersonDoubted:
    """SUNAT told of another human, or of another entity, for a user who has logged in before.

    Told before it is kept: if what it asks for cannot be done, it is not kept either.
    """

    person_id: str


@dataclass(frozen=True)
class FlagChanged:
    """The effective state of an upstream changed."""

    realm: str
    up: bool


@dataclass(frozen=True)
class RelayAccepted:
    """A relay took the message of a link at `at` (epoch seconds), so many `seconds` after it was
    asked for. domain: the address's. who: an HMAC of whom it was for, the same for all accounts of
    a taxpayer.
    """

    link_id: str
    at: float
    domain: str
    seconds: float
    who: str


@dataclass(frozen=True)
class PersonChanged:
    """What is known of a person changed. kind: `created`, `changed`, `activated`, `deactivated` or
    `deleted`. fields: columns and claims that differ. by: the client_id of the system that said so,
    None for anybody else.

    Told before it is kept, so that no crash loses it; of what was not kept it says nothing.
    """

    person_id: str
    kind: str
    fields: tuple[str, ...] = ()
    by: str | None = None


Event = LoginCompleted | SessionEnded | PersonDoubted | PersonChanged | FlagChanged | RelayAccepted
E = TypeVar("E", bound=Event)


class EventBus:
    """Delivers each event to the handlers of its type, in the order of subscription."""

    def __init__(self) -> None:
        self._handlers: dict[type[Any], list[Callable[[Any], None]]] = defaultdict(list)
        self._needed: dict[type[Any], list[Callable[[Any], None]]] = defaultdict(list)

    def subscribe(
        self, kind: type[E], handler: Callable[[E], None], *, needed: bool = False
    ) -> None:
        """Call `handler` for every event of type `kind`. needed: it comes before those that are
        not, and what it raises is raised by `publish`: for events that are told before they are
        kept.
        """
        (self._needed if needed else self._handlers)[kind].append(handler)

    def publish(self, event: Event) -> None:
        """Call the handlers of this event; a failure is logged, and raised for the needed alone."""
        for handler in self._needed[type(event)]:
            handler(event)
        for handler in self._handlers[type(event)]:
            try:
                handler(event)
            except Exception:
                _log.exception("event handler failed", extra={"event": type(event).__name__})
