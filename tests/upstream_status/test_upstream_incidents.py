"""After a contingency: who was served and who was not, counted once, signed, and on paper."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.adapters.pdf.paper import pdf_of
from idp.adapters.sql import incidents as incidents_in_sql
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.upstream_status.changes import Transition
from idp.upstream_status.incident import SETTLED, incidents_of
from idp.upstream_status.incident_paper import paper_of
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import FlagState, Why
from idp.web.plot import svg
from idp.wiring.surface import Switch

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DOWN, AUTO = FlagState.FORCED_DOWN, FlagState.AUTO
Build = Callable[..., UpstreamStatus]


class Seal:
    """A key that signs so that a test can read it."""

    def sign(self, payload: Mapping[str, Any]) -> str:
        return json.dumps(dict(payload), sort_keys=True)


class NoSeal:
    def sign(self, payload: Mapping[str, Any]) -> str:
        raise IdpError("audit_key_missing", 503)


@pytest.fixture
def switch(build: Build, switched: Callable[..., Switch]) -> Switch:
    return switched(build(), signer=Seal())


def steps(*given: tuple[int, bool, Why]) -> list[Transition]:
    return [
        Transition("sol", seq, NOW + timedelta(minutes=number), up, why)
        for number, (seq, up, why) in enumerate(given)
    ]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([], []),
        ([(1, False, Why.FORCED_DOWN)], [("sol-1", 0, None)]),
        ([(1, False, Why.JUDGED), (2, True, Why.JUDGED)], [("sol-1", 0, 1)]),
        ([(1, True, Why.FORCED_UP), (2, False, Why.WINDOW)], [("sol-2", 1, None)]),
        (
            [(1, False, Why.FORCED_DOWN), (2, False, Why.HELD), (3, True, Why.DEFAULT)],
            [("sol-1", 0, 2)],
        ),
        (
            [(1, False, Why.JUDGED), (2, True, Why.JUDGED), (3, True, Why.FORCED_UP),
             (4, False, Why.JUDGED), (5, True, Why.JUDGED)],
            [("sol-1", 0, 1), ("sol-4", 3, 4)],
        ),
        ([(7, False, Why.HELD), (8, True, Why.DEFAULT)], []),
        ([(7, True, Why.DEFAULT), (8, False, Why.JUDGED)], [("sol-8", 1, None)]),
    ],
)  # fmt: skip
def test_contingencies_are_found_in_transitions(
    given: list[tuple[int, bool, Why]], found: list[tuple[str, int, int | None]]
) -> None:
    at = [NOW + timedelta(minutes=number) for number in range(9)]
    assert [(one.id, one.began, one.ended) for one in incidents_of(steps(*given))] == [
        (name, at[began], at[ended] if ended is not None else None) for name, began, ended in found
    ]


class Log:
    """Writes what a contingency leaves in the audit log, minute by minute."""

    def __init__(self, database: Database) -> None:
        self._store = SqlAuditStore(database)
        self._count = 0

    def add(self, event: AuditEvent, minute: float, /, **given: Any) -> None:
        self._count += 1
        columns = {
            name: given.pop(name)
            for name in ("person_id", "client_id", "realm", "mode")
            if name in given
        }
        columns.setdefault("realm", "sol")
        at = NOW + timedelta(minutes=minute)
        self._store.append(AuditRecord(f"aud_{self._count}", at, event, **columns, details=given))

    def link(
        self, name: str, minute: float, *, sent: float | None = None, person: str = ""
    ) -> None:
        who = person or None
        self.add(AuditEvent.LINK_REQUESTED, minute, client_id="origen", link=name, resend="false")
        if sent is not None:
            self.add(AuditEvent.LINK_SENT, minute + sent, person_id=who, link=name)

    def login(self, person: str, minute: float, mode: str = "contingencia") -> None:
        self.add(
            AuditEvent.LOGIN_COMPLETED, minute, person_id=person, client_id="origen", mode=mode
        )


@pytest.fixture
def log(database: Database) -> Log:
    return Log(database)


def lasted(switch: Switch, clock: FixedClock, minutes: int = 60) -> None:
    """A contingency of an hour that ended so long ago that its report is due."""
    switch.status.set("sol", DOWN, reason="SUNAT no responde", who="ana", evidence={"failed": 7})
    clock.advance(minutes * 60)
    switch.status.set("sol", AUTO, reason="volvió", who="luis")
    clock.advance(SETTLED.total_seconds())


def test_people_are_counted_once_and_by_their_last_reason(
    switch: Switch, clock: FixedClock, log: Log
) -> None:
    lasted(switch, clock)
    log.link("l1", 1, sent=0.5, person="per_a")
    log.login("per_a", 3)
    log.login("per_a", 20)
    log.link("l2", 2)
    log.add(AuditEvent.LINK_NOT_ELIGIBLE, 2.1, person_id="per_b", link="l2", reason="unverified")
    log.link("l3", 4, sent=2, person="per_c")
    log.link("l4", 5)
    log.add(AuditEvent.LINK_NOT_ELIGIBLE, 5.1, link="l4", reason="new")
    log.link("l5", 6)
    log.add(AuditEvent.MAIL_REFUSED, 6.1, person_id="per_d", link="l5", code="550")
    log.add(AuditEvent.MAIL_REFUSED, 6.2, person_id="per_e", verification="v", code="550")
    log.login("per_f", 7, mode="sunat")
    log.login("per_g", 200)
    log.add(AuditEvent.LINK_REPORTED, 8, link="l1")
    log.add(AuditEvent.LIMIT_HIT, 9, realm=None, limit="link.identifier")
    log.add(AuditEvent.LIMIT_HIT, 9, realm="extranet", limit="link.identifier")
    assert switch.incidents.step() == 1
    figures = switch.incidents.report("sol-1").content["figures"]
    assert (figures["people_served"], figures["logins"], figures["requests"]) == (1, 2, 5)
    assert figures["not_served_because"] == {"unverified": 1, "link_unused": 1, "mail_refused": 1}
    assert (figures["people_not_served"], figures["requests_of_nobody"]) == (3, 1)
    assert figures["mail_refused"] == {"550": 1}
    assert figures["mail_seconds"] == {"p50": 120.0, "p90": 120.0, "p99": 120.0, "max": 120.0}
    assert figures["components"] == {"origen": {"requests": 5, "logins": 2}}
    assert figures["anomalies"] == [
        {"event": "link.reported", "kind": "", "count": 1},
        {"event": "limit.hit", "kind": "link.identifier", "count": 1},
    ]
    course = figures["course"]
    assert len(course) <= 50
    assert [sum(row[name] for row in course) for name in ("requests", "sent", "logins")] == [
        5,
        2,
        2,
    ]


def test_links_of_the_last_minutes_are_waited_for(
    switch: Switch, clock: FixedClock, log: Log
) -> None:
    lasted(switch, clock)
    clock.advance(-1)
    assert switch.incidents.step() == 0
    provisional = switch.incidents.report("sol-1")
    assert provisional.signature == ""
    log.link("l1", 59, sent=0.1, person="per_a")
    log.login("per_a", 80)
    clock.advance(1)
    assert switch.incidents.step() == 1
    assert switch.incidents.report("sol-1").content["figures"]["people_served"] == 1


def test_contingency_that_lasts_is_counted_once_a_minute(
    switch: Switch, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    incidents, asked = switch.incidents, []
    real = incidents._records.between

    def between(realm: str, since: datetime, until: datetime) -> Any:
        asked.append(until)
        return real(realm, since, until)

    monkeypatch.setattr(incidents._records, "between", between)
    switch.status.set("sol", DOWN, reason="r", who="ana")
    first = incidents.report("sol-1")
    clock.advance(59)
    assert incidents.report("sol-1") is first
    with incidents._counting:
        clock.advance(3_600)
        assert incidents.report("sol-1") is first, "nobody waits while another counts"
    assert incidents.report("sol-1").made_at == clock.now()
    assert len(asked) == 2
    # What was counted while it lasted is not told of one that is over.
    switch.status.set("sol", AUTO, reason="volvió", who="ana")
    assert incidents.report("sol-1").content["ended"] == clock.now().isoformat()


def test_report_says_who_flipped_and_why_and_is_signed_whole(
    switch: Switch, clock: FixedClock, database: Database
) -> None:
    lasted(switch, clock)
    switch.incidents.step()
    report = switch.incidents.report("sol-1")
    assert json.loads(report.signature) == report.content
    first, last = report.content["steps"]
    assert (first["who"], first["reason"], first["evidence"]) == (
        "ana", "SUNAT no responde", {"failed": 7},
    )  # fmt: skip
    assert (last["up"], last["who"]) == (True, "luis")
    assert [one["who"] for one in report.content["said"]] == ["ana", "luis"]
    told = SqlAuditStore(database).search(AuditFilter(event=AuditEvent.INCIDENT_REPORTED), 9)
    assert [dict(one.details) for one in told] == [{"incident": "sol-1", "signed": "true"}]


def test_two_workers_make_one_report(
    build: Build, switched: Callable[..., Switch], clock: FixedClock, database: Database
) -> None:
    switches = [switched(build()) for _ in range(2)]
    lasted(switches[0], clock)
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(lambda one: one.incidents.step(), switches)) == 1
    assert switches[0].incidents.step() == 0
    told = SqlAuditStore(database).search(AuditFilter(event=AuditEvent.INCIDENT_REPORTED), 9)
    assert len(told) == 1


def test_report_without_a_key_says_that_it_is_not_signed(
    build: Build, switched: Callable[..., Switch], clock: FixedClock
) -> None:
    switch = switched(build(), signer=NoSeal())
    lasted(switch, clock)
    assert switch.incidents.step() == 1
    report = switch.incidents.report("sol-1")
    assert report.signature == ""
    assert "no está firmado" in paper_of(report, label="Clave SOL", names={}).note[1]


def test_contingency_that_lasts_is_told_as_far_as_it_goes(
    switch: Switch, clock: FixedClock, log: Log
) -> None:
    switch.status.set("sol", DOWN, reason="cayó", who="ana")
    log.link("l1", 1, sent=0.1, person="per_a")
    clock.advance(600)
    assert [one.id for one in switch.incidents.running()] == ["sol-1"]
    report = switch.incidents.report("sol-1")
    assert (report.content["ended"], report.content["figures"]["links_sent"]) == (None, 1)
    assert any("provisional" in one for one in paper_of(report, label="SOL", names={}).lead)
    with pytest.raises(IdpError, match="incident_unknown"):
        switch.incidents.report("sol-9")


def test_records_are_read_in_parts_without_loss(
    switch: Switch, clock: FixedClock, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents_in_sql, "_PART", 3)
    lasted(switch, clock)
    for number in range(7):
        # Several at the same moment: the order of arrival tells them apart.
        log.link(f"l{number}", number // 4, sent=0.0, person=f"per_{number}")
    switch.incidents.step()
    figures = switch.incidents.report("sol-1").content["figures"]
    assert (figures["requests"], figures["links_sent"]) == (7, 7)


def texts(pdf: bytes) -> str:
    """What stands on its pages."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            page = zlib.decompress(stream)
        except zlib.error:
            continue
        found += re.findall(rb"\((.*?)(?<!\\)\) ?T[jJ]", page)
    return b" ".join(found).decode("windows-1252")


