"""Changes that wait for a word: one yes of another person, a deadline, and nothing in between."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.adapters.sql.database import Database
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.kernel.events import EventBus, FlagChanged
from idp.upstream_status.request import Decision, Request, RequestKind
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import FlagState, Health, Policy
from idp.upstream_status.switchboard import APPROVAL
from idp.wiring.surface import Switch

AUTO, UP, DOWN = FlagState.AUTO, FlagState.FORCED_UP, FlagState.FORCED_DOWN
Build = Callable[..., UpstreamStatus]


@pytest.fixture
def switch(build: Build, switched: Callable[..., Switch]) -> Switch:
    return switched(build(policy=Policy.ASSISTED), second=True)


def proposal(switch: Switch, wanted: str = "down", *, do_then: bool = True) -> Request:
    return switch.requests.ask(
        "sol", RequestKind.PROPOSAL, wanted, reason="no responde", who="sonda",
        within=timedelta(minutes=10), do_then=do_then, evidence={"failed": 9},
    )  # fmt: skip


def flip(switch: Switch, state: FlagState, who: str = "console:ana") -> Request | None:
    return switch.switchboard.flip("sol", state, reason="r", who=who, via="console").asked


def test_flip_to_down_never_waits_and_says_that_nobody_else_said_yes(switch: Switch) -> None:
    assert flip(switch, DOWN) is None
    assert not switch.status.up("sol")


@pytest.mark.parametrize("state", [UP, AUTO])
def test_other_flips_wait_for_another_person(switch: Switch, state: FlagState) -> None:
    flip(switch, DOWN)
    asked = flip(switch, state)
    assert asked is not None
    assert not switch.status.up("sol")
    with pytest.raises(IdpError, match="request_own"):
        switch.requests.decide(asked.id, approve=True, who="console:ana")
    decided = switch.requests.decide(asked.id, approve=True, who="console:luis")
    assert (decided.decision, decided.decided_by) == (Decision.APPROVED, "console:luis")
    assert switch.status.up("sol")
    assert switch.status.history("sol")[0].approved_by == "console:luis"


@pytest.mark.parametrize("who", ["console:ana", "os:ana", "Ana"])
def test_nobody_is_a_second_person_by_another_door(switch: Switch, who: str) -> None:
    asked = flip(switch, UP)
    assert asked is not None
    with pytest.raises(IdpError, match="request_own"):
        switch.requests.decide(asked.id, approve=True, who=who)
    assert switch.status.history("sol") == []


def test_contingency_that_is_on_is_not_cut_short_by_one_alone(
    switch: Switch, clock: FixedClock
) -> None:
    def down(seconds: int | None, who: str = "eva") -> Request | None:
        until = clock.now() + timedelta(seconds=seconds) if seconds else None
        return switch.switchboard.flip(
            "sol", DOWN, reason="r", who=who, via="cli", until=until
        ).asked

    assert down(3_600) is None
    assert down(7_200) is None
    assert down(None) is None
    asked = down(1)
    assert asked is not None
    clock.advance(60)
    assert not switch.status.up("sol")
    asked = down(3_600)
    assert asked is not None
    switch.requests.decide(asked.id, approve=True, who="luis")
    flag = switch.status.flag("sol")
    assert flag is not None and flag.until == asked.until


@pytest.mark.parametrize(
    ("asker", "approver"),
    [
        ("console:ana.quispe", "ana.quispe"),
        ("console:ana.quispe", "os:ana.quispe"),
        ("console:ana.quispe", "Ana.Quispe "),
        ("ana.quispe", "console:ana.quispe"),
        ("os:ana.quispe", "ana.quispe"),
    ],
)
def test_nobody_approves_their_own_by_the_other_way_in(
    switch: Switch, asker: str, approver: str
) -> None:
    asked = flip(switch, UP, who=asker)
    assert asked is not None
    with pytest.raises(IdpError, match="request_own"):
        switch.requests.decide(asked.id, approve=True, who=approver)
    assert switch.requests.open("sol") == [asked]


def test_program_is_nobody_of_its_name(switch: Switch) -> None:
    asked = flip(switch, UP, who="client:ana")
    assert asked is not None
    assert switch.requests.decide(asked.id, approve=True, who="ana").decision is Decision.APPROVED


@pytest.mark.parametrize(("state", "seconds"), [(AUTO, 60), (UP, 0), (UP, -60)])
def test_what_could_not_be_done_is_not_asked_for(
    switch: Switch, clock: FixedClock, state: FlagState, seconds: int
) -> None:
    until = clock.now() + timedelta(seconds=seconds)
    with pytest.raises(ValueError, match="an end needs a forced state"):
        switch.switchboard.flip("sol", state, reason="r", who="ana", via="api", until=until)
    assert switch.requests.open("sol") == []


def test_own_request_may_be_taken_back_by_a_no(switch: Switch) -> None:
    asked = flip(switch, UP)
    assert asked is not None
    decided = switch.requests.decide(asked.id, approve=False, who="console:ana")
    assert decided.decision is Decision.REFUSED
    assert switch.status.history("sol") == []


def test_without_the_demand_of_a_second_person_nothing_waits(
    build: Build, switched: Callable[..., Switch]
) -> None:
    switch = switched(build())
    assert flip(switch, UP) is None
    outcome = switch.switchboard.choose("sol", Policy.AUTOMATIC, reason="r", who="ana")
    assert outcome.asked is None
    assert switch.status.policy("sol") is Policy.AUTOMATIC


def test_policy_automatic_waits_and_the_others_do_not(switch: Switch) -> None:
    asked = switch.switchboard.choose("sol", Policy.AUTOMATIC, reason="r", who="ana").asked
    assert asked is not None
    assert switch.status.policy("sol") is Policy.ASSISTED
    switch.requests.decide(asked.id, approve=True, who="luis")
    assert switch.status.policy("sol") is Policy.AUTOMATIC
    for policy in (Policy.MANUAL, Policy.ASSISTED):
        assert switch.switchboard.choose("sol", policy, reason="r", who="ana").asked is None
        assert switch.status.policy("sol") is policy


@pytest.mark.parametrize("state", [UP, DOWN])
def test_what_follows_a_flip_follows_its_commit(
    build: Build,
    switched: Callable[..., Switch],
    database: Database,
    state: FlagState,
) -> None:
    events = EventBus()
    seen: list[bool] = []
    events.subscribe(FlagChanged, lambda event: seen.append(database.in_transaction))
    switch = switched(build(events=events), second=True)
    flip(switch, DOWN)
    if state is UP:
        asked = flip(switch, UP)
        assert asked is not None
        switch.requests.decide(asked.id, approve=True, who="console:luis")
    assert seen == [False] * (2 if state is UP else 1)
    assert switch.status.up("sol") is (state is UP)


def test_same_wish_is_asked_once(switch: Switch) -> None:
    first, second = flip(switch, UP), flip(switch, UP, who="console:eva")
    assert first is not None and second is not None
    assert (first.id, len(switch.requests.open("sol"))) == (second.id, 1)


def test_request_lapses_at_its_deadline(switch: Switch, clock: FixedClock) -> None:
    asked = flip(switch, UP)
    assert asked is not None
    clock.advance(APPROVAL.total_seconds())
    with pytest.raises(IdpError, match="request_over"):
        switch.requests.decide(asked.id, approve=True, who="console:luis")
    assert switch.requests.step() == 1
    assert switch.requests.recent()[0].decision is Decision.LAPSED
    assert switch.requests.step() == 0


def test_flip_that_comes_first_overtakes_what_waits(switch: Switch) -> None:
    asked = flip(switch, UP)
    assert asked is not None
    flip(switch, DOWN, who="console:eva")
    assert switch.requests.recent()[0].decision is Decision.WITHDRAWN
    with pytest.raises(IdpError, match="request_over"):
        switch.requests.decide(asked.id, approve=True, who="console:luis")
    assert not switch.status.up("sol")


def test_proposal_is_done_at_its_deadline_where_nobody_answers(
    switch: Switch, clock: FixedClock
) -> None:
    proposal(switch)
    clock.advance(599)
    switch.steward.step()
    assert switch.status.up("sol")
    clock.advance(1)
    switch.steward.step()
    assert not switch.status.up("sol")
    last = switch.transitions.last("sol")
    assert last is not None and last.evidence == {"failed": 9}


def test_proposal_is_not_done_once_the_prober_may_only_advise(
    switch: Switch, clock: FixedClock
) -> None:
    proposal(switch)
    switch.switchboard.choose("sol", Policy.MANUAL, reason="r", who="ana")
    clock.advance(600)
    switch.steward.step()
    assert switch.status.up("sol")
    assert switch.requests.recent()[0].decision is Decision.WITHDRAWN


def test_proposal_is_not_done_against_a_word_that_a_second_person_approved(
    switch: Switch, clock: FixedClock
) -> None:
    asked = flip(switch, UP)
    proposal(switch)
    assert asked is not None
    switch.requests.decide(asked.id, approve=True, who="console:luis")
    clock.advance(600)
    switch.steward.step()
    assert switch.requests.open("sol") == []
    assert {one.kind: one.decision for one in switch.requests.recent()} == {
        RequestKind.PROPOSAL: Decision.WITHDRAWN,
        RequestKind.FLIP: Decision.APPROVED,
    }
    judgement = switch.status.facts("sol").judgement
    assert judgement is None or judgement.up


def test_proposal_is_not_done_against_a_word_said_where_nobody_saw_it(
    switch: Switch, clock: FixedClock
) -> None:
    proposal(switch)
    switch.status.set("sol", UP, reason="r", who="ana", via="local")
    clock.advance(600)
    switch.steward.step()
    assert switch.requests.recent()[0].decision is Decision.WITHDRAWN


def test_proposal_is_not_done_where_the_prober_thinks_otherwise_by_then(
    switch: Switch, clock: FixedClock
) -> None:
    proposal(switch)
    clock.advance(600)
    now = clock.now()
    switch.status.diagnosed(Health("sol", True, now, "", now, True, None))
    switch.steward.step()
    assert switch.status.up("sol")
    assert switch.requests.recent()[0].decision is Decision.WITHDRAWN


def test_request_for_an_upstream_that_is_gone_holds_nothing_up(
    switch: Switch, build: Build, switched: Callable[..., Switch], clock: FixedClock
) -> None:
    for kind, wanted in ((RequestKind.PROPOSAL, "down"), (RequestKind.FLIP, "auto")):
        switch.requests.ask(
            "extranet", kind, wanted, reason="r", who="sonda", evidence={},
            within=timedelta(minutes=1), do_then=kind is RequestKind.PROPOSAL,
        )  # fmt: skip
    proposal(switch)
    left = switched(build(realms=("sol",), policy=Policy.ASSISTED))
    with pytest.raises(IdpError, match="request_unknown"):
        left.requests.decide(switch.requests.open("extranet")[0].id, approve=True, who="luis")
    clock.advance(600)
    left.steward.step()
    assert not left.status.up("sol")
    assert left.requests.open() == []


def test_proposal_is_done_at_once_by_a_yes_and_never_after_a_no(
    switch: Switch, clock: FixedClock
) -> None:
    switch.requests.decide(proposal(switch).id, approve=True, who="console:ana")
    assert not switch.status.up("sol")
    refused = proposal(switch, "up")
    switch.requests.decide(refused.id, approve=False, who="console:ana")
    clock.advance(3_600)
    switch.steward.step()
    assert not switch.status.up("sol")


def test_proposal_that_the_evidence_overtook_is_withdrawn(
    switch: Switch, clock: FixedClock
) -> None:
    asked = proposal(switch)
    assert switch.requests.withdraw(asked.id)
    assert not switch.requests.withdraw(asked.id)
    clock.advance(3_600)
    switch.steward.step()
    assert switch.status.up("sol")


def test_of_parallel_words_one_counts(switch: Switch) -> None:
    asked = flip(switch, UP)
    assert asked is not None

    def say(who: str) -> bool:
        try:
            switch.requests.decide(asked.id, approve=True, who=who)
        except IdpError as error:
            assert error.code == "request_over"
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(say, ("luis", "eva", "rosa"))) == [False, False, True]
    assert len(switch.status.history("sol")) == 1


def test_approval_that_comes_after_the_wished_end_flips_nothing(
    switch: Switch, clock: FixedClock
) -> None:
    until = clock.now() + timedelta(minutes=5)
    asked = switch.switchboard.flip("sol", UP, reason="r", who="ana", via="cli", until=until).asked
    assert asked is not None
    clock.advance(600)
    switch.requests.decide(asked.id, approve=True, who="luis")
    assert switch.status.history("sol") == []


def test_wish_that_is_none_is_refused(switch: Switch) -> None:
    for kind in RequestKind:
        with pytest.raises(ValueError, match="maybe|proposal"):
            switch.requests.ask(
                "sol", kind, "maybe", reason="r", who="w",
                within=timedelta(minutes=1), do_then=False,
            )  # fmt: skip


def test_unknown_request_is_not_found(switch: Switch) -> None:
    with pytest.raises(IdpError, match="request_unknown"):
        switch.requests.decide("req_x", approve=True, who="luis")
    assert not switch.requests.withdraw("req_x")


def test_maintenance_that_is_on_is_not_ended_by_one_alone(
    switch: Switch, clock: FixedClock
) -> None:
    begins = clock.now() + timedelta(minutes=5)
    planned = [
        switch.windows.plan("sol", begins, begins + timedelta(hours=1), reason="r", who="ana")
        for _ in range(2)
    ]
    assert switch.windows.cancel(planned[0].id, reason="r", who="ana").cancelled_at is not None
    clock.advance(600)
    with pytest.raises(IdpError, match="approval_needed"):
        switch.windows.cancel(planned[1].id, reason="r", who="ana")
    assert not switch.status.up("sol")
    asked = flip(switch, UP)
    assert asked is not None
    switch.requests.decide(asked.id, approve=True, who="console:luis")
    assert switch.windows.cancel(planned[1].id, reason="r", who="ana").cancelled_at is not None
