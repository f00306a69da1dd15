"""SUNAT is back: sessions that began by mail end where their components say so, and are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from idp.app import create_app
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.clients.client import Client, ContingencyPolicy
from idp.jobs.periodic import Left
from idp.kernel.errors import Unavailable
from idp.kernel.identity import EXTRANET, Identifier, Mode, Proof
from idp.oidc import failback
from idp.oidc.failback import leaving
from idp.people.person import Person, UpstreamFacts
from idp.upstream_status.state import FlagState
from idp.wiring import build_services
from tests.support.components import Party, clients_text, refused
from tests.support.world import CHEAP, World, build_world

LOGOUT = {"on_recovery": "logout"}
TOLD = "https://rp.example.com/salir"


def component(policy: str) -> Client:
    return Client(
        client_id=policy, client_name=policy, contingency=ContingencyPolicy(on_recovery=policy)
    )


COMPONENTS = {one: component(one) for one in ("keep", "limit", "logout")} | {
    "logout too": component("logout")
}
LEAVING = {
    "nothing was used": ((), [], False),
    "one that ends": (("logout",), ["logout"], True),
    "two that end": (("logout", "logout too"), ["logout", "logout too"], True),
    "one that ends, one that keeps": (("logout", "keep"), ["logout"], False),
    "one that ends, one whose time is up": (("logout", "limit"), ["logout"], False),
    "one that keeps": (("keep",), [], False),
    "one that is gone has no say": (("logout", "gone"), ["logout"], True),
    "only one that is gone": (("gone",), [], False),
}


@pytest.mark.parametrize("case", LEAVING)
def test_leaving(case: str) -> None:
    used, leave, ends = LEAVING[case]
    assert leaving(dict.fromkeys(used, "sid"), COMPONENTS) == (leave, ends)


@pytest.fixture
def world(tmp_path: Path, valkey: str, gateway: Any) -> Iterator[World]:
    """`renueva` and `par-a` end their sessions at a recovery, `conserva` keeps them, `gracia` gives
    them ten minutes.
    """
    text = clients_text(
        renueva={"contingency": LOGOUT, "backchannel_logout_uri": TOLD},
        gracia={"contingency": {"recovery_limit": 600}},
        **{"par-a": {"contingency": LOGOUT, "backchannel_logout_uri": TOLD}},
    )
    built = build_world(tmp_path, valkey, clients=text)
    yield built
    built.services.stop()


@pytest.fixture
def notices(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom the queue is given to tell."""
    told: list[str] = []
    enqueue = world.services.queue.enqueue

    def note(name: str, payload: dict[str, str], **more: Any) -> None:
        if name == "logout.notify":
            told.append(payload["client"])
        enqueue(name, payload, **more)

    monkeypatch.setattr(world.services.queue, "enqueue", note)
    return told


def by_mail(world: World, *client_ids: str) -> Party:
    """A browser that entered these components by mail."""
    first = Party.logged_in(world, client_ids[0], Mode.CONTINGENCIA)
    for client_id in client_ids:
        Party(world, first.browser, client_id).tokens(scope="openid")
    return first


def recover(world: World) -> None:
    world.clock.advance(1)
    world.services.upstream_status.set("sol", FlagState.AUTO, reason="vuelve", who="prueba")
    world.clock.advance(1)


def step(world: World) -> Left | None:
    return world.services.provider.failback.step()


def alive(world: World, party: Party) -> bool:
    return _session(world, party) is not None


def _session(world: World, party: Party) -> Any:
    cookie = party.browser.get_cookie("idp_session", domain="localhost")
    assert cookie is not None
    return world.services.logins.sessions.current(cookie.value)


def test_session_by_mail_ends_at_the_recovery_and_its_components_are_told_once(
    world: World, notices: list[str]
) -> None:
    party = by_mail(world, "renueva", "par-a")
    tokens = party.tokens()
    step(world)
    assert (alive(world, party), notices) == (True, [])
    recover(world)
    for _ in range(3):
        step(world)
    assert not alive(world, party)
    assert sorted(notices) == ["par-a", "renueva"]
    refused(party.refresh(tokens["refresh_token"]), "invalid_grant")
    assert party.userinfo(tokens["access_token"]).status_code == 401
    drain(world.services.audit_stream, world.services.audit._store)
    (ended,) = world.services.audit.search(AuditFilter(event=AuditEvent.SESSION_ENDED))
    assert (ended.details["reason"], ended.mode) == ("recovered", "contingencia")


