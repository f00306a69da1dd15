"""The prober: it keeps what it sees, judges by the policy, leads alone, and loses nothing."""

from __future__ import annotations

import shutil
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from prober_room import DWELL, RULES, MakeReplica

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.kernel.errors import Unavailable
from idp.upstream_status.probing import Role, answering, silent_since
from idp.upstream_status.request import Decision
from idp.upstream_status.state import FlagState, Policy, Why


@pytest.fixture
def database_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """One kind: what differs between them is tried in test_probe_store."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'test.sqlite3')}"


def test_automatic_flips_down_and_back_with_its_evidence(replica: MakeReplica) -> None:
    one = replica()
    one.probes("..xx")
    assert one.up
    one.probes("x")
    assert not one.up
    assert one.status.state("sol").why is Why.JUDGED
    assert one.status.state("sol").reason == "La sonda no logra ingresar (token: timeout)"
    health = one.status.facts("sol").health
    assert health is not None
    assert (health.healthy, health.probe_ok, health.reason) == (False, False, "token: timeout")
    assert health.failing_since == one.clock.now() - timedelta(seconds=40)
    one.probes("...." + "." * 12)
    assert one.up
    transitions = one.switch.transitions.find("sol", None, None, 10)
    assert [each.up for each in transitions] == [True, False]
    down: Any = transitions[1].evidence
    assert [each["ok"] for each in down["probes"]] == [False, False, False, True, True]
    assert down["live"]["last_60_seconds"]["failed"] == 0
    assert (down["healthy"], down["reason"], down["probe_ok"]) == (False, "token: timeout", False)


def test_back_and_forth_is_never_quicker_than_the_dwell(replica: MakeReplica) -> None:
    one = replica()
    one.probes("xxx....." * 9, every=40)
    flips = one.switch.transitions.find("sol", None, None, 100)[::-1]
    assert len(flips) >= 3
    pauses = [(after.at - before.at).total_seconds() for before, after in pairwise(flips)]
    assert min(pauses) >= DWELL


def test_manual_only_advises_and_once_for_each_verdict(
    replica: MakeReplica, database: Database
) -> None:
    one = replica(Policy.MANUAL)
    one.probes("xxxxxxx")
    assert one.up
    one.probes("....xxxx")
    acts = one.acts.done("sol", 10)
    assert [(act.act, act.up) for act in acts] == [("advise", False), ("advise", False)]
    assert acts[0].evidence["probes"]
    assert one.switch.transitions.find("sol", None, None, 10) == []
    audit = SqlAuditStore(database).search(AuditFilter(event=AuditEvent.PROBER_ADVISED), 10)
    told = [(row.actor, row.realm, row.details["up"]) for row in audit]
    assert told == [("sonda", "sol", "false")] * 2


def test_manual_advises_that_a_forced_down_is_over(replica: MakeReplica) -> None:
    one = replica(Policy.MANUAL)
    one.probes("xxx")
    one.switch.switchboard.flip(
        "sol", FlagState.FORCED_DOWN, reason="SUNAT no responde", who="ana", via="cli"
    )
    one.probes("xx")
    assert len(one.acts.done("sol", 10)) == 1
    one.probes("....")
    newest = one.acts.done("sol", 10)[0]
    assert (newest.up, newest.reason) == (True, "La sonda logra ingresar de nuevo")
    assert not one.up


def test_assisted_asks_once_and_acts_at_the_deadline(replica: MakeReplica) -> None:
    one = replica(Policy.ASSISTED)
    one.probes("xxxxx")
    asked = one.switch.requests.open("sol")
    assert [(each.wanted, each.who, each.do_then) for each in asked] == [("down", "sonda", True)]
    assert one.up
    one.probes("x" * 27)
    one.switch.steward.step()
    assert one.up
    one.probes("xx")
    one.switch.steward.step()
    assert not one.up
    assert one.switch.requests.open("sol") == []


def test_assisted_does_what_is_approved_and_asks_no_more_what_is_refused(
    replica: MakeReplica,
) -> None:
    one = replica(Policy.ASSISTED)
    one.probes("xxx")
    request = one.switch.requests.open("sol")[0]
    one.switch.requests.decide(request.id, approve=False, who="ana")
    one.probes("xxxx")
    assert one.switch.requests.open("sol") == []
    assert one.up
    # It recovered and fails again: that is another matter.
    one.probes("....xxx")
    request = one.switch.requests.open("sol")[0]
    one.switch.requests.decide(request.id, approve=True, who="ana")
    assert not one.up


def test_assisted_withdraws_what_the_evidence_no_longer_asks_for(replica: MakeReplica) -> None:
    one = replica(Policy.ASSISTED)
    one.probes("xxx")
    assert one.switch.requests.open("sol")
    one.probes("....")
    assert one.switch.requests.open("sol") == []
    assert one.switch.requests.recent("sol")[0].decision is Decision.WITHDRAWN
    assert one.up


def test_people_who_fail_bring_the_next_probe_forward_and_confirm_it(replica: MakeReplica) -> None:
    one = replica()
    one.probes(".")
    one.clock.advance(11)
    assert not one.prober.due("sol")
    for _ in range(5):
        one.live.add("sol", "failed", one.clock.timestamp())
    assert one.prober.due("sol")
    one.probes("xx", every=0.5)
    assert not one.up


def test_nobody_hurries_a_prober_by_what_browsers_can_cause(replica: MakeReplica) -> None:
    one = replica()
    one.probes(".")
    one.clock.advance(11)
    for _ in range(200):
        one.live.add("sol", "doubtful", one.clock.timestamp())
        one.live.add("sol", "started", one.clock.timestamp())
    assert not one.prober.due("sol")
    one.probes("." * 10)
    assert one.up
    assert one.status.facts("sol").judgement is None
    assert {act.act for act in one.acts.done("sol", 10)} == {"advise"}


def test_restart_in_the_middle_goes_on_where_the_other_was(replica: MakeReplica) -> None:
    replica().probes("..xx")
    again = replica()
    again.prober.beat()
    assert again.prober.role is Role.STANDING_BY
    # The first never gave its lead back: that of a killed one ends by itself.
    gateway = again.gateway
    gateway.client.delete("idp:prober:leader")
    again.probes("x")
    assert not again.up
    third = replica()
    gateway.client.delete("idp:prober:leader")
    third.probes(".")
    assert third.prober.verdict("sol").healthy is False
    assert not third.up


def test_start_without_history_flips_nothing(replica: MakeReplica) -> None:
    one = replica()
    one.probes("x")
    assert one.up
    health = one.status.facts("sol").health
    assert health is not None
    assert health.healthy


def test_history_of_long_ago_flips_nothing(replica: MakeReplica) -> None:
    one = replica()
    one.probes("xx")
    one.clock.advance(RULES.forget + 1)
    one.probes("x")
    assert one.up


def test_two_at_once_advise_and_ask_once_between_them(replica: MakeReplica) -> None:
    one, two = replica(Policy.ASSISTED), replica(Policy.ASSISTED)
    gateway = one.gateway
    for _ in range(8):
        for each in (one, two):
            gateway.client.delete("idp:prober:leader")
            each.probes("x", every=5)
    assert [one.roles[-1], two.roles[-1]] == [Role.LEADING, Role.LEADING]
    assert len(one.switch.requests.open("sol")) == 1
    assert len(one.acts.done("sol", 10)) == 1
    assert one.status.facts("sol").health == two.status.facts("sol").health or two.status.refresh()


def test_redis_that_is_away_flips_nothing_and_all_is_kept(
    replica: MakeReplica, server: Any
) -> None:
    one = replica()
    one.probes("..")
    server.kill()
    one.probes("xxxxxx")
    assert one.roles[-1] is Role.ALONE
    assert one.up
    health = one.status.facts("sol").health
    assert health is not None
    assert not health.healthy
    assert len(one.store.recent("sol", 50)) == 8
    server.start()
    one.probes("x")
    assert one.roles[-1] is Role.LEADING
    assert not one.up


class Away(Database):
    """A database that can go away."""

    away = False

    def transaction(self, **options: Any) -> Any:
        if self.away:
            raise Unavailable("sql")
        return super().transaction(**options)

    def connection(self) -> Any:
        if self.away:
            raise Unavailable("sql")
        return super().connection()


def test_database_that_is_away_loses_no_probe_and_flips_nothing_until_it_is_back(
    replica: MakeReplica, database_url: str, database: Database
) -> None:
    gone = Away(database_url)
    one = replica(on=gone)
    one.probes("..")
    gone.away = True
    one.probes("xxxx")
    gone.away = False
    assert one.up
    one.probes("x")
    assert not one.up
    assert [each.ok for each in one.store.recent("sol", 20)] == [False] * 5 + [True] * 2
    gone.close()


def test_prober_that_starts_without_its_database_judges_nothing_by_memory(
    replica: MakeReplica, database_url: str, database: Database
) -> None:
    first = replica()
    first.probes("xxx")
    assert not first.up
    first.gateway.client.delete("idp:prober:leader")
    gone = Away(database_url)
    one = replica(on=gone)
    gone.away = True
    one.probes(".")
    gone.away = False
    one.clock.advance(DWELL)
    one.probes(".", every=1)
    # Two good probes, but not for long enough: what was thought before the restart still holds.
    assert not first.up
    gone.close()


def test_probers_note_that_they_are_there(replica: MakeReplica) -> None:
    one, two = replica(), replica()
    one.prober.beat()
    two.prober.beat()
    found = answering(one.store, one.clock.now())
    assert [each.leading for each in found] == [True, False]
    one.clock.advance(61)
    assert answering(one.store, one.clock.now()) == []
    two.prober.beat()
    one.prober.beat()
    assert len(answering(one.store, one.clock.now())) == 2
    one.prober.give_up()
    assert [each.leading for each in answering(one.store, one.clock.now())] == [False, False]


def test_silence_of_the_prober_is_told(replica: MakeReplica) -> None:
    one = replica()
    one.probes(".")
    health, at = one.status.facts("sol").health, one.clock.now()
    assert silent_since(health, at + timedelta(seconds=180), 20) is None
    assert silent_since(health, at + timedelta(seconds=181), 20) == at
    assert silent_since(None, at, 20) is None


def test_clock_that_is_set_back_does_not_stop_the_probes(replica: MakeReplica) -> None:
    one = replica()
    one.probes(".")
    assert not one.prober.due("sol")
    one.clock.advance(-3_600)
    assert one.prober.due("sol")
