"""One client as it stands in the file, for the rules to judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.clients.problem import Path
from idp.clients.report import Report
from idp.clients.uris import Fault


@dataclass(frozen=True)
class Raw:
    """One client of the file, where it stands, and what the rules are judged by."""

    data: dict[str, Any]
    path: Path
    report: Report
    production: bool
    realms: tuple[str, ...]
    algorithms: tuple[str, ...]

    def text(self, key: str) -> str | None:
        """A text, or None where there is none that makes sense."""
        value = self.data.get(key)
        return value if isinstance(value, str) and self.report.usable((*self.path, key)) else None

    def items(self, key: str) -> list[tuple[Path, Any]]:
        """The usable items of a list, with their paths."""
        value = self.data.get(key)
        found = value if isinstance(value, list) else []
        paths = [(*self.path, key, index) for index in range(len(found))]
        return [(at, one) for at, one in zip(paths, found, strict=True) if self.report.usable(at)]

    def add(self, path: Path, message: str, instead: str) -> None:
        """Report."""
        self.report.add(path, message, instead)

    @property
    def loopback(self) -> bool:
        """Whether http on the loopback is fine."""
        return not self.production or self.data.get("application_type") == "native"

    @property
    def grants(self) -> tuple[str, ...]:
        """The grants that it may use."""
        given = self.data.get("grant_types")
        found = given if isinstance(given, list) else ["authorization_code"]
        return tuple(one for one in found if isinstance(one, str))

    @property
    def method(self) -> object:
        """How it authenticates."""
        return self.data.get("token_endpoint_auth_method", "client_secret_basic")

    def tell(self, path: Path, faults: list[Fault]) -> None:
        """Report each."""
        for message, instead in faults:
            self.add(path, message, instead)
