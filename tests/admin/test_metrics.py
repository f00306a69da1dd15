"""What `/metrics` tells, to whom, and that it tells the truth of all processes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_desk import URL, Program
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from idp.adapters.redis.tallies import RedisTallies
from idp.adapters.telemetry.metrics import exposition
from idp.admin.metrics import FRESH, Family, LoginTally, Metrics, Source
from idp.console import create_console
from idp.kernel.clock import FixedClock
from idp.kernel.errors import Unavailable
from idp.kernel.events import LoginCompleted
from idp.kernel.identity import Mode
from idp.settings import SettingsError, load
from idp.upstream_status.request import RequestKind
from idp.upstream_status.state import FlagState, Health
from tests.support.world import World

Figures = dict[tuple[str, tuple[str, ...]], float]


def console(world: World, **changes: Any) -> Flask:
    return create_console(dataclasses.replace(world.settings, **changes), world.services)


def scrape(app: Flask, address: str = "10.1.2.3", **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().get(
        "/metrics", base_url="http://10.0.0.9:8010", headers=sent,
        environ_base={"REMOTE_ADDR": address},
    )  # fmt: skip


def read(answer: Any) -> Figures:
    assert answer.status_code == 200
    return {
        # Labels come by name.
        (one.name, tuple(one.labels.values())): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


@pytest.fixture
def near(watcher: Program) -> Flask:
    """A console that a network may scrape."""
    return console(watcher.world, metrics_allow=("10.1.0.0/16", "2001:db8::/64"))


def test_figures_are_closed_to_whoever_has_no_token(watcher: Program, api_app: Flask) -> None:
    answer = scrape(api_app, "127.0.0.1")
    assert (answer.status_code, answer.text) == (401, "unauthorized\n")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    found = scrape(api_app, **watcher.bearer())
    assert found.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert read(found)["idp_upstream_up", ("sol",)] == 1


def test_token_without_the_scope_is_not_enough(programs: Callable[[str], Program]) -> None:
    other = programs("ajeno")
    assert scrape(other.app, **other.bearer()).status_code == 403


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("10.1.255.255", 200), ("10.2.0.0", 401), ("127.0.0.1", 401), ("::ffff:10.1.0.1", 200),
        ("2001:db8::5", 200), ("2001:db8:1::5", 401), ("", 401), ("10.1.0.1:80", 401),
    ],
)  # fmt: skip
def test_network_that_a_setting_names_needs_no_token(
    near: Flask, address: str, status: int
) -> None:
    assert scrape(near, address).status_code == status


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_IP"])
def test_proxy_that_nobody_told_of_lends_its_address_to_nobody(near: Flask, header: str) -> None:
    assert scrape(near, **{header: "203.0.113.7"}).status_code == 401


def test_behind_a_trusted_proxy_the_visitors_own_address_counts(watcher: Program) -> None:
    app = console(watcher.world, metrics_allow=("10.1.0.0/16",), trusted_proxies=1)
    assert scrape(app, "10.9.9.9", X_Forwarded_For="10.1.0.5").status_code == 200
    assert scrape(app, "10.1.0.1", X_Forwarded_For="203.0.113.7").status_code == 401


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("10.0.0.0/8, ::1", True), ("", True), ("0.0.0.0/0", False), ("::/0", False),
        ("todos", False), ("10.0.0.1/8", False),
    ],
)  # fmt: skip
def test_setting_names_networks_and_never_all_of_them(
    world_environment: dict[str, str], value: str, good: bool
) -> None:
    environ = {**world_environment, "IDP_METRICS_ALLOW": value}
    if good:
        assert len(load(environ).metrics_allow) == value.count("/") + value.count("::1")
        return
    with pytest.raises(SettingsError, match="IDP_METRICS_ALLOW"):
        load(environ)


def test_figures_are_those_of_the_services(near: Flask, switcher: Program) -> None:
    world = switcher.world
    services, now = world.services, world.clock.now()
    before = read(scrape(near))
    status = services.upstream_status
    health = Health("sol", False, now, "timeout", now, probe_ok=False, failing_since=now)
    status.diagnosed(health)
    until = now + timedelta(hours=1)
    status.set("sol", FlagState.FORCED_DOWN, reason="x", who="ana", until=until)
    services.switch.requests.ask(
        "extranet", RequestKind.PROPOSAL, "down", reason="x", who="sonda",
        within=timedelta(minutes=5), do_then=False,
    )  # fmt: skip
    person = world.person()
    world.log_in(world.browser(), person)
    world.log_in(world.browser(), person, Mode.CONTINGENCIA)
    services.mail_load.opened("lnk_1")
    world.clock.advance(30)
    found = read(scrape(near))
    expected = {
        ("idp_upstream_up", ("sol",)): 0, ("idp_upstream_up", ("extranet",)): 1,
        ("idp_upstream_forced", ("sol",)): 1,
        ("idp_upstream_why", ("sol", "forced_down")): 1,
        ("idp_upstream_healthy", ("sol",)): 0, ("idp_upstream_probe_ok", ("sol",)): 0,
        ("idp_upstream_probe_age_seconds", ("sol",)): 30,
        ("idp_upstream_since_timestamp_seconds", ("sol",)): now.timestamp(),
        ("idp_upstream_until_timestamp_seconds", ("sol",)): until.timestamp(),
        ("idp_flag_requests_waiting", ("proposal", "extranet")): 1,
        ("idp_mail_waiting", ()): 1, ("idp_mail_oldest_seconds", ()): 30,
        ("idp_clients_file_problems", ()): 0, ("idp_signing_keys", ("RS256", "active")): 1,
        ("idp_dependency_up", ("redis",)): 1, ("idp_dependency_up", ("sql",)): 1,
    }  # fmt: skip
    assert {name: found.get(name) for name in expected} == expected
    for mode in ("sunat", "contingencia"):
        name = ("idp_logins_total", ("/cuenta", mode, "sol"))
        assert found[name] == before.get(name, 0) + 1
    services.audit_stream.push(services.audit.entry("logout.completed", sid="x"))
    world.clock.advance(FRESH)
    waiting = ("idp_audit_waiting", ())
    assert read(scrape(near))[waiting] == found[waiting] + 1


def test_audit_that_nobody_seals_is_counted(near: Flask, watcher: Program) -> None:
    services, clock = watcher.world.services, watcher.world.clock
    while services.audit_room.sealer.step():
        pass
    clock.advance(FRESH)
    count, age = ("idp_audit_unsealed", ()), ("idp_audit_unsealed_oldest_seconds", ())
    found = read(scrape(near))
    assert (found[count], found[age]) == (0, 0)
    services.audit.record("logout.completed", sid="x")
    clock.advance(90)
    found = read(scrape(near))
    assert (found[count], found[age]) == (1, 90)


def test_job_that_waits_is_counted(near: Flask, watcher: Program) -> None:
    services = watcher.world.services
    name = next(iter(services.jobs)).name
    queue = name.replace(".", "-")
    services.queue.enqueue(name, {}, max_age=60)
    services.queue.enqueue(name, {}, max_age=60, delay=30)
    found = read(scrape(near))
    states = [found["idp_jobs", (queue, state)] for state in ("ready", "delayed", "dead")]
    assert states == [1, 1, 0]


def test_logins_of_every_process_add_up(watcher: Program) -> None:
    """Two tallies are two processes: neither keeps anything of its own."""
    redis = watcher.world.services.redis
    event = LoginCompleted("per_x", "sol", Mode.SUNAT, "mr", "sid", 0.0)
    for _ in range(2):
        LoginTally(RedisTallies(redis)).completed(event)
    assert RedisTallies(redis).all("logins") == {("mr", "sunat", "sol"): 2}


def test_what_is_away_is_missing_and_said_to_be(
    near: Flask, watcher: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = watcher.world.services

    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("redis")

    monkeypatch.setattr(type(services.redis), "guard", away)
    monkeypatch.setattr(type(services.redis), "script", away)
    watcher.world.clock.advance(FRESH)
    found = read(scrape(near))
    assert (found["idp_dependency_up", ("redis",)], found["idp_dependency_up", ("sql",)]) == (0, 1)
    assert found["idp_upstream_up", ("sol",)] == 1
    assert not [name for name, _ in found if name.startswith(("idp_mail", "idp_logins"))]


def test_login_goes_on_though_it_could_not_be_counted(
    watcher: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("redis")

    monkeypatch.setattr(RedisTallies, "add", away)
    world = watcher.world
    assert world.log_in(world.browser(), world.person())


def test_figures_are_read_once_in_some_seconds_and_nothing_twice_of_what_is_away() -> None:
    asked = []

    def good() -> list[Family]:
        asked.append("good")
        return [Family("idp_x", "x", [((), len(asked))])]

    def away() -> list[Family]:
        asked.append("away")
        raise Unavailable("sql")

    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    metrics = Metrics(
        sources=[Source("redis", good), Source("sql", away), Source("sql", away)], clock=clock
    )
    first = metrics.now()
    clock.advance(FRESH - 1)
    assert metrics.now() is first
    clock.advance(1)
    assert metrics.now() is not first
    assert asked == ["good", "away"] * 2


def test_labels_are_told_whatever_they_hold() -> None:
    odd = 'a"b\\c\nd'
    text = exposition([Family("idp_x", "What\nit is.", [((odd,), 1.5)], ("client_id",))]).decode()
    (family,) = text_string_to_metric_families(text)
    assert [(one.labels, one.value) for one in family.samples] == [({"client_id": odd}, 1.5)]


def test_figures_are_at_no_other_listener(watcher: Program) -> None:
    answer = watcher.world.browser().get("/metrics", headers=watcher.bearer(), base_url=URL)
    assert answer.status_code == 404
