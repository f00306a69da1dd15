"""The `idp` command: a file per group, each parses, calls one service and prints.

Owns: arguments, output (`--json`), exit codes. Does not own: any behaviour.
May import: wiring, app, the rooms' services and errors, settings, kernel.

Exit codes: 0 done, 1 refused or failed (a line says why), 2 wrong use, 3 the environment or a
file cannot be used, 4 something that we depend on does not answer.
"""

from __future__ import annotations

from idp.cli.main import main

__all__ = ["main"]
