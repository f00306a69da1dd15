"""Whom an operator names on the command line."""

from __future__ import annotations

from idp.kernel.errors import IdpError
from idp.kernel.identity import SOL, Identifier, normalise
from idp.people.person import Person
from idp.people.service import People


def person_named(people: People, realm: str, identifier: str) -> Person:
    """The person of `RUC:USUARIO` (or `RUC/USUARIO`), or of `EXT…`.

    Raises IdpError("person_unknown"), Unavailable.
    """
    value = normalise(identifier)
    if realm == SOL:
        value = value.replace("/", ":")
    person = people.find(Identifier(realm, value))
    if person is None:
        raise IdpError("person_unknown", detail="nobody of that realm has this identifier")
    return person
