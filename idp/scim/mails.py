"""The notice to an address that a system replaced: it counts no more, and its owner learns why.

The address itself is gone by then, so the job carries it, sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from idp.jobs.ports import JobQueue
from idp.jobs.registry import KEPT_WITHIN, RetryLater, RetryPolicy
from idp.kernel.clock import Clock
from idp.mail.posting import Posting
from idp.mail.templates import MailTemplates
from idp.people.masking import mask_email, name_user
from idp.people.person import Address, Person
from idp.web.i18n import SOURCE, supported

REPLACED = "scim.address_replaced"
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


class FindsPerson(Protocol):
    """What is needed of the directory."""

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        ...


class ReplacedNotices:
    """`people.provisioning_news.TellsOld`: puts a mail for each address into the queue."""

    def __init__(self, *, queue: JobQueue, seals: Seals, clock: Clock) -> None:
        self._queue = queue
        self._seals = seals
        self._clock = clock

    def __call__(
        self, person: Person, address: Address | None, counted: tuple[Address, ...]
    ) -> None:
        """Raises Unavailable("redis")."""
        for old in counted:
            payload = {
                "person": person.id,
                "previous": old.id,
                "sealed": self._seals.seal(old.email, _bound(person.id, old.id)),
                "address": address.id if address else "",
                "since": str(self._clock.timestamp()),
            }
            self._queue.enqueue(REPLACED, payload, max_age=MAX_AGE, delay=DELAY)


class ReplacedMails:
    """The worker's side. At-least-once: a repeat is the same mail."""

    def __init__(
        self,
        *,
        people: FindsPerson,
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
        """Tell the old address. Raises RetryLater, Unavailable."""
        person = self._people.get(payload["person"])
        if person is None:
            return
        if any(one.id == payload["previous"] for one in person.addresses):
            if self._clock.timestamp() - float(payload["since"]) < KEPT_WITHIN:
                raise RetryLater("the change is not kept yet")
            return  # it was not kept at all
        email = self._seals.open(payload["sealed"], _bound(person.id, payload["previous"]))
        new = next((one for one in person.addresses if one.id == payload["address"]), None)
        content = self._templates.render(
            "correo-reemplazado",
            supported([person.standard.get("locale", "")]) or SOURCE,
            {
                "name": person.name,
                "user": name_user(person.key),
                "new_email_masked": mask_email(new.email) if new else None,
            },
        )
        old = Address(payload["previous"], email, self._clock.now())
        self._posting.post("correo-reemplazado", old.id, person, old, content)


def _bound(person_id: str, address_id: str) -> str:
    return f"{REPLACED}:{person_id}:{address_id}"
