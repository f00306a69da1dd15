"""One table of a person's attributes: what SCIM shows is in it, and it is all shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path as FilePath
from typing import Any

import pytest
from scim2_models import Mutability, Path

from idp.people.attributes import ATTRIBUTES, UNTOLD, scim_columns, scim_names
from idp.people.csv_file import COLUMNS
from idp.people.scim_paths import EXTENSION, ScimPath
from idp.scim.schema import PersonUser

# What is put together, belongs to the protocol, or says which value is meant.
APART = {"externalId", "schemas", "primary", "type"}


def known(text: str) -> Any:
    return Path[PersonUser](text).resolve()


@pytest.mark.parametrize("column", sorted(scim_columns()))
def test_path_of_every_column_is_one_of_the_schema(column: str) -> None:
    path = scim_columns()[column]
    prefix = f"{path.extension}:" if path.extension else ""
    member = f".{path.member}" if path.member else ""
    assert known(f"{prefix}{path.attribute}{member}") is not None


def test_every_column_of_a_file_has_its_path_but_for_what_is_ours() -> None:
    """Of which SCIM says nothing: SUNAT's word, a no, who is not there for it, and our doubts."""
    assert set(COLUMNS) - set(scim_columns()) == {
        "last_login_at", "consent_refused_at", "withdrawn_at", "doubted_at",
    }  # fmt: skip


def test_every_attribute_of_the_schema_is_in_the_table() -> None:
    paths = [ScimPath.of(one.scim) for one in (*ATTRIBUTES, *UNTOLD) if one.scim]
    paths += scim_columns().values()
    named = {(one.extension, one.attribute, one.member or one.kind) for one in paths}
    attributes = {(extension, attribute) for extension, attribute, _ in named}
    for path in Path[PersonUser].iter_paths():
        binding = path.resolve()
        if binding is None or binding.target_field_name in ("schemas", "primary", "type"):
            continue
        text = str(path)
        extension, _, rest = text.rpartition(":")
        attribute = rest.partition(".")[0]
        own = EXTENSION if extension == EXTENSION else None
        if attribute in APART or attribute == "id":
            continue
        assert (own, attribute) in attributes, text


@pytest.mark.parametrize("one", [one for one in (*ATTRIBUTES, *UNTOLD) if one.scim])
def test_what_is_not_for_systems_to_say_is_read_only(one: Any) -> None:
    """By the table's owner: SUNAT's and ours, but for what names a person, or has its own rule."""
    path = ScimPath.of(one.scim)
    prefix = f"{path.extension}:" if path.extension else ""
    binding = known(f"{prefix}{path.attribute}" + (f".{path.member}" if path.member else ""))
    mutability = binding.get_annotation(Mutability)
    expected = {
        "userName": Mutability.immutable,
        "displayName": Mutability.read_write,
        "active": Mutability.read_write,
        f"{EXTENSION}:ruc": Mutability.read_write,
        f"{EXTENSION}:emailVerifiedAt": Mutability.read_only,
    }.get(one.scim)
    if expected is None:
        ours = one.owner in ("upstream", "us")
        expected = Mutability.read_only if ours else Mutability.read_write
    assert mutability == expected


def test_events_name_attributes_and_never_what_scim_does_not_show() -> None:
    assert scim_names(["extras", "last_login_at", "sub"]) == ()
    assert scim_names(["mobile", "phone", "street"]) == (
        "phoneNumbers", f"{EXTENSION}:street",
    )  # fmt: skip
    assert scim_names(["document_number", "given_name"]) == ("name", f"{EXTENSION}:document")


@pytest.mark.parametrize(
    "text", ["userName", "name.givenName", 'emails[type eq "work"].value', f"{EXTENSION}:a.b"]
)
def test_path_puts_what_it_gets(text: str) -> None:
    path, payload = ScimPath.of(text), {"emails": [{"type": "home", "value": "b"}]}
    assert path.get(payload) is None
    path.put(payload, "a")
    assert path.get(payload) == "a"


@pytest.mark.parametrize("text", ["", "a b", "a[b eq 1]", "a.b.c"])
def test_path_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        ScimPath.of(text)


def test_only_servers_pay_for_the_models() -> None:
    """Half a second, at each command."""
    code = "import idp.cli.main, idp.wiring, sys; sys.exit('scim2_models' in sys.modules)"
    root = FilePath(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
