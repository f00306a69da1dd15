"""The flag of an upstream, and what it means at a given moment: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FlagState(StrEnum):
    """What the operators want: decide by evidence, or by their word."""

    AUTO = "auto"
    FORCED_UP = "forced_up"
    FORCED_DOWN = "forced_down"


@dataclass(frozen=True)
class Flag:
    """The flag of one upstream, as it is stored. Moments are aware, UTC.

    since: when it came into this state. until: when a forced state ends by itself (not included),
    None: when somebody says so. who: the operator.
    """

    realm: str
    state: FlagState
    reason: str
    who: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class FlagChange:
    """One row of a flag's history."""

    realm: str
    state: FlagState
    reason: str
    who: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class UpstreamState:
    """What is in force for an upstream. since: None when it was never otherwise."""

    realm: str
    up: bool
    since: datetime | None
    reason: str


def in_force(flag: Flag, now: datetime) -> bool:
    """Whether the flag's forced state still holds; an automatic one holds nothing."""
    return flag.state is not FlagState.AUTO and (flag.until is None or now < flag.until)


def effective(flag: Flag | None, now: datetime) -> bool:
    """Whether the upstream counts as up at that moment: unless it is forced down, it does."""
    if flag is None or not in_force(flag, now):
        return True
    return flag.state is FlagState.FORCED_UP


def describe(realm: str, flag: Flag | None, now: datetime) -> UpstreamState:
    """What is in force at that moment, since when and why."""
    if flag is None:
        return UpstreamState(realm, True, None, "")
    if flag.state is not FlagState.AUTO and not in_force(flag, now):
        return UpstreamState(realm, True, flag.until, "")
    return UpstreamState(realm, effective(flag, now), flag.since, flag.reason)
