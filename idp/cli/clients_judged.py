"""By what `idp clients` judges a file: as this installation would, as far as it is known."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from idp.cli.context import environment
from idp.clients.rules import ALGORITHMS
from idp.kernel.clock import SystemClock
from idp.kernel.errors import StartError
from idp.kernel.identity import REALMS
from idp.settings import Settings, SettingsError
from idp.signing.keyring import Keyring

if TYPE_CHECKING:
    from idp.cli.context import Context


@dataclass(frozen=True)
class Judgement:
    """What a file is judged by (see loader.load). settings: None where they are not complete."""

    path: Path
    settings: Settings | None
    production: bool
    realms: tuple[str, ...]
    algorithms: tuple[str, ...]


def add_production(command: argparse.ArgumentParser) -> None:
    """The option with which an incomplete environment does not matter."""
    command.add_argument(
        "--production", action="store_true", help="judge as production would, wherever this is"
    )


def judgement(file: Path | None, context: Context, *, production: bool) -> Judgement:
    """Of the named file, or of this installation's.

    Without settings it says on stderr what is assumed. Raises SettingsError where neither names a
    file.
    """
    try:
        settings = context.settings
    except SettingsError:
        if file is None:
            raise
        named = environment(os.environ).get("IDP_ENV", "").strip()
        if not production and named != "production":
            print("aviso: el entorno no está completo; el archivo se juzga como en desarrollo "
                  "(con --production, como en producción)", file=sys.stderr)  # fmt: skip
        return Judgement(file, None, production or named == "production", REALMS, ALGORITHMS)
    return Judgement(
        file or settings.clients_file,
        settings,
        production or settings.production,
        tuple(one.realm for one in settings.upstreams),
        _algorithms(settings),
    )


def _algorithms(settings: Settings) -> tuple[str, ...]:
    """What there are keys for: a component that wants more would make the file invalid."""
    try:
        return Keyring.load(settings.keys_dir, clock=SystemClock()).algorithms
    except StartError:
        return ALGORITHMS  # no keys yet: `idp check` will say so
