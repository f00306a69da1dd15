"""What to do about a verdict: pure.

    policy       the verdict contradicts what is in force
    manual       the administrators are advised, once for each verdict
    assisted     they are asked; without an answer by the deadline it is done
    automatic    it is done

Nothing is done or asked sooner than `dwell` after the last judgement: whatever probes say, nobody
is sent to and fro faster than that. While an operator forces a state, evidence only advises. What
people's logins show can advise as well, and nothing else: a stranger can bring about all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from idp.upstream_status.hysteresis import Thresholds, Verdict, people_fail
from idp.upstream_status.observations import Live
from idp.upstream_status.state import Policy

# Fewer say nothing: a company's training, a script.
ENOUGH = 20
_RETURNED = 5

FAILING = "Fallan ingresos de personas, aunque la sonda no falla"
REFUSED = "Se rechazan los códigos de quienes vuelven"
LEAVING = "Pocas personas vuelven de la página de ingreso"
# What people's logins show while probes see nothing.
WORRIES = (FAILING, REFUSED, LEAVING)


class Do(StrEnum):
    """What to do. ADVISE: tell the administrators. ASK: open a request with a deadline. FLIP:
    judge. WITHDRAW: close the request that is open, which the evidence no longer asks for.
    """

    NOTHING = "nothing"
    ADVISE = "advise"
    ASK = "ask"
    FLIP = "flip"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Situation:
    """All that counts. up: what is in force, forced: by an operator's word.

    judged_up, judged_at: the last judgement, in force or not; None when there never was one.
    proposed: what the open request of the prober's would do, None without one. last_minute, people:
    how logins fared in a minute, and in the minutes that people take to come back.
    """

    policy: Policy
    up: bool
    forced: bool
    verdict: Verdict
    judged_up: bool = True
    judged_at: datetime | None = None
    proposed: bool | None = None
    last_minute: Live = Live()
    people: Live = Live()


@dataclass(frozen=True)
class Decision:
    """What to do: `up` is what is wanted. reason: for operators, in Spanish. episode: the same for
    all that is about the same verdict, so that it is told once.
    """

    do: Do
    up: bool = True
    reason: str = ""
    episode: datetime | None = None


NOTHING = Decision(Do.NOTHING)


def decide(now: datetime, at: Situation, thresholds: Thresholds, dwell: float) -> Decision:
    """What to do now. dwell: seconds between judgements at least."""
    if at.verdict.since is None:
        return NOTHING
    found = _by_verdict(now, at, dwell)
    if at.proposed is not None:
        asks_still = found.do is Do.ASK and found.up == at.proposed
        return NOTHING if asks_still else Decision(Do.WITHDRAW, at.proposed)
    if found is NOTHING and at.up and at.verdict.healthy:
        return _by_people(now, at, thresholds)
    return found


def _by_verdict(now: datetime, at: Situation, dwell: float) -> Decision:
    wanted = at.verdict.healthy
    rested = at.judged_at is None or now >= at.judged_at + timedelta(seconds=dwell)
    # An announced maintenance or a failing upstream that is held down says the same already.
    said = not at.forced and wanted == at.up
    # Also while an operator's word is in force: when it ends, what was judged before it would be
    # of another day.
    if at.policy is Policy.AUTOMATIC and wanted != at.judged_up and rested and not said:
        return _about(Do.FLIP, at)
    if wanted == at.up:
        return NOTHING
    if at.forced:
        return _about(Do.ADVISE, at)
    if wanted == at.judged_up:
        return NOTHING  # an announced maintenance
    if at.policy is Policy.MANUAL:
        return _about(Do.ADVISE, at)
    if at.policy is Policy.ASSISTED and rested:
        return _about(Do.ASK, at)
    return NOTHING


def _about(do: Do, at: Situation) -> Decision:
    # Once somebody has decided since, it is another matter, though the verdict is the same.
    since = at.verdict.since
    episode = max(since, at.judged_at or since) if since is not None else None
    reason = (
        "La sonda logra ingresar de nuevo"
        if at.verdict.healthy
        else f"La sonda no logra ingresar ({at.verdict.reason})"
    )
    return Decision(do, at.verdict.healthy, reason, episode)


def _by_people(now: datetime, at: Situation, thresholds: Thresholds) -> Decision:
    reason = worrying(at, thresholds)
    if not reason:
        return NOTHING
    hour = now.replace(minute=0, second=0, microsecond=0)
    return Decision(Do.ADVISE, False, reason, hour)


def worrying(at: Situation, thresholds: Thresholds) -> str:
    """What people's logins show while probes see nothing; empty for nothing."""
    if people_fail(at.last_minute, thresholds):
        return FAILING
    people = at.people
    if people.doubtful >= ENOUGH and people.doubtful > people.ok:
        return REFUSED
    if people.started >= ENOUGH and people.returned * _RETURNED < people.started:
        return LEAVING
    return ""
