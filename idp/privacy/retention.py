"""For how long each thing is kept, and removing what is older: once a day, a part at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.jobs.periodic import Left
from idp.kernel.clock import Clock
from idp.privacy.ports import Ages


@dataclass(frozen=True)
class Rule:
    """A row of the policy. keeps: seconds beyond what `ages` counts from, None for ever.

    setting: the variable that says so; empty where an end of its own does (an expiry).
    """

    name: str
    setting: str
    keeps: int | None
    ages: Ages

    def before(self, now: datetime) -> datetime | None:
        """What is of before that moment is too old."""
        return None if self.keeps is None else now - timedelta(seconds=self.keeps)


@dataclass(frozen=True)
class OwnTimes:
    """`Ages` of a room that reckons from its own settings. count: how many are of before a moment;
    remove: all that is due, or a part; 0 says that none are left.
    """

    count: Callable[[datetime], int]
    remove: Callable[[], int]

    def due(self, before: datetime) -> int:
        """How many."""
        return self.count(before)

    def purge(self, before: datetime) -> int:
        """Remove what the room says is due; how many."""
        return self.remove()


@dataclass(frozen=True)
class Due:
    """What a rule would remove. soon: what it will, in the time that was asked about."""

    rule: Rule
    now: int
    soon: int


class Retention:
    """Holds the rules. Of several workers that purge at once each removes what the others left."""

    def __init__(self, rules: Sequence[Rule], *, audit: Audit, clock: Clock) -> None:
        self.rules = tuple(rules)
        self._audit = audit
        self._clock = clock
        self._left: list[Rule] = []
        self._failed: set[str] = set()
        self._removed: dict[str, int] = {}

    def due(self, ahead: timedelta) -> list[Due]:
        """What every rule would remove now, and until so long from now. Raises Unavailable."""
        now, found = self._clock.now(), []
        for rule in self.rules:
            before = rule.before(now)
            if before is None:
                found.append(Due(rule, 0, 0))
            else:
                found.append(
                    Due(rule, rule.ages.due(before), rule.ages.due(rule.before(now + ahead) or now))
                )
        return found

    def step(self) -> Left | None:
        """Remove a part, for what is done regularly: MORE until a whole round is done.

        Raises Unavailable; the next call goes on with the other rules, and one that failed has its
        turn once more after them: none holds the others up for good.
        """
        if not self._left:
            self._left = [rule for rule in self.rules if rule.keeps is not None]
            self._failed.clear()
        rule = self._left.pop(0)
        try:
            removed = self._part(rule)
        except Exception:
            if rule.name not in self._failed:
                self._failed.add(rule.name)
                self._left.append(rule)
            raise
        self._removed[rule.name] = self._removed.get(rule.name, 0) + removed
        if removed:
            self._left.insert(0, rule)
            return Left.MORE
        self._tell(rule, self._removed.pop(rule.name), None)
        return Left.MORE if self._left else None

    def purge(self, *, actor: str) -> dict[str, int]:
        """Remove everything that is due, by an operator's word; how much, by rule."""
        found = {}
        for rule in self.rules:
            removed = 0
            while part := self._part(rule):
                removed += part
            found[rule.name] = removed
            self._tell(rule, removed, actor)
        return found

    def _part(self, rule: Rule) -> int:
        before = rule.before(self._clock.now())
        return 0 if before is None else rule.ages.purge(before)

    def _tell(self, rule: Rule, removed: int, actor: str | None) -> None:
        if removed:
            self._audit.record(AuditEvent.DATA_PURGED, actor=actor, rule=rule.name, rows=removed)
