"""Setting an account up by its link: once, within a day, in one browser."""

from __future__ import annotations

import re

import pytest
from console_desk import PASSWORD, ConsoleClient, Desk, inside

from idp.adapters.redis.admin import RedisConsoleSessions, RedisSteps
from idp.audit.events import AuditEvent
from idp.kernel.errors import Unavailable
from tests.support.world import csrf_of


def secret_on(page: str) -> str:
    found = re.search(r'id="secreto">([A-Z2-7 ]+)<', page)
    assert found, page
    return found[1].replace(" ", "")


def chosen(browser: ConsoleClient, path: str, password: str = PASSWORD) -> str:
    """Choose a password; the path of the next page."""
    answer = browser.send(path, nueva=password, repetida=password)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_account_is_set_up_by_its_pages_and_is_in(desk: Desk) -> None:
    (name, path), browser = desk.link(), desk.browser()
    assert f"<strong>{name}</strong>" in browser.get(path).text
    app = chosen(browser, path)
    secret = secret_on(browser.get(app).text)
    done = browser.send(app, codigo=desk.code(secret))
    codes = re.findall(r'<li class="code">([a-z2-7-]{14})</li>', done.text)
    assert (done.status_code, len(set(codes))) == (200, 10)
    assert inside(browser)
    (record,) = desk.records(AuditEvent.ADMIN_SET_UP, name)
    assert record.actor == f"console:{name}"

    # And by what was chosen from now on; the code that confirmed the app is spent.
    again = desk.browser()
    again.send("/admin/ingresar", usuario=name, clave=PASSWORD)
    assert again.send("/admin/codigo", codigo=desk.code(secret)).status_code == 422
    path = "/admin/codigo/recuperacion"
    assert again.send(path, "/admin/codigo", recuperacion=codes[3]).status_code == 303


def test_link_is_good_once_and_looking_spends_nothing(desk: Desk) -> None:
    (_, path), browser = desk.link(), desk.browser()
    for _ in range(3):
        assert desk.browser().get(path).status_code == 200
    app = chosen(browser, path)
    token = csrf_of(browser.get(app).text)
    form = {"csrf_token": token, "codigo": desk.code(secret_on(browser.get(app).text))}
    assert browser.post(app, data=form).status_code == 200
    for answer in (browser.get(path), browser.get(app), desk.browser().get(path)):
        assert answer.status_code == 404
        assert "console_setup_unknown" in answer.text


def test_link_ends_after_a_day_and_with_the_next(desk: Desk) -> None:
    (name, path), browser = desk.link(), desk.browser()
    desk.world.clock.advance(86_399)
    assert browser.get(path).status_code == 200
    again = desk.console.desk.reset(name, actor="prueba", reason="prueba")
    assert browser.get(path).status_code == 404
    desk.world.clock.advance(86_400)
    assert browser.get(again.url).status_code == 404


def test_link_of_a_disabled_account_is_none(desk: Desk) -> None:
    name, path = desk.link()
    desk.console.desk.disable(name, actor="prueba", reason="prueba")
    assert desk.browser().get(path).status_code == 404


@pytest.mark.parametrize(
    ("password", "repeated", "said"),
    [
        ("corta", "corta", "Use al menos 12 caracteres"),
        ("Vuce-Mincetur-2026", "Vuce-Mincetur-2026", "de las primeras que alguien probaría"),
        (PASSWORD, PASSWORD + " ", "Las dos contraseñas no son iguales"),
        ("", "", "Use al menos 12 caracteres"),
    ],
)
def test_password_that_is_not_taken_is_said(
    desk: Desk, password: str, repeated: str, said: str
) -> None:
    answer = desk.browser().send(desk.link()[1], nueva=password, repetida=repeated)
    assert answer.status_code == 422
    assert said in answer.text
    assert not password or f'value="{password}' not in answer.text


def test_wrong_code_leaves_the_link_as_it_was(desk: Desk) -> None:
    (_, path), browser = desk.link(), desk.browser()
    app = chosen(browser, path)
    secret = secret_on(browser.get(app).text)
    wrong = browser.send(app, codigo=desk.code(secret, 3_600))
    assert wrong.status_code == 422
    assert secret_on(wrong.text) == secret
    assert browser.send(app, codigo=desk.code(secret)).status_code == 200


