"""A person's requests for a link and their other mails, as far as the audit log tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from idp.admin.lookup import records_of
from idp.admin.mail_words import TELLING, Told, kind_of, told
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter, AuditRecord
from idp.kernel.texts import Text

REQUESTS = 5
_EACH = 20
_MAILS = frozenset(
    {
        AuditEvent.MAIL_ACCEPTED,
        AuditEvent.MAIL_DEFERRED,
        AuditEvent.MAIL_REFUSED,
        AuditEvent.ADDRESS_UNDELIVERABLE,
    }
)
_DECIDED = _MAILS | {AuditEvent.LINK_NOT_ELIGIBLE}


@dataclass(frozen=True)
class Moment:
    """Something that happened. relay: which server it was about, "" for none."""

    at: datetime
    told: Told
    relay: str = ""


@dataclass(frozen=True)
class Request:
    """What became of the links of one login. component: its name, "" for our own pages. moments:
    the oldest first. link_id: of the newest link. decided: whether the worker came to it.
    """

    reference: str
    component: str
    moments: Sequence[Moment]
    link_id: str | None
    decided: bool


@dataclass(frozen=True)
class OtherMail:
    """The last that is known of a mail that is about no login."""

    at: datetime
    kind: Text
    told: Told


class Requests:
    """names: of components, by client_id."""

    def __init__(self, *, audit: Audit, names: Callable[[str], str]) -> None:
        self._audit = audit
        self._names = names

    def of_reference(self, reference: str) -> Request | None:
        """That of a número de atención. Raises Unavailable("sql")."""
        records = records_of(self._audit, reference)
        return self._request(reference, records) if records else None

    def of_person(self, person_id: str) -> tuple[list[Request], list[OtherMail]]:
        """Their last requests, and their last other mails. Raises Unavailable("sql")."""
        # Event by event: who logs in all day has thousands of records that tell of no mail.
        found = [
            one
            for event in TELLING
            for one in self._audit.search(AuditFilter(event=event, person_id=person_id), _EACH)
        ]
        records = sorted(found, key=lambda one: one.at, reverse=True)
        references = dict.fromkeys(one.reference for one in records if one.reference)
        requests = [self.of_reference(one) for one in list(references)[:REQUESTS]]
        others = [_other(one) for one in records if one.event in _MAILS and not one.reference]
        return [one for one in requests if one is not None], others[:REQUESTS]

    def _request(self, reference: str, records: Sequence[AuditRecord]) -> Request:
        moments = []
        for one in reversed(records):
            found = told(one)
            if found is not None:
                moments.append(Moment(one.at, found, one.details.get("relay", "")))
        asked = next(one for one in records if one.event is AuditEvent.LINK_REQUESTED)
        return Request(
            reference=reference,
            component=self._names(asked.client_id) if asked.client_id else "",
            moments=moments,
            link_id=asked.details.get("link"),
            decided=any(one.event in _DECIDED for one in records),
        )


def _other(one: AuditRecord) -> OtherMail:
    found = told(one)
    assert found is not None
    bounced = one.event is AuditEvent.ADDRESS_UNDELIVERABLE
    kind = Text("Mensaje a su correo") if bounced else kind_of(one.details.get("kind", ""))
    return OtherMail(one.at, kind, found)
