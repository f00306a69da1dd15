"""`idp data`: how long everything is kept, and what is due."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from idp.cli.context import on_record_when
from idp.cli.upstream_words import duration
from idp.privacy.retention import Due

if TYPE_CHECKING:
    from idp.cli.context import Context

_AHEAD = timedelta(days=30)
_DAY = 86_400


def add_parser(subparsers: Any) -> None:
    """`idp data retention`."""
    parser = subparsers.add_parser("data", help="how long people's data is kept")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    retention = actions.add_parser(
        "retention",
        help="what is kept for how long, what is due now and what soon; the worker removes what is "
        "due every day",
    )
    retention.add_argument(
        "--ahead", type=duration, default=_AHEAD, metavar="TIME", help="what soon means (30d)"
    )
    retention.add_argument("--purge-now", action="store_true", help="remove what is due, all of it")
    retention.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    retention.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)
    retention.set_defaults(func=_retention)


@on_record_when(lambda args: args.purge_now)
def _retention(args: argparse.Namespace, context: Context) -> int:
    retention = context.services.personal.retention
    removed = retention.purge(actor=context.actor) if args.purge_now else {}
    rows = [_row(one, removed) for one in retention.due(args.ahead)]
    if context.as_json:
        context.out({"ahead": int(args.ahead.total_seconds()), "rules": rows})
    else:
        context.out("\n".join(_lines(rows, args.purge_now)))
    return 0


def _row(due: Due, removed: dict[str, int]) -> dict[str, Any]:
    rule = due.rule
    return {
        "name": rule.name,
        "setting": rule.setting or None,
        "keeps": rule.keeps,
        "due": due.now,
        "soon": due.soon,
        **({"removed": removed[rule.name]} if removed else {}),
    }


def _lines(rows: list[dict[str, Any]], purged: bool) -> list[str]:
    heads = ("what", "kept", "due", "soon", *(("removed",) if purged else ()), "setting")
    cells = [
        (
            row["name"],
            _kept(row),
            str(row["due"]),
            str(row["soon"]),
            *((str(row["removed"]),) if purged else ()),
            row["setting"] or "",
        )
        for row in rows
    ]
    widths = [max(len(row[at]) for row in (heads, *cells)) for at in range(len(heads))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *cells)
    ]


def _kept(row: dict[str, Any]) -> str:
    if row["keeps"] is None:
        return "for ever"
    if row["keeps"] == 0:
        return "until it expires"
    days, rest = divmod(row["keeps"], _DAY)
    return f"{days} days" if not rest else f"{row['keeps']} s"
