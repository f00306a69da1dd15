"""How many could enter now, and why not the rest: over a real database, with its history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.coverage import SqlCoverageStore, SqlUseStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.models import ComponentUseRow
from idp.adapters.sql.tables import table_of
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Identifier
from idp.people.coverage import Coverage, Figures, Why
from idp.people.coverage_plot import history_plot
from idp.people.coverage_ports import Component, Use
from idp.people.person import Person, UpstreamFacts
from idp.people.rows import SeedRow
from idp.people.service import People
from idp.people.uses import UsesBesideRecords
from idp.people.vault import Vault

DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)
ORIGEN = Component("origen", "Origen", ("sol",))
AVISOS = Component("avisos", "Avisos", ("sol", "extranet"))
Arrive = Callable[..., Person]


@pytest.fixture
def components() -> list[Component]:
    return [ORIGEN, AVISOS]


@pytest.fixture
def coverage(database: Database, clock: FixedClock, components: list[Component]) -> Coverage:
    return Coverage(
        store=SqlCoverageStore(database),
        clock=clock,
        realms=("sol", "extranet"),
        components=lambda: components,
        kept=30 * DAY,
    )


@pytest.fixture
def arrive(people: People, facts: UpstreamFacts) -> Arrive:
    """Lets somebody log in at SUNAT; email: registers and verifies it, with or without consent."""

    def come(number: int, *, email: str = "", consent: bool = True, realm: str = "sol") -> Person:
        value = f"20504774288:U{number}" if realm == "sol" else f"EXT{number}"
        person = people.record_upstream_login(
            replace(facts, realm=realm, identifier=Identifier(realm, value), usuario=f"U{number}")
        )
        if email:
            people.set_contact(person.id, email=email, consent=consent)
            pending = people.pending_verification(person.id)
            assert pending is not None
            people.confirm_address(person.id, code=pending.code)
        return person

    return come


def used(database: Database, day: date, *uses: tuple[Person, Component]) -> None:
    store = SqlUseStore(database)
    store.used(sorted((Use(one.id, component.client_id, day) for one, component in uses), key=str))


def reasons(found: Figures) -> dict[str, int]:
    return {why.value: count for why, count in found.why_not.items() if count}


def test_coverage_counts_each_person_under_the_first_reason(
    coverage: Coverage, arrive: Arrive, people: People, clock: FixedClock
) -> None:
    arrive(1, email="ana@empresa.example")
    arrive(2, email="luis@empresa.example", consent=False)
    arrive(3)
    eva = arrive(4)
    people.set_contact(eva.id, email="eva@empresa.example", consent=True)
    dead = people.get(arrive(5, email="rebota@empresa.example").id)
    assert dead is not None
    people.mark_undeliverable(dead.id, dead.addresses[0].id, code="550")
    arrive(6, email="oficial@entidad.example", realm="extranet")
    found = coverage.now(30)
    assert (found.total.people, found.total.able) == (6, 2)
    assert reasons(found.total) == {
        "no_address": 1, "unverified": 1, "no_consent": 1, "undeliverable": 1,
    }  # fmt: skip
    assert found.total.share == pytest.approx(1 / 3)
    assert {realm: (one.people, one.able) for realm, one in found.realms.items()} == {
        "sol": (5, 1), "extranet": (1, 1),
    }  # fmt: skip
    # Another address in the place of the dead one: all that is left is to wait.
    people.set_contact(dead.id, email="nueva@empresa.example", consent=True)
    pending = people.pending_verification(dead.id)
    assert pending is not None
    people.confirm_address(dead.id, code=pending.code)
    assert coverage.now(30).total.why_not[Why.COOLING_OFF] == 1
    clock.advance(86_400)
    assert coverage.now(30).total.able == 3


def test_coverage_counts_a_user_who_is_another_human_now_as_unverified(
    coverage: Coverage, arrive: Arrive, people: People, facts: UpstreamFacts
) -> None:
    ana = arrive(1, email="ana@empresa.example")
    people.record_upstream_login(
        replace(facts, identifier=ana.key, usuario="U1", given_name="Luis", family_name="Otro")
    )
    assert reasons(coverage.now(30).total) == {"unverified": 1}


def test_coverage_is_of_who_was_seen_in_the_window(
    coverage: Coverage, arrive: Arrive, people: People, clock: FixedClock
) -> None:
    arrive(1, email="ana@empresa.example")
    clock.advance(31 * 86_400)
    people.seed([SeedRow(2, "extranet", "EXT7", email="nuevo@entidad.example")])
    assert reasons(coverage.now(30).total) == {"new": 1}
    assert (coverage.now(30).total.people, coverage.now(90).total.people) == (1, 2)
    arrive(1)
    assert (coverage.now(30).total.people, coverage.now(30).total.able) == (2, 1)
    clock.advance(91 * 86_400)
    empty = coverage.now(90).total
    assert (empty.people, empty.share) == (0, None)


def test_coverage_of_a_component_counts_its_users_by_its_own_rules(
    coverage: Coverage,
    arrive: Arrive,
    people: People,
    database: Database,
    clock: FixedClock,
    components: list[Component],
) -> None:
    ana, luis, eva = (arrive(one, email=f"p{one}@empresa.example") for one in (1, 2, 3))
    rosa = arrive(4, email="rosa@entidad.example", realm="extranet")
    used(database, TODAY, (ana, ORIGEN), (luis, ORIGEN), (ana, AVISOS), (rosa, AVISOS))
    used(database, TODAY - 40 * DAY, (eva, ORIGEN))
    people.remember_browser(ana.id)
    clock.advance(86_400)

    def of(component: Component, days: int = 30) -> Figures:
        components[:] = [component]
        return coverage.now(days, client_id=component.client_id).components[0].total

    assert (of(ORIGEN).people, of(ORIGEN).able, of(ORIGEN).known_browser) == (2, 2, 1)
    assert of(ORIGEN, 90).people == 3
    strict = of(replace(ORIGEN, require_known_browser=True))
    assert (strict.able, reasons(strict)) == (1, {"unknown_browser": 1})
    closed = of(replace(ORIGEN, contingency=False, require_known_browser=True))
    assert (closed.able, reasons(closed)) == (0, {"component_refuses": 2})
    both = coverage.now(30).components if of(AVISOS) else ()
    assert {realm: one.people for realm, one in both[0].realms.items()} == {
        "sol": 1, "extranet": 1,
    }  # fmt: skip
    # Who no longer may log in there is none of its people, whatever they used before.
    assert of(replace(AVISOS, realms=("sol",))).people == 1
    assert coverage.now(30, realm="extranet").components[0].total.people == 0


def test_known_browser_counts_once_it_does_and_until_it_expires(
    coverage: Coverage, arrive: Arrive, people: People, clock: FixedClock
) -> None:
    ana = arrive(1)
    for _ in range(2):
        people.remember_browser(ana.id)
    assert coverage.now(90).total.known_browser == 0
    clock.advance(86_400)
    assert coverage.now(90).total.known_browser == 1
    clock.advance(180 * 86_400)
    arrive(1)
    assert coverage.now(90).total.known_browser == 0


def test_shared_mailbox_is_that_of_another_person_who_is_counted(
    coverage: Coverage, arrive: Arrive, people: People, clock: FixedClock
) -> None:
    arrive(1, email="agencia@empresa.example")
    clock.advance(40 * 86_400)
    arrive(2, email="Agencia@empresa.example")
    arrive(3, email="sola@empresa.example")
    assert (coverage.now(30).total.shared_mailbox, coverage.now(90).total.shared_mailbox) == (0, 2)
    # Realms share mailboxes as well.
    eva = arrive(4, realm="extranet")
    people.set_contact(eva.id, email="sola@empresa.example", consent=True)
    assert coverage.now(30).total.shared_mailbox == 2
    assert coverage.now(30, realm="extranet").total.shared_mailbox == 1


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"client_id": "nadie"}, "client_unknown"),
        ({"realm": "otro"}, "realm_unknown"),
        ({"days": 7}, "days_unknown"),
    ],
)
def test_coverage_of_what_is_not_there_is_an_error(
    coverage: Coverage, wanted: dict[str, Any], code: str
) -> None:
    for ask in (coverage.now, coverage.history):
        with pytest.raises(IdpError) as refused:
            ask(**wanted)
        assert refused.value.code == code


def test_day_is_kept_once_and_told_as_it_was(
    coverage: Coverage, arrive: Arrive, database: Database, clock: FixedClock
) -> None:
    ana = arrive(1, email="ana@empresa.example")
    used(database, TODAY, (ana, ORIGEN))
    assert [coverage.take(), coverage.take()] == [True, False]
    luis = arrive(2)
    used(database, TODAY, (luis, ORIGEN))
    assert coverage.take() is False
    clock.advance(86_400)
    assert coverage.take() is True
    found = coverage.history(30)
    assert [(one.day, one.figures.people, one.figures.able) for one in found] == [
        (TODAY, 1, 1), (TODAY + DAY, 2, 1),
    ]  # fmt: skip
    assert reasons(found[1].figures) == {"no_address": 1}
    of_one = coverage.history(30, client_id="origen", realm="sol")
    assert [one.figures.people for one in of_one] == [1, 2]
    assert [one.day for one in coverage.history(30, last=1)] == [TODAY + DAY]
    assert coverage.now(30).total == found[1].figures


def test_day_begins_at_midnight_in_lima(coverage: Coverage, clock: FixedClock) -> None:
    clock.advance((datetime(2026, 11, 24, 4, 59, tzinfo=UTC) - clock.now()).total_seconds())
    assert coverage.take() is True
    clock.advance(60)
    assert coverage.take() is True
    assert [one.day for one in coverage.history()] == [TODAY, TODAY + DAY]


def test_day_that_two_workers_keep_at_once_is_there_once(
    coverage: Coverage, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert coverage.take() is True
    monkeypatch.setattr(SqlCoverageStore, "has_day", lambda self, day: False)
    assert coverage.take() is False
    assert len(coverage.history()) == 1


def test_purge_removes_old_days_and_old_uses(
    coverage: Coverage, arrive: Arrive, database: Database, clock: FixedClock
) -> None:
    ana = arrive(1)
    used(database, TODAY, (ana, ORIGEN))
    coverage.take()
    clock.advance(30 * 86_400)
    assert coverage.purge() == 0
    clock.advance(86_400)
    # Over both windows: of each realm, and of each at the components that take it.
    assert coverage.purge() == 2 * (2 + 1 + 2)
    clock.advance(90 * 86_400)
    assert coverage.purge() == 1
    assert coverage.history(90, last=365) == ()


def test_history_as_a_plot_tells_first_and_last_and_leaves_gaps(
    coverage: Coverage, arrive: Arrive, clock: FixedClock
) -> None:
    assert history_plot(coverage.history()).labels == ()
    arrive(1, email="ana@empresa.example")
    arrive(2)
    coverage.take()
    plot = history_plot(coverage.history())
    assert plot.labels == ("23/11/2026",)
    assert [line.values for line in plot.lines] == [(50.0,), (0.0,)]
    clock.advance(2 * 86_400)
    coverage.take()
    plot = history_plot(coverage.history())
    assert [line.values for line in plot.lines] == [(50.0, None, 50.0), (0.0, None, 0.0)]
    assert "23/11/2026 eran el 50.0 %" in plot.description


class TestUses:
    """A person's use of a component comes by the audit records that the worker moves."""

    @pytest.fixture
    def kept(self, database: Database) -> UsesBesideRecords:
        return UsesBesideRecords(
            records=SqlAuditStore(database), uses=SqlUseStore(database), uow=database
        )

    def counted(self, coverage: Coverage, days: int = 30) -> Sequence[int]:
        return [one.total.people for one in coverage.now(days).components]

    def test_code_that_was_issued_is_a_use_of_that_day(
        self,
        kept: UsesBesideRecords,
        coverage: Coverage,
        arrive: Arrive,
        audit: Audit,
        clock: FixedClock,
    ) -> None:
        ana, luis = arrive(1), arrive(2)

        def code(person: Person, client_id: str) -> Any:
            event = AuditEvent.CODE_ISSUED
            return audit.entry(event, person_id=person.id, client_id=client_id)

        late = code(ana, "origen")
        clock.advance(35 * 86_400)
        arrive(1)
        token = audit.entry(AuditEvent.TOKEN_ISSUED, person_id=luis.id, client_id="avisos")
        records = [code(ana, "origen"), code(ana, "avisos"), token, code(ana, "origen")]
        assert kept.append_many(records) == 4
        assert self.counted(coverage) == [1, 1]
        # What a crashed worker had in hand comes again, and out of order.
        assert [kept.append_many(one) for one in (records, [late])] == [0, 1]
        assert self.counted(coverage) == [1, 1]

    def test_use_of_somebody_who_is_no_more_keeps_the_record_alone(
        self, kept: UsesBesideRecords, coverage: Coverage, audit: Audit
    ) -> None:
        record = audit.entry(AuditEvent.CODE_ISSUED, person_id="per_gone", client_id="origen")
        assert kept.append_many([record]) == 1
        assert self.counted(coverage) == [0, 0]

    def test_records_and_uses_are_kept_together_or_not_at_all(
        self, database: Database, arrive: Arrive, audit: Audit
    ) -> None:
        class Broken:
            def used(self, uses: Any) -> None:
                raise Unavailable("sql")

        ana = arrive(1)
        kept = UsesBesideRecords(records=SqlAuditStore(database), uses=Broken(), uow=database)
        record = audit.entry(AuditEvent.CODE_ISSUED, person_id=ana.id, client_id="origen")
        with pytest.raises(Unavailable):
            kept.append_many([record])
        assert audit.search(AuditFilter(event=AuditEvent.CODE_ISSUED)) == []


