"""From a declarative model to its table, for Core statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from idp.adapters.sql.models import Base


def table_of(model: type[Base]) -> Table:
    """The table of a model."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def insert_new(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row unless one of the same key is there; whether it was inserted.

    Of parallel calls for one key exactly one says True; the others wait until it has committed.
    """
    statement: Insert
    if connection.dialect.name == "postgresql":
        statement = postgresql.insert(table).values(values).on_conflict_do_nothing()
    else:
        statement = sqlite.insert(table).values(values).on_conflict_do_nothing()
    # Without the option SQLAlchemy drops the count of an INSERT (psycopg then tells -1).
    counted = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counted).rowcount == 1


def upsert(connection: Connection, table: Table, values: dict[str, Any], *, key: str) -> None:
    """Insert a row, or write its other columns anew where one of the same `key` is there."""
    others = {name: value for name, value in values.items() if name != key}
    statement: Insert
    if connection.dialect.name == "postgresql":
        on_postgres = postgresql.insert(table).values(values)
        statement = on_postgres.on_conflict_do_update(index_elements=[key], set_=others)
    else:
        on_sqlite = sqlite.insert(table).values(values)
        statement = on_sqlite.on_conflict_do_update(index_elements=[key], set_=others)
    connection.execute(statement)
