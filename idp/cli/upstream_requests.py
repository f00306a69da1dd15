"""`idp upstream requests|approve|refuse`: changes that wait for somebody's word."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from idp.cli.context import on_record
from idp.cli.upstream_words import common, moment
from idp.upstream_status.request import Request

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_actions(actions: Any) -> None:
    """The three of them."""
    requests = actions.add_parser("requests", help="changes that wait for a word")
    requests.add_argument("--all", action="store_true", help="those that were decided, too")
    common(requests)
    requests.set_defaults(func=_list)
    for name, approve, text in (
        ("approve", True, "say yes, which does it: not to one of your own"),
        ("refuse", False, "say no"),
    ):
        word = actions.add_parser(name, help=text)
        word.add_argument("request", metavar="ID")
        common(word)
        word.set_defaults(func=_decide, approve=approve)


def _list(args: argparse.Namespace, context: Context) -> int:
    requests = context.services.switch.requests
    _say(requests.recent() if args.all else requests.open(), context)
    return 0


@on_record
def _decide(args: argparse.Namespace, context: Context) -> int:
    requests = context.services.switch.requests
    _say([requests.decide(args.request, approve=args.approve, who=context.actor)], context)
    return 0


def _say(found: list[Request], context: Context) -> None:
    if context.as_json:
        context.out([_described(one) for one in found])
        return
    lines = [
        f"{one.id}  {one.realm:<10} {one.kind.value} to {one.wanted}  {_end(one)}"
        f"  {one.who}: {one.reason}"
        for one in found
    ]
    context.out("\n".join(lines) or "nothing waits")


def _end(one: Request) -> str:
    if one.decision is not None:
        return f"{one.decision.value} by {one.decided_by}"
    then = "then it is done" if one.do_then else "then it lapses"
    return f"waits until {moment(one.deadline)}, {then}"


def _described(one: Request) -> dict[str, Any]:
    return {
        "id": one.id,
        "realm": one.realm,
        "kind": one.kind.value,
        "wanted": one.wanted,
        "reason": one.reason,
        "who": one.who,
        "asked_at": one.asked_at.isoformat(),
        "deadline": one.deadline.isoformat(),
        "do_then": one.do_then,
        "until": one.until.isoformat() if one.until else None,
        "decision": one.decision.value if one.decision else None,
        "decided_by": one.decided_by,
        "evidence": dict(one.evidence),
    }
