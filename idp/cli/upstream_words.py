"""What the commands of `idp upstream` share: their arguments, and how they say a moment."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from idp.kernel.errors import IdpError
from idp.kernel.times import LIMA

if TYPE_CHECKING:
    from idp.cli.context import Context

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration(text: str) -> timedelta:
    """`90m`, `2h`, `1h30m`, `45s`, `1d`. Raises argparse.ArgumentTypeError."""
    parts = re.findall(r"(\d{1,6})([smhd])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise argparse.ArgumentTypeError("a time such as 90m, 2h or 1h30m")
    found = timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))
    if not timedelta(0) < found <= timedelta(days=365):
        raise argparse.ArgumentTypeError("between a second and a year")
    return found


def hour(text: str) -> datetime:
    """`2026-12-05 22:00` in Lima, or ISO 8601 with an offset. Raises ArgumentTypeError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("an hour such as 2026-12-05 22:00 (Lima)") from error
    aware = found if found.tzinfo is not None else found.replace(tzinfo=LIMA)
    return aware.astimezone(UTC)


def moment(at: datetime) -> str:
    """As it is in Lima, to the second."""
    return at.astimezone(LIMA).strftime("%Y-%m-%d %H:%M:%S") + " (Lima)"


def common(parser: argparse.ArgumentParser) -> None:
    """`--json` and `--as` also after the subcommand, where people type them."""
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


def known(realm: str, context: Context) -> str:
    """An upstream that there is. Raises IdpError("upstream_unknown")."""
    realms = context.services.upstream_status.realms
    if realm not in realms:
        raise IdpError("upstream_unknown", detail=f"{realm}: there are {', '.join(realms)}")
    return realm