def test_session_that_another_component_keeps_lives_and_the_one_that_ends_it_is_told(
    world: World, notices: list[str]
) -> None:
    ends = by_mail(world, "renueva", "conserva")
    keeps = Party(world, ends.browser, "conserva")
    refresh = {one.client_id: one.tokens()["refresh_token"] for one in (ends, keeps)}
    recover(world)
    for _ in range(3):
        step(world)
    assert alive(world, ends)
    assert notices == ["renueva"]
    refused(ends.refresh(refresh["renueva"]), "invalid_grant")
    assert keeps.refresh(refresh["conserva"]).status_code == 200
    assert ends.answer(prompt="none")["error"] == "login_required"
    assert "code" in keeps.answer(prompt="none")


def test_session_with_a_further_life_counts_so_long_and_is_not_ended(
    world: World, notices: list[str]
) -> None:
    party = by_mail(world, "gracia")
    token = party.tokens()["refresh_token"]
    recover(world)
    step(world)
    world.clock.advance(598)
    token = party.refresh(token).json["refresh_token"]
    assert "code" in party.answer(prompt="none")
    world.clock.advance(1)
    assert party.answer(prompt="none")["error"] == "login_required"
    refused(party.refresh(token), "invalid_grant")
    assert (alive(world, party), notices) == (True, [])


def test_session_that_outlived_one_recovery_is_looked_at_again_after_the_next(
    world: World, notices: list[str]
) -> None:
    party = by_mail(world, "renueva", "conserva")
    recover(world)
    step(world)
    world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="cae", who="prueba")
    Party(world, party.browser, "renueva").tokens(scope="openid")
    recover(world)
    step(world)
    assert notices == ["renueva", "renueva"]


@pytest.mark.parametrize("mode", ["sunat", "after the recovery", "other realm"])
def test_session_that_a_recovery_does_not_concern_is_left_alone(
    world: World, notices: list[str], mode: str
) -> None:
    if mode == "sunat":
        party = Party.logged_in(world, "renueva")
        party.tokens()
        recover(world)
    elif mode == "after the recovery":
        world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="x", who="x")
        recover(world)
        browser = world.browser()
        world.log_in(browser, world.person(), Mode.CONTINGENCIA)
        party = Party(world, browser, "renueva")
    else:
        party = official(world, world.browser())
        recover(world)
    step(world)
    assert (alive(world, party), notices) == (True, [])


def official(world: World, browser: FlaskClient) -> Party:
    """An official who entered by mail."""
    world.log_in(browser, extranet_person(world), Mode.CONTINGENCIA)
    return Party(world, browser, "renueva")


def extranet_person(world: World) -> Person:
    return world.services.people.record_upstream_login(
        UpstreamFacts(
            realm=EXTRANET, identifier=Identifier(EXTRANET, "EXT0001"), usuario="EXT0001",
            ruc="", tipo_usuario="0", name="FUNCIONARIA DE PRUEBA",
        )
    )  # fmt: skip


def test_work_goes_by_batches_and_on_wherever_it_was_cut_off(
    world: World, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failback, "BATCH", 2)
    parties = [by_mail(world, "renueva") for _ in range(5)]
    recover(world)
    ahead, broken = world.services.provider.failback._endings.ahead, iter([False, True])

    def fails_at_the_second(session: Any) -> None:
        if next(broken, False):
            raise Unavailable("redis")
        ahead(session)

    monkeypatch.setattr(world.services.provider.failback._endings, "ahead", fails_at_the_second)
    with pytest.raises(Unavailable):
        step(world)
    assert sum(alive(world, one) for one in parties) == 4
    assert step(world) is Left.MORE
    assert step(world) is Left.MORE
    assert step(world) is None
    assert not any(alive(world, one) for one in parties)
    assert notices == ["renueva"] * 5


