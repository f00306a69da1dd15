"""Persons, for every other room: one service in front of contact, browsers and import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.events import EventBus
from idp.kernel.identity import (
    DEFAULT_EXTRANET_USER_PATTERN,
    DEFAULT_SOL_USER_PATTERN,
    Identifier,
)
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.browsers import KnownBrowsers
from idp.people.contact import Contacts
from idp.people.doubt import Doubts
from idp.people.erased import NobodyErased
from idp.people.person import (
    Confirmation,
    ContactChange,
    KnownBrowser,
    Person,
    UpstreamFacts,
    Verification,
)
from idp.people.ports import (
    BrowserStore,
    ErasedPeople,
    Holds,
    ImportStore,
    PersonStore,
    VerificationStore,
)
from idp.people.retired import RetiredSub, RetiredSubs
from idp.people.rows import RowProblem, RowReader, SeedRow
from idp.people.seed import PART, Manner, Seeder, SeedReport, Told
from idp.people.undeliverable import Undeliverable
from idp.people.upstream_logins import UpstreamLogins
from idp.people.verifications import Verifications

DAY = 86_400


class People:
    """What the other rooms ask about persons, and tell of them.

    code_key: derives verification codes. events: hears of what changed. Lengths of time are
    seconds. Every method may raise Unavailable("sql"); those that change something raise IdpError
    `person_unknown` (404) for an id that names nobody.
    """

    def __init__(
        self,
        *,
        store: PersonStore,
        verifications: VerificationStore,
        browsers: BrowserStore,
        imports: ImportStore,
        holds: Holds,
        retired: RetiredSubs,
        uow: UnitOfWork,
        events: EventBus,
        audit: Audit,
        clock: Clock,
        random: Random,
        code_key: bytes,
        address_cooloff: int = DAY,
        verification_ttl: int = 1800,
        known_browser_after: int = DAY,
        known_browser_ttl: int = 180 * DAY,
        sol_user_pattern: str = DEFAULT_SOL_USER_PATTERN,
        extranet_user_pattern: str = DEFAULT_EXTRANET_USER_PATTERN,
        erased: ErasedPeople | None = None,
    ) -> None:
        self._store = store
        self._uow = uow
        self._audit = audit
        self._verifications = Verifications(
            store=store,
            verifications=verifications,
            audit=audit,
            clock=clock,
            random=random,
            code_key=code_key,
            ttl=verification_ttl,
        )
        self._contacts = Contacts(
            store=store,
            verifications=self._verifications,
            uow=uow,
            audit=audit,
            clock=clock,
            random=random,
            events=events,
            cooloff=address_cooloff,
        )
        self._retired = retired
        erased = erased or NobodyErased()
        self._logins = UpstreamLogins(
            store=store,
            erased=erased,
            doubts=Doubts(
                store=store,
                verifications=verifications,
                browsers=browsers,
                audit=audit,
                clock=clock,
            ),
            uow=uow,
            events=events,
            audit=audit,
            clock=clock,
            random=random,
        )
        self._undeliverable = Undeliverable(
            store=store, uow=uow, audit=audit, clock=clock, events=events
        )
        self._browsers = KnownBrowsers(
            store=browsers,
            uow=uow,
            audit=audit,
            clock=clock,
            random=random,
            counts_after=known_browser_after,
            ttl=known_browser_ttl,
        )
        self.seeder = Seeder(
            store=store,
            runs=imports,
            uow=uow,
            audit=audit,
            clock=clock,
            random=random,
            reader=RowReader(
                sol_user_pattern=sol_user_pattern, extranet_user_pattern=extranet_user_pattern
            ),
            erased=erased,
            holds=holds,
            events=events,
        )

    def get(self, person_id: str) -> Person | None:
        """A person by id."""
        return self._store.get(person_id)

    def find(self, identifier: Identifier) -> Person | None:
        """The person whom this identifier names."""
        return self._store.find(identifier)

    def find_sub(self, sub: str) -> Person | None:
        """The person whom relying parties know by this public `sub`."""
        return self._store.find_sub(sub)

    def record_upstream_login(self, facts: UpstreamFacts) -> Person:
        """The person whom an upstream proved just now, made known at their first login.

        Parallel first logins of one identifier yield one person with one `sub`. What the upstream
        left empty does not erase what it told before. Where it tells of another human, or of an
        official's other entity, address and consent count no more (`people.doubt`); Unavailable
        where what they had open could not be ended, and nothing is kept then.
        """
        return self._logins.record(facts)

    def successor(self, person_id: str) -> Person | None:
        """Who was joined with a person that is no more, and is kept; None where there is none."""
        found = self._retired.retired(person_id)
        return self._store.get(found.kept_by) if found and found.kept_by else None

    def retired(self, named: str) -> RetiredSub | None:
        """The tombstone of a `sub` that names nobody any more, or of the id of its person."""
        return self._retired.retired(named)

    def set_contact(self, person_id: str, *, email: str, consent: bool) -> ContactChange:
        """Take what the person's form says.

        Consent counts at once, both ways. Another address than the one in force is pending until
        `confirm_address`; asking again replaces what was pending, with a new code. Naming the one
        in force voids a change that is pending or cooling off. Raises InvalidEmail.
        """
        return self._contacts.set(person_id, email=email, consent=consent)

    def set_profile(self, person_id: str, profile: Mapping[str, str]) -> bool:
        """Take the form's other fields, normalised already; whether anything changed."""
        return self._contacts.set_profile(person_id, profile)

    def verification(self, verification_id: str) -> Verification | None:
        """What the mail of a verification says; None when it was settled, replaced or expired."""
        return self._verifications.get(verification_id)

    def pending_verification(self, person_id: str) -> Verification | None:
        """The person's live verification, for the form and the page behind the link."""
        return self._verifications.of_person(person_id)

    def set_consent(self, person_id: str, consent: bool) -> None:
        """Give or withdraw consent, whatever becomes of the address."""
        self._contacts.set_consent(person_id, consent)

    def confirm_address(
        self,
        person_id: str,
        *,
        code: str | None = None,
        token: str | None = None,
        before: Callable[[Confirmation], None] | None = None,
    ) -> Confirmation:
        """Prove the pending address by its code or by its link's token, in the person's session.

        A first address counts at once; a change counts after the cool-off, the one before counts
        meanwhile and is to be told. Five wrong codes end a verification. Raises IdpError
        `verification_failed` (wrong) or `verification_expired` (late, spent, too many), both 400.
        before: is told of it before it is kept; if it raises, nothing is. Call it outside of any
        unit of work: a wrong try must be kept.
        """
        return self._contacts.confirm(person_id, code=code, token=token, before=before)

    def mark_undeliverable(self, person_id: str, address_id: str, *, code: str) -> None:
        """A relay refused mail to this address for good, with this reply code."""
        self._undeliverable.mark(person_id, address_id, code)

    def clear_undeliverable(self, person_id: str, *, actor: str, reason: str) -> tuple[str, ...]:
        """An operator takes that back for every address of this person; the ids of those marked."""
        return self._undeliverable.clear(person_id, actor, reason)

    def remember_browser(self, person_id: str, cookie: str | None = None, agent: str = "") -> str:
        """After a SUNAT login: the value of the known-browser cookie to set.

        cookie: the one that the browser sent; other people's tokens in it stay. agent: the browser
        in two words.
        """
        return self._browsers.remember(person_id, cookie, agent)

    def known_browser(self, cookie: str | None, person_id: str) -> bool:
        """Whether the cookie is of a browser of that very person that counts already."""
        return self._browsers.is_known(person_id, cookie)

    def known_by(self, digests: Iterable[str], person_id: str) -> bool:
        """The same for a browser of which only its tokens' digests are at hand."""
        return self._browsers.is_known_by(person_id, digests)

    def recognise(self, cookie: str | None) -> str | None:
        """The id of a known browser that counts, whoever's it is, or None."""
        return self._browsers.recognise(cookie)

    def at_browser(self, cookie: str | None) -> list[tuple[Person, bool]]:
        """The persons for whom the browser with this cookie is known, each with whether that is old
        enough to count.
        """
        found = [(self.get(one), counts) for one, counts in self._browsers.at(cookie)]
        return [(person, counts) for person, counts in found if person is not None]

    def browsers(self, person_id: str) -> list[KnownBrowser]:
        """The person's known browsers, the newest first."""
        return self._browsers.of_person(person_id)

    def forget_browser(self, person_id: str, browser_id: str) -> bool:
        """Remove a known browser; False when the person has no such browser."""
        return self._browsers.forget(person_id, browser_id)

    def seed(
        self,
        rows: Sequence[SeedRow],
        *,
        trust_emails: bool = False,
        actor: str | None = None,
        restore: bool = False,
    ) -> SeedReport:
        """Import people that are in memory: every row, or none when any has a problem."""
        manner = Manner(trusted=trust_emails, actor=actor, restore=restore)
        problems: list[RowProblem] = []
        conflicts: list[RowProblem] = []
        self.seeder.check(rows, manner, Told(problems.append, conflicts.append))
        if problems:
            return SeedReport(problems=tuple(problems))
        return replace(self.seeder.write(rows, manner), conflicts=tuple(conflicts))

    def revealed(self, person_id: str, *, actor: str, purpose: str) -> None:
        """An operator is about to see a person unmasked: it is recorded first."""
        self._audit.record(
            AuditEvent.PERSON_REVEALED, person_id=person_id, actor=actor, purpose=purpose
        )

    def everybody(self, realm: str | None, *, actor: str, purpose: str) -> Iterator[Person]:
        """Everybody, unmasked, a part at a time: it is recorded first. Raises Unavailable."""
        self._audit.record(AuditEvent.PEOPLE_EXPORTED, realm=realm, actor=actor, purpose=purpose)
        after = ""
        while page := self._store.page(after, PART, realm):
            yield from page
            after = page[-1].id
