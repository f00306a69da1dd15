"""`idp audit`: search the audit log (and see audit_show, audit_trail, audit_key)."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from idp.audit.events import TABLE, AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from idp.cli import audit_key, audit_show, audit_trail
from idp.cli.arguments import at_most, moment

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp audit list|show|events|verify|export|checkpoint|key`."""
    parser = subparsers.add_parser("audit", help="the audit log")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="matching records, the newest first")
    listing.add_argument("--event", choices=[event.value for event in AuditEvent], metavar="EVENT")
    listing.add_argument("--person", metavar="ID")
    listing.add_argument("--client", metavar="ID")
    listing.add_argument("--actor", metavar="NAME", help="who acted: console:…, os:…, client:…")
    listing.add_argument("--realm", metavar="REALM")
    listing.add_argument("--reference", metavar="NUMBER", help="the número de atención")
    for name in ("--since", "--until"):
        listing.add_argument(name, type=moment, metavar="MOMENT", help="ISO 8601 with an offset")
    listing.add_argument("--after", metavar="ID", help="go on after this record of a search")
    listing.add_argument("--limit", type=at_most(10_000), default=50, metavar="N")
    listing.set_defaults(func=_list)
    events = actions.add_parser("events", help="the events that there are, and their meaning")
    events.set_defaults(func=_events)
    audit_show.add_command(actions)
    audit_trail.add_commands(actions)
    audit_key.add_commands(actions)
    for action in (listing, events):
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


def _list(args: argparse.Namespace, context: Context) -> int:
    wanted = AuditFilter(
        event=AuditEvent(args.event) if args.event else None,
        person_id=args.person,
        client_id=args.client,
        realm=args.realm,
        reference=args.reference,
        since=args.since,
        until=args.until,
        actor=args.actor,
        older_than=args.after,
    )
    found = context.services.audit.search(wanted, args.limit)
    if context.as_json:
        context.out([json.loads(record.to_json()) for record in found])
    else:
        context.out("\n".join(_line(record) for record in found) or "no such records")
    return 0


def _events(args: argparse.Namespace, context: Context) -> int:
    if context.as_json:
        context.out(
            {
                event.value: {"meaning": row.meaning, "details": sorted(row.details)}
                for event, row in TABLE.items()
            }
        )
    else:
        context.out("\n".join(f"{event.value:<30} {row.meaning}" for event, row in TABLE.items()))
    return 0


def _line(record: AuditRecord) -> str:
    named = ("person_id", "client_id", "actor", "realm", "mode", "reference")
    parts = [f"{name}={getattr(record, name)}" for name in named if getattr(record, name)]
    parts += [f"{name}={value}" for name, value in record.details.items()]
    return f"{record.at.isoformat(timespec='seconds')}  {record.event!s:<26} {' '.join(parts)}"
