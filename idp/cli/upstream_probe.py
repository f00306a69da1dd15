"""`idp upstream probe`: go an upstream's login path once, now, and say how each step went."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from idp.cli.upstream_words import common, known, moment
from idp.upstream_status.evidence import described
from idp.upstream_status.observations import ProbeResult

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_actions(actions: Any) -> None:
    """`idp upstream probe REALM`."""
    probe = actions.add_parser(
        "probe", help="go its login path once, now; nothing is kept or judged"
    )
    probe.add_argument("realm", metavar="REALM", help="sol, extranet")
    common(probe)
    probe.set_defaults(func=_probe)


def _probe(args: argparse.Namespace, context: Context) -> int:
    realm = known(args.realm, context)
    result = context.services.probing.prober.look(realm)
    if context.as_json:
        evidence = context.services.probing.evidence.evidence_of(realm)
        context.out({"realm": realm, **described(result), "evidence": evidence})
    else:
        context.out(line(result))
    return 0 if result.ok else 1


def line(result: ProbeResult) -> str:
    """A probe as people read it."""
    steps = [
        f"  {one.step:<6} {one.outcome:<7} {one.ms:>6} ms"
        + (f"  HTTP {one.status}" if one.status is not None else "")
        + (f"  {one.code}" if one.code else "")
        + (f"  (try {one.tries})" if one.tries > 1 else "")
        for one in result.steps
    ]
    verdict = "people get in" if result.ok else "people do not get in"
    return "\n".join([f"{result.realm}: {verdict}; {moment(result.at)}", *steps])
