"""What several commands take as an argument."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable


def at_most(most: int, *, least: int = 1) -> Callable[[str], int]:
    """A type for argparse: a whole number within bounds."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most}")
        return int(text)

    return parse
