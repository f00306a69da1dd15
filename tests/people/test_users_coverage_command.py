"""`idp users coverage` and `idp users campaign`, as an operator types them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from campaign_stage import Stage

from idp.adapters.sql.coverage import SqlCoverageStore
from idp.adapters.sql.database import Database
from idp.audit.log import Audit
from idp.cli import users, users_campaign, users_coverage
from idp.cli.sparkline import sparkline
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.people.asking import Ask, Spared
from idp.people.campaign_ports import MailState
from idp.people.coverage import Coverage, Why
from idp.people.coverage_ports import Component
from idp.people.rows import SeedRow
from idp.people.service import People

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
THEN = "2026-02-20T09:30:00-05:00"
Run = Callable[..., Any]


@pytest.fixture
def services(database: Database, people: People, audit: Audit, clock: FixedClock) -> Any:
    """Those that the commands use."""
    clock.advance((NOW - clock.now()).total_seconds())
    components = [
        Component("mr", "Mercancías Restringidas", ("sol", "extranet")),
        Component("estricto", "Gestión de Autorizaciones", ("sol",), contingency=False),
    ]
    coverage = Coverage(
        store=SqlCoverageStore(database),
        clock=clock,
        realms=("sol", "extranet"),
        components=lambda: components,
        kept=timedelta(days=30),
    )
    stage = Stage(database, people, audit, clock)
    return SimpleNamespace(
        coverage=coverage,
        campaigns=stage.campaigns,
        clients={one.client_id: one for one in components},
        upstream_status=stage.flag,
    )


@pytest.fixture
def run(services: Any) -> Run:
    """Runs a command line that goes well; what it said."""

    def command(*words: str, as_json: bool = False) -> Any:
        said: list[Any] = []
        parser = argparse.ArgumentParser()
        users.add_parser(parser.add_subparsers())
        args = parser.parse_args(["users", *words])
        context = SimpleNamespace(services=services, as_json=as_json, actor="ana", out=said.append)
        assert args.func(args, context) == 0
        return said[0]

    return command


@pytest.fixture
def crowd(people: People) -> People:
    """Two who could enter, one whose address nobody verified, one who said no."""

    def row(number: int, **cells: str) -> SeedRow:
        told = {"email": f"p{number}@a.example", "last_login_at": THEN, **cells}
        return SeedRow(number, "extranet", f"EXT{number}", **told)

    good = {"email_verified_at": THEN, "consent_at": THEN}
    people.seed([row(1, **good), row(2, **good)], trust_emails=True)
    people.seed([row(3), row(4)])
    said_no = next(one for one in people._store.page("", 9) if one.identifier == "EXT4")
    people.set_consent(said_no.id, False)
    return people


def test_coverage_in_words_names_every_reason_that_there_is(run: Run, crowd: People) -> None:
    text = run("coverage", "--days", "30")
    assert "everybody: 2 of 4 could enter now (50.0%)" in text
    assert "         2  e-mail not verified" in text
    assert "realm sol: nobody\n" in text
    assert "component estricto (Gestión de Autorizaciones): nobody" in text


def test_coverage_as_json_has_all_figures(run: Run, crowd: People) -> None:
    found = json.loads(json.dumps(run("coverage", "--client", "mr", as_json=True)))
    assert (found["days"], found["total"]["able"], found["total"]["share"]) == (90, 2, 0.5)
    assert found["total"]["why_not"]["unverified"] == 2
    assert set(found["total"]["why_not"]) == {one.value for one in Why}
    assert set(found["realms"]) == {"sol", "extranet"}
    assert [one["client_id"] for one in found["components"]] == ["mr"]
    assert found["components"][0]["contingency"] is True


def test_coverage_history_is_a_line_and_a_table(run: Run, crowd: People, services: Any) -> None:
    assert run("coverage", "--history").startswith("no day is kept yet")
    services.coverage.take()
    text = run("coverage", "--history")
    assert text.splitlines()[0] == "2026-03-02 ▅ to today"
    assert text.splitlines()[-1].split() == ["2026-03-02", "4", "2", "50.0%", "0"]
    (day,) = run("coverage", "--history", "--realm", "extranet", as_json=True)
    assert (day["day"], day["people"], day["able"]) == ("2026-03-02", 4, 2)


def test_coverage_of_a_component_that_is_not_there_is_an_error(run: Run) -> None:
    with pytest.raises(IdpError) as refused:
        run("coverage", "--client", "nadie")
    assert refused.value.code == "client_unknown"
    with pytest.raises(SystemExit):
        run("coverage", "--days", "7")


def test_sparkline_is_a_bar_for_each_share() -> None:
    assert sparkline([0.0, 0.5, None, 1.0]) == "▁▅ █"


def test_campaign_looks_begins_pauses_and_ends(run: Run, crowd: People) -> None:
    assert run("campaign", "--dry-run").startswith("1 people would get a mail; nothing was")
    assert run("campaign", "--dry-run", as_json=True)["said_no"] == 1
    with pytest.raises(IdpError) as none:
        run("campaign", "--status")
    assert none.value.code == "no_campaign"
    began = run("campaign", "--limit", "5", as_json=True)
    assert (began["state"], began["expected"], began["limit"]) == ("running", 1, 5)
    # The same command again says how it goes; another one is refused.
    assert run("campaign", "--limit", "5", as_json=True)["id"] == began["id"]
    with pytest.raises(IdpError) as other:
        run("campaign", "--realm", "sol")
    assert other.value.code == "campaign_under_way"
    assert run("campaign", "--pause", as_json=True)["state"] == "paused"
    assert run("campaign", "--resume", as_json=True)["state"] == "running"
    assert "1  still to come, about" in run("campaign", "--status")
    assert run("campaign", "--finish", as_json=True)["state"] == "finished"
    assert run("campaign", "--status", as_json=True)["began_by"] == "ana"


def test_campaign_says_that_contingency_goes_first(run: Run, crowd: People, services: Any) -> None:
    run("campaign")
    services.upstream_status.down = {"sol"}
    assert "it waits: contingency is on" in run("campaign", "--status")


def test_campaign_that_is_followed_is_shown_until_it_is_over(
    run: Run, crowd: People, services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def look(seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            services.campaigns.finish(actor="luis")

    monkeypatch.setattr(users_campaign.time, "sleep", look)
    assert run("campaign", "--follow", as_json=True)["state"] == "finished"
    assert looks == 2


def test_campaign_for_a_component_that_is_not_there_is_an_error(run: Run) -> None:
    with pytest.raises(IdpError) as refused:
        run("campaign", "--client", "nadie", "--dry-run")
    assert refused.value.code == "client_unknown"


def test_every_reason_and_state_has_words() -> None:
    assert set(users_coverage._WORDS) == set(Why)
    assert set(users_campaign._WORDS) == {*Ask, *Spared}
    assert all(users_campaign._state(one) for one in MailState)