def test_uses_of_before_this_version_are_read_off_the_audit_log(
    database: Database, vault: Vault, arrive: Arrive, audit: Audit, clock: FixedClock
) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    ana, moment = arrive(1), datetime.now(UTC).replace(hour=2, minute=0)
    event = AuditEvent.CODE_ISSUED

    def code(person_id: str, client_id: str, *, days_ago: int) -> Any:
        record = audit.entry(event, person_id=person_id, client_id=client_id)
        return replace(record, at=moment - days_ago * DAY)

    SqlAuditStore(database).append_all(
        [
            code(ana.id, "origen", days_ago=9),
            code(ana.id, "origen", days_ago=3),
            code(ana.id, "avisos", days_ago=300),
            code("per_gone", "origen", days_ago=3),
        ]
    )
    with database.transaction(), database.connection() as connection:
        config = database._config(connection)
        before = ScriptDirectory.from_config(config).get_revision("0008").down_revision
        command.downgrade(config, str(before))
    database.upgrade(vault)
    with database.connection() as connection:
        rows = connection.execute(select(table_of(ComponentUseRow))).all()
    # At two in the morning, UTC, it is still the day before in Lima.
    expected = (moment - 3 * DAY - timedelta(hours=5)).date()
    assert [tuple(row) for row in rows] == [(ana.id, "origen", expected)]
