"""`idp mail`: how the mail goes, and which addresses it no longer reaches."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.adapters.mailbox.imap import ImapBox
from idp.adapters.mailbox.maildir import MaildirBox
from idp.admin.mail_board import LATELY, MailShown
from idp.kernel.errors import IdpError
from idp.mail.bounces import BounceKind

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp mail status|bounces`."""
    parser = subparsers.add_parser("mail", help="how the mail goes")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    status = actions.add_parser(
        "status",
        help="what waits, the estimated wait, how relays fare, delivery times of a day by domain",
    )
    status.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    status.set_defaults(func=_status)
    bounces = actions.add_parser(
        "bounces", help="read reports of failed deliveries; mark the addresses that no longer work"
    )
    box = bounces.add_mutually_exclusive_group(required=True)
    box.add_argument("--maildir", type=Path, metavar="DIR", help="into which they are delivered")
    box.add_argument("--imap", metavar="imaps://USER@HOST/FOLDER", help="where they arrive")
    bounces.add_argument("--password-file", type=Path, metavar="FILE", help="of the IMAP account")
    bounces.add_argument("--ca-file", type=Path, metavar="FILE", help="a CA beside the system's")
    bounces.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    bounces.set_defaults(func=_bounces)


def _status(args: argparse.Namespace, context: Context) -> int:
    del args
    shown = context.services.console.mail.now()
    load = shown.load
    if context.as_json:
        context.out(_json(shown))
        return 0
    context.out(
        f"waiting {load.open}, the first for {load.oldest:.0f} s; done {load.finished} in "
        f"{load.window:.0f} s; a new request waits about {shown.wait:.0f} s"
    )
    for one in shown.relays:
        state = "left alone" if one.alone else "works"
        last = f"; last failure: {one.trouble.reason}" if one.trouble else ""
        context.out(
            f"{one.name:<30} {state}{last}; in {LATELY} h: {one.lately.accepted} accepted, "
            f"{one.lately.deferred} put off, {one.lately.refused} refused"
        )
    for domain, found in shown.domains.items():
        context.out(
            f"{domain:<30} {found.deliveries:>7} mails   half within {_within(found.p50)}, "
            f"95 % within {_within(found.p95)}"
        )
    return 0


def _json(shown: MailShown) -> dict[str, Any]:
    load = shown.load
    return {
        "open": load.open,
        "oldest_seconds": round(load.oldest, 1),
        "finished": load.finished,
        "window_seconds": load.window,
        "estimated_wait_seconds": round(shown.wait, 1),
        "domains": {name: asdict(one) for name, one in shown.domains.items()},
        "relays": [
            {
                "name": one.name,
                "per_minute": one.per_minute,
                "left_alone": one.alone,
                "last_failure": one.trouble.reason if one.trouble else None,
                "last_failure_at": one.trouble_at.isoformat() if one.trouble_at else None,
                "last_hours": {"hours": LATELY, **asdict(one.lately)},
                "day": asdict(one.day),
            }
            for one in shown.relays
        ],
        "budgets_an_hour": asdict(shown.budgets),
    }


def _bounces(args: argparse.Namespace, context: Context) -> int:
    try:
        counts = _read(args, context)
    except OSError as error:
        raise IdpError("mailbox_unavailable", detail=str(error)) from None
    except ValueError as error:
        raise IdpError("invalid_option", detail=f"--imap: expected {error}") from None
    if context.as_json:
        context.out({kind.value: count for kind, count in counts.items()})
        return 0
    context.out(
        f"{counts[BounceKind.MARKED]} addresses marked undeliverable; "
        f"{sum(counts.values()) - counts[BounceKind.MARKED]} other messages read: "
        + ", ".join(
            f"{count} {kind.value}"
            for kind, count in counts.items()
            if kind is not BounceKind.MARKED
        )
    )
    return 0


def _read(args: argparse.Namespace, context: Context) -> dict[BounceKind, int]:
    bounces = context.services.bounces
    if args.maildir is not None:
        return bounces.read(MaildirBox(args.maildir))
    if args.password_file is None:
        raise IdpError("invalid_option", detail="--imap needs --password-file")
    password = args.password_file.read_text(encoding="utf-8").strip()
    box = ImapBox(args.imap, password, ca_file=args.ca_file)
    try:
        return bounces.read(box)
    finally:
        box.close()


def _within(seconds: int | None) -> str:
    return "more than 30 min" if seconds is None else f"{seconds} s"