def test_paper_is_the_same_in_both_forms_and_twice(
    switch: Switch, clock: FixedClock, log: Log
) -> None:
    lasted(switch, clock)
    log.link("l1", 1, sent=0.5, person="per_a")
    log.login("per_a", 3)
    log.add(AuditEvent.LINK_REFUSED, 8, link="l1", reason="code_wrong")
    switch.incidents.step()
    report = switch.incidents.report("sol-1")
    paper = paper_of(report, label="Clave SOL", names={"origen": "Origen"})
    pdf = pdf_of(paper, report.made_at)
    assert pdf == pdf_of(paper, report.made_at)
    said = texts(pdf)
    for words in ("SUNAT no responde", "Origen", "1 persona", "Solicitudes", "code_wrong"):
        assert words in said
    assert "Duró 1 hora." in paper.lead
    assert {chapter.heading for chapter in paper.chapters} == {
        "Quién, cuándo y por qué", "Las personas", "El correo", "Los componentes",
        "Lo que llamó la atención",
    }  # fmt: skip
    plot = paper.chapters[1].plot
    assert plot is not None and "polyline" in svg(plot)


def test_reason_in_any_script_fails_no_paper(switch: Switch, clock: FixedClock) -> None:
    switch.status.set("sol", DOWN, reason="cayó 漢字 → ✓ \\ ()", who="ana")
    clock.advance(60)
    switch.status.set("sol", AUTO, reason="a" * 400, who="ana")
    clock.advance(SETTLED.total_seconds())
    switch.incidents.step()
    report = switch.incidents.report("sol-1")
    assert pdf_of(paper_of(report, label="SOL", names={}), report.made_at).startswith(b"%PDF-")
