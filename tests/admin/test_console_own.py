"""A visitor's own account: sessions that end, another password, other codes, proving again."""

from __future__ import annotations

import re

import pytest
from console_desk import PASSWORD, ConsoleClient, Desk, Member, inside

from idp.admin.roles import Role
from idp.audit.events import AuditEvent
from idp.kernel.ids import digest

PAGE = "/admin/cuenta"
NEW = "siete trenes lentos cantan"


def second(desk: Desk, member: Member) -> ConsoleClient:
    browser = desk.browser()
    browser.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux) Firefox/140.0"
    desk.log_in(browser, member)
    return browser


def test_session_ends_after_a_quarter_of_an_hour_without_use(desk: Desk) -> None:
    browser, member = desk.visitor()
    for _ in range(4):
        desk.world.clock.advance(860)
        assert inside(browser)
    desk.world.clock.advance(900)
    assert not inside(browser)
    assert not inside(browser)
    (record,) = desk.records(AuditEvent.ADMIN_SESSION_ENDED, member.name)
    assert (record.actor, record.details["reason"]) == (f"console:{member.name}", "lapsed")


def test_session_ends_after_eight_hours_of_use(desk: Desk) -> None:
    browser, member = desk.visitor()
    for _ in range(8 * 3_600 // 600 - 1):
        desk.world.clock.advance(600)
        assert inside(browser)
    desk.world.clock.advance(600)
    assert not inside(browser)
    (record,) = desk.records(AuditEvent.ADMIN_SESSION_ENDED, member.name)
    assert record.details["reason"] == "lapsed"


def test_session_that_nobody_came_back_to_is_on_record_the_next_morning(desk: Desk) -> None:
    browser, member = desk.visitor()
    cookie = browser.get_cookie("idp_admin", domain="localhost")
    assert cookie is not None
    key = f"idp:console-session:{digest(cookie.value)}"
    assert int(str(desk.world.services.redis.client.ttl(key))) > (8 + 16) * 3_600
    desk.world.clock.advance((8 + 16) * 3_600)
    assert not inside(browser)
    (record,) = desk.records(AuditEvent.ADMIN_SESSION_ENDED, member.name)
    assert record.details["reason"] == "lapsed"


def test_leaving_ends_the_session_whoever_has_its_cookie(desk: Desk) -> None:
    browser, member = desk.visitor()
    cookie = browser.get_cookie("idp_admin", domain="localhost")
    assert cookie is not None
    assert browser.send("/admin/salir", "/admin").location == "/admin/ingresar?salio=1"
    browser.set_cookie("idp_admin", cookie.value, domain="localhost")
    assert not inside(browser)
    (record,) = desk.records(AuditEvent.ADMIN_SESSION_ENDED, member.name)
    assert record.details["reason"] == "logout"


@pytest.mark.parametrize("change", ["disable", "reset", "role"])
@pytest.mark.parametrize("told", [True, False], ids=["redis told", "redis not told"])
def test_sessions_end_with_what_the_account_was(
    desk: Desk, change: str, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, member = desk.visitor()
    if not told:
        monkeypatch.setattr(desk.console.sessions, "end_all", lambda *_, **__: None)
    if change == "role":
        desk.console.desk.set_role(member.name, Role.ADMIN, actor="prueba")
    else:
        getattr(desk.console.desk, change)(member.name, actor="prueba", reason="prueba")
    assert not inside(browser)
    assert len(desk.records(AuditEvent.ADMIN_SESSION_ENDED, member.name)) == told


def test_account_that_is_enabled_again_is_as_it_was(desk: Desk) -> None:
    member, browser = desk.member(), desk.browser()
    desk.console.desk.disable(member.name, actor="prueba", reason="prueba")
    assert desk.half(browser, member).status_code == 422
    desk.console.desk.enable(member.name, actor="prueba", reason="prueba")
    assert desk.log_in(browser, member).status_code == 303


def test_account_that_was_reset_has_nothing_of_before(desk: Desk) -> None:
    member, browser = desk.member(), desk.browser()
    link = desk.console.desk.reset(member.name, actor="prueba", reason="prueba")
    assert desk.half(browser, member).status_code == 422
    token, enrolment = link.url.rpartition("/")[2], desk.console.enrolment
    assert enrolment.choose(token, NEW, NEW, "b") is None
    secret = enrolment.app(token, "b").text.replace(" ", "")
    assert secret != member.secret
    done = enrolment.confirm(token, desk.code(secret), "b")
    assert set(done.codes) & set(member.codes) == set()
    member.password = NEW
    desk.half(browser, member)
    path = "/admin/codigo/recuperacion"
    assert browser.send(path, "/admin/codigo", recuperacion=member.codes[0]).status_code == 422
    assert browser.send(path, "/admin/codigo", recuperacion=done.codes[0]).status_code == 303


def test_other_sessions_are_shown_and_ended(desk: Desk) -> None:
    browser, member = desk.visitor()
    other = second(desk, member)
    page = browser.get(PAGE).text
    assert "Firefox en Linux" in page
    sids = re.findall('data-sid="([^"]+)"', page)
    assert len(sids) == 2
    ended = next(one for one in sids if f"/sesiones/{one}" in page)
    assert browser.send(f"{PAGE}/sesiones/{ended}", PAGE).location == f"{PAGE}?hecho=sesiones"
    assert (inside(browser), inside(other)) == (True, False)
    others = [second(desk, member) for _ in range(2)]
    browser.send(f"{PAGE}/sesiones/otras", PAGE)
    assert [inside(one) for one in (browser, *others)] == [True, False, False]


def test_session_of_somebody_else_cannot_be_ended(desk: Desk) -> None:
    browser, _ = desk.visitor()
    other, _ = desk.visitor()
    found = re.search('data-sid="([^"]+)"', other.get(PAGE).text)
    assert found
    browser.send(f"{PAGE}/sesiones/{found[1]}", PAGE)
    assert inside(other)


def test_password_is_changed_and_other_sessions_end(desk: Desk) -> None:
    browser, member = desk.visitor()
    other = second(desk, member)
    before = browser.get_cookie("idp_admin", domain="localhost")
    answer = browser.send(f"{PAGE}/clave", PAGE, actual=PASSWORD, nueva=NEW, repetida=NEW)
    assert answer.location == f"{PAGE}?hecho=clave"
    assert browser.get_cookie("idp_admin", domain="localhost") != before
    assert (inside(browser), inside(other)) == (True, False)
    assert desk.half(desk.browser(), member).status_code == 422
    member.password = NEW
    assert desk.log_in(desk.browser(), member).status_code == 303
    assert len(desk.records(AuditEvent.ADMIN_PASSWORD_CHANGED, member.name)) == 1


@pytest.mark.parametrize(
    ("actual", "nueva", "repetida", "field"),
    [
        ("no es esta", NEW, NEW, "actual"),
        (PASSWORD, "corta", "corta", "nueva"),
        (PASSWORD, NEW, "otra", "nueva"),
    ],
)
def test_password_is_not_changed_without_the_old_or_for_a_bad_one(
    desk: Desk, actual: str, nueva: str, repetida: str, field: str
) -> None:
    browser, member = desk.visitor()
    form = {"actual": actual, "nueva": nueva, "repetida": repetida}
    answer = browser.send(f"{PAGE}/clave", PAGE, **form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert desk.half(desk.browser(), member).location == "/admin/codigo"


def test_new_codes_want_a_fresh_proof(desk: Desk) -> None:
    browser, member = desk.visitor()
    assert browser.get(f"{PAGE}/codigos").status_code == 200
    desk.world.clock.advance(300)
    sent = browser.get(f"{PAGE}/codigos").location
    assert sent == "/admin/confirmar?volver=%2Fadmin%2Fcuenta%2Fcodigos"
    late = browser.send(f"{PAGE}/codigos", PAGE)
    assert late.location == sent
    form = {"volver": f"{PAGE}/codigos"}
    wrong = browser.send("/admin/confirmar", clave="no es esta", **form)
    assert wrong.status_code == 422
    assert browser.get(f"{PAGE}/codigos").status_code == 303
    assert browser.send("/admin/confirmar", clave=PASSWORD, **form).location == f"{PAGE}/codigos"
    answer = browser.send(f"{PAGE}/codigos")
    codes = re.findall(r'<li class="code">([a-z2-7-]{14})</li>', answer.text)
    assert len(codes) == 10
    assert len(desk.records(AuditEvent.ADMIN_PROVED_AGAIN, member.name)) == 1

    # Only the new ones count.
    again = desk.browser()
    desk.half(again, member)
    path = "/admin/codigo/recuperacion"
    assert again.send(path, "/admin/codigo", recuperacion=member.codes[0]).status_code == 422
    assert again.send(path, "/admin/codigo", recuperacion=codes[0]).status_code == 303
    assert "Le quedan 9." in again.get(PAGE).text


def test_proofs_are_tried_few_times(desk: Desk) -> None:
    browser, _ = desk.visitor()
    found = [browser.send("/admin/confirmar", clave="no es esta").status_code for _ in range(11)]
    assert found == [422] * 10 + [429]


def test_wrong_password_of_who_is_inside_is_on_record(desk: Desk) -> None:
    browser, member = desk.visitor()
    browser.send("/admin/confirmar", clave="no es esta")
    browser.send(f"{PAGE}/clave", PAGE, actual="ni esta", nueva=NEW, repetida=NEW)
    records = desk.records(AuditEvent.ADMIN_LOGIN_FAILED, member.name)
    told = {"account": member.name, "step": "proof", "reason": "wrong"}
    # `personal` commits to what stands beside the record.
    assert [{**one.details, "personal": ""} for one in records] == [{**told, "personal": ""}] * 2
