"""What the switch's pages read beside the switch: how logins went, what was said of each flag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.kernel.identity import Mode
from idp.upstream_status.changes import FlagChange


@dataclass(frozen=True)
class LoginCount:
    """Logins of one component by one mode that came within a bucket. at: its beginning. client_id:
    "" for our own pages.
    """

    at: datetime
    client_id: str
    mode: Mode
    realm: str
    count: int


class LoginCounts(Protocol):
    """Counts logins. Raises Unavailable("sql")."""

    def buckets(self, since: datetime, until: datetime, seconds: int) -> Sequence[LoginCount]:
        """Those from since on, before until, in buckets that begin at whole multiples of so many
        seconds of the epoch; only those that hold any.
        """
        ...


@dataclass(frozen=True)
class Said:
    """A change of a flag with its place in the order of all."""

    seq: int
    change: FlagChange


class SaidStore(Protocol):
    """What operators said of each flag. Raises Unavailable("sql")."""

    def said(
        self,
        realm: str | None,
        since: datetime | None,
        until: datetime | None,
        before: int | None,
        limit: int,
    ) -> Sequence[Said]:
        """The newest first; before: of those that came earlier than this one of the order."""
        ...


class ProbeBucket(Protocol):
    """The probes of one stretch of time, of one step of the login path. at: its beginning."""

    @property
    def at(self) -> datetime:
        """Its beginning."""
        ...

    @property
    def step(self) -> str:
        """Which part of the login path."""
        ...

    @property
    def probes(self) -> int:
        """How many there were."""
        ...

    @property
    def failed(self) -> int:
        """How many of them failed."""
        ...

    @property
    def slow(self) -> int:
        """How many more were right, but too late."""
        ...


class Probes(Protocol):
    """What the prober saw. Raises Unavailable("sql")."""

    def series(
        self, realm: str, since: datetime, until: datetime, seconds: int
    ) -> Sequence[ProbeBucket]:
        """By step, the oldest first, in buckets as `LoginCounts.buckets` has them."""
        ...
