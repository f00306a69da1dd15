"""What `/cuenta` shows of a person, and what it may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from idp.account.form import Typed, incomplete
from idp.jobs.ports import JobQueue
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.identity import Mode
from idp.kernel.ids import same
from idp.kernel.texts import Text
from idp.limits.service import Limits
from idp.login.session import Session
from idp.people.eligibility import contact_address
from idp.people.email_address import InvalidEmail, normalise_email, same_email
from idp.people.former import as_shown
from idp.people.person import Address, Confirmation, Person
from idp.people.profile import own_document, read_profile
from idp.people.service import People

VERIFY = "account.verify_address"
CHANGED = "account.address_changed"
# Later than this, a verification has expired, and a notice is no longer news.
VERIFY_MAX_AGE = 1_800
CHANGED_MAX_AGE = 259_200
CHANGED_DELAY = 3
BAD_EMAIL = Text(
    "Escriba una dirección de correo electrónico completa, por ejemplo nombre@empresa.pe."
)


@dataclass(frozen=True)
class Overview:
    """A person's data as the form shows it.

    current: the address in force. pending: the newest one, when that is another: being verified,
    or cooling off. awaits_code: whether a code for it can still be typed.
    """

    person: Person
    current: Address | None
    pending: Address | None
    awaits_code: bool
    read_only: bool

    @property
    def email(self) -> str:
        """What the form's field holds: the newest, so that saving the form as it is keeps it."""
        shown = self.pending or self.current
        return shown.email if shown else ""

    @property
    def counts_from(self) -> datetime | None:
        """From when the pending address counts, once it is verified."""
        return self.pending.counts_from if self.pending else None


class Account:
    """Reads and changes the data of the person who is logged in.

    Whoever came in by an e-mailed link may only look: the mailbox must not be enough to move the
    account to another mailbox.
    """

    def __init__(self, *, people: People, limits: Limits, queue: JobQueue, clock: Clock) -> None:
        self._people = people
        self._limits = limits
        self._queue = queue
        self._clock = clock

    def overview(self, session: Session) -> Overview:
        """The person of a session. Raises IdpError("person_unknown", 404)."""
        person = self._people.get(session.person_id)
        if person is None:
            raise IdpError("person_unknown", 404)
        code_sent = self._people.pending_verification(person.id)
        person = as_shown(person, code_sent.address.id if code_sent else None)
        current = contact_address(person, self._clock.now())
        newest = person.addresses[-1] if person.addresses else None
        pending = newest if newest is not None and newest != current else None
        return Overview(
            person=person,
            current=current,
            pending=pending,
            awaits_code=pending is not None
            and pending.verified_at is None
            and code_sent is not None,
            read_only=not may_change(session),
        )

    def update(self, session: Session, typed: Typed, language: str = "es") -> None:
        """*Actualizar Datos*. A new address gets a mail with a code; consent counts at once.
        language: of the page, and so of the mail.

        An empty e-mail changes nothing where there is none. Raises InvalidForm, after which nothing
        is changed but a consent that was withdrawn; IdpError account_read_only (403), rate_limited
        (429), after which all is changed but the address.
        """
        check_may_change(session)
        shown, email, consent = self.overview(session), typed.email, typed.consent
        addressed = bool(email.strip() or shown.email)
        if not consent:
            # A no is taken whatever else is wrong.
            self._people.set_consent(session.person_id, consent)
        profile, errors = self._profile(shown.person, typed)
        if addressed:
            try:
                wanted = normalise_email(email)
            except InvalidEmail:
                errors["email"] = BAD_EMAIL
        if errors:
            raise InvalidForm(errors)
        self._people.set_profile(session.person_id, profile)
        self._people.set_consent(session.person_id, consent)
        if not addressed:
            return  # who has no address may leave it so
        current = shown.current
        if current is None or current.undeliverable_at or not same_email(current.email, wanted):
            self._limits.hit("account.verification", session.person_id)
        change = self._people.set_contact(session.person_id, email=email, consent=consent)
        if change.pending_verification_id is not None:
            self._queue.enqueue(
                VERIFY,
                {"verification": change.pending_verification_id, "language": language},
                max_age=VERIFY_MAX_AGE,
            )

    def _profile(self, person: Person, typed: Typed) -> tuple[dict[str, str], dict[str, Text]]:
        told = dict(typed.profile)
        if own_document(person) is not None:
            # SUNAT's word on it: whatever a form says is not asked for.
            told |= {"document_type": "", "document_number": ""}
        values, errors = read_profile(told, person.realm)
        return values, {**errors, **incomplete(typed)}

    def masked_target(self, session: Session, token: str) -> Address | None:
        """The address that a link's token would verify for this person; looking spends nothing."""
        pending = self._people.pending_verification(session.person_id)
        if pending is None or not same(pending.token, token):
            return None
        return pending.address

    def confirm_code(self, session: Session, code: str, language: str = "es") -> None:
        """Verify the pending address by the code of its mail. language: of the page, and so of the
        notice to the old address.

        Raises IdpError: account_read_only (403), rate_limited (429), verification_failed and
        verification_expired (400). An empty code is no try.
        """
        check_may_change(session)
        if not code.strip():
            raise IdpError("verification_failed", 400)
        self._limits.hit("account.code", session.person_id)
        before = partial(self._tell_old, language)
        self._people.confirm_address(session.person_id, code=code, before=before)

    def confirm_link(self, session: Session, token: str, language: str = "es") -> None:
        """Verify the pending address by the link of its mail, in its person's own session.

        Raises as `confirm_code` does.
        """
        check_may_change(session)
        self._limits.hit("account.code", session.person_id)
        before = partial(self._tell_old, language)
        self._people.confirm_address(session.person_id, token=token, before=before)

    def _tell_old(self, language: str, confirmation: Confirmation) -> None:
        """The notice is in the queue before the change is kept: no change without its notice.

        It waits long enough for the change to be there; of one that was not kept it says nothing.
        """
        if confirmation.previous is not None:
            self._queue.enqueue(
                CHANGED,
                {
                    "person": confirmation.person_id,
                    "address": confirmation.address.id,
                    "previous": confirmation.previous.id,
                    "language": language,
                },
                max_age=CHANGED_MAX_AGE,
                delay=CHANGED_DELAY,
            )


class InvalidForm(ValueError):
    """What is wrong in the form, by field (`email`, or as `people.profile` names it)."""

    def __init__(self, errors: Mapping[str, Text]) -> None:
        super().__init__(" ".join(sorted(errors)))
        self.errors = errors


def may_change(session: Session) -> bool:
    """Whether a session may change e-mail and consent."""
    return session.mode is Mode.SUNAT


def check_may_change(session: Session) -> None:
    """Raises IdpError("account_read_only", 403) unless it may."""
    if not may_change(session):
        raise IdpError("account_read_only", 403)


__all__ = [
    "CHANGED",
    "VERIFY",
    "Account",
    "InvalidForm",
    "Overview",
    "check_may_change",
    "may_change",
]
