"""docs/datos-personales.md is whole: every column, key, rule, setting, right and command."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from idp.adapters.sql.models import Base
from idp.cli.main import build_parser
from idp.settings import Settings
from idp.wiring import personal

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "datos-personales.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^idp ([^#\n]+)", TEXT, re.MULTILINE)
_STORES = [*(ROOT / "idp/adapters/redis").glob("*.py"), ROOT / "idp/adapters/queue/broker.py"]


def section(heading: str) -> str:
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE
    )
    assert found is not None, heading
    return found[1]


def cells(heading: str) -> list[list[str]]:
    """The rows of the last table of a section, heads left out."""
    rows = re.findall(r"^\| (.*) \|$", section(heading), re.MULTILINE)
    table = [[cell.strip() for cell in row.split(" | ")] for row in rows]
    return [row for row in table if not row[0].startswith("---")][1:]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_column_of_every_table_is_there_and_no_other() -> None:
    told = {
        named(table)[0]: sorted(named(columns))
        for table, columns, _ in cells("Tabla por tabla (SQL)")
    }
    assert told == {
        one.name: sorted(column.name for column in one.c) for one in Base.metadata.sorted_tables
    }


def test_every_family_of_keys_is_there_and_no_other() -> None:
    """A family: what stands in the code before something that changes."""
    told = {one for families, *_ in cells("Clave por clave (Redis)") for one in named(families)}
    found = {
        one
        for path in _STORES
        for one in re.findall(r'"(idp:[^"{*%]+)', path.read_text(encoding="utf-8"))
    }
    # What was used once is kept under the name that its caller gives.
    callers = "".join(one.read_text(encoding="utf-8") for one in (ROOT / "idp/oidc").glob("*.py"))
    found |= {f"idp:{kind}:" for kind in re.findall(r'\.spend\(\s*"(\w+)"', callers)}
    assert len(found) > 20
    assert [one for one in sorted(found) if not covered(one, told)] == []
    assert [one for one in sorted(told) if not any(key.startswith(one) for key in found)] == []


def covered(key: str, told: set[str]) -> bool:
    return any(key.startswith(one) if one.endswith(":") else key == one for one in told)


def test_every_rule_of_retention_is_there_with_its_setting() -> None:
    source = Path(personal.__file__).read_text(encoding="utf-8")
    found = dict(re.findall(r'[Rr]ule\(\s*"(\w+)",\s*"(\w*)"', source))
    told = {
        named(rule)[0]: (named(setting) or [""])[0]
        for rule, setting, _ in cells("La eliminación por plazo")
    }
    assert {name: setting.removeprefix("IDP_").lower() for name, setting in told.items()} == {
        name: setting.removeprefix("IDP_").lower() for name, setting in found.items()
    }


def test_settings_named_are_settings_with_the_value_that_is_told() -> None:
    known = {f"IDP_{one.name.upper()}": one for one in fields(Settings)}
    assert set(re.findall(r"IDP_\w+", TEXT)) <= set(known)
    retention = {name for name in known if name.endswith("_RETENTION")}
    assert retention <= set(re.findall(r"IDP_\w+", TEXT))
    told = re.findall(r"`(IDP_\w+)`, (\d+)([dm])\b", TEXT) + re.findall(
        r"`(IDP_\w+)` \((\d+)([dm])\)", TEXT
    )
    assert len(told) >= 6
    for name, count, unit in told:
        assert known[name].default == int(count) * {"d": 86_400, "m": 60}[unit], name


def test_every_mail_is_there() -> None:
    mails = {one.name for one in (ROOT / "templates/mail").iterdir()}
    assert mails <= set(named(section("Registros del programa y correos")))


def test_every_right_is_there() -> None:
    rights = {row[0] for row in cells("Los derechos, y con qué se atienden")}
    assert rights == {"acceso", "portabilidad", "rectificación", "oposición", "cancelación"}


@pytest.mark.parametrize("words", COMMANDS)
def test_command_that_the_page_shows_is_one(words: str) -> None:
    assert callable(build_parser().parse_args(shlex.split(words)).func)


def test_page_shows_commands() -> None:
    assert len(COMMANDS) >= 9
