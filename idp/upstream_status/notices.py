"""What the admins are told, and when: pure. Each notice has a key, by which it is told once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.upstream_status.changes import FlagChange, Transition
from idp.upstream_status.observations import Act
from idp.upstream_status.request import Request
from idp.upstream_status.state import (
    Effective,
    Facts,
    Flag,
    FlagState,
    Health,
    Policy,
    Why,
    Window,
    in_force,
)

# How long before a forced state ends somebody is told.
WARNING = timedelta(minutes=15)
# A prober that has said nothing for so long is taken for dead.
SILENCE = timedelta(minutes=5)
_DAY = timedelta(days=1)
# What happened longer ago is no news: nobody was there to tell it.
NEWS = timedelta(days=1)


class Kind(StrEnum):
    """What a notice is about.

    changed: what is in force. said: an operator's word that changed nothing in force. policy,
    window, cancelled: other words of an operator. ending: a forced state ends soon. forced: one
    that lasts, once a day. asked: something waits for a word. advice: the prober sees otherwise
    than what is in force, and does nothing about it. worry: people's logins go badly, and the
    prober sees nothing. silent: no probe for some time.
    """

    CHANGED = "changed"
    SAID = "said"
    POLICY = "policy"
    WINDOW = "window"
    CANCELLED = "cancelled"
    ENDING = "ending"
    FORCED = "forced"
    ASKED = "asked"
    ADVICE = "advice"
    WORRY = "worry"
    SILENT = "silent"


@dataclass(frozen=True)
class Notice:
    """One thing to tell. key: of this occurrence, the same whoever notices it. up: what is, or
    would be, in force; None where that is not the matter. state: of the flag, or a policy's name.
    was_up: what was in force before a change.
    """

    key: str
    kind: Kind
    realm: str
    at: datetime
    up: bool | None = None
    why: Why | None = None
    state: str | None = None
    reason: str = ""
    who: str | None = None
    approved_by: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    does: bool | None = None
    was_up: bool | None = None


def of_transition(one: Transition, change: FlagChange | None, was_up: bool) -> Notice:
    """change: the operator's word that it came of, if any. was_up: before it."""
    return Notice(
        key=f"transition:{one.id}",
        kind=Kind.CHANGED,
        realm=one.realm,
        at=one.at,
        up=one.up,
        why=one.why,
        state=change.state.value if change else None,
        reason=one.reason or (change.reason if change else ""),
        who=one.who or (change.who if change else None),
        approved_by=change.approved_by if change else None,
        until=one.until,
        was_up=was_up,
    )


def of_change(one: FlagChange) -> Notice:
    """A word that changed nothing in force."""
    return Notice(
        key=f"flag:{one.realm}:{_mark(one.at)}",
        kind=Kind.SAID,
        realm=one.realm,
        at=one.at,
        state=one.state.value,
        reason=one.reason,
        who=one.who,
        approved_by=one.approved_by,
        until=one.until,
    )


def of_window(one: Window, now: datetime) -> Notice:
    """It was announced, or does not take place."""
    cancelled = one.cancelled_at is not None
    return Notice(
        key=f"window:{one.id}:{'cancelled' if cancelled else 'planned'}",
        kind=Kind.CANCELLED if cancelled else Kind.WINDOW,
        realm=one.realm,
        at=one.cancelled_at or now,
        reason=one.reason,
        who=one.who,
        since=one.starts_at,
        until=one.ends_at,
    )


def of_request(one: Request) -> Notice:
    """Something waits for a word; until: the deadline; does: whether it is done then."""
    return Notice(
        key=f"request:{one.id}",
        kind=Kind.ASKED,
        realm=one.realm,
        at=one.asked_at,
        up={"up": True, "down": False}.get(one.wanted),
        state=one.wanted,
        reason=one.reason,
        who=one.who,
        until=one.deadline,
        does=one.do_then,
    )


def of_worry(one: Act) -> Notice:
    """What people's logins show while probes see nothing; told once an hour at most."""
    return Notice(
        key=f"worry:{one.realm}:{_mark(one.episode)}",
        kind=Kind.WORRY,
        realm=one.realm,
        at=one.at,
        reason=one.reason,
    )


def due(
    realm: str, facts: Facts, policy: Policy, found: Effective, now: datetime
) -> Iterator[Notice]:
    """What the present moment asks to be told of. found: what is in force."""
    flag = facts.flag
    if flag is not None and in_force(flag, now):
        yield from _of_forced(flag, now)
    if facts.health is None:
        return
    if now - facts.health.probed_at >= SILENCE:
        yield _silent(facts.health)
    elif _differs(facts, policy, found, now):
        yield _advice(facts.health, found)


def _of_forced(flag: Flag, now: datetime) -> Iterator[Notice]:
    up = flag.state is FlagState.FORCED_UP
    # Who forced it for less knows when it ends.
    long = flag.until is not None and flag.until - flag.changed_at > WARNING
    if flag.until is not None and long and flag.until - now <= WARNING:
        key = f"ending:{flag.realm}:{_mark(flag.until)}"
        yield _forced(Kind.ENDING, key, flag, now, up)
    days = (now - flag.since) // _DAY
    if days >= 1:
        key = f"forced:{flag.realm}:{_mark(flag.since)}:{days}"
        yield _forced(Kind.FORCED, key, flag, now, up)


def _forced(kind: Kind, key: str, flag: Flag, now: datetime, up: bool) -> Notice:
    return Notice(
        key=key,
        kind=kind,
        realm=flag.realm,
        at=now,
        up=up,
        state=flag.state.value,
        reason=flag.reason,
        who=flag.who,
        since=flag.since,
        until=flag.until,
    )


def _differs(facts: Facts, policy: Policy, found: Effective, now: datetime) -> bool:
    """Whether the prober sees otherwise, and it is nobody's business but the admins'."""
    if facts.health is None or facts.health.healthy is found.up or found.why is Why.WINDOW:
        return False
    forced = facts.flag is not None and in_force(facts.flag, now)
    return forced or policy is Policy.MANUAL


def _advice(health: Health, found: Effective) -> Notice:
    return Notice(
        key=f"advice:{health.realm}:{_mark(health.since)}",
        kind=Kind.ADVICE,
        realm=health.realm,
        at=health.probed_at,
        up=health.healthy,
        why=found.why,
        reason=health.reason,
        since=health.since,
    )


def _silent(health: Health) -> Notice:
    return Notice(
        key=f"silent:{health.realm}:{_mark(health.probed_at)}",
        kind=Kind.SILENT,
        realm=health.realm,
        at=health.probed_at,
        since=health.probed_at,
    )


def _mark(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
