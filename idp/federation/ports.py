"""What this room needs of the outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.federation.driver import Refusal
from idp.people.person import Person, UpstreamFacts


@dataclass(frozen=True)
class Departure:
    """A person sent to an upstream: what a callback with its state is good for. client_id: the
    component that the login is for.
    """

    realm: str
    transaction_id: str
    browser_hash: str
    expires_at: datetime
    client_id: str | None = None


@dataclass(frozen=True)
class Arrival:
    """What a callback's state turned out to be.

    refusal: None when this very callback spent it. departure: also told for a state that was
    spent before, when browser and realm are the right ones (a reload, a double click).
    """

    departure: Departure | None
    refusal: Refusal | None


class StateStore(Protocol):
    """States under way and codes seen; both stored by their digests only."""

    def put(self, state: str, departure: Departure, *, now: datetime) -> None:
        """Keep a new state until it expires. Raises Unavailable("redis")."""
        ...

    def waits(self, state: str, browser_hash: str, *, now: datetime) -> bool:
        """Whether this browser is on its way back with this state. Raises Unavailable("redis")."""
        ...

    def arrive(
        self,
        state: str,
        code: str | None,
        *,
        realm: str,
        browser_hash: str | None,
        now: datetime,
    ) -> Arrival:
        """In one step: note the code as seen, compare the state's realm and browser, spend it.

        A callback that does not fit spends nothing of the state, but its code is seen from then
        on (`CODE_SEEN` for whoever brings it again, within a day). Raises Unavailable("redis").
        """
        ...


class Evidence(Protocol):
    """Who wants to know how an upstream fares (`upstream_status`)."""

    def report(self, realm: str, kind: str) -> None:
        """kind: `started`, `ok`, a `Failure` or a `Refusal`. Never raises."""
        ...


class NullEvidence:
    """Nobody wants to know."""

    def report(self, realm: str, kind: str) -> None:
        """Do nothing."""


class WithdrawsLinks(Protocol):
    """What is needed of `links`."""

    def withdraw(self, link_id: str) -> bool:
        """A link that nobody needs any more. Raises Unavailable("redis")."""
        ...


class NullLinks:
    """There are none."""

    def withdraw(self, link_id: str) -> bool:
        """Nothing to withdraw."""
        return False


class RecordsLogins(Protocol):
    """What is needed of `people`."""

    def record_upstream_login(self, facts: UpstreamFacts) -> Person:
        """Note a login; the person is created at the first one."""
        ...

    def remember_browser(self, person_id: str, cookie: str | None = None, agent: str = "") -> str:
        """The value of the cookie of known browsers to set."""
        ...

    def known_browser(self, cookie: str | None, person_id: str) -> bool:
        """Whether this browser is known as that person's, old enough to count."""
        ...
