"""Die in the middle of a change of keys: run as a program, for the crash is a real one.

`python signing_crash.py COMMAND KID NOW FOLDER OUT` makes a copy of FOLDER for each step on disk
that the command takes, lets a child process end right before that step, without any clean-up, and
leaves what the child left in OUT/0, OUT/1, … The last copy is of a run that came to its end.
"""

from __future__ import annotations

import os
import shutil
import sys
from datetime import datetime
from pathlib import Path

from idp.kernel.clock import FixedClock
from idp.signing.generate import generate
from idp.signing.key import KeyState
from idp.signing.rotation import revoke, rotate

COMMANDS = ("generate", "rotate", "revoke")
_CRASHED = 77


def perform(command: str, folder: Path, kid: str, clock: FixedClock) -> None:
    """One change of the ES256 keys of a folder."""
    if command == "generate":
        generate(folder, "ES256", clock=clock, state=KeyState.NEXT)
    elif command == "rotate":
        rotate(folder, "ES256", clock=clock)
    else:
        revoke(folder, kid, clock=clock, reason="fuga")


def _die_before(step: int, folder: Path) -> None:
    """End the process before the step-th change of the folder (0: the first)."""
    left = [step]

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event == "open":
            changes = str(args[0]).startswith(f"{folder}/") and bool(args[2] & os.O_CREAT)  # type: ignore[operator]
        else:
            changes = event in ("os.rename", "os.remove") and str(args[0]).startswith(str(folder))
        if changes:
            if left[0] == 0:
                os._exit(_CRASHED)
            left[0] -= 1

    sys.addaudithook(hook)


def main(command: str, kid: str, now: str, source: Path, out: Path) -> None:
    for step in range(100):
        folder = out / str(step)
        shutil.copytree(source, folder)
        child = os.fork()
        if child == 0:
            _die_before(step, folder)
            perform(command, folder, kid, FixedClock(datetime.fromisoformat(now)))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != _CRASHED:
            sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(Path, sys.argv[4:]))  # type: ignore[call-arg, arg-type]
