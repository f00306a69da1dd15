"""Where operators change things: at once, or after a second person's yes where one is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.kernel.errors import IdpError
from idp.upstream_status.request import Request, RequestKind
from idp.upstream_status.requests import Requests
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Effective, Facts, FlagState, Policy

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

    def __init__(self, *, status: UpstreamStatus, requests: Requests, second: bool) -> None:
        self._status = status
        self._requests = requests
        self.second = second

    def needs_second(self, state: FlagState | Policy) -> bool:
        """Whether this waits for a second person's yes."""
        return self.second and state not in (
            FlagState.FORCED_DOWN,
            Policy.MANUAL,
            Policy.ASSISTED,
        )

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
        if self.needs_second(state):
            if still is not None and not still(self._status.facts(realm)):
                raise IdpError("state_changed", 412)
            asked = self._ask(realm, RequestKind.FLIP, state.value, reason, who, until)
            return Outcome(self._status.state(realm), asked)
        found = self._status.set(
            realm,
            state,
            reason=reason,
            who=who,
            until=until,
            via=via,
            unapproved=self.second,
            still=still,
        )
        self._requests.overtake(realm, who=who)
        return Outcome(found)

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
