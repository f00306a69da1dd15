"""`idp data-keys`, as an operator runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from idp.adapters.sql.models import PersonRow
from idp.adapters.sql.tables import table_of
from idp.audit.records import AuditFilter
from idp.cli.main import main
from idp.kernel.clock import FixedClock
from idp.people import data_keys
from tests.support.world import World, build_world

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world(tmp_path: Path, valkey: str) -> World:
    return build_world(tmp_path, valkey)


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    from idp.cli.context import Context

    monkeypatch.setattr(Context, "settings", world.settings)

    def call(*words: str) -> tuple[int, str, str]:
        code = main(["data-keys", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_rotate_reseal_and_forget_leave_one_key_and_everybody_readable(
    world: World, run: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = world.person()
    assert run("generate")[:2] == (0, f"{world.settings.data_keys}: ya existe\n")
    code, out, _ = run("rotate")
    assert (code, "d1" in out, "d2" in out, "reseal" in out) == (0, True, True, True)
    code, out, _ = run("reseal", "--json")
    assert (code, json.loads(out)) == (
        0,
        {"rows": 2, "changed": 2, "damaged": []},
    )
    assert run("forget")[0] == 1, "other processes may not have seen the new key yet"
    later = FixedClock(data_keys.read(world.settings.data_keys).newest.made_at)
    later.advance(61)
    monkeypatch.setattr("idp.cli.data_keys.SystemClock", lambda: later)
    code, out, _ = run("forget", "--json")
    assert code == 0
    assert [(one["id"], one["rows"]) for one in json.loads(out)["keys"]] == [("d2", 2)]
    assert world.services.people.get(person.id) == person
    found = {one.event.value for one in world.services.audit.search(AuditFilter())}
    assert {"data_keys.rotated", "data.resealed", "data_keys.forgotten"} <= found


def test_key_that_rows_need_is_kept_and_one_that_is_lost_is_named(world: World, run: Said) -> None:
    world.person()
    path = world.settings.data_keys
    run("rotate")
    keys = json.loads(path.read_text())
    keys["sealing"] = keys["sealing"][1:]
    path.write_text(json.dumps(keys))
    code, out, _ = run("list")
    assert (code, "FALTA" in out) == (0, True)
    assert json.loads(run("list", "--json")[1])["missing"] == ["d1"]
    code, _, err = run("reseal")
    assert (code, "no key d1" in err) == (4, True)


def test_damaged_row_keeps_its_key_and_holds_no_other_row_up(world: World, run: Said) -> None:
    one, other = world.person(usuario="DANADA01"), world.person(usuario="ENTERA01")
    people = table_of(PersonRow)
    with (
        world.services.database.transaction(),
        world.services.database.connection() as connection,
    ):
        broken = people.update().where(people.c.id == one.id)
        connection.execute(broken.values(sealed="d1." + "A" * 80))
    run("rotate")
    code, out, err = run("reseal")
    assert (code, "4 filas, 3 selladas" in out, f"people:{one.id}" in err) == (1, True, True)
    assert json.loads(run("reseal", "--json")[1])["damaged"] == [f"people:{one.id}"]
    assert world.services.people.get(other.id) == other
    keys = json.loads(run("list", "--json")[1])["keys"]
    assert [(found["id"], found["rows"]) for found in keys] == [("d1", 1), ("d2", 3)]


def test_lost_file_is_said_in_a_line(world: World, run: Said) -> None:
    world.settings.data_keys.unlink()
    code, _, err = run("list")
    assert (code, err.count("\n"), "no existe" in err) == (3, 1, True)
