"""The operations that change something: done once, however often they are sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idp.admin.api import shown
from idp.admin.api.call import Answer, Call
from idp.admin.api.readings import States
from idp.admin.api.replays import Replays
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Facts, FlagState, Policy
from idp.upstream_status.switchboard import Outcome, Switchboard
from idp.upstream_status.windows import Windows

_YEAR = 366 * 86_400


class Switching:
    """What is said here is on record as said by `client:` and the program's client_id."""

    def __init__(
        self,
        *,
        states: States,
        status: UpstreamStatus,
        switchboard: Switchboard,
        windows: Windows,
        replays: Replays,
        clock: Clock,
    ) -> None:
        self._states = states
        self._status = status
        self._switchboard = switchboard
        self._windows = windows
        self._replays = replays
        self._clock = clock

    def flip(self, call: Call) -> Answer:
        """Flip a flag, or ask for it. Raises IdpError upstream_unknown, flag_refused (422),
        state_changed (412), and as `once`.
        """
        return once(self._replays, "flip", call, lambda: self._flip(call))

    def policy(self, call: Call) -> Answer:
        """Choose who decides, or ask for it. Raises as `flip`."""
        return once(self._replays, "policy", call, lambda: self._choose(call))

    def plan_window(self, call: Call) -> Answer:
        """Announce it. Raises IdpError upstream_unknown, window_refused (422), and as `once`."""
        return once(self._replays, "plan", call, lambda: self._plan(call))

    def cancel_window(self, call: Call) -> Answer:
        """Take it back. Raises IdpError window_unknown, and as `once`."""
        return once(self._replays, "cancel", call, lambda: self._cancel(call))

    def _flip(self, call: Call) -> Answer:
        realm, said = self._states.known(call.path["realm"]), call.body
        state, until = FlagState(said["state"]), said.get("until")
        if until is not None and (until - self._clock.now()).total_seconds() > _YEAR:
            raise IdpError("flag_refused", 422, detail="a year at most")
        try:
            outcome = self._switchboard.flip(
                realm,
                state,
                reason=said["reason"],
                who=call.who,
                via="api",
                until=until,
                still=self._still(call, realm),
            )
        except ValueError as error:
            raise IdpError("flag_refused", 422, detail=str(error)) from error
        notes = []
        if outcome.asked is None:
            if state is FlagState.FORCED_UP:
                notes.append("forces_up")
            if self._switchboard.second:
                notes.append("unapproved")
        return self._told(realm, outcome, notes)

    def _choose(self, call: Call) -> Answer:
        realm, said = self._states.known(call.path["realm"]), call.body
        still = self._still(call, realm)
        if still is not None:
            self._status.refresh()
            if not still(self._status.facts(realm)):
                raise IdpError("state_changed", 412)
        outcome = self._switchboard.choose(
            realm, Policy(said["policy"]), reason=said["reason"], who=call.who
        )
        return self._told(realm, outcome, [])

    def _told(self, realm: str, outcome: Outcome, notes: list[str]) -> Answer:
        found = self._states.shown(realm)
        asked = outcome.asked
        body: dict[str, Any] = {
            "upstream": found,
            "request": shown.request(asked) if asked else None,
            "notes": [*notes, "awaits_second_person"] if asked else notes,
        }
        return Answer(body, 202 if asked else 200, tag=str(found["etag"]))

    def _plan(self, call: Call) -> Answer:
        said = call.body
        window = self._windows.plan(
            self._states.known(said["realm"]),
            said["starts_at"],
            said["ends_at"],
            reason=said["reason"],
            who=call.who,
        )
        return Answer(shown.window(window, self._clock.now()), 201)

    def _cancel(self, call: Call) -> Answer:
        window = self._windows.cancel(call.path["window"], reason=call.body["reason"], who=call.who)
        return Answer(shown.window(window, self._clock.now()))

    def _still(self, call: Call, realm: str) -> Callable[[Facts], bool] | None:
        if not call.if_match:
            return None
        default = self._status.policy(realm)

        def still(facts: Facts) -> bool:
            found = shown.tag(facts, self._clock.now(), default)
            return call.if_match == ("*",) or found in call.if_match

        return still


def once(replays: Replays, operation: str, call: Call, do: Callable[[], Answer]) -> Answer:
    """What `do` answers, however often it is sent. Raises IdpError precondition_required (428) for
    what may be sent twice, or too late, and as `Replays.once`.
    """
    if call.key is None:
        # Any state at all is what a repeat finds as well.
        if call.if_match and call.if_match != ("*",):
            return do()
        raise IdpError("precondition_required", 428)
    # The tags stand for the moment at which it was decided: a repeat brings the same.
    request = {
        "operation": operation,
        "path": dict(call.path),
        "body": dict(call.body),
        "if_match": call.if_match,
    }
    return replays.once(call.client_id, call.key, request, do)
