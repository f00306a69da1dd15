"""From a declarative model to its table, for Core statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Insert, Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import Base

_BATCH = 1_000
_BATCHES = 10
# Beyond, a number is for nobody's eyes and costs whoever waits for it.
COUNTED = 100_000


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

    Looked for without a lock, then deleted in batches, each a transaction of its own: a backlog of
    millions neither outlasts the statement's time nor locks anybody out. What is left after ten of
    them waits for the next call: 0 says that nothing is left.
    """
    removed = 0
    for _ in range(_BATCHES):
        with database.connection() as connection:
            some = connection.execute(select(key).where(condition).limit(_BATCH)).scalars().all()
        if not some:
            break
        with database.transaction(), database.connection() as connection:
            # Asked again: it may have changed since, or another worker was faster.
            these = delete(key.table).where(key.in_(some), condition)
            removed += connection.execute(these).rowcount
    return removed


def counted(database: Database, key: Column[Any], condition: ColumnElement[bool]) -> int:
    """How many rows a condition has; beyond a hundred thousand it stops counting."""
    some = select(key).where(condition).limit(COUNTED + 1).subquery()
    with database.connection() as connection:
        return int(connection.execute(select(func.count()).select_from(some)).scalar_one())
