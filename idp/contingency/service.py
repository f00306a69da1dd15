"""Asking for a link: the form, the one identical job, the waiting page, asking again.

Nothing here looks at who exists: known, unknown and excluded people take the same calls in the
same order, and the worker decides.

A request is whole or it never was: its link counts from when the login names it, which is the last
step, with the job in the queue already. Whatever fails before leaves the login as it was, to ask
again at once, and a job that drops itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.captcha.service import Captcha
from idp.captcha.widget import CaptchaWidget
from idp.contingency.allowance import Allowance
from idp.contingency.drilling import carried
from idp.contingency.form import CAPTCHA_ERRORS, Patterns, Typed, read
from idp.contingency.ports import Browsers, Dispatcher, NoBrowsers
from idp.contingency.sealing import Sealing
from idp.contingency.verdicts import Judge, Verdict
from idp.contingency.visit import Gate, Visit, Visitor, resend_wait
from idp.jobs.ports import JobQueue
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Identifier
from idp.kernel.ids import keyed_digest
from idp.limits.noted import Noted
from idp.limits.service import Limits
from idp.links.link import Link
from idp.links.service import Links
from idp.login.steps import StepKind
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.mail.load import MailLoad
from idp.people.browsers import digests_of

DELIVER = "contingency.deliver"
_KEPT_LONGER = 3_600


class Contingency:
    """The request's side. identifier_key: 32 bytes, for the HMAC of what is typed."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        dispatcher: Dispatcher,
        judge: Judge,
        links: Links,
        captcha: Captcha,
        limits: Limits,
        load: MailLoad,
        queue: JobQueue,
        sealing: Sealing,
        audit: Audit,
        stream: AuditStream,
        noted: Noted,
        clock: Clock,
        identifier_key: bytes,
        link_max_age: int,
        patterns: Patterns,
        browsers: Browsers | None = None,
    ) -> None:
        self._transactions = transactions
        self._dispatcher = dispatcher
        self._judge = judge
        self._links = links
        self._captcha = captcha
        self._browsers = browsers or NoBrowsers()
        self._allowance = Allowance(limits=limits, noted=noted, browsers=self._browsers)
        self._load = load
        self._queue = queue
        self._sealing = sealing
        self._audit = audit
        self._stream = stream
        self._noted = noted
        self._clock = clock
        self._identifier_key = identifier_key
        self._link_max_age = link_max_age
        self._patterns = patterns

    def visit(
        self, transaction_id: str, browser_hash: str | None, known_cookie: str | None = None
    ) -> Visit:
        """Whether contingency is this login's next step. Raises IdpError as `load` does."""
        transaction = self._transactions.load(transaction_id, browser_hash)
        step = self._dispatcher.step(transaction, None)
        if step.kind is StepKind.CONTINGENCY and step.realm:
            vain = self._in_vain(transaction, step.realm, known_cookie)
            return Visit(Gate.UNKNOWN_BROWSER if vain else Gate.OPEN, transaction, step.realm)
        if step.kind in (StepKind.UPSTREAM, StepKind.UNANSWERED) and step.realm:
            return Visit(Gate.RECOVERED, transaction, step.realm)
        return Visit(Gate.ELSEWHERE, transaction, "")

    def _in_vain(self, transaction: Transaction, realm: str, known_cookie: str | None) -> bool:
        """Whether nobody's link could be used in this browser. Raises Unavailable.

        By the cookie alone, before anything is typed: it tells nothing about who exists. Whose
        browser it is, the link's own page asks.
        """
        verdict = self._judge.verdict(transaction, realm, known_browser=False)
        return verdict is Verdict.KNOWN_BROWSER and (
            known_cookie is None or self._browsers.recognise(known_cookie) is None
        )

    def client_name(self, transaction: Transaction) -> str:
        """Where the person is going, in words."""
        return self._dispatcher.client_name(transaction)

    def return_origins(self, transaction: Transaction) -> tuple[str, ...]:
        """What a form of this login may lead to, for `form-action`."""
        return self._dispatcher.return_origins(transaction)

    @property
    def assets(self) -> tuple[str, ...]:
        """The files below /static that the form needs."""
        return self._captcha.assets

    def widget(self, visit: Visit) -> CaptchaWidget:
        """A captcha for this login."""
        return self._captcha.widget(visit.transaction.id)

    def request(
        self, visit: Visit, browser_hash: str, form: Mapping[str, str], visitor: Visitor
    ) -> Typed:
        """Take the form; errors beside the fields, or a link was asked for (no errors).

        Raises IdpError: rate_limited (429), mail_busy and captcha_unavailable (503), each with when
        to come back; login_too_old (410); Unavailable.
        """
        typed = read(visit.realm, form, self._patterns)
        if typed.identifier is None or self._asked_just_now(visit, typed.identifier):
            return typed
        self._admit(visit)
        browser = self._allowance.recognise(visitor.known_cookie)
        self._allowance.attempt(visit, visitor, browser)
        # The captcha before the other limits: who uses up what others share pays for each use.
        try:
            self._captcha.verify(form, visit.transaction.id)
        except IdpError as error:
            if error.code not in CAPTCHA_ERRORS:
                raise
            self._noted.note(
                AuditEvent.CAPTCHA_FAILED,
                visitor.address_prefix,
                client_id=visit.transaction.client_id,
                reason=error.detail or error.code,
                **carried(visit.transaction),
            )
            if error.code == "captcha_unavailable":
                raise
            return replace(typed, identifier=None, errors={"captcha": CAPTCHA_ERRORS[error.code]})
        self._ask(visit, browser_hash, typed.identifier, visitor, browser)
        return typed

    def _admit(self, visit: Visit) -> None:
        """Before anything is counted: whether another link could still be of use at all."""
        if not self._transactions.takes_link(visit.transaction):
            raise IdpError("login_too_old", 410)
        self._load.admit()

    def _asked_just_now(self, visit: Visit, identifier: Identifier) -> bool:
        """Whether this is the same form again, as by a double click: its link is on its way.

        Whatever became of that link: a use elsewhere must not show where it was asked.
        """
        link_id = visit.transaction.link_id
        last = self._links.get(link_id) if link_id else None
        return (
            last is not None
            and last.identifier_digest == self._digest(identifier)
            and self._left_to_wait(last) > 0
        )

    def _left_to_wait(self, last: Link) -> float:
        """Seconds until another may be asked for."""
        return last.created_at.timestamp() + resend_wait(last) - self._clock.timestamp()

    def resend(self, visit: Visit, browser_hash: str, visitor: Visitor) -> bool:
        """Ask again for what was asked before, nothing retyped; False when nothing was.

        The older link no longer counts. Raises IdpError: rate_limited (429) within its wait, which
        grows with each; mail_busy (503); login_too_old (410); Unavailable.
        """
        link_id = visit.transaction.link_id
        last = self._links.get(link_id) if link_id else None
        if last is None or last.realm != visit.realm:
            return False
        # Before anything is counted: impatience must not use up the allowance.
        left = self._left_to_wait(last)
        if left > 0:
            raise IdpError("rate_limited", 429, detail="links", retry_after=math.ceil(left))
        self._admit(visit)
        identifier = self._sealing.unseal(last.sealed)
        browser = self._allowance.recognise(visitor.known_cookie)
        self._ask(visit, browser_hash, identifier, visitor, browser, last=last)
        return True

    def _ask(
        self,
        visit: Visit,
        browser_hash: str,
        identifier: Identifier,
        visitor: Visitor,
        browser: str | None,
        *,
        last: Link | None = None,
    ) -> None:
        typed_digest = self._digest(identifier)
        self._allowance.link(visit, visitor, typed_digest, browser, again=last is not None)
        link = self._links.create(
            transaction_id=visit.transaction.id,
            browser_hash=browser_hash,
            realm=identifier.realm,
            identifier_digest=typed_digest,
            sealed=self._sealing.seal(identifier),
            client_id=visit.transaction.client_id,
            reference=last.reference if last else None,
            pool=browser or "",
            origin=keyed_digest(self._identifier_key, f"from|{visitor.address_prefix}"),
            attempt=last.attempt + 1 if last else 1,
            agent=visitor.agent,
            language=visitor.language,
            known_tokens=(
                " ".join(digests_of(visitor.known_cookie))
                if visitor.known_tokens is None
                else visitor.known_tokens
            ),
        )
        # By the stream, not SQL: on the worst day this is the path that everybody takes.
        self._stream.push(
            self._audit.entry(
                AuditEvent.LINK_REQUESTED,
                client_id=visit.transaction.client_id,
                realm=visit.realm,
                actor=visitor.actor,
                reference=link.reference,
                personal=visitor.personal,
                link=link.id,
                known_browser=browser is not None,
                resend=last is not None,
                **carried(visit.transaction),
            )
        )
        self._queue.enqueue(
            DELIVER,
            {"link": link.id, "reference": link.reference, "identifier": link.sealed},
            # The worker tells of a link that it came too late for; the queue drops what is older.
            max_age=self._link_max_age + _KEPT_LONGER,
        )
        # After its job, which closes it: what waits without a job would wait for ever.
        self._load.opened(link.id)
        self._name(visit, browser_hash, link)

    def _name(self, visit: Visit, browser_hash: str, link: Link) -> None:
        """Make it the login's link: from here on it counts, and its job may send it."""
        before = visit.transaction.link_id
        try:
            self._transactions.set_link(
                visit.transaction.id,
                browser_hash,
                link.id,
                instead_of=before,
                until=self._links.bound(link),
            )
        except IdpError as error:
            if error.code != "link_changed":
                raise
            self._overtaken(visit, browser_hash, link)
            return
        if before is not None:
            # That the login names it no more is enough; nothing is lost when this is not done.
            with suppress(Unavailable):
                self._links.supersede(before)

    def _overtaken(self, visit: Visit, browser_hash: str, link: Link) -> None:
        """The same button twice at once: the other request's link counts, and its job goes on.

        Raises IdpError("rate_limited", 429) when that one names somebody else.
        """
        current = self._transactions.load(visit.transaction.id, browser_hash)
        other = self._links.get(current.link_id) if current.link_id else None
        if other is None or other.identifier_digest != link.identifier_digest:
            raise IdpError("rate_limited", 429, detail="links", retry_after=1)

    def _digest(self, identifier: Identifier) -> str:
        return typed_digest(self._identifier_key, identifier)


def typed_digest(key: bytes, identifier: Identifier) -> str:
    """What stands in a link for what was typed. key: `identifier_key`."""
    return keyed_digest(key, f"{identifier.realm}|{identifier.value}")
