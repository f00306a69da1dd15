"""Drills: begun and ended by operators, and by themselves; whom one takes, asked at each login.

What is in force is known in each process from memory, as the flag is: while no drill is on, a login
pays nothing for there being any. A drill is never in force here while its upstream is flagged down,
whatever is written of it: those people are in the real contingency then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from threading import Lock

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.events import FlagChanged
from idp.kernel.ids import keyed_token, new_id, same
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.eligibility import Eligibility, eligibility
from idp.people.person import Person
from idp.upstream_status.drill_choice import (
    Candidate,
    Drill,
    Ending,
    check,
    overlap,
    takes,
    takes_browser,
)
from idp.upstream_status.drill_ports import (
    DrillRecords,
    DrillStore,
    KnowsPeople,
    KnowsUpstreams,
    Messenger,
)
from idp.upstream_status.drill_report import STILL_OPEN, DrillReport, report

# In memory for so long after its end: pages of a login that it took still say what it was.
_REMEMBERED = timedelta(hours=3)

_log = logging.getLogger(__name__)


class Drills:
    """What operators, logins and the console ask about drills. key: 32 bytes.

    `Unavailable("sql")` is raised by what says so; the rest does no I/O.
    """

    def __init__(
        self,
        *,
        store: DrillStore,
        records: DrillRecords,
        people: KnowsPeople,
        upstreams: KnowsUpstreams,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        key: bytes,
        messenger: Messenger | None = None,
    ) -> None:
        self._store = store
        self._records = records
        self._people = people
        self._upstreams = upstreams
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._key = key
        self._messenger = messenger
        self._known: dict[str, Drill] = {}
        self._loading = Lock()

    # What logins ask, from memory.

    def find(self, drill_id: str | None) -> Drill | None:
        """A drill that goes on, or was over not long ago."""
        return self._known.get(drill_id) if drill_id else None

    def in_force(self, drill_id: str | None, client_id: str | None) -> Drill | None:
        """That drill, while it goes on, is for this component, and SUNAT is not flagged down."""
        drill = self.find(drill_id)
        return drill if drill is not None and self._goes_on(drill, client_id) else None

    def on(self, realm: str, client_id: str | None) -> Drill | None:
        """The drill in force for this realm and component."""
        for drill in self._known.values():
            if drill.realm == realm and self._goes_on(drill, client_id):
                return drill
        return None

    def active(self) -> tuple[Drill, ...]:
        """Every drill in force."""
        return tuple(one for one in self._known.values() if self._in_force(one))

    def _goes_on(self, drill: Drill, client_id: str | None) -> bool:
        return drill.covers(client_id) and self._in_force(drill)

    def _in_force(self, drill: Drill) -> bool:
        return drill.on(self._clock.now()) and self._up(drill.realm)

    def _up(self, realm: str) -> bool:
        try:
            return self._upstreams.up(realm)
        except ValueError:  # of an upstream that the settings have no more
            return False

    # Whom one takes.

    def takes_browser(self, drill: Drill, known_cookie: str | None) -> str | None:
        """Who is taken at this browser, by the people whom it is known for; None for nobody.

        Without a cookie nothing is read. Raises Unavailable("sql").
        """
        if not known_cookie:
            return None
        at = [one for one in self._people.at_browser(known_cookie) if one[0].realm == drill.realm]
        found = [Candidate(one.id, counts, self._able(one)) for one, counts in at]
        return found[0].person_id if takes_browser(drill, found, self._key) else None

    def takes_tester(self, drill: Drill, token: str | None) -> str | None:
        """The tester whose own link this browser opened, if they could enter; None for nobody.

        Raises Unavailable("sql").
        """
        person_id = self._tester(drill, token) if token else None
        person = self._people.get(person_id) if person_id else None
        if person is None:
            return None
        taken = takes(drill, person.id, able=self._able(person), key=self._key)
        return person.id if taken else None

    def admits(self, drill_id: str, person_id: str, *, known: bool) -> bool:
        """Whether a link that was asked for in a drill may be sent to this person: at a browser
        that is known as theirs, or to a tester. A drill opens the way by mail to those whom it
        takes, and to nobody whose user they know; once SUNAT is flagged down, to all as ever.
        Raises Unavailable("sql").
        """
        drill = self.find(drill_id) or self._store.get(drill_id)
        if drill is None:
            return known
        return known or person_id in drill.testers or not self._up(drill.realm)

    def says_so(self, drill_id: str | None) -> bool:
        """Whether a mail of a login that it took is to say *Simulacro*: SUNAT works. Raises
        Unavailable("sql").
        """
        drill = self.find(drill_id) or (self._store.get(drill_id) if drill_id else None)
        return drill is not None and self._up(drill.realm)

    def invited(self, token: str) -> Drill | None:
        """The drill in force to which a tester's own link belongs."""
        return next((one for one in self.active() if self._tester(one, token)), None)

    def token(self, drill: Drill, person_id: str) -> str:
        """A tester's own link's secret, 43 characters: derived, and kept nowhere."""
        return keyed_token(self._key, f"tester|{drill.id}|{person_id}")

    def _tester(self, drill: Drill, token: str) -> str | None:
        found = [one for one in sorted(drill.testers) if same(self.token(drill, one), token)]
        return found[0] if found else None

    def _able(self, person: Person) -> bool:
        return eligibility(person, self._clock.now()) is Eligibility.ELIGIBLE

    # What operators do.

    def list(self, limit: int = 50) -> tuple[Drill, ...]:
        """The newest first. Raises Unavailable("sql")."""
        return tuple(self._store.newest(limit))

    def get(self, drill_id: str) -> Drill:
        """One. Raises IdpError("drill_unknown", 404), Unavailable("sql")."""
        found = self._store.get(drill_id)
        if found is None:
            raise IdpError("drill_unknown", 404)
        return found

    def begin(
        self,
        *,
        realm: str,
        clients: Iterable[str] = (),
        percent: int = 0,
        testers: Iterable[str] = (),
        lasts: timedelta,
        who: str,
        reason: str,
        everyone: bool = False,
    ) -> Drill:
        """Begin one now: durable, audited, and told to the other processes.

        clients: none for all; that they are there, and admit contingency, is for the caller to look
        at. testers: ids of persons. Raises ValueError for what says nothing or too much; IdpError
        drill_upstream_down, drill_overlaps (409); Unavailable("sql").
        """
        now = self._clock.now()
        drill = Drill(
            id=new_id(self._random, "drl"),
            realm=realm,
            clients=tuple(dict.fromkeys(clients)),
            percent=percent,
            testers=frozenset(testers),
            everyone=everyone,
            reason=reason.strip(),
            who=who.strip(),
            begins_at=now,
            ends_at=now + lasts,
        )
        check(drill)
        if not self._upstreams.up(realm):
            raise IdpError("drill_upstream_down", 409, detail="it is the real contingency now")
        with self._uow.transaction():
            for other in self._store.since(now, lock=True):
                if other.on(now) and overlap(other, realm, drill.clients):
                    raise IdpError("drill_overlaps", 409, detail=f"{other.id} is on")
            self._store.add(drill)
            self._audit.record(
                AuditEvent.DRILL_BEGUN,
                actor=drill.who,
                realm=realm,
                drill=drill.id,
                clients=" ".join(drill.clients),
                percent=percent,
                testers=len(drill.testers),
                everyone=everyone,
                until=drill.ends_at.isoformat(),
                reason=drill.reason,
            )
        self._tell()
        return drill

    def end(self, drill_id: str, who: str, reason: str) -> Drill:
        """End one before its time. Raises IdpError drill_unknown (404), drill_over (409);
        ValueError without a reason or a name; Unavailable("sql").
        """
        if not reason.strip() or not who.strip():
            raise ValueError("ending a drill needs a reason and a name")
        drill = self.get(drill_id)
        if not drill.on(self._clock.now()):
            raise IdpError("drill_over", 409, detail=drill_id)
        if not self._end(drill, Ending.OPERATOR, who.strip(), reason.strip()):
            raise IdpError("drill_over", 409, detail=drill_id)
        self._tell()
        return self.get(drill_id)

    def report(self, drill_id: str) -> DrillReport:
        """What came of one, so far. Raises IdpError("drill_unknown", 404), Unavailable("sql")."""
        drill, now = self.get(drill_id), self._clock.now()
        until = min(now, drill.over_at() + STILL_OPEN) + timedelta(seconds=1)
        return report(drill, self._records.of_drill(drill, until), now)

    # What goes on by itself.

    def refresh(self) -> bool:
        """Read again what is in force; False when SQL did not answer, and what was known stays."""
        with self._loading:
            try:
                found = self._store.since(self._clock.now() - _REMEMBERED)
            except Unavailable:
                return False
            self._known = {one.id: one for one in found}
        return True

    def flag_changed(self, event: FlagChanged) -> None:
        """Subscribed: a drill ends as soon as SUNAT is flagged down, and does not come back."""
        if not event.up:
            self.tick()

    def tick(self) -> None:
        """Put on record what is over by time, or by the flag. Raises Unavailable("sql")."""
        now, ended = self._clock.now(), False
        for drill in self._store.since(now):
            if drill.ended_at is not None or drill.begins_at > now:
                continue
            if now >= drill.ends_at:
                self._end(drill, Ending.TIME)
            elif not self._up(drill.realm):
                ended = self._end(drill, Ending.UPSTREAM) or ended
        if ended:
            self._tell()

    def _end(
        self, drill: Drill, why: Ending, who: str | None = None, reason: str | None = None
    ) -> bool:
        """Mark it as ended, once, whoever else finds out too; whether it was us."""
        at = min(self._clock.now(), drill.ends_at)
        with self._uow.transaction():
            ours = self._store.end(drill.id, at, why, who, reason)
            if ours:
                self._audit.record(
                    AuditEvent.DRILL_ENDED,
                    actor=who,
                    realm=drill.realm,
                    drill=drill.id,
                    why=why.value,
                    reason=reason,
                )
        return ours

    def _tell(self) -> None:
        self.refresh()
        if self._messenger is None:
            return
        try:
            self._messenger.announce()
        except Unavailable:
            _log.warning("a drill was not announced; processes will see it by polling")
