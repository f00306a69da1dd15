"""Standard claims: what a file may say, and how relying parties see it (OpenID Connect Core §5.1)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from idp.adapters.sql.database import Database
from idp.kernel.clock import FixedClock
from idp.kernel.identity import Identifier
from idp.people.attributes import SCOPES, claim, claim_scope, claims
from idp.people.csv_file import parse_csv
from idp.people.service import People
from idp.people.standard import BY_COLUMN, STANDARD
from idp.people.vault import Vault
from sandbox.demo.state import people_csv
from sandbox.people import PEOPLE

WHO = Identifier("sol", "20504774288:IMPORTA1")
HEAD = "realm,ruc,usuario,name"
ROW = "sol,20504774288,IMPORTA1,PRUEBA"


def load(people: People, **values: str) -> list[str]:
    """Import a person with these columns; the problems."""
    cells = ",".join(f'"{value}"' for value in values.values())
    text = f"{','.join([HEAD, *values])}\n{','.join([ROW, cells])}\n"
    rows, problems = parse_csv(text.encode())
    assert not problems
    report = people.seed(rows, trust_emails=False, actor=None)
    return [f"{one.column}: {one.problem}" for one in report.problems]


def seen(people: People, now: datetime) -> dict[str, object]:
    person = people.find(WHO)
    assert person is not None
    return claims(person, SCOPES, now)


def test_everybody_in_the_sandbox_has_every_claim_of_each_scope(
    people: People, clock: FixedClock
) -> None:
    """What a certified relying party warns about is a missing one."""
    rows, problems = parse_csv(people_csv(PEOPLE).encode())
    assert not problems
    clock.advance(366 * 86_400)
    assert not people.seed(rows, trust_emails=True, actor=None).problems
    found = seen(people, clock.now())
    profile = {
        "name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website",
        "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    }  # fmt: skip
    assert profile | {"email", "email_verified", "phone_number", "address"} <= found.keys()
    assert found["phone_number_verified"] is True
    assert isinstance(found["updated_at"], int)
    assert found["address"] == {
        "formatted": "Avenida de Prueba 100\n15036 San Isidro\nLima\nPE",
        "street_address": "Avenida de Prueba 100",
        "locality": "San Isidro",
        "region": "Lima",
        "postal_code": "15036",
        "country": "PE",
    }


def test_what_a_person_has_not_is_left_out(people: People, clock: FixedClock) -> None:
    """§5.3.2: neither null nor empty."""
    assert load(people, nickname="", phone_number="", locality="") == []
    found = seen(people, clock.now())
    assert not {"nickname", "phone_number", "phone_number_verified", "address"} & found.keys()


def test_number_is_not_verified_unless_the_file_says_so(people: People, clock: FixedClock) -> None:
    load(people, phone_number="+5112071510")
    assert seen(people, clock.now())["phone_number_verified"] is False
    load(people, phone_number_verified="sí")
    assert seen(people, clock.now())["phone_number_verified"] is True


def test_newer_number_is_not_verified_by_what_verified_the_older(
    people: People, clock: FixedClock
) -> None:
    load(people, phone_number="+5112071510", phone_number_verified="true")
    load(people, phone_number="+5112071511")
    assert seen(people, clock.now())["phone_number_verified"] is False
    load(people, phone_number="+5112071512", phone_number_verified="true")
    load(people, phone_number="+5112071512")
    assert seen(people, clock.now())["phone_number_verified"] is True


GOOD = {
    "birthdate": ["1990-12-31", "0000-02-29", "1990"],
    "zoneinfo": ["America/Lima", "UTC"],
    "locale": ["es-PE", "es", "qu-419", "zh-Hant-TW"],
    "phone_number": ["+5112071510", "+51999888777"],
    "website": ["https://example.com", "https://example.com:8443/a?b=c"],
    "gender": ["no declarado", "x"],
    "middle_name": ["Ñusta", "a" * 100],
}
BAD = {
    "birthdate": ["31/12/1990", "1990-13-01", "1990-02-30", "1849", "0000", "90-1-1"],
    "zoneinfo": ["Lima", "America/Nada", "-05:00"],
    "locale": ["español", "ES_pe", "es-pe"],
    "phone_number": ["2071510", "+0112", "+51 1 2071510", "+1234567890123456"],
    "phone_number_verified": ["quizá"],
    "website": ["http://example.com", "example.com", "https://", "https://a@example.com",
                "javascript:alert(1)", "https://[", "https://example.com/ñ"],
    "picture": ["data:image/png;base64,AA=="],
    "nickname": ["a" * 101, "a\tb"],
    "postal_code": ["1" * 21],
}  # fmt: skip


@pytest.mark.parametrize(
    "column, value", [(column, value) for column, values in GOOD.items() for value in values]
)
def test_good_value_is_kept_as_it_is(
    people: People, clock: FixedClock, column: str, value: str
) -> None:
    assert load(people, **{column: value}) == []
    assert seen(people, clock.now())[column] == value


@pytest.mark.parametrize(
    "column, value", [(column, value) for column, values in BAD.items() for value in values]
)
def test_bad_value_is_refused_and_nothing_is_written(
    people: People, column: str, value: str
) -> None:
    (problem,) = load(people, **{column: value})
    assert problem == f"{column}: not {BY_COLUMN[column].form}"
    assert people.find(WHO) is None


def test_newer_file_is_right_and_updated_at_tells(people: People, clock: FixedClock) -> None:
    load(people, nickname="Uno", locality="Lima")
    first = seen(people, clock.now())
    clock.advance(60)
    load(people, nickname="Uno", locality="")
    assert seen(people, clock.now()) == first
    load(people, nickname="Dos")
    second = seen(people, clock.now())
    assert (second["nickname"], second["address"]) == ("Dos", first["address"])
    assert second["updated_at"] == int(clock.now().timestamp())


def test_each_claim_is_found_by_its_name(people: People, clock: FixedClock) -> None:
    load(people, nickname="Uno")
    person = people.find(WHO)
    assert person is not None
    assert people.find_sub(person.sub) == person
    assert people.find_sub("nadie") is None
    assert claim(person, "nickname", clock.now()) == "Uno"
    assert claim(person, "picture", clock.now()) is None
    assert claim(person, "nadie", clock.now()) is None
    assert [claim_scope(one) for one in ("nickname", "address", "ruc", "nadie")] == [
        "profile", "address", "vuce", None,
    ]  # fmt: skip


def test_every_column_belongs_to_a_scope_that_discovery_names() -> None:
    assert {one.scope for one in STANDARD} == {"profile", "phone", "address"}
    assert {"profile", "phone", "address", "email", "vuce"} == SCOPES


def test_database_of_before_is_brought_along(
    database: Database, vault: Vault, clock: FixedClock
) -> None:
    """A person of the first revision has no claims, and keeps everything else."""
    from alembic import command
    from sqlalchemy import text

    with database.transaction(), database.connection() as connection:
        command.downgrade(database._config(connection), "0001")
    with database.transaction(), database.connection() as connection:
        connection.execute(
            text(
                "INSERT INTO people (id, sub, usuario, tipo_usuario, name, given_name, family_name,"
                " extras, created_at, updated_at, imported_active, consent)"
                " VALUES ('per_1', 's1', 'U', '', 'N', '', '', '{}', :now, :now, :no, :no)"
            ),
            {"now": clock.now() - timedelta(days=1), "no": False},
        )
        connection.execute(
            text("INSERT INTO identifiers (realm, value, person_id) VALUES ('sol', 'v', 'per_1')")
        )
    database.upgrade(vault)
    from idp.adapters.sql.people import SqlPersonStore

    person = SqlPersonStore(database, vault).get("per_1")
    assert person is not None
    assert (person.name, dict(person.standard)) == ("N", {})


def test_command_shows_which_claims_there_are_and_their_values_only_when_asked(
    tmp_path: Path, valkey: str
) -> None:  # fmt: skip
    from tests.support.world import build_world

    world = build_world(tmp_path, valkey)
    load(world.services.people, nickname="Reservado")
    from idp.cli.users import describe

    person = world.services.people.find(WHO)
    assert person is not None
    now, held = world.clock.now(), world.services.identities.held(person.id)
    assert "Reservado" not in json.dumps(describe(person, held, now, clear=False), default=str)
    assert describe(person, held, now, clear=False)["claims"] == ["nickname"]
    assert describe(person, held, now, clear=True)["claims"] == {"nickname": "Reservado"}
