"""Whom an operator names on the command line."""

from __future__ import annotations

import argparse
from typing import Any

from idp.kernel.errors import IdpError
from idp.kernel.identity import REALMS, SOL, Identifier, normalise
from idp.people.masking import speaks_of
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


def add_person(parser: Any) -> None:
    """`REALM IDENTIFIER`, or `--id PERSON_ID`."""
    parser.add_argument("realm", nargs="?", choices=REALMS)
    parser.add_argument("identifier", nargs="?", metavar="IDENTIFIER", help="RUC:USUARIO, or EXT…")
    parser.add_argument("--id", metavar="PERSON_ID", help="instead: the id of the audit log")


def person_meant(people: People, args: argparse.Namespace) -> Person:
    """The person of these arguments.

    Raises IdpError: person_unknown, person_needed; Unavailable.
    """
    if args.id is not None and args.realm is None:
        person = people.get(args.id)
        if person is None:
            raise IdpError("person_unknown", detail="nobody has this id")
        return person
    if args.id is not None or args.identifier is None:
        raise IdpError("person_needed", detail="name REALM and IDENTIFIER, or --id alone")
    return person_named(people, args.realm, args.identifier)


def check_reason(reason: str, person: Person) -> None:
    """The audit log outlives the person. Raises IdpError("reason_names_person")."""
    if speaks_of(reason, person):
        raise IdpError(
            "reason_names_person",
            detail="the audit log keeps the reason for longer than the person: name nobody in it",
        )
