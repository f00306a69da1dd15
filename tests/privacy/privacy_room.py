"""The services of `idp.privacy`, and rows of any table to try them on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, RowMapping, Table, insert, select

from idp.adapters.sql.models import Base as Models
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Identifier
from idp.people.joining import Joining
from idp.people.person import Person, UpstreamFacts
from idp.people.service import People
from idp.wiring.base import Base, Personal

RUC = "20504774288"


@dataclass
class Room:
    """The services, on a database of their own."""

    base: Base
    people: People
    personal: Personal
    joining: Joining

    @property
    def audit(self) -> Audit:
        return self.base.audit

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.base.clock, FixedClock)
        return self.base.clock

    def came(
        self, usuario: str = "ADMIN", *, given_name: str = "Ana", family_name: str = "Quispe Rojas"
    ) -> Person:
        """Somebody who logs in at SUNAT."""
        return self.people.record_upstream_login(
            UpstreamFacts(
                realm="sol",
                identifier=Identifier("sol", f"{RUC}:{usuario}"),
                usuario=usuario,
                ruc=RUC,
                tipo_usuario="0",
                name="COMERCIAL SINTÉTICA S.A.C.",
                given_name=given_name,
                family_name=family_name,
                extras={"ddp_estado": "00"},
            )
        )

    def proved(self, person: Person, email: str) -> Person:
        """With an address that counts at once, or after the cool-off."""
        self.people.set_contact(person.id, email=email, consent=True)
        pending = self.people.pending_verification(person.id)
        assert pending is not None
        self.people.confirm_address(person.id, token=pending.token)
        return self.now(person)

    def now(self, person: Person) -> Person:
        found = self.people.get(person.id)
        assert found is not None
        return found

    def events(self, **wanted: Any) -> list[str]:
        """The oldest first."""
        found = self.audit.search(AuditFilter(**wanted), 10_000)
        return [str(one.event) for one in reversed(found)]

    def rows(self, table: Table, **equal: object) -> list[RowMapping]:
        query = select(table)
        for name, value in equal.items():
            query = query.where(table.c[name] == value)
        with self.base.database.connection() as connection:
            return list(connection.execute(query.order_by(*table.primary_key)).mappings())

    def fill(self, table: Table, **values: object) -> None:
        """A row of a table, made up where nothing is given, with what it refers to (but people)."""
        made = {
            one.name: values.get(one.name, _made_up(one, self.clock.now()))
            for one in table.c
            if one.name in values or not (one.nullable or one.autoincrement is True)
        }
        for key in table.foreign_keys:
            parent, value = key.column, made.get(key.parent.name)
            if parent.table.name != "people" and value is not None:
                if not self.rows(parent.table, **{parent.name: value}):
                    self.fill(parent.table, **{parent.name: value})
        with self.base.database.transaction(), self.base.database.connection() as connection:
            connection.execute(insert(table).values(made))


def _made_up(column: Any, now: datetime) -> object:
    kind = getattr(column.type, "impl", column.type).python_type  # beneath a decorator of ours
    if kind is datetime:
        return now
    if kind is date:
        return now.date()
    if kind in (dict, bool, int):
        return kind()
    return f"made-up {column.table.name}.{column.name}"[: getattr(column.type, "length", 99) or 99]


def columns_of_people() -> list[Column[Any]]:
    """Every column that names a person: by its name, or by its foreign key."""
    return [
        column
        for table in Models.metadata.sorted_tables
        for column in table.c
        if column.name == "person_id"
        or any(key.target_fullname == "people.id" for key in column.foreign_keys)
    ]


def tables_of_people() -> list[Table]:
    """Every table that has one."""
    return list(dict.fromkeys(column.table for column in columns_of_people()))
