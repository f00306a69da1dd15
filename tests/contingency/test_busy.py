"""A national outage: the mail cannot keep up, and says so before it promises too much."""

from __future__ import annotations

import pytest
from contingency_world import COOKIE, HERE, KNOWN, World
from flask import Flask
from flask.testing import FlaskClient
from test_pages import application, client, csrf_token, post_form

from idp.jobs.registry import RetryLater
from idp.mail.news import CROWD
from idp.mail.ports import RelayDeferred

# As many as a crowd can be.
MANY = 4 * CROWD


@pytest.fixture
def app(world: World, templates: object) -> Flask:
    return application(world, templates)  # type: ignore[arg-type]


@pytest.fixture
def person(app: Flask) -> FlaskClient:
    return client(app, COOKIE)


def crowd(world: World, waiting: float) -> None:
    """So many people wait, the first of them for so many seconds."""
    for number in range(MANY):
        world.load.opened(f"lnk_{number}")
    world.clock.advance(waiting)


def test_form_beyond_a_quarter_of_an_hour_queues_nothing_and_says_when(
    world: World, person: FlaskClient
) -> None:
    crowd(world, 1_000)
    transaction = world.park()
    answer = post_form(person, transaction, KNOWN)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "160"
    assert "Vuelva a intentarlo dentro de 3 minutos" in answer.text
    assert 'value="20504774288"' in answer.text
    assert world.queue.held == []
    assert world.transactions.load(transaction.id, HERE).link_id is None


def test_another_link_beyond_a_quarter_of_an_hour_leaves_the_first_alone(
    world: World, person: FlaskClient
) -> None:
    transaction = world.ask()
    world.work()
    crowd(world, 1_000)
    path = f"/contingencia/{transaction.id}"
    page = person.get(f"{path}/revise-su-correo")
    answer = person.post(f"{path}/reenviar", data={"csrf_token": csrf_token(page)})
    assert answer.status_code == 503
    assert "llegaría demasiado tarde" in answer.text
    assert len(world.queue.held) == 0


def test_waiting_page_says_how_the_mail_goes_for_everybody(
    world: World, person: FlaskClient
) -> None:
    transaction = world.ask()
    path = f"/contingencia/{transaction.id}"
    quiet = person.get(f"{path}/revise-su-correo").text
    assert "sin demora" in quiet
    assert "aunque el correo demore</dt><dd>10:30 h" in quiet
    assert "vencerá pasados los 10 minutos de enviado el correo" in quiet
    assert "quedan 30 minutos" in quiet
    crowd(world, 200)
    assert "demoran unos 5 minutos" in person.get(f"{path}/revise-su-correo").text
    state = person.get(f"{path}/estado").get_json()
    assert (state["queue_minutes"], state["minutes_left"]) == (5, 27)


def test_request_waits_until_a_relay_has_its_mail(world: World) -> None:
    world.ask()
    world.outbox.failure = RelayDeferred("451", after=7.0)
    with pytest.raises(Exception) as caught:
        world.work()
    assert getattr(caught.value, "after", None) == 7.0
    world.clock.advance(2)
    assert world.load.now().open == 1


def test_request_whose_own_mailbox_puts_it_off_keeps_nobody_waiting(world: World) -> None:
    world.ask()
    payload = world.queue.held[0][1]
    world.outbox.failure = RelayDeferred("452", scope="recipient")
    for _ in range(3):
        with pytest.raises(RetryLater):
            world.delivery(payload)
        world.clock.advance(2)
        found = world.load.now()
        assert (found.open, found.finished) == (0, 1)
    world.outbox.failure = None
    world.delivery(payload)
    world.clock.advance(2)
    found = world.load.now()
    assert (found.open, found.finished) == (0, 1)
    assert world.delivered_and_put_off() == (1, 0)


def test_requests_that_the_budget_puts_off_count_as_waiting_and_not_as_untried(
    world: World,
) -> None:
    world.ask()
    crowd(world, 0)
    world.outbox.failure = RelayDeferred("budget", after=1.0)
    world.clock.advance(100)
    with pytest.raises(RetryLater):
        world.work()
    for number in range(MANY - 1):
        world.load.tried(f"lnk_{number}")
    found = world.load.now()
    assert (found.open, found.untried, found.stuck) == (MANY + 1, 0.0, 100.0)
    assert world.delivered_and_put_off() == (0, 1)


@pytest.mark.parametrize("known", [True, False])
def test_request_is_done_once_it_is_decided(world: World, known: bool) -> None:
    world.ask(KNOWN if known else {"ruc": "20999999990", "usuario": "NUEVO001"})
    world.clock.advance(2)
    assert world.load.now().open == 1
    world.clock.advance(2)
    world.work()
    found = world.load.now()
    assert (found.open, found.finished) == (0, 1)
    assert world.delivered_and_put_off() == (int(known), 0)
