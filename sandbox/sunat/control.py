"""Make the mock SUNAT misbehave: `sandbox sunat-set --realm sol down`."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from typing import Any

from sandbox.people import EXTRANET, SOL
from sandbox.sunat.board import ALL
from sandbox.sunat.faults import BOTH, FAULTS

DEFAULT_BASE_URL = "http://localhost:8100"
# A proxy of the environment must never see, or refuse, what stays on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("fault", choices=FAULTS, metavar="FAULT", help=", ".join(FAULTS))
    parser.add_argument("--realm", choices=(SOL, EXTRANET, ALL), default=ALL)
    parser.add_argument("--seconds", type=float, help="how long `slow` takes; default 10")
    parser.add_argument("--where", choices=BOTH, help="only at this endpoint")
    parser.add_argument("--seed", type=int, help="restart the sequence of `flaky`")
    parser.add_argument("--base-url", default=DEFAULT_BASE_URL)


def put(base_url: str, wish: dict[str, Any]) -> dict[str, Any]:
    """Send a wish to /control.json; returns its state.

    Raises ValueError with the mock's reason when it refuses, OSError when it is not there.
    """
    call = urllib.request.Request(
        base_url.rstrip("/") + "/control.json",
        json.dumps(wish).encode(),
        {"Content-Type": "application/json"},
        method="PUT",
    )
    try:
        with _OPENER.open(call, timeout=10) as answer:
            state: dict[str, Any] = json.load(answer)
            return state
    except urllib.error.HTTPError as error:
        raise ValueError(error.read().decode(errors="replace").strip()) from None


def main(args: argparse.Namespace) -> int:
    """Set the fault and print what each realm does now. 1 when that failed."""
    wish = {"realm": args.realm, "fault": args.fault, "seconds": args.seconds}
    wish.update(where=args.where, seed=args.seed)
    try:
        state = put(args.base_url, wish)
    except (OSError, ValueError) as error:
        print(f"sandbox sunat-set: {args.base_url}: {error}", file=sys.stderr)
        return 1
    for realm, now in state["realms"].items():
        slow = f" ({now['seconds']:g} s)" if now["fault"] == "slow" else ""
        print(f"{realm}: {now['fault']}{slow} at {', '.join(now['where'])}")
    return 0


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="sandbox sunat-set", description=__doc__)
    configure(_parser)
    sys.exit(main(_parser.parse_args()))
