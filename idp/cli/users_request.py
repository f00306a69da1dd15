"""`idp users request|resend REFERENCE`: what became of a request for a link, and another link for
whoever waits for it.
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from idp.admin.requests import Request
from idp.cli.context import on_record
from idp.contingency.visit import Gate
from idp.kernel.errors import IdpError

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_actions(actions: Any) -> None:
    """Both name a request by its número de atención."""
    for name, call, about in (
        ("request", _request, "what became of a request for a link, in the help desk's words"),
        ("resend", _resend, "have another link sent to the same address, while its login waits"),
    ):
        one = actions.add_parser(name, help=about)
        one.add_argument("reference", metavar="REFERENCE", help="the número de atención")
        one.set_defaults(func=call)
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        one.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


def _request(args: argparse.Namespace, context: Context) -> int:
    found = _named(args.reference, context)
    waits = context.services.console.people.resend.waits(found.link_id or "")
    if context.as_json:
        context.out(
            {
                "reference": found.reference,
                "component": found.component,
                "waits": waits is not None,
                "again_at": waits.again_at.isoformat() if waits and waits.another else None,
                "moments": [
                    {
                        "at": one.at.isoformat(),
                        "words": str(one.told.words),
                        "relay": one.relay or None,
                        "todo": str(one.told.todo) if one.told.todo else None,
                    }
                    for one in found.moments
                ],
            }
        )
        return 0
    for one in found.moments:
        todo = f" {one.told.todo}" if one.told.todo else ""
        context.out(f"{one.at.isoformat(timespec='seconds')}  {one.told.words}{todo}")
    context.out("espera su correo" if waits else "ya no espera ningún correo")
    return 0


@on_record
def _resend(args: argparse.Namespace, context: Context) -> int:
    found = _named(args.reference, context)
    desk = context.services.console.people.resend
    door = desk.resend(found.link_id or "", actor=context.actor)
    if door is Gate.RECOVERED:
        raise IdpError("sunat_available", detail="SUNAT is up: the person logs in there")
    if door is not Gate.OPEN:
        raise IdpError("request_over", detail="no login waits for that mail any more")
    if context.as_json:
        context.out({"reference": found.reference, "asked": True})
    else:
        context.out(f"{found.reference}: asked for; the link before counts no more")
    return 0


def _named(reference: str, context: Context) -> Request:
    """The newest request with that number. Raises IdpError("request_unknown"), Unavailable."""
    digits = re.sub(r"[\s.-]", "", reference)
    found = context.services.console.people.requests.of_reference(digits)
    if found is None:
        raise IdpError("request_unknown", detail="no request for a link has this number")
    return found
