"""The service over a real database, a clock that stands still, and a person to try it on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.contact import SqlBrowserStore, SqlVerificationStore
from idp.adapters.sql.coverage import SqlUseStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.identities import SqlIdentityStore, SqlMergeStore
from idp.adapters.sql.imports import SqlImportStore
from idp.adapters.sql.nudges import SqlNudgeStore
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlHolds
from idp.adapters.sql.retired_subs import SqlRetiredSubs
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.events import EventBus
from idp.kernel.identity import Identifier
from idp.kernel.random import SystemRandom
from idp.people.joining import Joining
from idp.people.operations import Operations, Stores
from idp.people.person import Person, UpstreamFacts
from idp.people.separating import Separating
from idp.people.service import People
from idp.people.traces import Traces
from idp.people.vault import Vault
from tests.support.vault import vault_in

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def audit(database: Database, clock: FixedClock) -> Audit:
    return Audit(store=SqlAuditStore(database), clock=clock, random=SystemRandom())


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return vault_in(tmp_path)


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


@pytest.fixture
def people(
    database: Database, vault: Vault, audit: Audit, clock: FixedClock, bus: EventBus
) -> People:
    return People(
        store=SqlPersonStore(database, vault),
        verifications=SqlVerificationStore(database),
        browsers=SqlBrowserStore(database),
        imports=SqlImportStore(database),
        holds=SqlHolds(database),
        retired=SqlRetiredSubs(database),
        events=bus,
        uow=database,
        audit=audit,
        clock=clock,
        random=SystemRandom(),
        code_key=b"k" * 32,
    )


@pytest.fixture
def operations(
    database: Database, vault: Vault, audit: Audit, clock: FixedClock, bus: EventBus
) -> Operations:
    stores = Stores(
        persons=SqlPersonStore(database, vault),
        identities=SqlIdentityStore(database, vault),
        merges=SqlMergeStore(database, vault),
        retired=SqlRetiredSubs(database),
        holds=SqlHolds(database),
        verifications=SqlVerificationStore(database),
        browsers=SqlBrowserStore(database),
        traces=Traces(uses=SqlUseStore(database), told=SqlNudgeStore(database)),
    )
    return Operations(stores=stores, uow=database, audit=audit, clock=clock, events=bus)


@pytest.fixture
def told_owners() -> list[tuple[Person, Person]]:
    """Of whom owners of addresses were told that they are one, as they were before."""
    return []


@pytest.fixture
def joining(operations: Operations, told_owners: list[tuple[Person, Person]]) -> Joining:
    def tell(kept: Person, absorbed: Person) -> None:
        told_owners.append((kept, absorbed))

    return Joining(operations, random=SystemRandom(), tell_owners=tell)


@pytest.fixture
def separating(operations: Operations) -> Separating:
    return Separating(operations)


@pytest.fixture
def facts() -> UpstreamFacts:
    return UpstreamFacts(
        realm="sol",
        identifier=Identifier("sol", "20504774288:ADMIN"),
        usuario="ADMIN",
        ruc="20504774288",
        tipo_usuario="0",
        name="COMERCIAL SINTÉTICA S.A.C.",
        given_name="Ana",
        family_name="Quispe Rojas",
        extras={"ddp_estado": "00"},
    )


@pytest.fixture
def events(audit: Audit) -> Callable[[], list[str]]:
    """The audit events so far, the oldest first."""
    return lambda: [record.event.value for record in reversed(audit.search(AuditFilter()))]
