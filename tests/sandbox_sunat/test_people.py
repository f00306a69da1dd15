"""The sandbox's people are complete and well-formed."""

from __future__ import annotations

import pytest
from stdnum.pe import ruc

from sandbox import people


@pytest.mark.parametrize("one", people.PEOPLE, ids=lambda one: one.key)
def test_person_each_has_valid_identifiers_and_reserved_address(one: people.SandboxPerson) -> None:
    assert ruc.is_valid(one.ruc)
    assert one.key == one.usuario == one.usuario.upper()
    assert one.usuario.startswith("EXT") == (one.realm == people.EXTRANET)
    assert one.email is None or one.email.endswith("@example.com")
    assert one.password == "sandbox"


def test_people_keys_are_unique() -> None:
    assert len({one.key for one in people.PEOPLE}) == len(people.PEOPLE)


def test_people_eligible_are_those_of_the_contract() -> None:
    eligible = {one.key for one in people.PEOPLE if one.eligible}
    assert eligible == {"IMPORTA1", "EXPORTA1", "PERSONA1", "ANTIGUO1", "EXT0001", "EXT0003"}


def test_find_official_without_ruc_and_taxpayer_with_it() -> None:
    assert people.find("extranet", "EXT0001") == people.person("EXT0001")
    assert people.find("sol", "IMPORTA1", "20504774288") == people.person("IMPORTA1")
    assert people.find("sol", "IMPORTA1", "20131312955") is None
    assert people.find("extranet", "IMPORTA1") is None
    with pytest.raises(KeyError):
        people.person("NADIE")
