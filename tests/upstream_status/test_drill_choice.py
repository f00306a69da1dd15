"""Whom a drill takes, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from drill_room import NOW, drill

from idp.upstream_status.drill_choice import (
    Candidate,
    Ending,
    in_share,
    overlap,
    takes,
    takes_browser,
)

KEY = b"k" * 32
PEOPLE = [f"per_{number}" for number in range(2_000)]


@pytest.mark.parametrize("percent", [0, 1, 5, 50, 99, 100])
def test_share_is_near_its_percentage(percent: int) -> None:
    held = sum(in_share(drill(percent=percent), one, KEY) for one in PEOPLE)
    assert held == {0: 0, 100: 2_000}.get(percent, held)
    # Four standard deviations of a fair draw.
    spread = 4 * (2_000 * percent * (100 - percent)) ** 0.5 / 100
    assert abs(held - 20 * percent) <= spread


def test_who_is_in_a_smaller_share_is_in_a_greater_one() -> None:
    for one in PEOPLE[:50]:
        shares = [in_share(drill(percent=percent), one, KEY) for percent in range(101)]
        assert shares == sorted(shares), one


def test_share_is_another_for_another_drill_and_another_key() -> None:
    first = [in_share(drill(), one, KEY) for one in PEOPLE]
    assert first == [in_share(drill(), one, KEY) for one in PEOPLE]
    assert first != [in_share(drill(id="drl_b"), one, KEY) for one in PEOPLE]
    assert first != [in_share(drill(), one, b"x" * 32) for one in PEOPLE]


@pytest.mark.parametrize(
    ("percent", "tester", "everyone", "able", "taken"),
    [
        (0, False, False, True, False),
        (0, True, False, True, True),
        (100, False, False, True, True),
        (100, False, False, False, False),
        (0, True, False, False, False),
        (100, False, True, False, True),
        (0, True, True, False, True),
        (0, False, True, True, False),
    ],
)
def test_person_is_taken(
    percent: int, tester: bool, everyone: bool, able: bool, taken: bool
) -> None:
    testers = frozenset({"per_1"} if tester else ())
    one = drill(percent=percent, testers=testers, everyone=everyone)
    assert takes(one, "per_1", able=able, key=KEY) is taken


YES, NO = Candidate("per_in", True, True), Candidate("per_out", True, True)


@pytest.mark.parametrize(
    ("at", "taken"),
    [
        ([], False),
        ([YES], True),
        ([NO], False),
        ([YES, NO], False),
        ([NO, YES], False),
        ([YES, Candidate("per_in2", True, True)], True),
        ([Candidate("per_in", False, True)], False),
        ([YES, Candidate("per_in2", False, True)], False),
        ([YES, Candidate("per_in2", True, False)], False),
    ],
    ids=[
        "nobody's", "its person's", "another's", "shared with another", "another's before",
        "shared, both in", "too new", "shared with who is too new", "shared with who is not able",
    ],
)  # fmt: skip
def test_browser_is_taken_where_all_of_its_people_are(at: Sequence[Candidate], taken: bool) -> None:
    one = drill(percent=0, testers=frozenset({"per_in", "per_in2"}))
    assert takes_browser(one, at, KEY) is taken


@pytest.mark.parametrize(
    ("mine", "realm", "theirs", "meet"),
    [
        ((), "sol", (), True),
        ((), "sol", ("mr",), True),
        (("mr",), "sol", (), True),
        (("mr", "origen"), "sol", ("origen",), True),
        (("mr",), "sol", ("origen",), False),
        ((), "extranet", (), False),
    ],
)
def test_drills_meet(
    mine: tuple[str, ...], realm: str, theirs: tuple[str, ...], meet: bool
) -> None:
    assert overlap(drill(clients=mine), realm, theirs) is meet


@pytest.mark.parametrize(
    ("changes", "seconds", "on"),
    [
        ({}, -1, False),
        ({}, 0, True),
        ({}, 3_599, True),
        ({}, 3_600, False),
        ({"ended_at": NOW, "ended_why": Ending.OPERATOR}, 10, False),
    ],
)
def test_drill_is_on(changes: dict[str, Any], seconds: int, on: bool) -> None:
    assert drill(**changes).on(NOW + timedelta(seconds=seconds)) is on


def test_drill_is_for_its_components_and_never_for_our_own_pages() -> None:
    one, of_all = drill(clients=("mr",)), drill()
    assert [one.covers("mr"), one.covers("origen"), one.covers(None)] == [True, False, False]
    assert [of_all.covers("origen"), of_all.covers(None)] == [True, False]
