"""`idp upstream`: look at the flag of each upstream, and flip it."""

from __future__ import annotations

import argparse
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from idp.cli.arguments import at_most, impersonal
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.times import LIMA
from idp.upstream_status.state import Flag, FlagState, in_force

if TYPE_CHECKING:
    from idp.cli.context import Context

_STATES = {
    "down": (FlagState.FORCED_DOWN, "enter contingency: nobody is sent there"),
    "up": (FlagState.FORCED_UP, "back to normal, whatever the evidence says"),
    "auto": (FlagState.AUTO, "let the evidence decide"),
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def add_parser(subparsers: Any) -> None:
    """`idp upstream status|down|up|auto|history`."""
    parser = subparsers.add_parser("upstream", help="whether SUNAT's logins are used")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    status = actions.add_parser("status", help="what is in force, since when and why")
    status.add_argument("realm", nargs="?", metavar="REALM")
    _common(status)
    status.set_defaults(func=_status)
    for name, (state, text) in _STATES.items():
        flip = actions.add_parser(name, help=text)
        flip.add_argument("realm", metavar="REALM", help="sol, extranet")
        flip.add_argument(
            "--reason", required=True, type=impersonal, help="for the audit log and the history"
        )
        if state is not FlagState.AUTO:
            flip.add_argument(
                "--for", dest="lasting", type=duration, metavar="TIME", help="such as 90m or 2h"
            )
        _common(flip)
        flip.set_defaults(func=_flip, state=state)
    history = actions.add_parser("history", help="who changed the flag, when and why")
    history.add_argument("realm", metavar="REALM")
    history.add_argument("--limit", type=at_most(10_000), default=20, metavar="N")
    _common(history)
    history.set_defaults(func=_history)


def duration(text: str) -> timedelta:
    """`90m`, `2h`, `1h30m`, `45s`, `1d`. Raises argparse.ArgumentTypeError."""
    parts = re.findall(r"(\d{1,6})([smhd])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise argparse.ArgumentTypeError("a time such as 90m, 2h or 1h30m")
    found = timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))
    if not timedelta(0) < found <= timedelta(days=365):
        raise argparse.ArgumentTypeError("between a second and a year")
    return found


def _common(parser: argparse.ArgumentParser) -> None:
    # Also after the subcommand, where people type them.
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


def _status(args: argparse.Namespace, context: Context) -> int:
    status = context.services.upstream_status
    if not status.refresh():
        raise Unavailable("sql")
    realms = [_known(args.realm, context)] if args.realm else status.realms
    found = [_described(realm, context) for realm in realms]
    context.out(found if context.as_json else "\n".join(_line(one) for one in found))
    return 0


def _flip(args: argparse.Namespace, context: Context) -> int:
    realm = _known(args.realm, context)
    lasting: timedelta | None = getattr(args, "lasting", None)
    until = context.services.clock.now() + lasting if lasting else None
    try:
        context.services.upstream_status.set(
            realm, args.state, reason=args.reason, who=context.actor, until=until
        )
    except ValueError as error:
        raise IdpError("flag_refused", detail=str(error)) from error
    found = _described(realm, context)
    context.out(found if context.as_json else _line(found))
    return 0


def _history(args: argparse.Namespace, context: Context) -> int:
    realm = _known(args.realm, context)
    changes = context.services.upstream_status.history(realm, args.limit)
    if context.as_json:
        context.out(
            [
                {
                    "at": change.at.isoformat(),
                    "state": change.state.value,
                    "who": change.who,
                    "reason": change.reason,
                    "until": change.until.isoformat() if change.until else None,
                }
                for change in changes
            ]
        )
        return 0
    lines = [
        f"{_moment(change.at)}  {change.state.value:<11}  {change.who}: {change.reason}"
        + (f" (until {_moment(change.until)})" if change.until else "")
        for change in changes
    ]
    context.out("\n".join(lines) or "never changed")
    return 0


def _known(realm: str, context: Context) -> str:
    realms = context.services.upstream_status.realms
    if realm not in realms:
        raise IdpError("upstream_unknown", detail=f"{realm}: there are {', '.join(realms)}")
    return realm


def _described(realm: str, context: Context) -> dict[str, Any]:
    status = context.services.upstream_status
    state, flag = status.state(realm), status.flag(realm)
    live: Flag | None = flag if flag and in_force(flag, context.services.clock.now()) else None
    return {
        "realm": realm,
        "up": state.up,
        "state": live.state.value if live else FlagState.AUTO.value,
        "since": state.since.isoformat() if state.since else None,
        "until": live.until.isoformat() if live and live.until else None,
        "who": live.who if live else None,
        "reason": state.reason or None,
    }


def _line(found: dict[str, Any]) -> str:
    words = f"{found['realm']:<10} {'up' if found['up'] else 'DOWN':<5} {found['state']}"
    for name in ("since", "until"):
        if found[name]:
            words += f"  {name} {_moment(datetime.fromisoformat(found[name]))}"
    return words + (f"  {found['who'] or ''}: {found['reason']}" if found["reason"] else "")


def _moment(moment: datetime) -> str:
    return moment.astimezone(LIMA).strftime("%Y-%m-%d %H:%M:%S") + " (Lima)"
