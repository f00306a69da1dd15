"""*No fui yo*, on every page that a mailed link may lead to: the mail promises it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from contingency_world import COOKIE, World, component
from flask import Flask
from flask.testing import FlaskClient
from test_elsewhere import asked, open_link, state
from test_pages import application, client, csrf_token, press

from idp.limits.table import LIMITS

NOTED_EACH = LIMITS["audit.noted"].limit


def leave_live(world: World, desk: FlaskClient) -> None:
    """Nothing happens to the link."""


def use(world: World, desk: FlaskClient) -> None:
    press(desk, world.mailed_token())


def expire(world: World, desk: FlaskClient) -> None:
    world.clock.advance(601)


def refuse(world: World, desk: FlaskClient) -> None:
    world.components.clients["origen"] = component(allowed=False)


def supersede(world: World, desk: FlaskClient) -> None:
    link = world.links.by_token(world.mailed_token())
    assert link is not None
    world.clock.advance(61)
    page = desk.get(f"/contingencia/{link.transaction_id}/revise-su-correo")
    data = {"csrf_token": csrf_token(page)}
    desk.post(f"/contingencia/{link.transaction_id}/reenviar", data=data)


STATES = {
    "live": (leave_live, "vence por sí solo"),
    "refused": (refuse, "vence por sí solo"),
    "used": (use, "Este enlace ya se usó"),
    "expired": (expire, "El enlace ya no sirve"),
    "superseded": (supersede, "El enlace ya no sirve"),
}
Happens = Callable[[World, FlaskClient], None]


@pytest.fixture
def app(world: World, templates: object) -> Flask:
    return application(world, templates)  # type: ignore[arg-type]


@pytest.fixture
def desk(app: Flask) -> FlaskClient:
    return client(app, COOKIE)


@pytest.mark.parametrize("cookie", [COOKIE, None], ids=["where it was asked", "elsewhere"])
@pytest.mark.parametrize(("happens", "said"), STATES.values(), ids=STATES)
def test_not_me_on_every_page_of_a_link_is_on_record_and_changes_nothing(
    world: World, app: Flask, desk: FlaskClient, happens: Happens, said: str, cookie: str | None
) -> None:
    asked(world)
    reference = world.queue_reference()
    happens(world, desk)
    before = state(world)
    # Without a cookie the page itself must bring the one that its form needs.
    browser = client(app, cookie)
    page = open_link(world, browser)
    assert page.text.count('id="no-fui-yo"') == 1
    path = f"/ingreso/{world.mailed_token()}/no-fui-yo"
    assert browser.post(path).status_code == 403
    answer = browser.post(path, data={"csrf_token": csrf_token(page)})
    assert answer.status_code == 200
    assert reference in answer.text
    assert said in answer.text
    (record,) = world.events_of("link.reported")
    assert record.reference == reference
    assert state(world) == before


def test_not_me_pressed_without_end_leaves_a_bounded_record(
    world: World, desk: FlaskClient
) -> None:
    asked(world)
    data = {"csrf_token": csrf_token(open_link(world, desk))}
    for _ in range(NOTED_EACH + 5):
        desk.post(f"/ingreso/{world.mailed_token()}/no-fui-yo", data=data)
    assert 0 < len(world.events_of("link.reported")) <= NOTED_EACH


def test_not_me_for_a_link_that_never_was_says_that_it_is_unknown(
    world: World, desk: FlaskClient
) -> None:
    asked(world)
    data = {"csrf_token": csrf_token(open_link(world, desk))}
    assert desk.post("/ingreso/unknown/no-fui-yo", data=data).status_code == 404
    assert world.events_of("link.reported") == []
