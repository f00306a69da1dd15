"""What the benches count and judge: a bench that cannot fail proves nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.statistics import holm, mann_whitney
from bench.surge.account import Account, Asked, Kill, Trial, faults, peak, percentile, settle
from bench.surge.crowd import LARGE, Asker, crowd, rows
from bench.surge.sink import is_put_off
from idp.kernel.identity import is_valid_ruc

ASKERS = crowd(30)
STRANGER, PERSON = ASKERS[0], ASKERS[1]


def asked(who: Asker, status: int = 303, *, told: bool = False) -> Asked:
    return Asked(who, 100.0, status, 0.002, told)


def served(people: int) -> Account:
    return Account(with_link=dict.fromkeys(range(people), "x"))


def wrong(account: Account, **change: Any) -> list[str]:
    trial = Trial([Kill(4, 4), Kill(2, 4)], drained=True, tried=200, entered=200, polls=1_000)
    return faults(account, replace(trial, **change), share=0.95)


def mail(who: Asker, link: str = "https://x/ingreso/a", at: float = 103.0) -> dict[str, object]:
    return {"to": who.email, "link": link, "at": at, "id": "i"}


def test_crowd_is_well_formed_and_some_are_strangers() -> None:
    assert all(is_valid_ruc(one.ruc) for one in ASKERS)
    assert len({one.ruc for one in ASKERS}) == len({one.email for one in ASKERS}) == 30
    assert [one.number for one in ASKERS if not one.eligible] == [0, 10, 20]
    assert len(rows(ASKERS)) == 27


def test_crowd_leans_on_one_provider_and_so_do_those_put_off() -> None:
    many = [one for one in crowd(1_000) if one.eligible]
    late = [one for one in many if is_put_off(one.email)]
    for some in (many, late):
        assert sum(one.email.endswith(LARGE) for one in some) / len(some) == pytest.approx(0.6)
    assert len(late) == 50


def test_one_link_is_one_link_however_often_its_mail_came() -> None:
    found = settle([asked(PERSON)], [mail(PERSON), mail(PERSON, at=109.0)])
    assert (list(found.with_link), found.repeats, found.ages) == ([1], 1, {1: 3.0})
    assert wrong(found) == []


def test_clear_answer_is_no_loss() -> None:
    found = settle([asked(PERSON, 503, told=True)], [])
    assert (found.clear_answers, found.lost) == (1, [])


@pytest.mark.parametrize(
    ("given", "mails", "said"),
    [
        ([asked(PERSON)], [], "lost"),
        ([asked(PERSON, 500)], [], "lost"),
        ([asked(PERSON, 503)], [], "lost"),
        ([asked(PERSON, 0)], [], "lost"),
        ([asked(PERSON, 503, told=True)], [mail(PERSON)], "lost"),
        ([asked(PERSON)], [mail(PERSON), mail(PERSON, "https://x/ingreso/b")], "two links"),
        ([asked(PERSON, 500)], [mail(PERSON), mail(PERSON, "https://x/ingreso/b")], "two links"),
        ([asked(STRANGER)], [mail(STRANGER)], "strangers"),
    ],
    ids=[
        "no mail",
        "server error",
        "busy without saying until when",
        "no answer",
        "a link after *come back later*",
        "two links",
        "two links after an error",
        "a stranger's mail",
    ],
)
def test_loss_doubling_and_mail_to_strangers_are_seen(
    given: list[Asked], mails: list[dict[str, object]], said: str
) -> None:
    others = [one for one in crowd(150) if one.eligible and one != PERSON]
    found = settle([*map(asked, others), *given], [*map(mail, others), *mails])
    (only,) = wrong(found)
    assert said in only


def test_day_without_fault_is_whole() -> None:
    assert wrong(served(100)) == []


def test_everybody_told_to_come_back_is_not_whole() -> None:
    found = settle([asked(one, 503, told=True) for one in ASKERS], [])
    assert wrong(found) == ["links for 0 of 27, below 95%"]


def test_nobody_asked_is_not_whole() -> None:
    assert wrong(settle([], [])) == ["links for 0 of 0, below 95%"]


@pytest.mark.parametrize(("links", "whole"), [(95, True), (94, False)])
def test_share_of_links_is_judged_at_its_edge(links: int, whole: bool) -> None:
    found = served(links)
    found.clear_answers = 100 - links
    assert (wrong(found) == []) is whole


@pytest.mark.parametrize(("repeats", "whole"), [(8, True), (9, False)])
def test_repeats_are_bounded_by_the_threads_that_were_killed(repeats: int, whole: bool) -> None:
    found = served(100)
    found.repeats = repeats
    assert (wrong(found) == []) is whole


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kills": []}, "no worker died with deliveries in hand"),
        ({"kills": [Kill(4, 4), Kill(0, 4)]}, "a worker died with nothing in hand"),
        ({"drained": False}, "the queue did not drain"),
        ({"entered": 199}, "199 of 200 links worked"),
        ({"tried": 0, "entered": 0}, "no link was tried"),
        ({"polls_failed": 11}, "11 of 1000 polls failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_trial_that_proves_nothing_is_not_whole(change: dict[str, Any], said: str) -> None:
    assert wrong(served(100), **change) == [said]


def test_percentile_and_peak() -> None:
    assert percentile([], 0.5) == 0.0
    assert percentile(range(1, 101), 0.95) == 96
    assert peak([0, 1, 2, 3, 4, 20], window=5.0) == 1.0


def test_mann_whitney_tells_lots_apart_and_not_a_lot_from_itself() -> None:
    assert mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) == pytest.approx(0.01219, abs=1e-4)
    assert mann_whitney([1.0] * 20, [1.0] * 20) == 1.0
    assert mann_whitney(range(100), range(100)) > 0.9


def test_holm_corrects_for_the_number_of_comparisons() -> None:
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03})
    assert found == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
