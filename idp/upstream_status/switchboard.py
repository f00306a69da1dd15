"""Where operators change things: at once, or after a second person's yes where one is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ports import UnitOfWork
from idp.upstream_status.request import Request, RequestKind
from idp.upstream_status.requests import Requests
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Effective, Facts, FlagState, Policy, in_force

# For so long a second person may say yes.
APPROVAL = timedelta(minutes=30)


@dataclass(frozen=True)
class Outcome:
    """asked: what waits for a second person now; None where it is done. now: what is in force."""

    now: Effective
    asked: Request | None = None


class Switchboard:
    """second: whether a second person must say yes to flips and to the policy *automatic*.

    It never stands in the way of a flip to down: people who cannot log in cannot wait for somebody
    who is asleep. That none said yes is on record, and the admins are told.
    """

    def __init__(
        self,
        *,
        status: UpstreamStatus,
        requests: Requests,
        uow: UnitOfWork,
        clock: Clock,
        second: bool,
    ) -> None:
        self._status = status
        self._requests = requests
        self._uow = uow
        self._clock = clock
        self.second = second

    def needs_second(self, state: FlagState | Policy) -> bool:
        """Whether this waits for a second person's yes."""
        return self.second and state not in (
            FlagState.FORCED_DOWN,
            Policy.MANUAL,
            Policy.ASSISTED,
        )

    def waits(self, realm: str, state: FlagState, until: datetime | None) -> bool:
        """Whether this change of the flag does: also a down that ends sooner than the one that is
        in force, since it sends people back. Raises ValueError for another upstream.
        """
        flag = self._status.flag(realm)
        if not self.second or state is not FlagState.FORCED_DOWN:
            return self.needs_second(state)
        if flag is None or flag.state is not state or not in_force(flag, self._clock.now()):
            return False
        return until is not None and (flag.until is None or until < flag.until)

    def flip(
        self,
        realm: str,
        state: FlagState,
        *,
        reason: str,
        who: str,
        via: str,
        until: datetime | None = None,
        still: Callable[[Facts], bool] | None = None,
    ) -> Outcome:
        """Change the flag, or ask for it. Raises as `UpstreamStatus.set` does."""
        if self.second:
            self._status.refresh()
        if self.waits(realm, state, until):
            if still is not None and not still(self._status.facts(realm)):
                raise IdpError("state_changed", 412)
            asked = self._ask(realm, RequestKind.FLIP, state.value, reason, who, until)
            return Outcome(self._status.state(realm), asked)
        with self._uow.transaction():
            # Both or neither: what waited may run out at this very moment.
            self._requests.overtake(realm, who=who)
            self._status.set(
                realm,
                state,
                reason=reason,
                who=who,
                until=until,
                via=via,
                unapproved=self.second,
                still=still,
            )
        return Outcome(self._status.changed(realm))

    def choose(self, realm: str, policy: Policy, *, reason: str, who: str) -> Outcome:
        """Change who decides while the flag is automatic, or ask for it."""
        if self.needs_second(policy):
            asked = self._ask(realm, RequestKind.POLICY, policy.value, reason, who, None)
            return Outcome(self._status.state(realm), asked)
        self._status.set_policy(realm, policy, reason=reason, who=who)
        return Outcome(self._status.state(realm))

    def _ask(
        self,
        realm: str,
        kind: RequestKind,
        wanted: str,
        reason: str,
        who: str,
        until: datetime | None,
    ) -> Request:
        return self._requests.ask(
            realm,
            kind,
            wanted,
            reason=reason,
            who=who,
            within=APPROVAL,
            do_then=False,
            until=until,
        )
