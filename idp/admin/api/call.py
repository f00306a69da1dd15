"""One request to an operation, already judged by its table row, and what it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from idp.audit.records import CLIENT


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Call:
    """path, query, body: as the row says. if_match: the tags of states that it is meant for, none
    where it does not matter. key: what its repeats bear as well, None for a read.
    """

    client_id: str
    path: Mapping[str, str] = field(default_factory=_nothing)
    query: Mapping[str, Any] = field(default_factory=_nothing)
    body: Mapping[str, Any] = field(default_factory=_nothing)
    if_match: tuple[str, ...] = ()
    key: str | None = None

    @property
    def who(self) -> str:
        """The name for the record."""
        return f"{CLIENT}{self.client_id}"


@dataclass(frozen=True)
class Answer:
    """body: plain values. tag: of the state that it shows. repeated: it was given before."""

    body: Mapping[str, Any]
    status: int = 200
    tag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeated: bool = False
