"""From costs to processes: the figures that an operator plans by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.surge.sizing import Costs, by_cpu, by_threads, carries, need

COSTS = Costs(
    asking=0.010, captcha=0.005, poll=0.001, entering=0.02, mail=0.01, latency=0.2, threads=4
)


def test_worker_that_waits_for_its_relay_is_bound_by_its_threads() -> None:
    assert (by_cpu(COSTS), by_threads(COSTS)) == (pytest.approx(100), pytest.approx(20))
    assert carries(COSTS) == pytest.approx(20)


def test_worker_with_threads_enough_is_bound_by_its_cpu() -> None:
    assert carries(replace(COSTS, threads=32)) == pytest.approx(100)
    assert carries(replace(COSTS, latency=0.0)) == pytest.approx(100)


def test_twenty_thousand_people_in_ten_minutes() -> None:
    found = need(COSTS, people=20_000, seconds=600, page_open=60)
    assert found.polls == pytest.approx(133.3, abs=0.1)
    assert found.server == pytest.approx(33.3 * 0.035 + 0.133, abs=0.01)
    assert (found.mails, found.sending) == (pytest.approx(66.7, abs=0.1), pytest.approx(13.3, 0.01))
    assert (found.server_processes, found.worker_processes) == (2, 5)


def test_no_more_pages_are_open_than_people_asked() -> None:
    assert need(COSTS, people=300, seconds=60, page_open=6_000).polls == 20