def test_app_is_shown_only_where_the_password_was_chosen(desk: Desk) -> None:
    (_, path), browser, stranger = desk.link(), desk.browser(), desk.browser()
    app = chosen(browser, path)
    assert stranger.get(app).location == path
    form = {"csrf_token": csrf_of(stranger.get(path).text), "codigo": "000000"}
    assert stranger.post(app, data=form).location == path
    # Whoever chooses anew takes the place of the first.
    chosen(stranger, path)
    assert browser.get(app).location == path


def test_whoever_opens_the_link_first_does_not_learn_the_secret_of_its_owner(desk: Desk) -> None:
    (name, path), thief, owner = desk.link(), desk.browser(), desk.browser()
    seen = secret_on(thief.get(chosen(thief, path)).text)
    app = chosen(owner, path)
    secret = secret_on(owner.get(app).text)
    assert secret != seen
    form = {"csrf_token": csrf_of(owner.get(app).text), "codigo": desk.code(seen)}
    assert owner.post(app, data=form).status_code == 422
    assert owner.post(app, data={**form, "codigo": desk.code(secret)}).status_code == 200
    first = desk.browser()
    assert first.send("/admin/ingresar", usuario=name, clave=PASSWORD).location == "/admin/codigo"
    assert first.send("/admin/codigo", codigo=desk.code(seen, 30)).status_code == 422


def test_choosing_again_in_the_same_browser_leaves_the_app_as_it_is(desk: Desk) -> None:
    (_, path), browser = desk.link(), desk.browser()
    secret = secret_on(browser.get(chosen(browser, path)).text)
    assert secret_on(browser.get(chosen(browser, path, PASSWORD + " y cantan")).text) == secret


def test_choice_of_a_password_counts_for_half_an_hour(desk: Desk) -> None:
    (_, path), browser = desk.link(), desk.browser()
    app = chosen(browser, path)
    desk.world.clock.advance(1_801)
    assert browser.get(app).location == path


def test_page_of_the_app_has_its_qr_without_inline_code(desk: Desk) -> None:
    (_, path), browser = desk.link(), desk.browser()
    page = browser.get(chosen(browser, path)).text
    assert '<svg viewBox="0 0 ' in page
    assert "style=" not in page
    assert "otpauth" not in page


def test_tries_at_a_link_are_limited(desk: Desk) -> None:
    (_, path), browser = desk.link(), desk.browser()
    form = {"csrf_token": csrf_of(browser.get(path).text), "nueva": "corta", "repetida": "corta"}
    found = [browser.post(path, data=form).status_code for _ in range(31)]
    assert found == [422] * 30 + [429]


@pytest.mark.parametrize(
    ("store", "step"),
    [(RedisSteps, "drop"), (RedisConsoleSessions, "add")],
    ids=["step", "session"],
)
def test_recovery_codes_are_shown_although_redis_fails_just_then(
    desk: Desk, store: type, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are kept by then, the link is spent, and they are shown this once."""
    (name, path), browser = desk.link(), desk.browser()
    app = chosen(browser, path)
    secret = secret_on(browser.get(app).text)
    token = csrf_of(browser.get(app).text)

    def away(*_: object, **__: object) -> None:
        raise Unavailable("redis")

    with monkeypatch.context() as patched:
        patched.setattr(store, step, away)
        done = browser.post(app, data={"csrf_token": token, "codigo": desk.code(secret)})
    codes = re.findall(r'<li class="code">([a-z2-7-]{14})</li>', done.text)
    assert (done.status_code, len(codes)) == (200, 10)
    entered = step == "drop"
    assert ("y ya ingresó" in done.text, inside(browser)) == (entered, entered)
    on = "/admin" if entered else "/admin/ingresar"
    assert f'id="seguir" href="{on}"' in done.text
    again = desk.browser()
    again.send("/admin/ingresar", usuario=name, clave=PASSWORD)
    path = "/admin/codigo/recuperacion"
    assert again.send(path, "/admin/codigo", recuperacion=codes[0]).status_code == 303
