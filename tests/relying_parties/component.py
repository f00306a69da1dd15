"""What the tests know of any component, whatever it is written with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.relying_parties.visitor import Visitor


@dataclass(frozen=True)
class Component:
    """name: its client_id. home: wants a login, and shows the claims as JSON. initiate: its initiate_login_uri.
    after_logout: where it wants the person back. leave: how a person logs out.
    """

    name: str
    home: str
    initiate: str
    after_logout: str
    leave: Callable[[Visitor], object]


def printed(told: Mapping[str, Any], folder: Path) -> None:
    """Put the files that `idp clients add` printed where the component runs."""
    for one in told["configuration"]["files"]:
        (folder / one["file"]).write_text(one["text"], encoding="utf-8")
