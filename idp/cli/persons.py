"""Whom an operator names on the command line."""

from __future__ import annotations

from idp.kernel.errors import IdpError
from idp.kernel.identity import SOL, Identifier, normalise
from idp.people.person import Person
from idp.people.service import People


def identifier_typed(realm: str, typed: str) -> Identifier:
    """The identifier that `RUC:USUARIO` (or `RUC/USUARIO`), or `EXT…`, stands for."""
    value = normalise(typed)
    return Identifier(realm, value.replace("/", ":") if realm == SOL else value)


def person_named(people: People, realm: str, identifier: str) -> Person:
    """The person whom an operator names.

    Raises IdpError("person_unknown"), Unavailable.
    """
    person = people.find(identifier_typed(realm, identifier))
    if person is None:
        raise IdpError("person_unknown", detail="nobody of that realm has this identifier")
    return person
