"""What several commands take as an argument."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable


def one_line(text: str) -> str:
    """A type for argparse: something to read. Bytes of another encoding reach us as what cannot
    be printed.
    """
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("a text on one line")
    return text.strip()


def at_most(most: int, *, least: int = 1) -> Callable[[str], int]:
    """A type for argparse: a whole number within bounds."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most}")
        return int(text)

    return parse