def test_who_logs_in_by_sunat_while_a_batch_is_worked_off_keeps_what_that_gave(
    world: World, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = by_mail(world, "renueva"), by_mail(world, "renueva")
    recover(world)
    endings = world.services.provider.failback._endings
    ahead = endings.ahead

    def while_another_enters(session: Any) -> None:
        monkeypatch.setattr(endings, "ahead", ahead)
        (other,) = [one for one in (first, second) if _session(world, one) != session]
        renew_by_sunat(world, other)
        ahead(session)

    monkeypatch.setattr(endings, "ahead", while_another_enters)
    step(world)
    (other,) = [one for one in (first, second) if alive(world, one)]
    assert notices == ["renueva"]
    assert other.userinfo(other.tokens()["access_token"]).status_code == 200


def renew_by_sunat(world: World, party: Party) -> None:
    """A new session of the same person, which goes on with the chain of the one that it replaces."""
    old = party.browser.get_cookie("idp_session", domain="localhost")
    assert old is not None
    person = world.person()
    proof = Proof(person.realm, person.id, Mode.SUNAT, world.clock.now())
    cookie, _ = world.services.logins.sessions.start(person, proof, None, replaces=old.value)
    party.browser.set_cookie("idp_session", cookie, domain="localhost")


def test_worker_that_dies_between_telling_and_ending_tells_again_rather_than_never(
    world: World, notices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    party = by_mail(world, "renueva")
    recover(world)
    with monkeypatch.context() as dying:
        dying.setattr(world.services.logins.sessions, "end_found", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            step(world)
    assert alive(world, party)
    step(world)
    assert not alive(world, party)
    assert notices == ["renueva", "renueva"]


def test_another_worker_at_it_is_left_to_it(world: World, notices: list[str]) -> None:
    party = by_mail(world, "renueva")
    recover(world)
    with world.services.provider.failback._leases.hold("failback|sol") as mine:
        assert mine
        step(world)
        assert (alive(world, party), notices) == (True, [])
    step(world)
    assert not alive(world, party)


def without_sunat(world: World) -> World:
    """The same provider once nobody proves taxpayers any more."""
    left = tuple(one for one in world.settings.upstreams if one.realm == EXTRANET)
    text = re.sub(r"realms: \[sol(, extranet)?\]", "realms: [extranet]", world_clients(world))
    world.settings.clients_file.write_text(text.replace('["sol", "extranet"]', '["extranet"]'))
    return rebuilt(world, upstreams=left)


def world_clients(world: World) -> str:
    return world.settings.clients_file.read_text(encoding="utf-8")


def rebuilt(world: World, **changes: Any) -> World:
    settings = replace(world.settings, **changes)
    services = build_services(settings, clock=world.clock, password_cost=CHEAP)
    return World(services, create_app(settings, services), world.clock, world.secret)


@pytest.mark.parametrize("mode", [Mode.SUNAT, Mode.CONTINGENCIA])
@pytest.mark.parametrize("gone", ["flagged down", "removed"])
def test_logout_works_whatever_became_of_the_upstream(
    world: World, mode: Mode, gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By front channel, and by back channel to the session's other component."""
    party = Party.logged_in(world, "renueva", mode)
    hint = party.tokens()["id_token"]
    Party(world, party.browser, "par-a").tokens(scope="openid")
    if gone == "removed":
        now = without_sunat(world)
    else:
        world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="x", who="x")
        now = world
    told: list[str] = []
    monkeypatch.setattr(
        now.services.queue, "enqueue",
        lambda name, payload, **_: told.append(payload.get("client", name)),
    )  # fmt: skip
    browser = now.browser()
    cookie = party.browser.get_cookie("idp_session", domain="localhost")
    assert cookie is not None
    browser.set_cookie("idp_session", cookie.value, domain="localhost")
    assert now.services.provider.failback.step() is None
    answer = browser.get("/logout", query_string={"id_token_hint": hint})
    assert answer.status_code == 200
    assert now.services.logins.sessions.current(cookie.value) is None
    assert {"renueva", "par-a"} <= set(told)
    if now is not world:
        now.services.stop()
