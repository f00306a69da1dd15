"""A person as the help desk sees them: masked, and why they could not enter, in plain words.

Whether they could is asked of what the worker and the dispatcher ask: nothing here decides it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.admin.coverage_words import REASONS, Reason
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.clients.client import Client
from idp.contingency.verdicts import Judge, Verdict
from idp.kernel.clock import Clock
from idp.kernel.texts import Text
from idp.login.sessions import Sessions
from idp.login.transaction import Transaction
from idp.people.coverage import Why
from idp.people.masking import mask_identifier, mask_mailbox, mask_name
from idp.people.person import Address, Person
from idp.people.profile import PROFILE
from idp.people.service import People
from idp.people.standing import Standing, mailbox, standing

LOGINS = 5


class Components(Protocol):
    """The registry of components."""

    def all(self) -> Iterable[Client]:
        """Every component, in the order of the file."""
        ...


class KnowsUpstreams(Protocol):
    """What is needed of the flag."""

    def up(self, realm: str) -> bool:
        """Whether the realm's upstream is up, from memory."""
        ...


class KnowsHolds(Protocol):
    """What is needed of `privacy.erasing`."""

    def held_since(self, person_id: str) -> datetime | None:
        """Since when an obligation keeps their data, or None."""
        ...


@dataclass(frozen=True)
class ComponentAnswer:
    """Whether a person could enter a component by mail, and why (not)."""

    client_id: str
    name: str
    able: bool
    why: Text


@dataclass(frozen=True)
class PastLogin:
    """by_mail: else SUNAT proved them. component: its name, "" for our own pages."""

    at: datetime
    by_mail: bool
    component: str


@dataclass(frozen=True)
class Card:
    """realm_up: whether people of that kind log in through SUNAT now. able: whether a mail could
    leave at all; reason: why not, then. mailbox: masked, "" without one. address: the one that is
    meant. browsers: known ones, counting: those of them that count already. held_since: an
    obligation keeps their data.
    """

    person: Person
    realm: str
    realm_up: bool
    identifier: str
    name: str
    able: bool
    reason: Reason | None
    mailbox: str
    address: Address | None
    components: tuple[ComponentAnswer, ...]
    logins: tuple[PastLogin, ...]
    sessions: int
    browsers: int
    counting: int
    held_since: datetime | None


@dataclass(frozen=True)
class Clear:
    """A person without the veil. rows: what it is, and its value."""

    rows: tuple[tuple[Text, str], ...]


_TAKES = Text("Sí, con el enlace que se envía a su correo")
_TAKES_KNOWN = Text("Sí, solo desde un navegador donde ya ingresó con SUNAT")
_REFUSES: Mapping[Verdict, Text] = {
    Verdict.DISABLED: Text("El componente está deshabilitado"),
    Verdict.GONE: Text("El componente ya no está"),
}


class Cards:
    """labels: what people call each realm."""

    def __init__(
        self,
        *,
        people: People,
        clients: Components,
        judge: Judge,
        sessions: Sessions,
        holds: KnowsHolds,
        status: KnowsUpstreams,
        audit: Audit,
        clock: Clock,
        labels: Mapping[str, str],
    ) -> None:
        self._people = people
        self._clients = clients
        self._judge = judge
        self._sessions = sessions
        self._holds = holds
        self._status = status
        self._audit = audit
        self._clock = clock
        self._labels = labels

    def of(self, person: Person) -> Card:
        """All that the page tells. Raises Unavailable."""
        now = self._clock.now()
        stands = standing(person, now)
        able = stands is Standing.ELIGIBLE
        reason = None if able else REASONS[Why(stands.value)]
        browsers = self._people.browsers(person.id)
        counting = sum(one.counts_from <= now < one.expires_at for one in browsers)
        address = mailbox(person, now)
        return Card(
            person=person,
            realm=self._labels.get(person.realm, person.realm),
            realm_up=self._status.up(person.realm),
            identifier=mask_identifier(person.key),
            name=mask_name(person.name),
            able=able,
            reason=reason,
            mailbox=mask_mailbox(address.email) if address else "",
            address=address,
            components=tuple(
                self._answer(one, person.realm, reason, counting > 0)
                for one in self._clients.all()
                if person.realm in one.realms and one.redirect_uris
            ),
            logins=self._logins(person.id),
            sessions=len(self._sessions.of_person(person.id)),
            browsers=len(browsers),
            counting=counting,
            held_since=self._holds.held_since(person.id),
        )

    def name_of(self, client_id: str) -> str:
        """A component's name; its id where it is gone."""
        found = next((one for one in self._clients.all() if one.client_id == client_id), None)
        return found.client_name if found else client_id

    def clear(self, person: Person, *, actor: str, purpose: str) -> Clear:
        """Without the veil; that it is looked at is on record first. Raises Unavailable("sql")."""
        self._people.revealed(person.id, actor=actor, purpose=purpose)
        return Clear(
            (
                (Text("Usuario"), person.identifier.replace(":", " / ")),
                (Text("Nombre"), person.name),
                *((Text("Correo"), one.email) for one in person.addresses),
                *(
                    (one.label, person.profile[one.name])
                    for one in PROFILE
                    if person.profile.get(one.name)
                ),
            )
        )

    def _answer(
        self, client: Client, realm: str, reason: Reason | None, known: bool
    ) -> ComponentAnswer:
        asked, able, why = self._asked(client), True, _TAKES
        if self._judge.verdict(asked, realm, known_browser=False) is not Verdict.TAKEN:
            # Whatever else the policy says depends on whether SUNAT is up at this moment.
            verdict = self._judge.verdict(asked, realm, known_browser=True)
            if verdict is Verdict.TAKEN:
                able, why = known, _TAKES_KNOWN if known else REASONS[Why.UNKNOWN_BROWSER].label
            else:
                able, why = False, _REFUSES.get(verdict, REASONS[Why.COMPONENT].label)
        if able and reason is not None:
            able, why = False, reason.label
        return ComponentAnswer(client.client_id, client.client_name, able, why)

    def _asked(self, client: Client) -> Transaction:
        """A plain request of the component, for the policy to judge; it is stored nowhere."""
        now = self._clock.now()
        return Transaction(
            id="",
            browser_hash=None,
            destination="authorize",
            client_id=client.client_id,
            params=(),
            realms=client.realms,
            created_at=now,
            expires_at=now + timedelta(minutes=10),
        )

    def _logins(self, person_id: str) -> tuple[PastLogin, ...]:
        wanted = AuditFilter(event=AuditEvent.LOGIN_COMPLETED, person_id=person_id)
        return tuple(
            PastLogin(
                one.at,
                one.mode == "contingencia",
                self.name_of(one.client_id) if one.client_id else "",
            )
            for one in self._audit.search(wanted, LOGINS)
        )
