"""How each kind of database is opened: URL, options, and what a new connection is told."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from idp.kernel.errors import Unavailable

# The execution option of a connection that is going to write.
WRITES = "idp_writes"
# That of one that waits for another process's migration, however long it takes.
PATIENT = "idp_patient"

_BUSY_MS = 5_000
_PATIENT_MS = 600_000
_CONNECT_SECONDS = 3
# The server ends what hangs, so that no thread waits for good; idle transactions hold locks.
_POSTGRES_OPTIONS = (
    "-c statement_timeout=5000 -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
)
_UNDEFINED_TABLE = "42P01"
# A server that became a standby, or ended an idle transaction.
_READ_ONLY = ("25006", "25P03")
_NO_DATABASE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


def parse(url: str) -> URL:
    """The URL of a database, with its driver; a relative SQLite path is of the working directory.

    Raises ValueError for other databases, and for SQLite in memory: each connection would have one
    of its own.
    """
    found = make_url(url)
    if found.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return found.set(drivername="postgresql+psycopg")
    if found.drivername != "sqlite":
        raise ValueError("the database is neither sqlite:/// nor postgresql://")
    if not found.database or found.database == ":memory:":
        raise ValueError("SQLite needs a file")
    return found.set(database=str(Path(found.database).absolute()))


def options(url: URL) -> dict[str, Any]:
    """The engine options for this URL."""
    shared: dict[str, Any] = {
        "hide_parameters": True,  # in errors: they are people's data
        "pool_size": 5,
        "max_overflow": 10,
        "pool_timeout": 10,
    }
    if url.get_backend_name() == "sqlite":
        return {**shared, "connect_args": {"timeout": _BUSY_MS / 1000}}
    connect: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 10_000,
        "options": _POSTGRES_OPTIONS,
    }
    for name in url.query:
        connect.pop(name, None)  # what the operator wrote in the URL goes first
    # A broken pooled connection is found before it is used, not by the request that gets it.
    return {**shared, "pool_pre_ping": True, "pool_recycle": 1800, "connect_args": connect}


def prepare(engine: Engine) -> None:
    """Make SQLite behave like a server; PostgreSQL needs nothing."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        # Transactions are begun by us, below: the driver would begin too late and too weak ones.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        _log_ahead(cursor)
        cursor.execute("PRAGMA synchronous = FULL")  # a spent link stays spent after a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten: an erased person's sealed row must not stay in the file.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later cannot wait for another writer in SQLite,
        # it fails at once: who is going to write takes the lock at the start.
        chosen = connection.get_execution_options()
        if chosen.get(PATIENT):
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {_PATIENT_MS}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if chosen.get(WRITES) else "BEGIN")
        finally:
            if chosen.get(PATIENT):
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {_BUSY_MS}")


def _log_ahead(cursor: sqlite3.Cursor) -> None:
    """Switch the file to write-ahead logging, which it keeps for good.

    Of two connections that switch a new file at once SQLite refuses one at once, without waiting
    (each holds what the other needs); by the next try the winner is done.
    """
    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def unavailable_when_down() -> Iterator[None]:
    """Turn what says "the database cannot serve now" into Unavailable("sql").

    A table that is not there is such a case too: the process that migrates has not finished.
    """
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise Unavailable("sql", _name(error)) from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == _UNDEFINED_TABLE:
            raise Unavailable("sql", "not migrated") from error
        no_database = getattr(error.orig, "sqlite_errorname", None) in _NO_DATABASE
        if error.connection_invalidated or state in _READ_ONLY or no_database:
            raise Unavailable("sql", _name(error)) from error
        raise


def _name(error: Exception) -> str:
    # The class only: a driver's sentence may hold values of the statement.
    return type(getattr(error, "orig", None) or error).__name__
