"""`idp upstream drill`: show some people the contingency while SUNAT works, and what came of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from idp.cli.arguments import at_most, impersonal
from idp.cli.context import on_record_when
from idp.cli.persons import check_reason, person_named
from idp.cli.upstream_words import common, duration, known, moment
from idp.kernel.errors import IdpError
from idp.people.standing import Standing, standing
from idp.upstream_status.drill_choice import Drill
from idp.upstream_status.drill_report import DrillReport, Times

if TYPE_CHECKING:
    from idp.cli.context import Context

_EPILOG = """\
idp upstream drill sol --clients origen --percent 5 --for 1h
idp upstream drill sol --tester 20131312955:EXPORTA1 --for 2h
idp upstream drill list | show ID | end ID --reason TEXT | report ID
"""

_READ = ("list", "show", "report")


def add_actions(actions: Any) -> None:
    """`idp upstream drill REALM …`, and `list`, `show ID`, `end ID`, `report ID` in its place."""
    parser = actions.add_parser(
        "drill",
        help="show some people the contingency while SUNAT works",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", metavar="REALM|list|show|end|report")
    parser.add_argument("id", nargs="?", metavar="ID", help="of show, end and report")
    parser.add_argument(
        "--clients", type=_names, default=(), metavar="ID,…", help="components; default: all"
    )
    parser.add_argument(
        "--percent",
        type=at_most(100),
        default=0,
        metavar="N",
        help="of the people, by their known browsers",
    )
    parser.add_argument(
        "--tester",
        dest="testers",
        action="append",
        default=[],
        metavar="USER",
        help="RUC:USER or EXT…, whatever the percentage; may be repeated",
    )
    parser.add_argument("--for", dest="lasting", type=duration, metavar="TIME", help="at most 24h")
    parser.add_argument(
        "--all", dest="everyone", action="store_true", help="also who could not enter by mail"
    )
    parser.add_argument("--reason", type=impersonal, metavar="TEXT", help="for the audit log")
    common(parser)
    parser.set_defaults(func=_run)


@on_record_when(lambda args: args.what not in _READ)
def _run(args: argparse.Namespace, context: Context) -> int:
    on_one: dict[str, Callable[[argparse.Namespace, Context], Any]] = {
        "show": _show,
        "end": _end,
        "report": _report,
    }
    if args.what == "list":
        found = [_described(one, context) for one in context.services.drills.list()]
        context.out(found if context.as_json else "\n".join(map(_line, found)) or "there was none")
        return 0
    if args.what in on_one:
        if not args.id:
            raise IdpError("drill_refused", detail=f"{args.what} needs the id of a drill")
        context.out(on_one[args.what](args, context))
        return 0
    context.out(_begin(args, context))
    return 0


def _begin(args: argparse.Namespace, context: Context) -> Any:
    services = context.services
    known(args.what, context)
    if args.lasting is None:
        raise IdpError("drill_refused", detail="say how long: --for 1h")
    _check_clients(args.clients, args.what, context)
    testers = [person_named(services.people, args.what, one) for one in args.testers]
    for one in testers:
        check_reason(args.reason or "", one)
    services.upstream_status.refresh()
    try:
        drill = services.drills.begin(
            realm=args.what,
            clients=args.clients,
            percent=args.percent,
            testers=[one.id for one in testers],
            lasts=args.lasting,
            who=context.actor,
            reason=args.reason or "simulacro",
            everyone=args.everyone,
        )
    except ValueError as error:
        raise IdpError("drill_refused", detail=str(error)) from error
    now = services.clock.now()
    for typed, person in zip(args.testers, testers, strict=True):
        found = standing(person, now)
        if found is not Standing.ELIGIBLE and not args.everyone:
            context.note(f"{typed} could not enter by mail ({found.value}), and is not taken")
    return _told(drill, context)


def _check_clients(names: tuple[str, ...], realm: str, context: Context) -> None:
    for name in names:
        client = context.services.clients.get(name)
        if client is None or client.disabled or realm not in client.realms:
            raise IdpError("drill_refused", detail=f"{name}: no component that takes this realm")
        if not client.contingency.allowed:
            raise IdpError("drill_refused", detail=f"{name} admits no contingency")


def _show(args: argparse.Namespace, context: Context) -> Any:
    return _told(context.services.drills.get(args.id), context)


def _told(drill: Drill, context: Context) -> Any:
    """A drill, with its testers' own links: whoever opens one has to press to take part."""
    links = {
        one: f"{context.settings.issuer}/simulacro/{context.services.drills.token(drill, one)}"
        for one in sorted(drill.testers)
    }
    found = _described(drill, context)
    if context.as_json:
        return {**found, "testers": links}
    lines = [_line(found), *(f"  {person}  {link}" for person, link in links.items())]
    return "\n".join(lines)


