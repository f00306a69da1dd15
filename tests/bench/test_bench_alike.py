"""When the bench says that nobody can be told apart, and when it must not."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.alike.answers import first_difference, general
from bench.alike.kinds import (
    COOLING_OFF,
    INACTIVE,
    KINDS,
    LACKING,
    SERVED,
    UNDELIVERABLE,
    UNKNOWN,
    people,
)
from bench.alike.verdict import BOUND, INJECTED, Verdict, compare, judge
from bench.alike.walk import STEPS
from bench.statistics import hodges_lehmann, mann_whitney
from bench.surge.asking import Answer
from idp.kernel.identity import SOL, Identifier
from idp.people.eligibility import Eligibility, eligibility
from tests.support.world import World, build_world

ALIKE = {"ask": {"303": {*KINDS, "control"}}}


def times(
    seed: int = 1,
    *,
    each: int = 200,
    noise: float = 0.2,
    injected: float = INJECTED,
    **later: float,
) -> dict[str, dict[str, list[float]]]:
    """Long-tailed, as times are. later: by how many ms a kind is slower."""
    draw = random.Random(seed)
    late = {"control": injected} | {name.replace("_", " "): one for name, one in later.items()}
    lots = {
        kind: [2.5 + late.get(kind, 0.0) + draw.lognormvariate(0, 1) * noise for _ in range(each)]
        for kind in (*KINDS, "control")
    }
    return {"ask": lots}


def said(given: dict[str, dict[str, list[float]]], answers: Any = ALIKE) -> list[str]:
    return judge(compare(given), answers)


def test_alike_people_are_called_alike() -> None:
    assert said(times()) == []


def test_kind_that_is_slower_is_told_apart() -> None:
    (found,) = said(times(no_consent=0.25))
    assert found.startswith("CAN BE TOLD APART by time: ask, no consent: +0.2")


def test_kind_that_is_faster_is_told_apart() -> None:
    (found,) = said(times(unknown=-0.25))
    assert found.startswith("CAN BE TOLD APART by time: ask, unknown: -0.2")


def test_difference_within_the_bound_that_is_sure_is_told_apart() -> None:
    (found,) = said(times(noise=0.02, not_verified=BOUND / 3))
    assert found.startswith("CAN BE TOLD APART by time: ask, not verified")


def test_too_few_or_too_noisy_times_are_inconclusive_though_nothing_differs() -> None:
    found = said(times(each=12, noise=1.0))
    assert found
    assert all(one.startswith("inconclusive") for one in found)
    assert f"{len(KINDS) - 1} of {len(KINDS)} comparisons not within ±{BOUND} ms" in found[-1]


@pytest.mark.parametrize("injected", [0.0, -INJECTED], ids=["no delay", "the wrong way"])
def test_control_that_is_not_noticed_makes_the_run_inconclusive(injected: float) -> None:
    assert said(times(injected=injected)) == [
        f"inconclusive: ask: the injected {INJECTED} ms went unnoticed"
    ]


def test_control_is_no_easier_to_notice_than_a_leak() -> None:
    lots = times(each=12, noise=0.4)["ask"]
    control = next(one for one in compare({"ask": lots}) if one.kind == "control")
    raw = mann_whitney(lots["eligible"], lots["control"])
    assert 0.001 < raw < 0.1
    assert control.p == pytest.approx((len(KINDS) - 1) * raw)


def test_different_bytes_are_named_with_who_got_them() -> None:
    (found,) = said(times(), {"poll": {"200 queue 1": {"eligible"}, "200 queue 0": {"unknown"}}})
    assert found.startswith("poll: DIFFERENT ANSWERS, 2 of them")
    assert "eligible: '200 queue 1'" in found


def test_nothing_timed_is_inconclusive() -> None:
    assert said({}) == ["inconclusive: nothing was timed"]


def test_hodges_lehmann_gives_the_published_shift() -> None:
    """Hollander and Wolfe, Nonparametric Statistical Methods, example 4.1."""
    term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    earlier = [1.15, 0.88, 0.90, 0.74, 1.21]
    shift, low, high = hodges_lehmann(term, earlier)
    assert shift == pytest.approx(-0.305)
    # By the exact table -0.76 to 0.15; the approximation may be a step wider, never narrower.
    assert low == pytest.approx(-0.76)
    assert 0.15 <= high <= 0.17


def test_hodges_lehmann_interval_covers_the_shift_as_often_as_it_says() -> None:
    draw = random.Random(3)
    covered = 0
    for _ in range(300):
        left = [draw.expovariate(1) for _ in range(25)]
        _, low, high = hodges_lehmann(left, [draw.expovariate(1) + 0.5 for _ in range(25)])
        covered += low <= 0.5 <= high
    assert 0.92 <= covered / 300 <= 0.98


def test_shift_at_the_bound_is_seldom_called_the_same() -> None:
    draw = random.Random(4)
    fooled = 0
    for _ in range(300):
        left = [draw.gauss(0, 0.2) for _ in range(25)]
        _, low, high = hodges_lehmann(left, [draw.gauss(BOUND, 0.2) for _ in range(25)])
        fooled += low > -BOUND and high < BOUND
    assert fooled / 300 <= 0.05


def test_hodges_lehmann_is_not_moved_by_an_outlier() -> None:
    right = [*range(10, 110), 1_000_000]
    shift, low, high = hodges_lehmann(range(100), right)
    assert low <= 10 <= high
    assert shift == pytest.approx(10, abs=1)


def test_hodges_lehmann_of_few_values_is_as_wide_as_they_are() -> None:
    assert hodges_lehmann([1.0, 2.0], [4.0]) == (2.5, 2.0, 3.0)


def test_hodges_lehmann_of_an_empty_lot_is_refused() -> None:
    with pytest.raises(ValueError):
        hodges_lehmann([], [1.0])


def answer(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, "", text, headers or {}, 0.001)


def test_answers_that_differ_in_own_values_only_are_the_same() -> None:
    page = '<a href="/x/{}"> <b id="codigo-aqui">{}</b> <i>{} h</i>'
    one = answer(
        page.format("txn_a", "123 456", "10:30"), headers={"Date": "1", "Retry-After": "58"}
    )
    two = answer(
        page.format("txn_b", "000 111", "10:31"), headers={"Date": "2", "Retry-After": "7"}
    )
    assert general(one, "txn_a") == general(two, "txn_b")


@pytest.mark.parametrize(
    "other",
    [answer("<p>No</p>"), answer("<p>Sí</p>", 404), answer("<p>Sí</p>", headers={"X": "1"})],
    ids=["text", "status", "header"],
)
def test_answers_that_differ_otherwise_are_not_the_same(other: Answer) -> None:
    assert general(answer("<p>Sí</p>"), "txn") != general(other, "txn")


def test_first_difference_shows_both_sides_of_it() -> None:
    assert first_difference("abcdef", "abcxef", around=1) == ("cd", "cx")
    assert first_difference("abc", "abcd", around=2) == ("bc", "bcd")


def test_steps_are_all_that_an_asker_can_do() -> None:
    for step in ("ask", "waiting page", "poll", "code entry", "same form again", "early resend"):
        assert step in STEPS


def a_world(folder: Path, valkey: str) -> World:
    """At the hour that the crowd's file is written."""
    world = build_world(folder, valkey)
    world.clock.advance((datetime.now(UTC) - world.clock.now()).total_seconds())
    return world


