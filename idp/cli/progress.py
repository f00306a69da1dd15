"""A bar on a terminal for what takes long; on anything else, a line now and then."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

_WIDTH = 30
_TERMINAL_EVERY = 0.1
_LINE_EVERY = 10.0


class Progress:
    """Written to stderr, so that what a command prints stays its answer alone.

    total: 0 where nobody knows. shown: False says nothing at all.
    """

    def __init__(
        self, name: str, total: int, *, shown: bool = True, stream: TextIO | None = None
    ) -> None:
        self._name = name
        self._total = total
        self._stream = stream or sys.stderr
        self._shown = shown
        self._terminal = self._stream.isatty()
        self._began = time.monotonic()
        self._said = self._began
        self._wrote = False

    def __enter__(self) -> Self:
        return self

    def at(self, done: int) -> None:
        """So much of it is done."""
        now = time.monotonic()
        if not self._shown or now - self._said < (
            _TERMINAL_EVERY if self._terminal else _LINE_EVERY
        ):
            return
        self._said, self._wrote = now, True
        line = self._line(done, now - self._began)
        self._stream.write(f"\r{line}\x1b[K" if self._terminal else f"{line}\n")
        self._stream.flush()

    def _line(self, done: int, seconds: float) -> str:
        rate = f"{done / max(seconds, 0.001):,.0f}/s"
        if not self._total:
            return f"{self._name} {done:,} {rate}"
        part = min(done / self._total, 1.0)
        filled = int(part * _WIDTH)
        left = seconds / part - seconds if part else 0.0
        bar = "#" * filled + "." * (_WIDTH - filled)
        return f"{self._name} [{bar}] {part:4.0%} {done:,}/{self._total:,} {rate} {left:,.0f} s"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._terminal and self._wrote:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
