"""What came of a drill, told from the audit log: pure.

A *login* is one that the drill took; a person may have had several. Everything is counted by login,
people only where it says so.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.audit.events import AuditEvent as E
from idp.audit.records import AuditRecord
from idp.upstream_status.drill_choice import Drill

# A login lives an hour at most, and its link half an hour beyond its last minute.
STILL_OPEN = timedelta(minutes=90)
_MAIL = "ingreso"


@dataclass(frozen=True)
class Times:
    """Seconds; None where there was nothing to measure. p50, p95: by nearest rank."""

    count: int = 0
    p50: float | None = None
    p95: float | None = None

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Times:
        """Of these lengths of time."""
        ordered = sorted(seconds)
        if not ordered:
            return cls()

        def rank(share: float) -> float:
            return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

        return cls(len(ordered), rank(0.50), rank(0.95))


@dataclass(frozen=True)
class DrillReport:
    """How far the logins came that a drill took, how fast, and why others did not come so far.

    chosen: logins that it took. people: of how many persons (who came by a tester's link count by
    that). shown: saw the form. asked: asked for a link. accepted: a relay took a mail. opened,
    consumed: its link was looked at, and used. entered: a session began by it. token: the component
    has its tokens. left: pressed *Ingresar con Clave SOL*. under_way: neither done nor too old.
    gave_up: the rest.

    why_not: by reason (`stage:code`), how many logins met it that did not enter; one login may have
    met several. mail: from asking to the relay. whole: from the choice to the tokens.
    """

    drill_id: str
    chosen: int = 0
    people: int = 0
    shown: int = 0
    asked: int = 0
    accepted: int = 0
    opened: int = 0
    consumed: int = 0
    entered: int = 0
    token: int = 0
    left: int = 0
    under_way: int = 0
    gave_up: int = 0
    why_not: Mapping[str, int] = field(default_factory=dict)
    mail: Times = field(default_factory=Times)
    whole: Times = field(default_factory=Times)


# What stops a login, by what is told of it: (event, detail that says why).
_WHY = {
    E.LINK_NOT_ELIGIBLE: ("not_eligible", "reason"),
    E.MAIL_REFUSED: ("mail", "code"),
    E.LINK_REFUSED: ("link", "reason"),
    E.LIMIT_HIT: ("limit", "limit"),
    E.CAPTCHA_FAILED: ("captcha", "reason"),
}


@dataclass
class _Login:
    """One login, as far as it is known by now."""

    person_id: str | None = None
    chosen_at: datetime | None = None
    reached: set[str] = field(default_factory=set)
    mail_seconds: float | None = None
    token_at: datetime | None = None
    last: datetime | None = None
    why: set[str] = field(default_factory=set)


def report(drill: Drill, records: Iterable[AuditRecord], now: datetime) -> DrillReport:
    """The report. records: as `DrillRecords.of_drill` finds them, in any order."""
    logins = _Reading().read(records)
    done = {"entered", "left"}
    under_way = [
        one
        for one in logins
        if not done & one.reached and one.last is not None and now - one.last < STILL_OPEN
    ]
    stuck = [one for one in logins if "entered" not in one.reached]

    def reached(what: str) -> int:
        return sum(what in one.reached for one in logins)

    return DrillReport(
        drill_id=drill.id,
        chosen=len(logins),
        people=len({one.person_id for one in logins if one.person_id}),
        shown=reached("shown"),
        asked=reached("asked"),
        accepted=reached("accepted"),
        opened=reached("opened"),
        consumed=reached("consumed"),
        entered=reached("entered"),
        token=reached("token"),
        left=reached("left"),
        under_way=len(under_way),
        gave_up=sum(not done & one.reached for one in logins) - len(under_way),
        why_not=dict(Counter(why for one in stuck for why in sorted(one.why)).most_common()),
        mail=Times.of(one.mail_seconds for one in logins if one.mail_seconds is not None),
        whole=Times.of(
            (one.token_at - one.chosen_at).total_seconds()
            for one in logins
            if one.token_at is not None and one.chosen_at is not None
        ),
    )


class _Reading:
    """Puts together what belongs to one login: by its own name, its links, its session."""

    def __init__(self) -> None:
        self._logins: dict[str, _Login] = defaultdict(_Login)
        self._of_link: dict[str, _Login] = {}
        self._asked_at: dict[str, datetime] = {}
        self._of_session: dict[str, _Login] = {}
        self._of_grant: dict[str, _Login] = {}

    def read(self, records: Iterable[AuditRecord]) -> list[_Login]:
        """The logins that were chosen; those of which only a part is on record are left out."""
        later: list[AuditRecord] = []
        for record in records:
            if not self._names(record):
                later.append(record)
        for record in later:
            if record.event is E.CODE_ISSUED:
                self._issued(record)
        for record in later:
            self._tells(record)
        return [one for one in self._logins.values() if one.chosen_at is not None]

    def _names(self, record: AuditRecord) -> bool:
        """Take what names a login itself; False for what only names its link or session."""
        name = record.details.get("transaction")
        if name is None or "drill" not in record.details:
            return False
        login, details = self._logins[name], record.details
        login.last = max(login.last or record.at, record.at)
        match record.event:
            case E.DRILL_CHOSEN:
                login.person_id = record.person_id or login.person_id
                login.chosen_at = min(login.chosen_at or record.at, record.at)
            case E.DRILL_SHOWN:
                login.reached.add("shown")
            case E.DRILL_LEFT:
                login.reached.add("left")
            case E.LINK_REQUESTED:
                login.reached.add("asked")
                self._of_link[details["link"]] = login
                self._asked_at[details["link"]] = record.at
            case E.LOGIN_COMPLETED if record.mode == "contingencia":
                login.reached.add("entered")
                self._of_session[details["sid"]] = login
            case _:
                self._stopped(login, record)
        return True

    def _issued(self, record: AuditRecord) -> None:
        login = self._of_session.get(record.details.get("sid", ""))
        if login is not None:
            self._of_grant[record.details["grant"]] = login

    def _tells(self, record: AuditRecord) -> None:
        if record.event is E.TOKEN_ISSUED:
            login = self._of_grant.get(record.details.get("grant", ""))
            if login is not None:
                login.reached.add("token")
                login.token_at = min(login.token_at or record.at, record.at)
            return
        link = record.details.get("link", "")
        login = self._of_link.get(link)
        if login is None:
            return
        login.last = max(login.last or record.at, record.at)
        match record.event:
            case E.MAIL_ACCEPTED if record.details.get("kind") == _MAIL:
                login.reached.add("accepted")
                seconds = (record.at - self._asked_at[link]).total_seconds()
                login.mail_seconds = min(seconds, login.mail_seconds or seconds)
            case E.LINK_OPENED:
                login.reached.add("opened")
            case E.LINK_CONSUMED:
                login.reached |= {"opened", "consumed"}
            case _:
                self._stopped(login, record)

    def _stopped(self, login: _Login, record: AuditRecord) -> None:
        if isinstance(record.event, E) and record.event in _WHY:
            stage, detail = _WHY[record.event]
            login.why.add(f"{stage}:{record.details.get(detail, '')}")
