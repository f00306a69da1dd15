"""A mail after each login by mail: the owner of the address learns of it, and where to report it.

It goes by the queue, and a login never waits for it nor fails by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from idp.contingency.ports import Components, Directory
from idp.jobs.ports import JobQueue
from idp.jobs.registry import RetryPolicy
from idp.kernel.events import LoginCompleted
from idp.kernel.identity import Mode
from idp.kernel.times import lima_date
from idp.login.service import ACCOUNT_NAME
from idp.mail.posting import Posting
from idp.mail.templates import MailTemplates
from idp.people.eligibility import contact_address
from idp.people.masking import name_user

NOTICE = "contingency.notice"
RETRY = RetryPolicy(first=10.0, longest=900.0)
# News of a login of yesterday still helps; older ones only alarm.
_MAX_AGE = 86_400
_MAIL = "ingreso-realizado"


class LoginNotices:
    """Subscribed to LoginCompleted, in the processes that serve."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    def login_completed(self, event: LoginCompleted) -> None:
        """Enqueue the notice of a login by mail. Raises Unavailable, which the bus logs."""
        if event.mode is not Mode.CONTINGENCIA:
            return
        payload = {
            "person": event.person_id,
            "client": event.client_id or "",
            "session": event.sid,
            "at": str(event.at),
            "language": event.language,
        }
        if event.drill:
            payload["drill"] = event.drill
        self._queue.enqueue(NOTICE, payload, max_age=_MAX_AGE)


class NoticeMails:
    """The handler, in the worker. At-least-once: a repeat has the same Message-ID."""

    def __init__(
        self,
        *,
        people: Directory,
        clients: Components,
        templates: MailTemplates,
        posting: Posting,
    ) -> None:
        self._people = people
        self._clients = clients
        self._templates = templates
        self._posting = posting

    def __call__(self, payload: Mapping[str, str]) -> None:
        """Send one. Raises RetryLater, Unavailable; both are tried again."""
        person = self._people.get(payload["person"])
        at = datetime.fromtimestamp(float(payload["at"]), UTC)
        # The address as it counted at that moment: the link went there.
        address = contact_address(person, at) if person else None
        if person is None or address is None:
            return
        language = payload.get("language", "es")
        client = self._clients.get(payload["client"]) if payload["client"] else None
        content = self._templates.render(
            _MAIL,
            language,
            {
                "name": person.name,
                "user": name_user(person.key),
                "client_name": client.client_name if client else ACCOUNT_NAME,
                "when_lima": lima_date(at, language),
                "drill": bool(payload.get("drill")),
            },
        )
        self._posting.post(_MAIL, payload["session"], person, address, content)
