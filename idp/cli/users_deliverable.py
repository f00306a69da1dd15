"""`idp users deliverable`: take back that mail to a person fails for good."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from idp.cli.arguments import for_the_record
from idp.cli.context import on_record
from idp.cli.persons import check_reason, person_named
from idp.kernel.errors import IdpError
from idp.kernel.identity import REALMS

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_action(actions: Any) -> None:
    """`idp users deliverable REALM IDENTIFIER --reason "…"`."""
    parser = actions.add_parser(
        "deliverable", help="clear the mark that mail to a person's address fails for good"
    )
    parser.add_argument("realm", choices=REALMS)
    parser.add_argument("identifier", metavar="IDENTIFIER", help="RUC:USUARIO, or EXT…")
    parser.add_argument(
        "--reason", required=True, type=for_the_record, help="why it was wrong, for the audit log"
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)
    parser.set_defaults(func=_deliverable)


@on_record
def _deliverable(args: argparse.Namespace, context: Context) -> int:
    people = context.services.people
    person = person_named(people, args.realm, args.identifier)
    check_reason(args.reason, person)
    cleared = people.clear_undeliverable(person.id, actor=context.actor, reason=args.reason)
    if not cleared:
        raise IdpError("nothing_marked", detail="no address of theirs is marked undeliverable")
    if context.as_json:
        context.out({"id": person.id, "cleared": list(cleared)})
    else:
        context.out(f"{len(cleared)} address{'' if len(cleared) == 1 else 'es'} cleared")
    return 0
