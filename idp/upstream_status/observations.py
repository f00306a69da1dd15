"""What is seen of an upstream: our own probes of its login path, and how people's logins fare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Step(StrEnum):
    """A part of the login path."""

    FORM = "form"
    TOKEN = "token"


class Outcome(StrEnum):
    """What became of a step. SLOW: the right answer, too late for anybody to wait for."""

    OK = "ok"
    SLOW = "slow"
    FAILED = "failed"


@dataclass(frozen=True)
class StepResult:
    """One step of a probe.

    ms: how long its last try took. code: why it failed (stable, lower case), empty when it did
    not. status: the HTTP status, None without an answer. tries: more than one where it failed at
    first.
    """

    step: Step
    outcome: Outcome
    ms: int
    code: str = ""
    status: int | None = None
    tries: int = 1


@dataclass(frozen=True)
class ProbeResult:
    """One probe of one upstream. at: when it ended."""

    realm: str
    at: datetime
    steps: tuple[StepResult, ...]

    @property
    def ok(self) -> bool:
        """Whether a person would have got in."""
        return all(one.outcome is Outcome.OK for one in self.steps)

    @property
    def reason(self) -> str:
        """What failed first, as `form: timeout`; empty when nothing did."""
        found = (one for one in self.steps if one.outcome is not Outcome.OK)
        return next((f"{one.step}: {one.code or one.outcome}" for one in found), "")


@dataclass(frozen=True)
class Live:
    """How people's own logins fared of late, all processes together.

    ok: exchanges that brought a token. failed: exchanges that met a time-out or an error of the
    upstream. doubtful: what a browser alone can cause, a code that the upstream refused among it.
    started: people sent to the upstream.
    """

    ok: int = 0
    failed: int = 0
    doubtful: int = 0
    started: int = 0

    @property
    def returned(self) -> int:
        """Callbacks, of whatever kind."""
        return self.ok + self.failed + self.doubtful


@dataclass(frozen=True)
class Bucket:
    """The probes of one stretch of time, for a plot. at: its begin. ms: of what was answered."""

    at: datetime
    step: Step
    probes: int
    failed: int
    slow: int
    ms_mean: float
    ms_most: int


@dataclass(frozen=True)
class ProberSeen:
    """A prober's process. instance: its machine and a name. leading: whether it is the one that
    probes; the others stand by.
    """

    instance: str
    started_at: datetime
    seen_at: datetime
    leading: bool


@dataclass(frozen=True)
class Act:
    """That the prober advised the administrators (`advise`), or asked them (`ask`).

    up: what it would have in force. episode: when the verdict that it is about began; reason: of
    that verdict. evidence: see `Evidence.evidence_of`.
    """

    realm: str
    act: str
    episode: datetime
    up: bool
    reason: str
    at: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)
