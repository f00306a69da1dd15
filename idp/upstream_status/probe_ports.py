"""What the prober needs of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from idp.upstream_status.observations import Act, Bucket, Live, ProbeResult, ProberSeen, StepResult


class Probe(Protocol):
    """Goes the login path of one upstream, as far as one can without being anybody."""

    def run(self) -> tuple[StepResult, ...]:
        """Every step, each whatever became of the others. Never raises."""
        ...


class ProbeStore(Protocol):
    """What probes found, durable. Every method raises Unavailable("sql")."""

    def add(self, results: Sequence[ProbeResult]) -> None:
        """Keep them; what is there already stays as it is."""
        ...

    def recent(self, realm: str, limit: int) -> list[ProbeResult]:
        """The newest first."""
        ...

    def series(self, realm: str, since: datetime, until: datetime, seconds: int) -> list[Bucket]:
        """The probes of a stretch (`until` not included) in buckets of so many seconds, by step;
        the oldest first, without those in which nothing was probed.
        """
        ...

    def seen(self, prober: ProberSeen) -> None:
        """This process is there."""
        ...

    def probers(self, since: datetime) -> list[ProberSeen]:
        """Who was there since, the leading first, then the last seen."""
        ...


class Acts(Protocol):
    """What administrators were told of by the prober, durable, each thing once.

    Every method raises Unavailable("sql").
    """

    def first_time(self, act: Act) -> bool:
        """Keep it, in the unit of work under way; False when the same was done before about the
        same episode, by whichever prober.
        """
        ...

    def done(self, realm: str | None, limit: int) -> list[Act]:
        """The newest first."""
        ...


class LiveCounts(Protocol):
    """How logins fare, counted by all processes together."""

    def add(self, realm: str, name: str, at: float) -> None:
        """One more `ok`, `failed`, `doubtful` or `started`. Raises Unavailable("redis")."""
        ...

    def last(self, realm: str, seconds: int, now: float) -> Live:
        """The counts of so long, rounded up to ten seconds. Raises Unavailable("redis")."""
        ...


class Leadership(Protocol):
    """Of several probers one leads."""

    def lead(self) -> bool:
        """Take the lead, or keep it for some seconds more; whether this process has it.

        Raises Unavailable("redis").
        """
        ...

    def give_up(self) -> None:
        """Let another have it at once. Never raises."""
        ...
