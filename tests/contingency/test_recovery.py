"""SUNAT comes back, or answers late, while a login waits for a mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from contingency_world import COOKIE, HERE, World
from flask import Flask
from flask.testing import FlaskClient
from test_elsewhere import asked, here_code, importer, open_link, state, type_here
from test_pages import OTHER, application, client, csrf_token, press

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.database import Database
from idp.kernel.errors import IdpError
from idp.kernel.identity import Mode, Proof
from idp.login.transaction import Transaction

WAITS = "/contingencia/{}/revise-su-correo"


@pytest.fixture(params=["honour", "end"])
def setting(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(gateway: RedisGateway, database: Database, templates: Path, setting: str) -> World:
    world = World(gateway, database, templates, links_end_at_recovery=setting == "end")
    world.seed()
    world.flag(up=False)
    return world


@pytest.fixture
def app(world: World, templates: Path) -> Flask:
    return application(world, templates)


@pytest.fixture
def desk(app: Flask) -> FlaskClient:
    return client(app, COOKIE)


def told(desk: FlaskClient, login: Transaction) -> tuple[str, bool]:
    """What the waiting page's script is told."""
    found = desk.get(f"/contingencia/{login.id}/estado").json
    return found["state"], found["sunat"]


def test_link_on_its_way_at_the_recovery_serves_or_leads_to_sunat_with_the_same_request(
    world: World, desk: FlaskClient, app: Flask, setting: str
) -> None:
    login = asked(world)
    assert told(desk, login) == ("waiting", False)
    world.flag(up=True)
    page = open_link(world, desk)
    phone = client(app, OTHER)
    if setting == "honour":
        assert told(desk, login) == ("waiting", True)
        assert press(desk, world.mailed_token()).location == f"/login/{login.id}"
        return
    assert told(desk, login) == ("recovered", True)
    assert "El enlace que pidió ya no sirve ni hace falta" in page.text
    assert f'href="/login/{login.id}/sunat"' in page.text
    with pytest.raises(IdpError, match="sunat_available"):
        world.entry.enter(world.mailed_token(), HERE, None)
    assert "SUNAT ya está disponible" in open_link(world, phone).text
    assert state(world) == "live"
    # What the flag ended, the flag gives back while the link lives.
    world.flag(up=False)
    assert press(desk, world.mailed_token()).location == f"/login/{login.id}"


def test_link_in_another_browser_after_the_recovery(world: World, app: Flask, setting: str) -> None:
    asked(world)
    phone = client(app, OTHER)
    open_link(world, phone)
    code = here_code(world)
    world.flag(up=True)
    # Whatever the setting says: a session that begins here is not good enough for a new request.
    assert type_here(world, phone, code).status_code == 403
    assert state(world) == "live"


def test_waiting_page_offers_sunat_beside_the_mail_or_instead_of_it(
    world: World, desk: FlaskClient, setting: str
) -> None:
    login = asked(world)
    before = desk.get(WAITS.format(login.id)).text
    assert 'id="sunat" hidden' in before
    world.flag(up=True)
    page = desk.get(WAITS.format(login.id)).text
    assert f'href="/login/{login.id}/sunat"' in page
    assert ('id="sunat">' in page) is (setting == "honour")
    assert ("Revise su correo" in page) is (setting == "honour")


def test_mail_that_is_still_to_be_sent_at_the_recovery(world: World, setting: str) -> None:
    world.ask()
    world.flag(up=True)
    world.work()
    assert len(world.outbox.sent) == (1 if setting == "honour" else 0)
    refused = [one.details["code"] for one in world.events_of("mail.refused")]
    assert refused == ([] if setting == "honour" else ["recovered"])


def by_sunat(world: World, login: Transaction) -> None:
    """SUNAT's answer comes late: what `federation` does with it."""
    proof = Proof("sol", importer(world), Mode.SUNAT, world.clock.now())
    proved = world.transactions.record_proof(login.id, HERE, proof)
    assert proved.link_id is not None
    world.links.withdraw(proved.link_id)


def test_link_of_a_login_that_sunat_proved_meanwhile_is_needed_no_more(
    world: World, desk: FlaskClient, app: Flask
) -> None:
    login = asked(world)
    by_sunat(world, login)
    assert told(desk, login)[0] == "proved"
    for browser in (desk, client(app, OTHER)):
        page = open_link(world, browser)
        assert (page.status_code, "link_withdrawn" in page.text) == (410, True)
        assert "continuó con SUNAT" in page.text
    answer = desk.post(
        f"/ingreso/{world.mailed_token()}", data={"csrf_token": csrf_token(open_link(world, desk))}
    )
    assert answer.status_code == 410
    proof = world.transactions.load(login.id, HERE).proof
    assert proof is not None and proof.mode is Mode.SUNAT


def test_link_that_is_used_in_the_very_moment_of_sunats_answer_changes_nothing(
    world: World,
) -> None:
    login = asked(world)
    link = world.links.by_token(world.mailed_token())
    assert link is not None
    by_mail = Proof("sol", link.person_id or "", Mode.CONTINGENCIA, world.clock.now())
    by_sunat(world, login)
    with pytest.raises(IdpError, match="transaction_unknown"):
        world.transactions.prove_by_link(login.id, HERE, link.id, by_mail)


def test_mail_of_a_link_that_was_withdrawn_is_never_sent(world: World) -> None:
    login = world.ask()
    by_sunat(world, login)
    world.work()
    assert world.outbox.sent == []
