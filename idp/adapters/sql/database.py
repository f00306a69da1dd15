"""The database: its connections, the unit of work of each thread, its migrations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, text

from idp.adapters.sql.engine import PATIENT, WRITES, options, parse, prepare, unavailable_when_down
from idp.adapters.sql.models import Base
from idp.kernel.errors import StartError, Unavailable
from idp.people.vault import Vault

_MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, as long as nothing else in this database takes it.
_MIGRATION_LOCK = 7_365_001
REPORT_SECONDS = 120


@dataclass
class _Unit:
    connection: Connection
    broken: bool = False


class Database:
    """One database behind every repository; it implements `kernel.ports.UnitOfWork`.

    Flask-SQLAlchemy and Flask-Migrate want an application: they get one of their own, which serves
    nothing, so that the command line, the worker and the provider open the database alike.
    Connections are made when first needed: constructing this never fails for a database that is
    away. url: `sqlite:///file` or `postgresql://…`; ValueError for another.
    """

    def __init__(self, url: str) -> None:
        parsed = parse(url)
        self._holder = Flask("idp.database")
        self._holder.config.update(
            SQLALCHEMY_DATABASE_URI=parsed, SQLALCHEMY_ENGINE_OPTIONS=options(parsed)
        )
        self._sqlalchemy = SQLAlchemy(model_class=Base)
        self._sqlalchemy.init_app(self._holder)
        self._migrate = Migrate(self._holder, self._sqlalchemy, directory=str(_MIGRATIONS))
        with self._holder.app_context():
            self.engine: Engine = self._sqlalchemy.engine
        prepare(self.engine)
        # A single statement needs no BEGIN and ROLLBACK around it: two round trips less per read.
        # SQLite has no round trips, and its driver would forget how we begin.
        postgres = self.engine.dialect.name == "postgresql"
        autocommit = {"isolation_level": "AUTOCOMMIT"} if postgres else {}
        self._reader = self.engine.execution_options(**autocommit)
        self._unit: ContextVar[_Unit | None] = ContextVar("idp_unit_of_work", default=None)

    @contextmanager
    def transaction(self, *, patient: bool = False) -> Iterator[None]:
        """Begin a unit of work, or join the one under way in this thread.

        The outermost commits, or rolls back on any error. An inner one that failed dooms the whole,
        even if its error was caught on the way: RuntimeError then. patient: waits as long as a
        migration of another process may take, in SQLite. Raises Unavailable("sql").
        """
        unit = self._unit.get()
        if unit is not None:
            try:
                yield
            except BaseException:
                unit.broken = True
                raise
            return
        with unavailable_when_down(), self.engine.connect() as connection:
            connection.execution_options(**{WRITES: True, PATIENT: patient})
            with connection.begin():
                unit = _Unit(connection)
                token = self._unit.set(unit)
                try:
                    yield
                finally:
                    self._unit.reset(token)
                if unit.broken:
                    raise RuntimeError("a part of this unit of work failed")

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """The connection of the unit of work under way; else one for reading.

        Raises Unavailable("sql").
        """
        unit = self._unit.get()
        with unavailable_when_down():
            if unit is not None:
                yield unit.connection
                return
            with self._reader.connect() as connection:
                yield connection

    @property
    def in_transaction(self) -> bool:
        """Whether a unit of work is under way in this thread."""
        return self._unit.get() is not None

    @contextmanager
    def report(self) -> Iterator[Connection]:
        """A connection for counting much: each of its queries sees the same moment, may take
        REPORT_SECONDS, and holds nobody up. It joins no unit of work. Raises Unavailable("sql").
        """
        with unavailable_when_down(), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
                milliseconds = REPORT_SECONDS * 1000
                connection.execute(text(f"SET LOCAL statement_timeout = {milliseconds}"))
                # Hashing a million people within memory; compiling the query takes longer than it.
                connection.execute(text("SET LOCAL work_mem = '64MB'"))
                connection.execute(text("SET LOCAL jit = off"))
            yield connection

    def ping(self) -> None:
        """Raise Unavailable("sql") unless the database answers."""
        with self.connection() as connection:
            connection.execute(text("SELECT 1"))

    def ready(self) -> None:
        """Raise Unavailable("sql") unless it answers and has a schema, of whichever revision.

        A newer one than this code's is the ordinary middle of a rolling update.
        """
        with self.connection() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        if found is None:
            raise Unavailable("sql", "not migrated")

    def wait_ready(self, timeout: float) -> bool:
        """Wait at most about so many seconds until the database answers; whether it does."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.ping()
            except Unavailable:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.25)
            else:
                return True

    def upgrade(self, vault: Vault | None = None) -> None:
        """Bring the schema to the newest revision, all of it or nothing.

        Processes that start together take turns; the second finds nothing to do. vault: what is
        personal is sealed with it, where an older schema had it in clear. Raises
        Unavailable("sql"), StartError.
        """
        with self.transaction(patient=True), self.connection() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK}
                )
            with _said("the database is of a newer version than this program"):
                command.upgrade(self._config(connection, vault), "head")

    def revision(self) -> tuple[str | None, str | None]:
        """The schema's revision (None: empty database), and the newest one that the code has."""
        newest = ScriptDirectory.from_config(self._config(None)).get_current_head()
        with self.connection() as connection:
            return MigrationContext.configure(connection).get_current_revision(), newest

    def differences(self) -> list[Any]:
        """What the tables of the models and those of the database do not agree on (alembic's)."""
        with self.connection() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            return list(compare_metadata(context, Base.metadata))

    def new_revision(self, message: str) -> None:
        """Write a revision from what the models have and this database has not: for developers."""
        old = "the database is not at the newest revision; run `idp db upgrade`"
        with self.transaction(), self.connection() as connection, _said(old):
            command.revision(self._config(connection), message, autogenerate=True)

    def scrub(self) -> bool:
        """After something was erased for good: empty SQLite's write-ahead log, where the rows would
        still stand; False while somebody reads from it. PostgreSQL's VACUUM comes by itself.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        with unavailable_when_down(), self._reader.connect() as connection:
            # Not within a transaction, which the engine begins with the first statement.
            raw = connection.connection.driver_connection
            assert raw is not None
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()

    def _config(self, connection: Connection | None, vault: Vault | None = None) -> Config:
        with self._holder.app_context():
            # A per cent sign in a path would be taken for an interpolation.
            config = self._migrate.get_config(str(_MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes.update(connection=connection, vault=vault)
        assert isinstance(config, Config)
        return config


@contextmanager
def _said(problem: str) -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        raise StartError([f"IDP_DATABASE_URL: {problem}"]) from error
