"""The closed list, the record's form, the store, and the way from stream to store."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.admin.audit_words import MEANINGS, meaning
from idp.audit import events
from idp.audit.drain import drain
from idp.audit.events import TABLE, AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter, AuditRecord
from idp.audit.testing import Guard, PersonalDataLeak, RaisingHandler, RaisingSink
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Mode
from idp.kernel.random import SeededRandom

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def store(database: Database) -> SqlAuditStore:
    return SqlAuditStore(database)


@pytest.fixture
def audit(store: SqlAuditStore, clock: FixedClock) -> Audit:
    return Audit(store=store, clock=clock, random=SeededRandom())


class Stream:
    """An `AuditStream` whose acknowledgements can get lost."""

    def __init__(self) -> None:
        self.entries: dict[str, AuditRecord] = {}
        self.lose_acks = False

    def push(self, record: AuditRecord) -> None:
        self.entries[str(len(self.entries))] = record

    def read(self, count: int) -> list[tuple[str, AuditRecord]]:
        return list(self.entries.items())[:count]

    def ack(self, entry_ids: Sequence[str]) -> None:
        if self.lose_acks:
            raise ConnectionError
        for entry_id in entry_ids:
            del self.entries[entry_id]


def test_every_event_is_documented_and_every_row_is_an_event() -> None:
    assert set(TABLE) == set(AuditEvent)
    assert all(row.meaning.endswith(".") for row in TABLE.values())


def test_no_event_has_a_detail_for_personal_data() -> None:
    """The log outlives whom it tells of: it holds ids, codes and counts."""
    personal = {
        "email", "ruc", "usuario", "identifier", "name", "document", "phone", "mobile", "ip",
        "remote", "agent", "sub", "domain", "typed", "address_prefix", "network",
    }  # fmt: skip
    assert {one for row in TABLE.values() for one in row.details} & personal == set()


def test_every_event_has_its_meaning_in_the_readers_words() -> None:
    assert set(MEANINGS) == set(AuditEvent)
    assert meaning("of.another_version") not in MEANINGS.values()


def test_every_event_is_recorded_somewhere() -> None:
    root = Path(events.__file__).parents[1]
    told_of = {Path(events.__file__), root / "admin" / "audit_words.py"}
    sources = [one for one in root.rglob("*.py") if one not in told_of]
    told = set(re.findall(r"AuditEvent\.([A-Z_]+)", "".join(one.read_text() for one in sources)))
    assert {one.name for one in AuditEvent} == told


@pytest.mark.parametrize(
    ("event", "details"),
    [("login.imagined", {}), ("link.consumed", {"email": "x"}), ("csrf.failed", {"link": "x"})],
    ids=["unknown event", "unknown detail", "detail of another event"],
)
def test_entry_outside_the_closed_list_is_refused(
    audit: Audit, event: str, details: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=event.partition(".")[0]):
        audit.entry(event, **details)


def test_entry_leaves_out_what_is_none_and_writes_the_rest_as_text(audit: Audit) -> None:
    entry = audit.entry("link.requested", link="lnk_1", known_browser=True, resend=None)
    assert dict(entry.details) == {"link": "lnk_1", "known_browser": "true"}


def test_record_reads_back_from_the_store_as_it_was(audit: Audit, store: SqlAuditStore) -> None:
    audit.record(
        AuditEvent.LINK_CONSUMED,
        person_id="per_1",
        client_id="mr",
        actor="ana",
        realm="sol",
        mode=Mode.CONTINGENCIA,
        reference="A-1",
        link="lnk_1",
    )
    (found,) = store.search(AuditFilter(), 10)
    assert AuditRecord.from_json(found.to_json()) == found
    assert (found.at, found.mode, found.reference) == (NOW, "contingencia", "A-1")
    assert dict(found.details) == {"link": "lnk_1"}


def test_record_of_odd_text_is_stored_on_every_database(audit: Audit) -> None:
    audit.record("client.auth_failed", client_id="a\x00b\ud800", reason="unknown")
    (found,) = audit.search(AuditFilter(event=AuditEvent.CLIENT_AUTH_FAILED))
    assert found.client_id == "ab"


@pytest.mark.parametrize("text", ["{}", "[]", "3", "nonsense", '{"id":"a","at":"x","event":"y"}'])
def test_from_json_of_something_else_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        AuditRecord.from_json(text)


def test_record_within_a_unit_of_work_that_fails_is_not_kept(
    audit: Audit, database: Database
) -> None:
    with pytest.raises(KeyError), database.transaction():
        audit.record("logout.completed", sid="s")
        raise KeyError
    assert audit.search(AuditFilter()) == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (AuditFilter(), ["per_2", "per_1", "per_1"]),
        (AuditFilter(person_id="per_1"), ["per_1", "per_1"]),
        (AuditFilter(event=AuditEvent.LOGOUT_COMPLETED), ["per_2"]),
        (AuditFilter(since=NOW + timedelta(seconds=1)), ["per_2", "per_1"]),
        (AuditFilter(until=NOW + timedelta(seconds=1)), ["per_1"]),
        (AuditFilter(reference="A-7"), ["per_1"]),
        (AuditFilter(realm="extranet"), []),
    ],
    ids=["all", "person", "event", "since", "until", "reference", "none"],
)
def test_search_finds_the_newest_first(
    audit: Audit, clock: FixedClock, wanted: AuditFilter, expected: list[str]
) -> None:
    audit.record("login.completed", person_id="per_1", realm="sol")
    clock.advance(1)
    audit.record("login.completed", person_id="per_1", reference="A-7")
    clock.advance(1)
    audit.record("logout.completed", person_id="per_2")
    assert [record.person_id for record in audit.search(wanted)] == expected


def test_drain_whose_acknowledgement_was_lost_stores_each_record_once(
    audit: Audit, store: SqlAuditStore
) -> None:
    stream = Stream()
    for number in range(3):
        stream.push(audit.entry("token.issued", grant=str(number)))
    stream.lose_acks = True
    with pytest.raises(ConnectionError):
        drain(stream, store, 2)
    stream.lose_acks = False
    assert [drain(stream, store, 2), drain(stream, store, 2), drain(stream, store, 2)] == [2, 1, 0]
    assert len(store.search(AuditFilter(), 10)) == 3


def test_raising_sink_meeting_personal_data_raises(clock: FixedClock) -> None:
    sink = RaisingSink(Guard("20504774288", "juan@empresa.pe"))
    audit = Audit(store=sink, clock=clock, random=SeededRandom())
    audit.record("flag.changed", reason="SUNAT no responde", state="forced_down")
    with pytest.raises(PersonalDataLeak):
        audit.record("flag.changed", reason="avisó JUAN@empresa.pe")
    assert [record.event for record in sink.search(AuditFilter(realm=None), 5)] == ["flag.changed"]


def test_raising_handler_meeting_personal_data_raises() -> None:
    log = logging.getLogger("tests.audit.leak")
    log.propagate = False
    log.addHandler(RaisingHandler(Guard("20504774288")))
    log.warning("nobody is named", extra={"person": "per_1"})
    with pytest.raises(PersonalDataLeak):
        log.warning("something", extra={"ruc": "20504774288"})


def test_search_goes_on_after_a_record_even_within_one_moment(
    audit: Audit, store: SqlAuditStore, clock: FixedClock
) -> None:
    for number in range(5):
        clock.advance(number // 2)
        audit.record(AuditEvent.LOGOUT_COMPLETED, actor="console:ana", sid=f"ses_{number}")
    audit.record(AuditEvent.LOGOUT_COMPLETED, actor="console:zoe", sid="ses_9")
    wanted = AuditFilter(actor="console:ana")
    seen, last = [], None
    while found := store.search(replace(wanted, older_than=last), 2):
        seen += [one.details["sid"] for one in found]
        last = found[-1].id
    assert seen == ["ses_4", "ses_3", "ses_2", "ses_1", "ses_0"]
    assert store.search(AuditFilter(older_than="aud_gone"), 2) == []
