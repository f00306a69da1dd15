"""A flip that is to follow what its operator had seen: of two at once exactly one is done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Facts, FlagState
from idp.wiring.surface import Switch

Build = Callable[..., UpstreamStatus]


Still = Callable[[Facts], bool]


def seen(status: UpstreamStatus) -> Still:
    """Whether a flag is still as this process knows it now."""
    shown = status.flag("sol")
    return lambda facts: facts.flag == shown


def flip(status: UpstreamStatus, still: Still, who: str) -> bool:
    try:
        status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who=who, still=still)
    except IdpError as error:
        assert (error.code, error.status) == ("state_changed", 412)
        return False
    return True


@pytest.mark.parametrize("set_before", [False, True])
def test_of_flips_at_once_that_saw_the_same_one_is_done(
    build: Build, clock: FixedClock, set_before: bool
) -> None:
    processes = [build() for _ in range(4)]
    if set_before:
        processes[0].set("sol", FlagState.AUTO, reason="prueba", who="ana")
    for one in processes:
        one.refresh()
    shown = seen(processes[0])
    clock.advance(1)
    together = Barrier(len(processes))

    def run(number: int) -> bool:
        together.wait(10)
        return flip(processes[number], shown, f"operador{number}")

    with ThreadPoolExecutor(len(processes)) as pool:
        done = list(pool.map(run, range(len(processes))))
    assert done.count(True) == 1
    assert len(processes[0].history("sol")) == 1 + set_before
    assert processes[0].history("sol")[0].who == f"operador{done.index(True)}"


def test_change_that_was_asked_for_on_an_old_page_is_not_asked(
    build: Build, switched: Callable[..., Switch], clock: FixedClock
) -> None:
    status = build()
    switch = switched(status, second=True)
    shown = seen(status)
    clock.advance(1)
    status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="ana")
    with pytest.raises(IdpError, match="state_changed"):
        switch.switchboard.flip(
            "sol", FlagState.AUTO, reason="prueba", who="eva", via="console", still=shown
        )
    assert switch.requests.open() == []
    outcome = switch.switchboard.flip(
        "sol", FlagState.AUTO, reason="prueba", who="eva", via="console", still=seen(status)
    )
    assert outcome.asked is not None


def test_holding_a_flag_says_nothing_about_it(build: Build) -> None:
    status = build()
    with pytest.raises(IdpError, match="state_changed"):
        status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="ana", still=lambda _: False)
    assert status.flag("sol") is None
    assert status.set("sol", FlagState.FORCED_UP, reason="x", who="ana", still=seen(status)).up