def test_kinds_are_what_they_are_called(tmp_path: Path, valkey: str) -> None:
    world = a_world(tmp_path, valkey)
    crowd = people(world.services.people, 2)
    now = world.clock.now()
    expected = dict.fromkeys(SERVED, Eligibility.ELIGIBLE) | {
        UNKNOWN: Eligibility.NEW,
        "never logged in": Eligibility.NEW,
        "no address": Eligibility.NO_ADDRESS,
        "not verified": Eligibility.UNVERIFIED,
        "no consent": Eligibility.NO_CONSENT,
        UNDELIVERABLE: Eligibility.UNDELIVERABLE,
        COOLING_OFF: Eligibility.UNDELIVERABLE,
        INACTIVE: Eligibility.INACTIVE,
    }
    assert {kind for kind, _ in crowd} == {*KINDS, *SERVED} >= {*LACKING}
    for kind, one in crowd:
        person = world.services.people.find(Identifier(SOL, f"{one.ruc}:{one.usuario}"))
        assert (person is None) == (kind == UNKNOWN)
        assert eligibility(person, now) is expected[kind]
        if kind == COOLING_OFF and person is not None:
            assert sum((one.counts_from or now) > now for one in person.addresses) == 1


def test_kinds_ask_in_turns_in_no_fixed_order(tmp_path: Path, valkey: str) -> None:
    crowd = people(a_world(tmp_path, valkey).services.people, 4)
    size = len(KINDS) + 1
    turns = [[kind for kind, _ in crowd[at : at + size]] for at in range(0, len(crowd), size)]
    assert all(sorted(turn) == sorted([*KINDS, "control"]) for turn in turns)
    assert turns[0] != turns[1]


def test_verdict_of_a_kind_needs_the_whole_interval_within_the_bound() -> None:
    found = {one.kind: one for one in compare(times(each=200, noise=0.2))}
    assert found["unknown"].verdict is Verdict.SAME
    assert -BOUND < found["unknown"].low < found["unknown"].high < BOUND
