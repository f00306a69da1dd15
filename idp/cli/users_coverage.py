"""`idp users coverage`: how many people could enter today if SUNAT failed, and why not the rest.

Exit codes: 0 done, 1 there is no such component or realm, 2 misuse.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from idp.cli.sparkline import sparkline
from idp.kernel.identity import REALMS
from idp.kernel.times import LIMA
from idp.people.coverage import (
    WINDOWS,
    ComponentFigures,
    CoverageDay,
    CoverageReport,
    Figures,
    Why,
)

if TYPE_CHECKING:
    from idp.cli.context import Context

# Days that the history prints one by one, beside the line of all of them.
_ROWS = 14
_WORDS = {
    Why.COMPONENT: "the component takes no login by mail",
    Why.NEW: "new, never logged in",
    Why.INACTIVE: "no user any more, by the system that keeps them in step",
    Why.NO_ADDRESS: "no e-mail",
    Why.UNVERIFIED: "e-mail not verified",
    Why.COOLING_OFF: "a new e-mail cools off",
    Why.NO_CONSENT: "no consent",
    Why.UNDELIVERABLE: "mail to them fails",
    Why.UNKNOWN_BROWSER: "no known browser, which the component asks for",
}


def add_parser(actions: Any) -> argparse.ArgumentParser:
    """`idp users coverage`."""
    parser: argparse.ArgumentParser = actions.add_parser(
        "coverage", help="how many could enter now if SUNAT failed, and why not the rest"
    )
    parser.add_argument("--client", metavar="ID", help="of the components only this one")
    parser.add_argument("--realm", choices=REALMS, help="only these people")
    parser.add_argument(
        "--days",
        type=int,
        choices=WINDOWS,
        default=max(WINDOWS),
        help="people seen in so many days (default: %(default)s)",
    )
    parser.add_argument(
        "--history", action="store_true", help="how it went, day by day, instead of now"
    )
    parser.set_defaults(func=run)
    return parser


def run(args: argparse.Namespace, context: Context) -> int:
    """Count, or look back, and print."""
    coverage = context.services.coverage
    chosen = {"realm": args.realm, "client_id": args.client}
    if args.history:
        history = coverage.history(args.days, **chosen)
        if context.as_json:
            context.out([{"day": one.day.isoformat(), **_json(one.figures)} for one in history])
        else:
            context.out("\n".join(_history_lines(history)))
        return 0
    report = coverage.now(args.days, **chosen)
    context.out(_report_json(report) if context.as_json else "\n".join(_lines(report)))
    return 0


def _lines(report: CoverageReport) -> list[str]:
    at = report.at.astimezone(LIMA).strftime("%Y-%m-%d %H:%M:%S")
    lines = [f"people seen in the last {report.days} days, at {at} (Lima)"]
    lines += _group("everybody", report.total)
    for realm, found in report.realms.items():
        lines += _group(f"realm {realm}", found)
    for one in report.components:
        lines += _group(f"component {one.component.client_id} ({one.component.name})", one.total)
    return lines


def _group(name: str, found: Figures) -> list[str]:
    if not found.people:
        return ["", f"{name}: nobody"]
    lines = ["", f"{name}: {found.able:,} of {found.people:,} could enter now ({found.share:.1%})"]
    lines += [f"  {count:>10,}  {_WORDS[why]}" for why, count in found.why_not.items() if count]
    lines.append(f"  {found.known_browser:>10,}  have a known browser")
    lines.append(f"  {found.shared_mailbox:>10,}  share their mailbox with another of them")
    return lines


def _history_lines(history: Sequence[CoverageDay]) -> list[str]:
    if not history:
        return [
            "no day is kept yet: a worker keeps one at the beginning of each day (Lima), and what "
            "was before cannot be told any more"
        ]
    lines = [f"{history[0].day} {sparkline([one.figures.share for one in history])} to today", ""]
    lines.append(f"{'day':<12}{'people':>12}{'could enter':>14}{'share':>8}{'known browser':>16}")
    for one in history[-_ROWS:]:
        share = "–" if one.figures.share is None else f"{one.figures.share:.1%}"
        lines.append(
            f"{one.day.isoformat():<12}{one.figures.people:>12,}{one.figures.able:>14,}{share:>8}"
            f"{one.figures.known_browser:>16,}"
        )
    return lines


def _report_json(report: CoverageReport) -> dict[str, Any]:
    return {
        "at": report.at.isoformat(),
        "days": report.days,
        "total": _json(report.total),
        "realms": {realm: _json(found) for realm, found in report.realms.items()},
        "components": [_component_json(one) for one in report.components],
    }


def _component_json(one: ComponentFigures) -> dict[str, Any]:
    return {
        "client_id": one.component.client_id,
        "client_name": one.component.name,
        "contingency": one.component.contingency,
        "require_known_browser": one.component.require_known_browser,
        **_json(one.total),
        "realms": {realm: _json(found) for realm, found in one.realms.items()},
    }


def _json(found: Figures) -> dict[str, Any]:
    return {
        "people": found.people,
        "able": found.able,
        "share": None if found.share is None else round(found.share, 4),
        "why_not": {why.value: count for why, count in found.why_not.items()},
        "known_browser": found.known_browser,
        "shared_mailbox": found.shared_mailbox,
    }
