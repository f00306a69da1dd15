"""`idp mail`: how the mail goes, and which addresses it no longer reaches."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.adapters.mailbox.imap import ImapBox
from idp.adapters.mailbox.maildir import MaildirBox
from idp.kernel.errors import IdpError
from idp.mail.bounces import BounceKind
from idp.mail.load import estimated_wait
from idp.mail.news import CROWD

if TYPE_CHECKING:
    from idp.cli.context import Context

_OTHERS = "(others)"


def add_parser(subparsers: Any) -> None:
    """`idp mail status|bounces`."""
    parser = subparsers.add_parser("mail", help="how the mail goes")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    status = actions.add_parser(
        "status", help="what waits, the estimated wait, delivery times of a day by domain"
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
    mail_load = context.services.mail_load
    load = mail_load.now()
    domains = _grouped(mail_load.domains())
    if context.as_json:
        context.out(
            {
                "open": load.open,
                "oldest_seconds": round(load.oldest, 1),
                "finished": load.finished,
                "window_seconds": load.window,
                "estimated_wait_seconds": round(estimated_wait(load), 1),
                "domains": domains,
            }
        )
        return 0
    context.out(
        f"waiting {load.open}, the first for {load.oldest:.0f} s; done {load.finished} in "
        f"{load.window:.0f} s; a new request waits about {estimated_wait(load):.0f} s"
    )
    for domain, found in domains.items():
        context.out(
            f"{domain:<30} {found['deliveries']:>7} mails   half within {_within(found['p50'])}, "
            f"95 % within {_within(found['p95'])}"
        )
    return 0


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


def _grouped(domains: Mapping[str, Mapping[int, int]]) -> dict[str, dict[str, int | None]]:
    """By domain, the busiest first. A domain of a few mails may be one person's: those are told
    together.
    """
    counts: dict[str, dict[int, int]] = {}
    for domain, buckets in domains.items():
        name = domain if sum(buckets.values()) >= CROWD else _OTHERS
        one = counts.setdefault(name, {})
        for bound, count in buckets.items():
            one[bound] = one.get(bound, 0) + count
    ordered = sorted(counts.items(), key=lambda item: -sum(item[1].values()))
    return {
        name: {
            "deliveries": sum(buckets.values()),
            "p50": _percentile(buckets, 0.50),
            "p95": _percentile(buckets, 0.95),
        }
        for name, buckets in ordered
    }


def _percentile(buckets: Mapping[int, int], share: float) -> int | None:
    """The least bound (s) that covers so large a share; None beyond the last."""
    wanted, seen = share * sum(buckets.values()), 0
    for bound in sorted(one for one in buckets if one):
        seen += buckets[bound]
        if seen >= wanted:
            return bound
    return None


def _within(seconds: int | None) -> str:
    return "more than 30 min" if seconds is None else f"{seconds} s"
