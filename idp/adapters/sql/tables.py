"""From a declarative model to its table, for Core statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Insert, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import Base

_BATCH = 1_000
_BATCHES = 100


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


def purge(database: Database, key: Column[Any], condition: ColumnElement[bool]) -> int:
    """Delete the rows of a condition; how many. key: the table's primary key.

    In batches, each a transaction of its own: a backlog of millions neither outlasts the
    statement's time nor locks anybody out. What is left after a hundred of them waits for the
    next time.
    """
    removed = 0
    for _ in range(_BATCHES):
        some = select(key).where(condition).limit(_BATCH).scalar_subquery()
        with database.transaction(), database.connection() as connection:
            count = connection.execute(delete(key.table).where(key.in_(some))).rowcount
        removed += count
        if count < _BATCH:
            break
    return removed
