"""`idp mail`: how the mail goes."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from idp.mail.load import CROWD, estimated_wait

if TYPE_CHECKING:
    from idp.cli.context import Context

_OTHERS = "(others)"


def add_parser(subparsers: Any) -> None:
    """`idp mail status`."""
    parser = subparsers.add_parser("mail", help="how the mail goes")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    status = actions.add_parser(
        "status", help="what waits, the estimated wait, delivery times of a day by domain"
    )
    status.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    status.set_defaults(func=_status)


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
