"""The unit of work, migrations, and what happens when the database is away."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, event, insert, select, text

from idp.adapters.sql.database import Database
from idp.adapters.sql.engine import parse
from idp.adapters.sql.models import SpentLinkRow
from idp.adapters.sql.spent_links import SqlSpentLinks
from idp.adapters.sql.tables import table_of
from idp.kernel.errors import StartError, Unavailable

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_upgrade_of_an_empty_database_matches_the_models(database: Database) -> None:
    assert database.differences() == []
    current, newest = database.revision()
    assert current == newest is not None


def test_upgrade_run_again_changes_nothing(database: Database) -> None:
    database.upgrade()
    assert database.differences() == []


def test_upgrade_by_several_processes_at_once_succeeds_in_all(
    database_url: str, tmp_path: Path
) -> None:
    script = (
        "import sys; from idp.adapters.sql.database import Database as D; D(sys.argv[1]).upgrade()"
    )
    root = str(Path(__file__).parents[2])
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, database_url],
            cwd=tmp_path,  # the migrations are found from anywhere
            env={**os.environ, "PYTHONPATH": root},
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    outcomes = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert [code for _, code in outcomes] == [0, 0, 0], outcomes
    assert Database(database_url).differences() == []


def test_new_file_opened_by_many_connections_at_once_opens_for_all(tmp_path: Path) -> None:
    def open_it(database: Database) -> None:
        together.wait()
        database.ping()

    for number in range(60):
        together = Barrier(6)
        opened = [Database(f"sqlite:///{tmp_path}/{number}.db") for _ in range(6)]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(open_it, opened))
        for database in opened:
            database.close()


def test_upgrade_waits_for_a_migration_longer_than_a_query_may_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.adapters.sql.engine._BUSY_MS", 50)
    first, second = (Database(f"sqlite:///{tmp_path}/t.db") for _ in range(2))
    with ThreadPoolExecutor(1) as pool:
        with first.transaction():
            with pytest.raises(Unavailable):
                SqlSpentLinks(second).add("d", "per_1", NOW)
            waiting = pool.submit(second.upgrade)
            with pytest.raises(FutureTimeout):
                waiting.result(0.5)  # ten times what a query waits, and still there
        waiting.result(60)
    assert second.differences() == []


def test_query_before_the_migrations_raises_unavailable(database_url: str) -> None:
    with pytest.raises(Unavailable):
        SqlSpentLinks(Database(database_url)).add("d", "per_1", NOW)


def test_moment_of_another_zone_reads_back_aware_in_utc(database: Database) -> None:
    lima = NOW.astimezone(timezone(timedelta(hours=-5)))
    SqlSpentLinks(database).add("digest", "per_1", lima)
    with database.connection() as connection:
        found = connection.execute(select(table_of(SpentLinkRow).c.at)).scalar_one()
    assert found == NOW
    assert found.utcoffset() == timedelta(0)


def test_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="naive"):
        SqlSpentLinks(database).add("digest", "per_1", NOW.replace(tzinfo=None))


def test_transaction_that_fails_leaves_nothing(database: Database) -> None:
    spent = SqlSpentLinks(database)
    with pytest.raises(KeyError), database.transaction():
        spent.add("digest", "per_1", NOW)
        raise KeyError
    assert spent.add("digest", "per_1", NOW)


def test_inner_transaction_that_fails_dooms_the_outer_even_if_caught(database: Database) -> None:
    spent = SqlSpentLinks(database)
    with pytest.raises(RuntimeError), database.transaction():
        spent.add("digest", "per_1", NOW)
        with pytest.raises(KeyError), database.transaction():
            raise KeyError
    assert spent.add("digest", "per_1", NOW)


def test_transactions_of_two_threads_are_apart(database: Database) -> None:
    spent = SqlSpentLinks(database)
    with pytest.raises(KeyError), database.transaction():
        with ThreadPoolExecutor(1) as pool:
            seen = pool.submit(lambda: database._unit.get()).result()
        spent.add("digest", "per_1", NOW)
        raise KeyError
    assert seen is None


def test_spent_link_added_64_times_in_parallel_wins_once(database: Database) -> None:
    spent = SqlSpentLinks(database)

    def use(_: int) -> bool:
        with database.transaction():
            return spent.add("one-digest", "per_1", NOW)

    with ThreadPoolExecutor(64) as pool:
        outcomes = list(pool.map(use, range(64)))
    assert outcomes.count(True) == 1


def test_spent_links_purge_removes_only_old_ones(database: Database) -> None:
    spent = SqlSpentLinks(database)
    spent.add("old", "per_1", NOW - timedelta(days=40))
    spent.add("new", "per_1", NOW)
    assert spent.purge(NOW - timedelta(days=30)) == 1
    assert not spent.add("new", "per_1", NOW)
    assert spent.add("old", "per_1", NOW)


def test_purge_of_a_backlog_removes_all_of_it(database: Database) -> None:
    table = table_of(SpentLinkRow)
    old = [
        {"digest": f"{number}", "person_id": "per_1", "at": NOW - timedelta(days=40)}
        for number in range(2_500)
    ]
    with database.transaction(), database.connection() as connection:
        connection.execute(insert(table), old)
    spent = SqlSpentLinks(database)
    spent.add("new", "per_1", NOW)
    assert spent.purge(NOW - timedelta(days=30)) == 2_500
    assert not spent.add("new", "per_1", NOW)


def test_readiness_of_a_schema_without_revision_is_unavailable(database: Database) -> None:
    with database.transaction(), database.connection() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    with pytest.raises(Unavailable):
        database.ready()


def test_server_that_became_read_only_is_unavailable(database: Database) -> None:
    statement = {"sqlite": "PRAGMA query_only = ON", "postgresql": "SET TRANSACTION READ ONLY"}

    @event.listens_for(database.engine, "begin")
    def stand_by(connection: Connection) -> None:
        connection.exec_driver_sql(statement[connection.dialect.name])

    with pytest.raises(Unavailable):
        SqlSpentLinks(database).add("x", "per_1", NOW)


def test_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "t.db").write_bytes(b"no database, but long enough to look at" * 40)
    database = Database(f"sqlite:///{tmp_path}/t.db")
    with pytest.raises(Unavailable):
        database.ping()


def test_upgrade_of_a_database_of_a_newer_version_says_so(database: Database) -> None:
    with database.transaction(), database.connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartError, match="newer version"):
        database.upgrade()


def test_parallel_writers_wait_for_one_another(database: Database) -> None:
    table = table_of(SpentLinkRow)

    def write(number: int) -> None:
        with database.transaction(), database.connection() as connection:
            connection.execute(select(table)).all()  # read first: the upgrade that would fail
            values = {"digest": f"d{number}", "person_id": "per_1", "at": NOW}
            connection.execute(insert(table).values(values))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(48)))
    with database.connection() as connection:
        assert len(connection.execute(select(table)).all()) == 48


def test_database_that_is_away_raises_unavailable_and_waits_in_vain(tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path}/no/such/folder/t.db")
    with pytest.raises(Unavailable) as refused:
        away.ping()
    assert refused.value.dependency == "sql"
    assert not away.wait_ready(0.5)
    (tmp_path / "no/such/folder").mkdir(parents=True)
    assert away.wait_ready(0.5)  # the same object, without a restart


def test_server_that_drops_connections_costs_at_most_one_request(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        database.engine.dispose()
    else:
        with database.transaction(), database.connection() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
    database.ping()
    assert SqlSpentLinks(database).add("digest", "per_1", NOW)


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgres://u@h/d", "postgresql+psycopg"),
        ("postgresql://u@h/d", "postgresql+psycopg"),
        ("sqlite:///x.db", "sqlite"),
    ],
)
def test_url_of_a_known_database_gets_its_driver(given: str, driver: str) -> None:
    assert parse(given).drivername == driver


@pytest.mark.parametrize("given", ["mysql://u@h/d", "sqlite://", "sqlite:///:memory:"])
def test_url_of_another_database_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="neither|needs a file"):
        parse(given)


def test_relative_sqlite_path_is_of_the_working_directory() -> None:
    assert parse("sqlite:///x.db").database == str(Path.cwd() / "x.db")
