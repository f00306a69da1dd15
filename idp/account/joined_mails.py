"""The mail that says that two users are one person from now on, to every address in force of both.

One of the addresses gets no more links; and whoever's user was joined by mistake learns of it. An
address may be gone by then, so the job carries it, sealed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from idp.jobs.ports import JobQueue
from idp.jobs.registry import KEPT_WITHIN, RetryLater, RetryPolicy
from idp.kernel.clock import Clock
from idp.mail.posting import Posting
from idp.mail.templates import MailTemplates
from idp.people.eligibility import contact_address, shown_address
from idp.people.email_address import same_email
from idp.people.masking import mask_email, name_user
from idp.people.person import Address, Person
from idp.web.i18n import SOURCE, supported

JOINED = "account.joined"
RETRY = RetryPolicy(first=5.0, longest=3_600.0)
# A notice of three days ago is no longer news.
MAX_AGE = 259_200
# Mostly the change is kept by then; a database that hesitates is waited for.
DELAY = 3


class Seals(Protocol):
    """What is needed of the vault."""

    def seal(self, text: str, bound: str) -> str:
        """Encrypt; it opens only where it is bound to."""
        ...

    def open(self, sealed: str, bound: str) -> str:
        """Decrypt. Raises Unavailable("data_keys")."""
        ...


class FindsSuccessor(Protocol):
    """What is needed of the directory."""

    def successor(self, person_id: str) -> Person | None:
        """Who was joined with a person that is no more, and is kept; None where there is none."""
        ...


class JoinedNotices:
    """`people.joining.TellsOwners`: puts a mail for each address into the queue."""

    def __init__(self, *, queue: JobQueue, seals: Seals, clock: Clock) -> None:
        self._queue = queue
        self._seals = seals
        self._clock = clock

    def __call__(self, kept: Person, absorbed: Person) -> None:
        """Raises Unavailable("redis")."""
        told: list[Address] = []
        for person in (kept, absorbed):
            one = contact_address(person, self._clock.now())
            if one is None or one.undeliverable_at is not None:
                continue
            if not any(same_email(one.email, other.email) for other in told):
                told.append(one)
        for one in told:
            content = {
                "email": one.email,
                "users": [name_user(person.key) for person in (kept, absorbed)],
            }
            payload = {
                "absorbed": absorbed.id,
                "address": one.id,
                "sealed": self._seals.seal(json.dumps(content), _bound(absorbed.id, one.id)),
                "since": str(self._clock.timestamp()),
            }
            self._queue.enqueue(JOINED, payload, max_age=MAX_AGE, delay=DELAY)


class JoinedMails:
    """The worker's side. At-least-once: a repeat is the same mail."""

    def __init__(
        self,
        *,
        people: FindsSuccessor,
        templates: MailTemplates,
        posting: Posting,
        seals: Seals,
        clock: Clock,
    ) -> None:
        self._people = people
        self._templates = templates
        self._posting = posting
        self._seals = seals
        self._clock = clock

    def __call__(self, payload: Mapping[str, str]) -> None:
        """Tell one address. Raises RetryLater, Unavailable."""
        person = self._people.successor(payload["absorbed"])
        if person is None:
            if self._clock.timestamp() - float(payload["since"]) < KEPT_WITHIN:
                raise RetryLater("the change is not kept yet")
            return  # it was not kept at all, or is undone
        now = self._clock.now()
        link_goes_to = contact_address(person, now) or shown_address(person)
        if link_goes_to is None:
            return
        bound = _bound(payload["absorbed"], payload["address"])
        told = json.loads(self._seals.open(payload["sealed"], bound))
        content = self._templates.render(
            "usuarios-unidos",
            supported([person.standard.get("locale", "")]) or SOURCE,
            {
                "name": person.name,
                "user": told["users"][0],
                "other_user": told["users"][1],
                "email_masked": mask_email(link_goes_to.email),
            },
        )
        address = Address(payload["address"], told["email"], now)
        self._posting.post("usuarios-unidos", payload["absorbed"], person, address, content)


def _bound(absorbed_id: str, address_id: str) -> str:
    return f"{JOINED}:{absorbed_id}:{address_id}"
