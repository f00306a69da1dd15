"""Telling components that a session ended (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.clients.client import Client
from idp.clients.registry import ClientRegistry
from idp.clients.subjects import Subjects
from idp.jobs.ports import JobQueue
from idp.jobs.registry import RetryLater, RetryPolicy
from idp.kernel.clock import Clock
from idp.kernel.ids import new_id
from idp.kernel.ports import HttpClient, HttpFailure
from idp.kernel.random import Random
from idp.signing.keyring import Keyring

NOTIFY = "logout.notify"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
# A component that is away for longer has ended its sessions by itself, or learns at the next login.
GIVE_UP = 1_800
RETRY = RetryPolicy(tries=40, first=2.0, longest=120.0)
# Seconds that a logout token is good for: §2.4 recommends two minutes at most.
TOKEN_LIFE = 120
_TIMEOUT = 5.0
_MAX_BYTES = 65_536
# What may be better the next time: too many requests, or a server that is not well.
_AGAIN = frozenset({408, 425, 429})


class LogoutNotices:
    """Enqueues a notice per component, and delivers it in the worker.

    At-least-once: a notice keeps its `jti` through every try, so that a component can tell.
    """

    def __init__(
        self,
        *,
        http: HttpClient,
        keyring: Keyring,
        clients: ClientRegistry,
        subjects: Subjects,
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
        self._subjects = subjects
        self._queue = queue
        self._audit = audit
        self._stream = stream
        self._clock = clock
        self._random = random
        self._issuer = issuer

    def send(self, sub: str, sids: Mapping[str, str]) -> None:
        """Tell those components that want to know. sub: the public one.

        sids: client_id to the `sid` as that component knows it. Raises Unavailable("redis").
        """
        for client_id, sid in sids.items():
            client = self._clients.get(client_id)
            if client is None or client.backchannel_logout_uri is None:
                continue
            payload = {
                "client": client_id,
                "sid": sid,
                "sub": self._subjects.sub(client, sub),
                "jti": new_id(self._random, "out"),
                "since": str(self._clock.timestamp()),
            }
            self._queue.enqueue(NOTIFY, payload, max_age=2 * GIVE_UP)

    def deliver(self, payload: Mapping[str, str]) -> None:
        """The queue's handler. Raises RetryLater while another try may help."""
        client = self._clients.get(payload["client"])
        if client is None or client.backchannel_logout_uri is None:
            return
        problem, again = self._post(client, client.backchannel_logout_uri, payload)
        if problem is None:
            self._tell(AuditEvent.LOGOUT_NOTIFIED, payload)
            return
        late = self._clock.timestamp() - float(payload["since"]) >= GIVE_UP
        if again and not late:
            raise RetryLater(problem)
        self._tell(AuditEvent.LOGOUT_UNDELIVERED, payload, reason=problem)

    def _post(
        self, client: Client, uri: str, payload: Mapping[str, str]
    ) -> tuple[str | None, bool]:
        """What went wrong, if anything, and whether to try again (§2.8)."""
        token = self._keyring.sign(
            self._claims(client, payload),
            alg=client.id_token_signed_response_alg,
            typ=client.logout_token_typ,
        )
        try:
            answer = self._http.post_form(
                uri, {"logout_token": token}, timeout=_TIMEOUT, max_bytes=_MAX_BYTES
            )
        except HttpFailure as failure:
            return failure.reason, True
        if 200 <= answer.status < 300:
            return None, False
        return f"status {answer.status}", answer.status >= 500 or answer.status in _AGAIN

    def _claims(self, client: Client, payload: Mapping[str, str]) -> dict[str, Any]:
        """§2.4: no nonce, and an event without members."""
        now = int(self._clock.timestamp())
        return {
            "iss": self._issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + TOKEN_LIFE,
            "jti": payload["jti"],
            "sub": payload["sub"],
            "sid": payload["sid"],
            "events": {EVENT: {}},
        }

    def _tell(self, event: AuditEvent, payload: Mapping[str, str], **details: str) -> None:
        entry = self._audit.entry(event, client_id=payload["client"], sid=payload["sid"], **details)
        self._stream.push(entry)
