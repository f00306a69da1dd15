"""Telling systems that a person changed: a signed event that says who, and not what.

A Security Event Token (RFC 8417) of SCIM's profile (RFC 9967), pushed over HTTP (RFC 8935).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.clients.client import SCIM_READ, Client
from idp.clients.registry import ClientRegistry
from idp.jobs.ports import JobQueue
from idp.jobs.registry import KEPT_WITHIN, RetryLater, RetryPolicy
from idp.kernel.clock import Clock
from idp.kernel.events import PersonChanged
from idp.kernel.ids import new_id
from idp.kernel.ports import HttpClient, HttpFailure
from idp.kernel.random import Random
from idp.people.attributes import scim_names
from idp.people.person import Person
from idp.signing.keyring import Keyring

NOTIFY = "person.notify"
_PREFIX = "urn:ietf:params:scim:event:prov"
# By the kind of `PersonChanged` (RFC 9967 §2.4). "Notice" events name attributes, never values.
EVENTS: Mapping[str, str] = {
    "created": f"{_PREFIX}:create:notice",
    "changed": f"{_PREFIX}:patch:notice",
    "activated": f"{_PREFIX}:activate",
    "deactivated": f"{_PREFIX}:deactivate",
    "deleted": f"{_PREFIX}:delete",
}
_NAMED = frozenset({"created", "changed"})
_SWITCHED = {"activated": True, "deactivated": False}
# A system that is away for longer reads what changed meanwhile (docs/scim.md).
GIVE_UP = 86_400
RETRY = RetryPolicy(first=5.0, longest=1_800.0)
# The notice is queued before the change is kept, which a few seconds later it is; no unit of work
# lasts until SETTLED: what is not so by then was taken back, or something newer is told.
_DELAY = 3
SETTLED = KEPT_WITHIN
_TIMEOUT = 10.0
_MAX_BYTES = 65_536
_AGAIN = frozenset({401, 403, 408, 425, 429})
_TYPE = "application/secevent+jwt"
# RFC 8935 §2.4: what is wrong with a token will be wrong with it the next time.
_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_key",
        "invalid_issuer",
        "invalid_audience",
        "authentication_failed",
        "access_denied",
    }
)


class Persons(Protocol):
    """Whom a notice is about, as they are when it leaves."""

    def get(self, person_id: str) -> Person | None:
        """A person by id, withdrawn or not. Raises Unavailable("sql")."""
        ...


class PersonNotices:
    """Enqueues a notice per system, and delivers it in the worker.

    At-least-once: a notice keeps its `jti` through every try. One that was given up, or that Redis
    never took, costs nothing but time: who missed it finds the change by `meta.lastModified`.
    """

    def __init__(
        self,
        *,
        http: HttpClient,
        keyring: Keyring,
        clients: ClientRegistry,
        persons: Persons,
        queue: JobQueue,
        audit: Audit,
        stream: AuditStream,
        clock: Clock,
        random: Random,
        issuer: str,
    ) -> None:
        self._http = http
        self._keyring = keyring
        self._clients = clients
        self._persons = persons
        self._queue = queue
        self._audit = audit
        self._stream = stream
        self._clock = clock
        self._random = random
        self._issuer = issuer

    def person_changed(self, event: PersonChanged) -> None:
        """Tell every system that wants to know, but the one that said so itself.

        Raises Unavailable("redis").
        """
        names = scim_names(event.fields)
        if event.kind in _NAMED and not names:
            return
        txn = new_id(self._random, "txn")
        for client in self._clients.all():
            if client.client_id == event.by or subscription(client) is None:
                continue
            payload = {
                "client": client.client_id,
                "person": event.person_id,
                "kind": event.kind,
                "attributes": " ".join(names),
                "jti": new_id(self._random, "set"),
                "txn": txn,
                "since": str(self._clock.timestamp()),
            }
            self._queue.enqueue(NOTIFY, payload, max_age=2 * GIVE_UP, delay=_DELAY)

    def deliver(self, payload: Mapping[str, str]) -> None:
        """The queue's handler. Raises RetryLater while another try may help.

        What is not so is not told: after a rollback nobody deletes who lives.
        """
        client = self._clients.get(payload["client"])
        uri = subscription(client) if client else None
        if client is None or uri is None:
            return
        if not _is_so(payload["kind"], self._persons.get(payload["person"])):
            if self._clock.timestamp() - float(payload["since"]) < SETTLED:
                raise RetryLater("not so yet")
            return
        problem, again = self._push(client, uri, payload)
        if problem is None:
            self._tell(AuditEvent.PERSON_CHANGE_NOTIFIED, payload)
            return
        late = self._clock.timestamp() - float(payload["since"]) >= GIVE_UP
        if again and not late:
            raise RetryLater(problem)
        self._tell(AuditEvent.PERSON_CHANGE_UNDELIVERED, payload, reason=problem)

    def given_up(self, payload: Mapping[str, str]) -> None:
        """The queue gave it up."""
        self._tell(AuditEvent.PERSON_CHANGE_UNDELIVERED, payload, reason="too late")

    def _push(
        self, client: Client, uri: str, payload: Mapping[str, str]
    ) -> tuple[str | None, bool]:
        """What went wrong, if anything, and whether to try again (RFC 8935 §2.2-2.4)."""
        token = self._keyring.sign(
            self._claims(client, payload),
            alg=client.id_token_signed_response_alg,
            typ="secevent+jwt",
        )
        try:
            answer = self._http.post(
                uri,
                token.encode(),
                content_type=_TYPE,
                headers={"Accept": "application/json"},
                timeout=_TIMEOUT,
                max_bytes=_MAX_BYTES,
            )
        except HttpFailure as failure:
            return failure.reason, True
        if 200 <= answer.status < 300:
            return None, False
        told = f"status {answer.status}{_said(answer.body)}"
        return told, answer.status >= 500 or answer.status in _AGAIN

    def _claims(self, client: Client, payload: Mapping[str, str]) -> dict[str, Any]:
        """RFC 9967 §2.1: `sub_id` and never `sub`; RFC 8417 §2.2: no `exp`."""
        details = {"attributes": payload["attributes"].split()} if payload["kind"] in _NAMED else {}
        return {
            "iss": self._issuer,
            "aud": client.client_id,
            "iat": int(self._clock.timestamp()),
            "jti": payload["jti"],
            "txn": payload["txn"],
            "toe": int(float(payload["since"])),
            "sub_id": {"format": "scim", "uri": f"/Users/{payload['person']}"},
            "events": {EVENTS[payload["kind"]]: details},
        }

    def _tell(self, event: AuditEvent, payload: Mapping[str, str], **details: str) -> None:
        entry = self._audit.entry(
            event,
            client_id=payload["client"],
            person_id=payload["person"],
            notice=payload["jti"],
            **details,
        )
        self._stream.push(entry)


def _is_so(kind: str, person: Person | None) -> bool:
    """Whether what a notice says of a person holds."""
    if person is None or person.withdrawn_at is not None:
        return kind == "deleted"
    if kind in _SWITCHED:
        return person.active is _SWITCHED[kind]
    return kind != "deleted"


def subscription(client: Client) -> str | None:
    """Where a system is told; None for one that is not, or could not read what changed."""
    readable = SCIM_READ in client.scopes and not client.disabled
    return client.scim.events_uri if readable else None


def _said(body: bytes) -> str:
    """The error that a receiver names, where it is one of the known ones."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = found.get("err") if isinstance(found, dict) else None
    return f" {error}" if isinstance(error, str) and error in _ERRORS else ""
