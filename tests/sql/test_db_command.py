"""`idp db …`, as an operator types it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from idp.adapters.sql.database import Database
from idp.cli import db
from idp.kernel.errors import Unavailable

Run = Callable[..., tuple[int, Any]]


def run(database: Database, *words: str) -> tuple[int, Any]:
    said: list[Any] = []
    parser = argparse.ArgumentParser()
    db.add_parser(parser.add_subparsers())
    args = parser.parse_args(["db", *words])
    services = SimpleNamespace(database=database, vault=None)
    context = SimpleNamespace(services=services, as_json=True, out=said.append)
    return args.func(args, context), said[0]


def test_upgrade_brings_an_old_schema_to_the_newest(database_url: str) -> None:
    database = Database(database_url)
    code, before = run(database, "status")
    assert (code, before["current"]) == (1, None)
    code, after = run(database, "upgrade")
    assert (code, after["current"]) == (0, before["newest"])
    assert run(database, "status") == (0, after)
    database.close()


def test_upgrade_of_a_database_that_is_away_gives_up(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        run(Database(f"sqlite:///{tmp_path}/none/t.db"), "upgrade", "--wait", "1")
