"""What several commands take as an argument."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from datetime import datetime

from idp.audit.impersonal import names_somebody
from idp.kernel.times import read_moment


def one_line(text: str) -> str:
    """A type for argparse: something to read. Bytes of another encoding reach us as what cannot
    be printed.
    """
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("a text on one line")
    return text.strip()


def impersonal(text: str) -> str:
    """A type for argparse: a reason for the audit log, which outlives whom it speaks of."""
    found = names_somebody(text)
    if found is not None:
        raise argparse.ArgumentTypeError(f"a text without {found}: the audit log keeps it")
    return text


def for_the_record(text: str) -> str:
    """A type for argparse: such a reason, on one line, that says something."""
    return impersonal(one_line(text))


def at_most(most: int, *, least: int = 1) -> Callable[[str], int]:
    """A type for argparse: a whole number within bounds."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most}")
        return int(text)

    return parse


def moment(text: str) -> datetime:
    """A type for argparse: a moment that nobody can take for another."""
    found = read_moment(text)
    if found is None:
        raise argparse.ArgumentTypeError("a moment such as 2026-03-01T09:30:00-05:00")
    return found