def _end(args: argparse.Namespace, context: Context) -> Any:
    drill = context.services.drills.end(args.id, context.actor, args.reason or "terminado")
    found = _described(drill, context)
    return found if context.as_json else _line(found)


def _report(args: argparse.Namespace, context: Context) -> Any:
    drill = context.services.drills.get(args.id)
    found = context.services.drills.report(args.id)
    if context.as_json:
        return {**_described(drill, context), "report": asdict(found)}
    return "\n".join([_line(_described(drill, context)), *report_lines(found)])


def report_lines(found: DrillReport) -> list[str]:
    """The report for a terminal."""
    steps = (
        ("chosen", found.chosen),
        ("saw the form", found.shown),
        ("asked for a link", found.asked),
        ("mail accepted", found.accepted),
        ("opened the link", found.opened),
        ("used the link", found.consumed),
        ("entered", found.entered),
        ("reached the component", found.token),
        ("preferred SUNAT", found.left),
        ("under way", found.under_way),
        ("gave up", found.gave_up),
    )
    share = max(found.chosen, 1)
    lines = [f"{name:<24}{count:>7}{count * 100 // share:>6} %" for name, count in steps]
    lines += [
        f"{'people':<24}{found.people:>7}",
        f"{'until the mail left':<24}{_times(found.mail)}",
        f"{'until the component':<24}{_times(found.whole)}",
    ]
    if found.why_not:
        lines.append("why others did not enter:")
        lines += [f"  {reason:<30}{count:>7}" for reason, count in found.why_not.items()]
    return lines


def _times(found: Times) -> str:
    if found.p50 is None or found.p95 is None:
        return "      -"
    return f"{found.p50:>6.0f} s half of them, {found.p95:.0f} s 95 in 100"


def _described(drill: Drill, context: Context) -> dict[str, Any]:
    on = drill.on(context.services.clock.now())
    return {
        "id": drill.id,
        "realm": drill.realm,
        "on": on,
        "clients": list(drill.clients),
        "percent": drill.percent,
        "testers": len(drill.testers),
        "everyone": drill.everyone,
        "begins_at": drill.begins_at.isoformat(),
        "ends_at": drill.ends_at.isoformat(),
        "ended_at": None if on else drill.over_at().isoformat(),
        "ended_why": drill.ended_why.value if drill.ended_why else None if on else "time",
        "who": drill.who,
        "reason": drill.reason,
        "ended_by": drill.ended_by,
        "end_reason": drill.end_reason,
    }


def _line(found: dict[str, Any]) -> str:
    until = datetime.fromisoformat(found["ended_at"] or found["ends_at"])
    state = "on until" if found["on"] else f"over ({found['ended_why']}) at"
    clients = ", ".join(found["clients"]) or "all components"
    return (
        f"{found['id']}  {found['realm']}  {clients}  {found['percent']} %"
        f" + {found['testers']} testers  {state} "
        f"{moment(until)}  {found['who']}: {found['reason']}"
    )


def _names(text: str) -> tuple[str, ...]:
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    if not found:
        raise argparse.ArgumentTypeError("names of components, with commas between")
    return found
