"""What the benches count: a bench that miscounts proves nothing."""

from __future__ import annotations

import pytest

from bench.statistics import difference, holm, mann_whitney
from bench.surge.account import Asked, peak, percentile, settle
from bench.surge.crowd import Asker, crowd, rows
from idp.kernel.identity import is_valid_ruc

ASKERS = crowd(30)
STRANGER, PERSON = ASKERS[0], ASKERS[1]


def asked(who: Asker, status: int = 303, *, told: bool = False) -> Asked:
    return Asked(who, 100.0, status, 0.002, told)


def mail(who: Asker, link: str = "https://x/ingreso/a", at: float = 103.0) -> dict[str, object]:
    return {"to": who.email, "link": link, "at": at, "id": "i"}


def test_crowd_is_well_formed_and_some_are_strangers() -> None:
    assert all(is_valid_ruc(one.ruc) for one in ASKERS)
    assert len({one.ruc for one in ASKERS}) == len({one.email for one in ASKERS}) == 30
    assert [one.number for one in ASKERS if not one.eligible] == [0, 10, 20]
    assert len(rows(ASKERS)) == 27


def test_one_link_is_one_link_however_often_its_mail_came() -> None:
    found = settle([asked(PERSON)], [mail(PERSON), mail(PERSON, at=109.0)])
    assert (list(found.with_link), found.repeats, found.ages) == ([1], 1, [3.0])
    assert found.whole


def test_clear_answer_is_no_loss() -> None:
    found = settle([asked(PERSON, 503, told=True)], [])
    assert (found.clear_answers, found.whole) == (1, True)


@pytest.mark.parametrize(
    ("given", "mails"),
    [
        ([asked(PERSON)], []),
        ([asked(PERSON, 500)], []),
        ([asked(PERSON, 0)], []),
        ([asked(PERSON)], [mail(PERSON), mail(PERSON, "https://x/ingreso/b")]),
        ([asked(STRANGER)], [mail(STRANGER)]),
    ],
    ids=["no mail", "server error", "no answer", "two links", "a stranger's mail"],
)
def test_loss_doubling_and_mail_to_strangers_are_seen(
    given: list[Asked], mails: list[dict[str, object]]
) -> None:
    assert not settle(given, mails).whole


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


def test_difference_brackets_the_shift() -> None:
    shift, low, high = difference(range(100), range(10, 110))
    assert low <= shift == 10 <= high
