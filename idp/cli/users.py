"""`idp users`: import people, look at one, how many could enter now, and asking the others."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any

from idp.cli import (
    users_campaign,
    users_coverage,
    users_deliverable,
    users_erase,
    users_export,
    users_import,
    users_merge,
    users_request,
)
from idp.cli.arguments import impersonal
from idp.cli.context import on_record_when
from idp.cli.persons import check_reason, person_named
from idp.kernel.errors import IdpError
from idp.kernel.identity import REALMS, Identifier
from idp.people.eligibility import contact_address, eligibility
from idp.people.joining import Held
from idp.people.masking import mask_email, mask_identifier, mask_name
from idp.people.person import Person

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp users`: import, export, show, deliverable, merge, unmerge, separate, coverage, campaign,
    erase, hold, request, resend.
    """
    parser = subparsers.add_parser("users", help="the people who can be let in")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    load = users_import.add_parser(actions)
    save = users_export.add_parser(actions)
    show = actions.add_parser("show", help="what is known of a person, masked")
    show.add_argument("realm", choices=REALMS)
    show.add_argument("identifier", metavar="IDENTIFIER", help="RUC:USUARIO, or EXT…")
    show.add_argument(
        "--clear", action="store_true", help="unmasked; the look is recorded in the audit log"
    )
    show.add_argument("--reason", type=impersonal, default="", help="why, for the audit log")
    show.set_defaults(func=_show)
    users_deliverable.add_action(actions)
    users_merge.add_actions(actions)
    coverage = users_coverage.add_parser(actions)
    campaign = users_campaign.add_parser(actions)
    users_erase.add_actions(actions)
    users_request.add_actions(actions)
    for action in (load, save, show, coverage, campaign):
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        action.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


@on_record_when(lambda args: args.clear)
def _show(args: argparse.Namespace, context: Context) -> int:
    people = context.services.people
    person = person_named(people, args.realm, args.identifier)
    if args.clear and not args.reason.strip():
        raise IdpError("reason_needed", detail="--clear needs a --reason, for the audit log")
    if args.clear:
        check_reason(args.reason, person)
        people.revealed(person.id, actor=context.actor, purpose=args.reason)
    held = context.services.identities.held(person.id)
    found = describe(person, held, context.services.clock.now(), clear=args.clear)
    if context.as_json:
        context.out(found)
    else:
        context.out("\n".join(_lines(found)))
    return 0


def describe(person: Person, held: Held, now: datetime, *, clear: bool) -> dict[str, Any]:
    """What an operator sees of a person; personal data masked unless `clear`."""
    contact = contact_address(person, now)

    def told(identifier: Identifier) -> str:
        return identifier.value if clear else mask_identifier(identifier)

    return {
        "id": person.id,
        "sub": person.sub,
        "realm": person.realm,
        "identifier": told(person.key),
        "name": person.name if clear else mask_name(person.name),
        "eligibility": eligibility(person, now).value,
        "consent": person.consent,
        "consent_at": _iso(person.consent_at),
        "first_login_at": _iso(person.first_login_at),
        "last_login_at": _iso(person.last_login_at),
        "imported_active": person.imported_active,
        "doubted_at": _iso(person.doubted_at),
        "identifiers": [told(one) for one in held.identifiers],
        "merged": [
            {"identifier": told(absorbed), "at": _iso(at), "undo_until": _iso(until)}
            for absorbed, at, until in held.merges
        ],
        "active": person.active,
        "withdrawn_at": _iso(person.withdrawn_at),
        "claims": dict(person.standard) if clear else sorted(person.standard),
        "addresses": [
            {
                "id": address.id,
                "email": address.email if clear else mask_email(address.email),
                "in_force": address == contact,
                "verified_at": _iso(address.verified_at),
                "counts_from": _iso(address.counts_from),
                "undeliverable_at": _iso(address.undeliverable_at),
                "confirmed_at": _iso(address.confirmed_at),
            }
            for address in person.addresses
        ],
    }


_APART = ("addresses", "claims", "identifiers", "merged")


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"{name:<16} {value}" for name, value in found.items() if name not in _APART]
    claims = found["claims"]
    told = [f"{one}={claims[one]}" if isinstance(claims, dict) else one for one in claims]
    lines += [f"{'claims':<16} {', '.join(told)}"] if told else []
    if len(found["identifiers"]) > 1:
        lines.append(f"{'identifiers':<16} {', '.join(found['identifiers'])}")
    for kind in ("merged", "addresses"):
        for one in found[kind]:
            parts = [f"{name} {value}" for name, value in one.items() if name != "id" and value]
            lines.append(f"{kind.removesuffix('es'):<16} {'  '.join(parts)}")
    return lines


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
