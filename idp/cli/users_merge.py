"""`idp users merge|unmerge|separate`: who is who, by an operator's word.

Exit codes: 0 done (or, in a dry run, it could be done), 1 refused (nothing changed, but where the
message says so), 2 misuse, 4 something does not answer.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from idp.cli.arguments import for_the_record
from idp.cli.context import on_record
from idp.cli.persons import identifier_typed
from idp.kernel.identity import REALMS
from idp.oidc.emergencies import Revoked
from idp.people.eligibility import contact_address, eligibility
from idp.people.masking import mask_email, name_user
from idp.people.operations import Order
from idp.people.person import Person

if TYPE_CHECKING:
    from idp.cli.context import Context

_CONTACT = {
    "kept": "the kept person's own",
    "moved": "the absorbed person's, with its state",
    "none": "neither has an address",
}


def add_actions(actions: Any) -> None:
    """`idp users merge REALM OLD NEW`, `unmerge REALM NEW`, `separate REALM IDENTIFIER`."""
    merge = actions.add_parser(
        "merge",
        help="join two persons who are one human: both users lead to the first one named, whose "
        "sub stays; the other's sub names nobody for good",
    )
    merge.add_argument("realm", choices=REALMS)
    merge.add_argument("kept", metavar="KEPT", help="who stays: RUC:USUARIO, or EXT…")
    merge.add_argument("absorbed", metavar="ABSORBED", help="who is joined with them")
    merge.add_argument(
        "--keep-younger",
        action="store_true",
        help="even if the other was known for longer, and so its sub to components",
    )
    merge.set_defaults(func=_merge)
    unmerge = actions.add_parser(
        "unmerge", help="undo a merge, the newest of a person first, while IDP_MERGE_UNDO lasts"
    )
    unmerge.add_argument("realm", choices=REALMS)
    unmerge.add_argument("absorbed", metavar="ABSORBED", help="who was joined with somebody")
    unmerge.set_defaults(func=_unmerge)
    separate = actions.add_parser(
        "separate",
        help="take a user away from a person, since SUNAT gave it to another human: whoever logs "
        "in with it next is a new person, with a new sub; it cannot be undone",
    )
    separate.add_argument("realm", choices=REALMS)
    separate.add_argument("identifier", metavar="IDENTIFIER", help="RUC:USUARIO, or EXT…")
    separate.set_defaults(func=_separate)
    for action in (merge, unmerge, separate):
        action.add_argument(
            "--reason", required=True, type=for_the_record, help="for the audit log; name nobody"
        )
        action.add_argument("--dry-run", action="store_true", help="only say what would happen")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        action.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


@on_record
def _merge(args: argparse.Namespace, context: Context) -> int:
    kept = identifier_typed(args.realm, args.kept)
    absorbed = identifier_typed(args.realm, args.absorbed)
    done = context.services.identities.merge(
        kept, absorbed, _order(args, context), keep_younger=args.keep_younger
    )
    found: dict[str, Any] = {
        "kept": _shown(done.what.after, context),
        "absorbed": _shown(done.what.absorbed, context),
        "users": [name_user(one) for one in done.what.identifiers],
        "contact": done.what.contact,
        "undo_until": done.what.undo_until.isoformat(),
    }
    lines = [
        f"kept      {_line(found['kept'])}",
        f"absorbed  {_line(found['absorbed'])}",
        f"users     {', '.join(found['users'])}",
        f"contact   {_CONTACT[done.what.contact]}",
        f"undo      until {found['undo_until']}: idp users unmerge",
    ]
    return _say(args, context, found, lines, done.ended)


@on_record
def _unmerge(args: argparse.Namespace, context: Context) -> int:
    absorbed = identifier_typed(args.realm, args.absorbed)
    done = context.services.identities.unmerge(absorbed, _order(args, context))
    found: dict[str, Any] = {
        "kept": _shown(done.what.kept, context),
        "restored": _shown(done.what.restored, context),
        "contact_restored": done.what.contact_restored,
    }
    contact = "as before" if done.what.contact_restored else "changed since: to be confirmed anew"
    lines = [
        f"kept      {_line(found['kept'])}",
        f"restored  {_line(found['restored'])}",
        f"contact   {contact}",
    ]
    return _say(args, context, found, lines, done.ended)


@on_record
def _separate(args: argparse.Namespace, context: Context) -> int:
    identifier = identifier_typed(args.realm, args.identifier)
    done = context.services.identities.separate(identifier, _order(args, context))
    after = done.what.after
    found: dict[str, Any] = {
        "before": _shown(done.what.before, context),
        "after": _shown(after, context) if after else None,
    }
    became = _line(found["after"]) if found["after"] else "nobody: their sub is retired for good"
    lines = [f"before    {_line(found['before'])}", f"after     {became}"]
    return _say(args, context, found, lines, done.ended)


def _order(args: argparse.Namespace, context: Context) -> Order:
    return Order(actor=context.actor, reason=args.reason, dry_run=args.dry_run)


def _shown(person: Person, context: Context) -> dict[str, Any]:
    """A person, masked, with the ids by which components know them."""
    now = context.services.clock.now()
    address = contact_address(person, now)
    return {
        "id": person.id,
        "sub": person.sub,
        "pairwise": context.services.identities.known_as(person.sub),
        "user": name_user(person.key),
        "eligibility": eligibility(person, now).value,
        "email": mask_email(address.email) if address else None,
        "created_at": person.created_at.isoformat(),
    }


def _line(shown: Mapping[str, Any]) -> str:
    return "  ".join(
        (
            str(shown["user"]),
            f"sub {shown['sub']}",
            str(shown["eligibility"]),
            str(shown["email"] or "no address in force"),
        )
    )


def _say(
    args: argparse.Namespace,
    context: Context,
    found: dict[str, Any],
    lines: list[str],
    ended: Revoked | None,
) -> int:
    if context.as_json:
        context.out({**found, "dry_run": args.dry_run, "ended": vars(ended) if ended else None})
        return 0
    if ended is None:
        lines.append("dry run   nothing was changed")
    else:
        lines.append(
            f"ended     {ended.sessions} sessions, {ended.grants} refresh-token families, "
            f"{ended.tokens} codes and access tokens"
        )
    context.out("\n".join(lines))
    return 0
