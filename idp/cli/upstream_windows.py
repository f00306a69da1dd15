"""`idp upstream window`: maintenance that is announced ahead."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from idp.cli.arguments import impersonal
from idp.cli.context import on_record
from idp.cli.upstream_words import common, duration, hour, known, moment
from idp.kernel.errors import IdpError
from idp.upstream_status.state import Window

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_actions(actions: Any) -> None:
    """`idp upstream window plan|list|cancel`."""
    window = actions.add_parser(
        "window", help="announced maintenance: down from one hour to another"
    )
    inner = window.add_subparsers(required=True, metavar="ACTION")
    plan = inner.add_parser("plan", help="announce one")
    plan.add_argument("realm", metavar="REALM", help="sol, extranet")
    plan.add_argument("--from", dest="starts", required=True, type=hour, metavar="HOUR")
    plan.add_argument("--for", dest="lasting", required=True, type=duration, metavar="TIME")
    plan.add_argument("--reason", required=True, type=impersonal, help="for the audit log")
    common(plan)
    plan.set_defaults(func=_plan)
    listing = inner.add_parser("list", help="those ahead, on, and of the last 30 days")
    common(listing)
    listing.set_defaults(func=_list)
    cancel = inner.add_parser("cancel", help="it does not take place, or ends now")
    cancel.add_argument("window", metavar="ID")
    cancel.add_argument("--reason", required=True, type=impersonal, help="for the audit log")
    common(cancel)
    cancel.set_defaults(func=_cancel)


@on_record
def _plan(args: argparse.Namespace, context: Context) -> int:
    realm = known(args.realm, context)
    try:
        window = context.services.switch.windows.plan(
            realm,
            args.starts,
            args.starts + args.lasting,
            reason=args.reason,
            who=context.actor,
        )
    except ValueError as error:
        raise IdpError("window_refused", detail=str(error)) from error
    _say([window], context)
    return 0


def _list(args: argparse.Namespace, context: Context) -> int:
    _say(context.services.switch.windows.all(), context)
    return 0


@on_record
def _cancel(args: argparse.Namespace, context: Context) -> int:
    try:
        window = context.services.switch.windows.cancel(
            args.window, reason=args.reason, who=context.actor
        )
    except ValueError as error:
        raise IdpError("window_refused", detail=str(error)) from error
    _say([window], context)
    return 0


def _say(windows: list[Window], context: Context) -> None:
    now = context.services.clock.now()
    if context.as_json:
        context.out(
            [
                {
                    "id": one.id,
                    "realm": one.realm,
                    "starts_at": one.starts_at.isoformat(),
                    "ends_at": one.ends_at.isoformat(),
                    "state": _state(one, now),
                    "reason": one.reason,
                    "who": one.who,
                }
                for one in windows
            ]
        )
        return
    lines = [
        f"{one.id}  {one.realm:<10} {_state(one, now):<9}  {moment(one.starts_at)}"
        f" to {moment(one.ends_at)}  {one.who}: {one.reason}"
        for one in windows
    ]
    context.out("\n".join(lines) or "none is announced")


def _state(window: Window, now: Any) -> str:
    if window.cancelled_at is not None:
        return "cancelled"
    if window.ahead(now):
        return "ahead"
    return "on" if window.open(now) else "over"
