"""`idp sessions`: how many there are; ending them and all that they gave, in an emergency."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from idp.cli.arguments import for_the_record
from idp.cli.context import on_record
from idp.kernel.errors import IdpError

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp sessions live|revoke`."""
    parser = subparsers.add_parser("sessions", help="count sessions; end them and what they gave")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    live = actions.add_parser(
        "live", help="how many links and sessions live, at most, by component"
    )
    live.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    live.set_defaults(func=_live)
    revoke = actions.add_parser(
        "revoke", help="end sessions, refresh tokens and access tokens; components are told"
    )
    whose = revoke.add_mutually_exclusive_group(required=True)
    whose.add_argument("--all", action="store_true", help="everybody's")
    whose.add_argument(
        "--person", metavar="ID", help="one person's: the id or sub that `idp users show` prints"
    )
    whose.add_argument(
        "--client", metavar="CLIENT_ID", help="one component's tokens; it is told to log out"
    )
    revoke.add_argument("--reason", required=True, type=for_the_record, help="for the audit log")
    # Also after the subcommand, where people type them.
    revoke.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    revoke.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)
    revoke.set_defaults(func=_revoke)


def _live(args: argparse.Namespace, context: Context) -> int:
    del args
    shown = context.services.console.live.now()
    if context.as_json:
        context.out(
            {
                "at": shown.at.isoformat(),
                "total": vars(shown.total),
                "components": {client_id: vars(one) for client_id, _, one in shown.rows},
            }
        )
        return 0
    for name, one in [
        ("(all)", shown.total),
        *((row[0] or "/cuenta", row[2]) for row in shown.rows),
    ]:
        context.out(
            f"{name:<24} links: {one.asked} asked, {one.sent} sent, {one.used} used, {one.live} "
            f"alive at most; sessions at most: {one.contingency} by mail, {one.sunat} by SUNAT"
        )
    return 0


@on_record
def _revoke(args: argparse.Namespace, context: Context) -> int:
    emergencies = context.services.provider.emergencies
    why = {"reason": args.reason, "actor": context.actor}
    if args.person is not None:
        found = emergencies.person(_person(args.person, context), **why)
    elif args.client is not None:
        if context.services.clients.get(args.client) is None:
            raise IdpError("client_unknown", detail="no component of clients.yaml has this id")
        found = emergencies.client(args.client, **why)
    else:
        found = emergencies.everybody(**why)
    if context.as_json:
        context.out(vars(found))
    else:
        told = "sessions told to end" if args.client is not None else "sessions ended"
        context.out(
            f"{found.sessions} {told}, {found.grants} refresh-token families and "
            f"{found.tokens} codes and access tokens revoked"
        )
    return 0


def _person(given: str, context: Context) -> str:
    people = context.services.people
    person = people.get(given) or people.find_sub(given)
    if person is not None:
        return person.id
    # Whoever was joined with another may have left a session all the same.
    retired = people.retired(given)
    if retired is None:
        raise IdpError("person_unknown", detail="nobody has, or had, this id or sub")
    return retired.person_id
