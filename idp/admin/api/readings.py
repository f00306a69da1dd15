"""The operations that look: each calls one service and shows what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from idp.admin.api import shown
from idp.admin.api.call import Answer, Call
from idp.admin.api.problems import Fault, Faulty
from idp.admin.coverage import CoverageBoard
from idp.admin.live import LiveBoard
from idp.admin.mail_board import MailBoard
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.clients.registry import ClientRegistry
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.people.coverage import Coverage
from idp.signing.key import KeyRecord
from idp.upstream_status.changes import Transition
from idp.upstream_status.incidents import Incidents
from idp.upstream_status.requests import Requests
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.windows import Windows

_LONGEST, _USUAL = timedelta(days=31), timedelta(days=1)


class FindsTransitions(Protocol):
    """What is needed of their store. Raises Unavailable("sql")."""

    def find(
        self, realm: str | None, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Transition]:
        """The newest first; since is included, until is not."""
        ...


class States:
    """What this process knows of each upstream, shown. labels: by realm."""

    def __init__(self, *, status: UpstreamStatus, labels: Mapping[str, str], clock: Clock) -> None:
        self._status = status
        self._labels = labels
        self._clock = clock

    @property
    def realms(self) -> tuple[str, ...]:
        """Those that there are."""
        return self._status.realms

    def known(self, realm: str) -> str:
        """An upstream that there is. Raises IdpError upstream_unknown (404), Unavailable("sql")
        before the flags were read once.
        """
        if realm not in self._status.realms:
            raise IdpError("upstream_unknown", 404)
        if not self._status.loaded:
            raise Unavailable("sql", "the flags were not read yet")
        return realm

    def shown(self, realm: str) -> dict[str, object]:
        """One. Raises as `known`."""
        facts = self._status.facts(self.known(realm))
        label, policy = self._labels.get(realm, realm), self._status.policy(realm)
        return shown.upstream(realm, label, facts, self._clock.now(), policy)


class Readings:
    """keys: those that this process has. Every operation may raise Unavailable."""

    def __init__(
        self,
        *,
        states: States,
        status: UpstreamStatus,
        transitions: FindsTransitions,
        incidents: Incidents,
        windows: Windows,
        requests: Requests,
        coverage: Coverage,
        counted: CoverageBoard,
        mail: MailBoard,
        live: LiveBoard,
        clients: ClientRegistry,
        keys: Callable[[], Sequence[KeyRecord]],
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._states = states
        self._status = status
        self._transitions = transitions
        self._incidents = incidents
        self._windows = windows
        self._requests = requests
        self._coverage = coverage
        self._counted = counted
        self._mail = mail
        self._live = live
        self._clients = clients
        self._keys = keys
        self._audit = audit
        self._clock = clock

    def upstreams(self, call: Call) -> Answer:
        """Each of them."""
        return Answer({"upstreams": [self._states.shown(one) for one in self._states.realms]})

    def upstream(self, call: Call) -> Answer:
        """One, with its tag."""
        found = self._states.shown(call.path["realm"])
        return Answer(found, tag=str(found["etag"]))

    def history(self, call: Call) -> Answer:
        """What was said."""
        realm = self._states.known(call.path["realm"])
        found = self._status.history(realm, call.query["limit"])
        return Answer({"changes": [shown.change(one) for one in found]})

    def transitions(self, call: Call) -> Answer:
        """What was in force."""
        realm, asked = self._states.known(call.path["realm"]), call.query
        found = self._transitions.find(
            realm, asked.get("since"), asked.get("until"), asked["limit"]
        )
        return Answer({"transitions": [shown.transition(one) for one in found]})

    def incidents(self, call: Call) -> Answer:
        """Contingencies that are over."""
        realm = call.query.get("realm")
        if realm is not None:
            self._states.known(realm)
        found = self._incidents.all(realm, call.query["limit"])
        return Answer({"incidents": [shown.incident(one) for one in found]})

    def incident(self, call: Call) -> Answer:
        """What is told of one."""
        found = self._incidents.report(call.path["incident"])
        return Answer({"content": dict(found.content), "signature": found.signature or None})

    def windows(self, call: Call) -> Answer:
        """Announced maintenance."""
        now = self._clock.now()
        return Answer({"windows": [shown.window(one, now) for one in self._windows.all()]})

    def requests(self, call: Call) -> Answer:
        """What waits, or waited."""
        realm = call.query.get("realm")
        if realm is not None:
            self._states.known(realm)
        every = call.query.get("all", False)
        found = self._requests.recent(realm) if every else self._requests.open(realm)
        return Answer({"requests": [shown.request(one) for one in found]})

    def coverage(self, call: Call) -> Answer:
        """How many could enter now; who asks without a pause costs no count each time."""
        asked = call.query
        report = self._counted.report(
            asked["days"], realm=asked.get("realm"), client_id=asked.get("client_id")
        )
        return Answer(shown.coverage(report))

    def coverage_history(self, call: Call) -> Answer:
        """How that went."""
        asked = call.query
        found = self._coverage.history(
            asked["days"], realm=asked.get("realm"), client_id=asked.get("client_id")
        )
        return Answer({"days": [shown.coverage_day(one) for one in found]})

    def mail(self, call: Call) -> Answer:
        """How the mail goes."""
        return Answer(shown.mail(self._mail.now()))

    def live(self, call: Call) -> Answer:
        """Links and sessions."""
        return Answer(shown.live(self._live.now()))

    def clients(self, call: Call) -> Answer:
        """As this process has them, and where the file has problems, without what it holds."""
        now = self._clock.now()
        return Answer(
            {
                "loaded_at": self._clients.in_force.since.isoformat(),
                "clients": [shown.client(one, now) for one in self._clients.all()],
                "problems": [
                    {"line": one.line, "path": one.path} for one in self._clients.problems
                ],
            }
        )

    def keys(self, call: Call) -> Answer:
        """The signing keys."""
        return Answer({"keys": [shown.key(one) for one in self._keys()]})

    def audit(self, call: Call) -> Answer:
        """The log, of at most 31 days."""
        asked = call.query
        until = asked.get("until")
        end = until or self._clock.now()
        since = asked.get("since") or end - _USUAL
        if not since < end or end - since > _LONGEST:
            raise Faulty("invalid_query", 400, [Fault("since", "is 31 days before at most", False)])
        found = self._audit.search(
            AuditFilter(
                event=AuditEvent(asked["event"]) if "event" in asked else None,
                client_id=asked.get("client_id"),
                realm=asked.get("realm"),
                since=since,
                until=until,
                actor=asked.get("actor"),
                older_than=asked.get("after"),
            ),
            asked["limit"] + 1,
        )
        rows = found[: asked["limit"]]
        more = rows[-1].id if len(found) > len(rows) else None
        return Answer({"records": [shown.record(one) for one in rows], "next": more})
