"""What contingency needs of its neighbours, no more."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from idp.clients.client import Client
from idp.kernel.identity import Identifier, Mode
from idp.login.session import Session
from idp.login.steps import Step
from idp.login.transaction import Transaction
from idp.people.person import Person
from idp.upstream_status.drill_choice import Drill


class Directory(Protocol):
    """Who the people are. Raises Unavailable("sql")."""

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        ...

    def find(self, identifier: Identifier) -> Person | None:
        """Whom this identifier names, or None."""
        ...

    def known_browser(self, cookie: str | None, person_id: str) -> bool:
        """Whether the cookie is of a browser known as that very person's, old enough to count."""
        ...

    def known_by(self, digests: Iterable[str], person_id: str) -> bool:
        """The same for a browser of which only its tokens' digests are at hand."""
        ...

    def mark_undeliverable(self, person_id: str, address_id: str, *, code: str) -> None:
        """A relay refused this address for good."""
        ...


class Browsers(Protocol):
    """Browsers that were here with SUNAT's own login."""

    def recognise(self, cookie: str | None) -> str | None:
        """The opaque id of a known browser that counts, whoever's it is, or None.

        The work must depend on the cookie alone, never on what is typed beside it.
        """
        ...


class Dispatcher(Protocol):
    """The policy: whether contingency is what comes next (`login.service.Logins`)."""

    def step(self, transaction: Transaction, session: Session | None) -> Step:
        """The next step of this login."""
        ...

    def client_name(self, transaction: Transaction) -> str:
        """Where the person is going, in words."""
        ...

    def return_origins(self, transaction: Transaction) -> tuple[str, ...]:
        """What a form of this login may lead to, for `form-action`."""
        ...

    def grant_lives(
        self, client: Client, mode: Mode, realm: str, auth_time: int, drill: str = ""
    ) -> bool:
        """Whether a session that a login of this mode began is still good enough for it. drill: the
        one that it came of, empty for none.
        """
        ...

    def drill(self, transaction: Transaction) -> Drill | None:
        """The drill that took this login, where its pages are to say so."""
        ...


class Drills(Protocol):
    """What is needed of `upstream_status.drills.Drills`."""

    def find(self, drill_id: str | None) -> Drill | None:
        """A drill that goes on, or was over not long ago; from memory."""
        ...

    def invited(self, token: str) -> Drill | None:
        """The drill in force to which a tester's own link belongs; from memory."""
        ...

    def admits(self, drill_id: str, person_id: str, *, known: bool) -> bool:
        """Whether a link that was asked for in a drill may be sent to this person. known: whether
        it was at a known browser of theirs. Raises Unavailable("sql").
        """
        ...

    def says_so(self, drill_id: str | None) -> bool:
        """Whether a mail of a login that it took is to say *Simulacro*. Raises Unavailable."""
        ...


class Components(Protocol):
    """The registry of components."""

    def get(self, client_id: str) -> Client | None:
        """The component, or None."""
        ...

    def all(self) -> Iterable[Client]:
        """Every component, in the order of the file."""
        ...


class Leases(Protocol):
    """Who works on what, among all workers. Raises Unavailable("redis") when it cannot be known."""

    def hold(self, name: str) -> AbstractContextManager[bool]:
        """Within it, whether this name is ours alone; False while another holds it.

        A holder that dies holds it for some seconds more (see the implementation).
        """
        ...


class NoDrills:
    """There never is one."""

    def find(self, drill_id: str | None) -> Drill | None:
        """None."""
        return None

    def invited(self, token: str) -> Drill | None:
        """None."""
        return None

    def admits(self, drill_id: str, person_id: str, *, known: bool) -> bool:
        """As in any other login."""
        return True

    def says_so(self, drill_id: str | None) -> bool:
        """No."""
        return False


class NoBrowsers:
    """Recognises nobody: every browser has the ordinary allowance."""

    def recognise(self, cookie: str | None) -> str | None:
        """None."""
        return None
