"""`idp users erase` and `idp users hold`: a person's data goes, or an obligation keeps it.

Exit codes: 0 done (or shown), 1 refused or nobody there, 2 misuse, 4 something does not answer:
what was done by then is done, and the command can be repeated.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from idp.cli.arguments import for_the_record
from idp.cli.context import on_record, on_record_when
from idp.cli.persons import add_person, check_reason, person_meant
from idp.people.masking import mask_identifier, mask_name
from idp.people.person import Person
from idp.privacy.erasing import Part

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_actions(actions: Any) -> None:
    """`idp users erase|hold REALM IDENTIFIER --reason "…"`."""
    erase = actions.add_parser(
        "erase", help="erase a person: without --yes it only shows what there is"
    )
    hold = actions.add_parser(
        "hold", help="keep a person's data from being erased, while an obligation exists"
    )
    for parser, call in ((erase, _erase), (hold, _hold)):
        add_person(parser)
        parser.add_argument(
            "--reason", required=True, type=for_the_record, help="for the audit log; name nobody"
        )
        parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        parser.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)
        parser.set_defaults(func=call)
    erase.add_argument("--yes", action="store_true", help="do it: it cannot be undone")
    hold.add_argument("--release", action="store_true", help="the obligation is over")


@on_record_when(lambda args: args.yes)
def _erase(args: argparse.Namespace, context: Context) -> int:
    services = context.services
    person = person_meant(services.people, args)
    check_reason(args.reason, person)
    erasing = services.personal.erasing
    parts, since = erasing.plan(person), erasing.held_since(person.id)
    known = [dict(one) for one in services.personal.dossiers.section("components", person)]
    found: dict[str, Any] = {
        **_shown(person),
        "on_hold_since": since.isoformat() if since else None,
        "parts": [vars(one) for one in parts],
        "components": [{"component": one["component"], "sub": one["sub"]} for one in known],
        "erased": False,
    }
    if args.yes:
        done = erasing.erase(person, actor=context.actor, reason=args.reason)
        found |= {"erased": True, **vars(done)}
    if context.as_json:
        context.out(found)
    else:
        context.out("\n".join(_lines(found, parts)))
    return 0


def _shown(person: Person) -> dict[str, str]:
    return {
        "id": person.id,
        "realm": person.realm,
        "identifier": mask_identifier(person.key),
        "name": mask_name(person.name),
    }


def _lines(found: dict[str, Any], parts: list[Part]) -> list[str]:
    lines = [f"{name:<16} {found[name]}" for name in ("id", "realm", "identifier", "name")]
    lines += [
        f"{one.name:<16} {one.entries}{'  stays, with the id alone' if one.stays else ''}"
        for one in parts
    ]
    if found["components"]:
        lines.append("known to, by a sub that will lead to nobody; tell them:")
        lines += [f"  {one['component']}  {one['sub']}" for one in found["components"]]
    if found["on_hold_since"]:
        lines.append(f"on hold since {found['on_hold_since']}: nothing can be erased")
    if not found["erased"]:
        return [*lines, "nothing was erased; --yes does it, and nothing undoes it"]
    lines.append(
        f"erased: {found['rows']} rows removed, {found['ended']} sessions, tokens and links ended"
    )
    if not found["scrubbed"]:
        lines.append("the database file is in use: its write-ahead log empties itself later")
    return [*lines, "copies of the database still hold the person: see docs/datos-personales.md"]


@on_record
def _hold(args: argparse.Namespace, context: Context) -> int:
    services = context.services
    person = person_meant(services.people, args)
    check_reason(args.reason, person)
    change = services.personal.erasing.release if args.release else services.personal.erasing.hold
    changed = change(person.id, actor=context.actor, reason=args.reason)
    since = services.personal.erasing.held_since(person.id)
    if context.as_json:
        context.out(
            {
                "id": person.id,
                "changed": changed,
                "on_hold_since": since.isoformat() if since else None,
            }
        )
    else:
        state = f"on hold since {since.isoformat()}" if since else "not on hold"
        context.out(f"{person.id}: {state}" + ("" if changed else ", as before"))
    return 0
