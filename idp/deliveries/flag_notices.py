"""Telling components that people log in by another way from now on: a signed event.

A Security Event Token (RFC 8417), pushed over HTTP (RFC 8935): a component verifies it as it does
ID tokens and logout tokens, by the same code and keys (`jwks_uri`). The HMAC of Standard Webhooks
would be one more secret to share with each and to renew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.clients.client import Client
from idp.clients.registry import ClientRegistry
from idp.jobs.ports import JobQueue
from idp.jobs.registry import RetryLater, RetryPolicy
from idp.kernel.clock import Clock
from idp.kernel.identity import Mode
from idp.kernel.ports import HttpClient, HttpFailure
from idp.signing.keyring import Keyring

NOTIFY = "upstream.notify"
EVENT = "urn:vuce:event:login-mode"
# Whoever is away for longer reads /status.json when it is back.
GIVE_UP = 86_400
RETRY = RetryPolicy(tries=150, first=2.0, longest=600.0)
_TIMEOUT = 10.0
_MAX_BYTES = 65_536
_AGAIN = frozenset({401, 403, 408, 425, 429})
_TYPE = "application/secevent+jwt"


@dataclass(frozen=True)
class ModeChanged:
    """People of a realm log in by another mode since then. id: of the change, the same for
    everybody who is told of it. seq: grows with each change of the realm. announced: down for
    maintenance that SUNAT announced.
    """

    id: str
    realm: str
    seq: int
    mode: Mode
    since: datetime
    announced: bool


class FlagNotices:
    """Enqueues a notice per component, and delivers it in the worker.

    At-least-once: a notice keeps its `jti` through every try. Notices may overtake each other:
    `seq` tells which is the newer.
    """

    def __init__(
        self,
        *,
        http: HttpClient,
        keyring: Keyring,
        clients: ClientRegistry,
        queue: JobQueue,
        audit: Audit,
        stream: AuditStream,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._http = http
        self._keyring = keyring
        self._clients = clients
        self._queue = queue
        self._audit = audit
        self._stream = stream
        self._clock = clock
        self._issuer = issuer

    def send(self, change: ModeChanged) -> int:
        """Tell every component that wants to know; how many. Raises Unavailable("redis")."""
        told = [one.client_id for one in self._clients.all() if subscription(one)]
        for client_id in told:
            payload = {
                "client": client_id,
                "id": change.id,
                "realm": change.realm,
                "seq": str(change.seq),
                "mode": change.mode.value,
                "at": str(change.since.timestamp()),
                "announced": "1" if change.announced else "",
                "since": str(self._clock.timestamp()),
            }
            self._queue.enqueue(NOTIFY, payload, max_age=2 * GIVE_UP)
        return len(told)

    def deliver(self, payload: Mapping[str, str]) -> None:
        """The queue's handler. Raises RetryLater while another try may help."""
        client = self._clients.get(payload["client"])
        uri = subscription(client) if client else None
        if client is None or uri is None:
            return
        problem, again = self._push(client, uri, payload)
        if problem is None:
            self._tell(AuditEvent.UPSTREAM_CHANGE_NOTIFIED, payload)
            return
        late = self._clock.timestamp() - float(payload["since"]) >= GIVE_UP
        if again and not late:
            raise RetryLater(problem)
        self._tell(AuditEvent.UPSTREAM_CHANGE_UNDELIVERED, payload, reason=problem)

    def given_up(self, payload: Mapping[str, str]) -> None:
        """The queue gave it up."""
        self._tell(AuditEvent.UPSTREAM_CHANGE_UNDELIVERED, payload, reason="too late")

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
        return f"status {answer.status}", answer.status >= 500 or answer.status in _AGAIN

    def _claims(self, client: Client, payload: Mapping[str, str]) -> dict[str, Any]:
        """RFC 8417 §2.2: a `jti` that is this event's within the component's own feed; no `exp`."""
        return {
            "iss": self._issuer,
            "aud": client.client_id,
            "iat": int(self._clock.timestamp()),
            "jti": payload["id"],
            "toe": int(float(payload["at"])),
            "events": {
                EVENT: {
                    "realm": payload["realm"],
                    "mode": payload["mode"],
                    "seq": int(payload["seq"]),
                    "announced": bool(payload["announced"]),
                }
            },
        }

    def _tell(self, event: AuditEvent, payload: Mapping[str, str], **details: str) -> None:
        entry = self._audit.entry(
            event,
            client_id=payload["client"],
            realm=payload["realm"],
            transition=payload["id"],
            **details,
        )
        self._stream.push(entry)


def subscription(client: Client) -> str | None:
    """Where a component is told; None for one that is not."""
    return None if client.disabled else client.status.events_uri
