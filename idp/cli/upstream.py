"""`idp upstream`: look at each upstream, flip its flag, say who decides while it is automatic."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any

from idp.cli import drill, upstream_probe, upstream_report, upstream_requests, upstream_windows
from idp.cli.arguments import at_most, impersonal
from idp.cli.context import on_record
from idp.cli.upstream_words import common, duration, known, moment
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.ids import new_id
from idp.upstream_status.override import Override
from idp.upstream_status.state import FlagState, Policy, Why
from idp.upstream_status.switchboard import Outcome

if TYPE_CHECKING:
    from idp.cli.context import Context

_STATES = {
    "down": (FlagState.FORCED_DOWN, "enter contingency: nobody is sent there"),
    "up": (FlagState.FORCED_UP, "send everybody there, whatever the evidence says"),
    "auto": (FlagState.AUTO, "let the evidence decide: the way back to normal"),
}
_FORCES = (
    "this forces it up, also if it fails again; `idp upstream auto {realm}` lets the evidence "
    "decide and is what you want when SUNAT is back"
)
_LOCAL = (
    "in force on this machine within a second, and nowhere else; it goes into the database, and to "
    "every machine, as soon as that answers"
)


def add_parser(subparsers: Any) -> None:
    """`idp upstream status|down|up|auto|policy|history|window|requests|approve|refuse|probe`."""
    parser = subparsers.add_parser("upstream", help="whether SUNAT's logins are used")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    status = actions.add_parser("status", help="what is in force, since when and why")
    status.add_argument("realm", nargs="?", metavar="REALM")
    common(status)
    status.set_defaults(func=_status)
    for name, (state, text) in _STATES.items():
        _add_flip(actions, name, state, text)
    policy = actions.add_parser("policy", help="who decides while the flag is automatic")
    policy.add_argument("realm", metavar="REALM", help="sol, extranet")
    policy.add_argument("policy", choices=[one.value for one in Policy])
    policy.add_argument("--reason", required=True, type=impersonal, help="for the audit log")
    common(policy)
    policy.set_defaults(func=_policy)
    history = actions.add_parser("history", help="who changed the flag, when and why")
    history.add_argument("realm", metavar="REALM")
    history.add_argument("--limit", type=at_most(10_000), default=20, metavar="N")
    history.add_argument(
        "--in-force", action="store_true", help="what was in force, rather than what was said"
    )
    common(history)
    history.set_defaults(func=_history)
    drill.add_actions(actions)
    upstream_windows.add_actions(actions)
    upstream_requests.add_actions(actions)
    upstream_report.add_actions(actions)
    upstream_probe.add_actions(actions)


def _add_flip(actions: Any, name: str, state: FlagState, text: str) -> None:
    flip = actions.add_parser(name, help=text)
    flip.add_argument("realm", metavar="REALM", help="sol, extranet")
    flip.add_argument(
        "--reason", required=True, type=impersonal, help="for the audit log and the history"
    )
    if state is not FlagState.AUTO:
        flip.add_argument(
            "--for", dest="lasting", type=duration, metavar="TIME", help="such as 90m or 2h"
        )
    flip.add_argument(
        "--local",
        action="store_true",
        help="on this machine alone, without the database (IDP_FLAG_OVERRIDE_FILE)",
    )
    common(flip)
    flip.set_defaults(func=_flip, state=state)


def _status(args: argparse.Namespace, context: Context) -> int:
    status = context.services.upstream_status
    if not status.refresh():
        raise Unavailable("sql")
    realms = [known(args.realm, context)] if args.realm else status.realms
    found = [_described(realm, context) for realm in realms]
    context.out(found if context.as_json else "\n".join(_line(one) for one in found))
    return 0


@on_record
def _flip(args: argparse.Namespace, context: Context) -> int:
    realm = known(args.realm, context)
    lasting = getattr(args, "lasting", None)
    until = context.services.clock.now() + lasting if lasting else None
    if args.local:
        return _say_locally(args, context, realm, until)
    try:
        outcome = context.services.switch.switchboard.flip(
            realm, args.state, reason=args.reason, who=context.actor, until=until, via="cli"
        )
    except ValueError as error:
        raise IdpError("flag_refused", detail=str(error)) from error
    _tell(outcome, realm, context)
    if args.state is FlagState.FORCED_UP and outcome.asked is None:
        context.note(_FORCES.format(realm=realm))
    return 0


def _say_locally(
    args: argparse.Namespace, context: Context, realm: str, until: datetime | None
) -> int:
    if not args.reason.strip():
        raise IdpError("flag_refused", detail="a change of the flag needs a reason and a name")
    services = context.services
    answers = services.upstream_status.refresh()
    if answers and services.switch.switchboard.waits(realm, args.state, until):
        raise IdpError(
            "approval_needed", detail="the database answers: say it without --local, and it waits"
        )
    said = Override(
        id=new_id(services.random, "ovr"),
        realm=realm,
        state=args.state,
        reason=args.reason.strip(),
        who=context.actor,
        at=services.clock.now(),
        until=until,
    )
    try:
        services.switch.overrides.write(said)
    except OSError as error:
        raise IdpError("file_unwritable", detail=f"{error.filename}: {error.strerror}") from error
    # Where the database answers after all, it is there at once.
    context.services.upstream_status.refresh()
    found = _described(realm, context)
    context.out(found if context.as_json else _line(found))
    context.note(_LOCAL)
    return 0


@on_record
def _policy(args: argparse.Namespace, context: Context) -> int:
    realm = known(args.realm, context)
    try:
        outcome = context.services.switch.switchboard.choose(
            realm, Policy(args.policy), reason=args.reason, who=context.actor
        )
    except ValueError as error:
        raise IdpError("flag_refused", detail=str(error)) from error
    _tell(outcome, realm, context)
    return 0


def _tell(outcome: Outcome, realm: str, context: Context) -> None:
    found = _described(realm, context)
    if outcome.asked is not None:
        found["request"] = outcome.asked.id
        context.note(
            f"it waits for a second person until {moment(outcome.asked.deadline)}: "
            f"idp upstream approve {outcome.asked.id} --as NAME"
        )
    context.out(found if context.as_json else _line(found))


def _history(args: argparse.Namespace, context: Context) -> int:
    realm = known(args.realm, context)
    if args.in_force:
        return _in_force(args, context, realm)
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
                    "via": change.via,
                    "approved_by": change.approved_by,
                    "evidence": dict(change.evidence),
                }
                for change in changes
            ]
        )
        return 0
    lines = [
        f"{moment(change.at)}  {change.state.value:<11}  {change.who}: {change.reason}"
        + (f" (until {moment(change.until)})" if change.until else "")
        + (f" (approved by {change.approved_by})" if change.approved_by else "")
        + (" (said locally)" if change.via == "local" else "")
        for change in changes
    ]
    context.out("\n".join(lines) or "never changed")
    return 0


def _in_force(args: argparse.Namespace, context: Context, realm: str) -> int:
    found = context.services.switch.transitions.find(realm, None, None, args.limit)
    if context.as_json:
        context.out(
            [
                {
                    "id": one.id,
                    "at": one.at.isoformat(),
                    "up": one.up,
                    "why": one.why.value,
                    "reason": one.reason,
                    "who": one.who,
                    "until": one.until.isoformat() if one.until else None,
                    "evidence": dict(one.evidence),
                }
                for one in found
            ]
        )
        return 0
    lines = [
        f"{moment(one.at)}  {'up' if one.up else 'DOWN':<5} {one.why.value:<11}  "
        f"{one.who or ''}: {one.reason}"
        for one in found
    ]
    context.out("\n".join(lines) or "never changed")
    return 0


def _described(realm: str, context: Context) -> dict[str, Any]:
    status = context.services.upstream_status
    state, facts = status.state(realm), status.facts(realm)
    health = facts.health
    forced = state.why in (Why.FORCED_UP, Why.FORCED_DOWN)
    return {
        "realm": realm,
        "up": state.up,
        "state": state.why.value if forced else FlagState.AUTO.value,
        "why": state.why.value,
        "policy": status.policy(realm).value,
        "since": state.since.isoformat() if state.since else None,
        "until": state.until.isoformat() if state.until else None,
        "who": state.who,
        "reason": state.reason or None,
        "healthy": health.healthy if health else None,
        "probed_at": health.probed_at.isoformat() if health else None,
    }


def _line(found: dict[str, Any]) -> str:
    words = f"{found['realm']:<10} {'up' if found['up'] else 'DOWN':<5} {found['state']}"
    if found["why"] not in (found["state"], Why.DEFAULT.value):
        words += f" ({found['why']})"
    for name in ("since", "until"):
        if found[name]:
            words += f"  {name} {moment(datetime.fromisoformat(found[name]))}"
    return words + (f"  {found['who'] or ''}: {found['reason']}" if found["reason"] else "")
