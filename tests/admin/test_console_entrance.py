"""The way in: a password and a code, and what keeps everybody else out."""

from __future__ import annotations

import re

import pytest
from console_desk import PASSWORD, ConsoleClient, Desk, inside

from idp.admin import passwords
from idp.admin.roles import Role
from idp.audit.events import AuditEvent
from idp.kernel.errors import IdpError
from idp.kernel.random import SystemRandom
from tests.support.world import csrf_of

LOGIN, CODE = "/admin/ingresar", "/admin/codigo"


def without_token(page: str) -> str:
    return re.sub(r'(name="csrf_token" value=")[^"]+', r"\1", page)


def test_password_and_code_lead_in_and_are_on_record(desk: Desk) -> None:
    browser, member = desk.browser(), desk.member()
    assert browser.get("/admin").location == "/admin/ingresar?volver=%2Fadmin"
    assert desk.log_in(browser, member).location == "/admin"
    page = browser.get("/admin").text
    assert f'<b id="usuario-actual">{member.name}</b> · Consulta' in page
    (record,) = desk.records(AuditEvent.ADMIN_LOGGED_IN, member.name)
    assert (record.actor, record.details["how"]) == (f"console:{member.name}", "code")


def test_name_is_taken_as_people_type_it(desk: Desk) -> None:
    member = desk.member()
    answer = desk.half(desk.browser(), member, usuario=f"  {member.name.upper()} ")
    assert answer.location == CODE


def test_password_alone_opens_nothing(desk: Desk) -> None:
    browser = desk.browser()
    desk.half(browser, desk.member())
    assert browser.get(CODE).status_code == 200
    assert not inside(browser)


def test_password_that_was_hashed_at_another_cost_is_hashed_anew_by_a_login(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then its work tells it from nobody's. No session ends by it."""
    browser, member = desk.visitor()
    accounts, entrance = desk.console.entrance._accounts, desk.console.entrance
    before = accounts.named(member.name)
    dearer = passwords.Passwords(random=SystemRandom(), cost=passwords.Cost(16, 2, 1))
    monkeypatch.setattr(entrance, "_passwords", dearer)
    desk.half(desk.browser(), member, clave="otra frase muy larga")
    assert accounts.named(member.name) == before
    with monkeypatch.context() as patched:
        patched.setattr(dearer, "hash", _busy)
        assert desk.half(desk.browser(), member).location == CODE
    assert accounts.named(member.name) == before
    assert desk.half(desk.browser(), member).location == CODE
    after = accounts.named(member.name)
    assert after.password_hash.startswith("$argon2id$v=19$m=16,t=2,p=1$")
    assert after.generation == before.generation
    assert inside(browser)
    assert desk.log_in(desk.browser(), member).status_code == 303
    assert accounts.named(member.name).password_hash == after.password_hash
    # One who chose another password meanwhile keeps it.
    accounts.hashed_anew(before, "an older one's")
    assert accounts.named(member.name).password_hash == after.password_hash


def _busy(_: str) -> str:
    raise IdpError("console_busy", 503)


def test_refusal_is_the_same_whoever_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes and work: one hash for each, though there is none to compare with."""
    hashed: list[str] = []
    argon = passwords.Argon2id

    class Counted:
        @staticmethod
        def verify_phc_encoded(password: bytes, kept: str) -> None:
            hashed.append(kept.rpartition("$")[0].rpartition("$")[0])
            argon.verify_phc_encoded(password, kept)

    known, disabled, waiting = desk.member(), desk.member(), desk.link()[0]
    monkeypatch.setattr(passwords, "Argon2id", Counted)
    desk.console.desk.disable(disabled.name, actor="prueba", reason="prueba")
    answers = []
    for name, password in (
        (known.name, "otra"),
        (disabled.name, PASSWORD),
        (waiting, PASSWORD),
        ("nadie", PASSWORD),
        ("¡nadie! " * 8, PASSWORD),
    ):
        answer = desk.browser().send(LOGIN, usuario=name, clave=password)
        answers.append((answer.status_code, without_token(answer.text)))
    assert answers[0][0] == 422
    assert answers[1:] == answers[:1] * 4
    assert hashed == hashed[:1] * 5


@pytest.mark.parametrize(
    ("later", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_code_of_a_clock_a_step_off_is_taken(desk: Desk, later: float, taken: bool) -> None:
    browser, member = desk.browser(), desk.member()
    desk.world.clock.advance(90)
    desk.half(browser, member)
    answer = browser.send(CODE, codigo=desk.code(member.secret, later))
    assert (answer.status_code == 303) is taken


@pytest.mark.parametrize("typed", ["", "000000", "12345", "١٢٣٤٥٦", "1234567", "no"])
def test_wrong_code_is_refused_and_on_record(desk: Desk, typed: str) -> None:
    browser, member = desk.browser(), desk.member()
    desk.half(browser, member)
    answer = browser.send(CODE, codigo=typed)
    assert answer.status_code == 422
    assert 'id="codigo-error"' in answer.text
    assert not inside(browser)
    (record,) = desk.records(AuditEvent.ADMIN_LOGIN_FAILED, member.name)
    told = {name: value for name, value in record.details.items() if name != "personal"}
    assert told == {"account": member.name, "step": "code", "reason": "wrong"}


def test_code_is_good_once_nor_is_one_before_it(desk: Desk) -> None:
    member, first, second = desk.member(), desk.browser(), desk.browser()
    for browser in (first, second):
        desk.half(browser, member)
    now, before = desk.code(member.secret), desk.code(member.secret, -30)
    assert first.send(CODE, codigo=now).status_code == 303
    assert second.send(CODE, codigo=now).status_code == 422
    assert second.send(CODE, codigo=before).status_code == 422
    assert (
        desk.records(AuditEvent.ADMIN_LOGIN_FAILED, member.name)[-1].details["reason"] == "replayed"
    )
    desk.world.clock.advance(30)
    assert second.send(CODE, codigo=desk.code(member.secret)).status_code == 303


def test_recovery_code_is_good_once_however_it_is_typed(desk: Desk) -> None:
    member, browser = desk.member(), desk.browser()
    desk.half(browser, member)
    typed = f" {member.codes[0].upper().replace('-', ' ')} "
    path = f"{CODE}/recuperacion"
    assert browser.send(path, CODE, recuperacion=typed).location == "/admin"
    assert inside(browser)
    again = desk.browser()
    desk.half(again, member)
    assert again.send(path, CODE, recuperacion=member.codes[0]).status_code == 422
    assert not inside(again)
    (record,) = desk.records(AuditEvent.ADMIN_LOGGED_IN, member.name)
    assert record.details["how"] == "recovery"


def test_recovery_code_of_somebody_else_is_refused(desk: Desk) -> None:
    member, other, browser = desk.member(), desk.member(), desk.browser()
    desk.half(browser, member)
    path = f"{CODE}/recuperacion"
    assert browser.send(path, CODE, recuperacion=other.codes[0]).status_code == 422


def test_second_step_belongs_to_its_browser_and_to_five_minutes(desk: Desk) -> None:
    member, browser, stranger = desk.member(), desk.browser(), desk.browser()
    desk.half(browser, member)
    assert stranger.get(CODE).location == f"{LOGIN}?vencido=1"
    token = csrf_of(browser.get(CODE).text)
    desk.world.clock.advance(301)
    form = {"csrf_token": token, "codigo": desk.code(member.secret)}
    assert browser.post(CODE, data=form).location == f"{LOGIN}?vencido=1"
    assert browser.get(CODE).location == f"{LOGIN}?vencido=1"
    assert 'id="vencido"' in browser.get(f"{LOGIN}?vencido=1").text


@pytest.mark.parametrize("change", ["disable", "reset"])
def test_second_step_of_an_account_that_changed_meanwhile_is_over(desk: Desk, change: str) -> None:
    member, browser = desk.member(), desk.browser()
    desk.half(browser, member)
    token = csrf_of(browser.get(CODE).text)
    getattr(desk.console.desk, change)(member.name, actor="prueba", reason="prueba")
    form = {"csrf_token": token, "codigo": desk.code(member.secret)}
    assert browser.post(CODE, data=form).location == f"{LOGIN}?vencido=1"


def tries(desk: Desk, browser: ConsoleClient, name: str, count: int) -> list[int]:
    token = csrf_of(browser.get(LOGIN).text)
    form = {"csrf_token": token, "usuario": name, "clave": "no es esta"}
    return [browser.post(LOGIN, data=form).status_code for _ in range(count)]


def test_tries_for_an_account_are_few_and_come_back(desk: Desk) -> None:
    member, browser = desk.member(), desk.browser()
    assert tries(desk, browser, member.name, 11) == [422] * 10 + [429]
    refused = desk.half(browser, member)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) == 90
    # Neither another account nor its owner at another place is kept out.
    assert desk.half(browser, desk.member()).location == CODE
    assert desk.half(desk.browser("192.0.2.1"), member).location == CODE
    desk.world.clock.advance(90)
    assert desk.half(browser, member).location == CODE


def test_names_that_are_none_are_limited_alike(desk: Desk) -> None:
    assert tries(desk, desk.browser(), "nadie", 11) == [422] * 10 + [429]


def test_tries_of_an_address_are_limited_whoever_is_named(desk: Desk) -> None:
    browser = desk.browser()
    for number in range(6):
        assert tries(desk, browser, f"nadie{number}", 10) == [422] * 10
    assert tries(desk, browser, "otro", 1) == [429]
    assert tries(desk, desk.browser("192.0.2.1"), "otro", 1) == [422]


def test_owner_is_not_silenced_from_many_addresses(desk: Desk) -> None:
    own, member = desk.visitor(address="198.51.100.1")
    for number in range(11):
        tries(desk, desk.browser(f"10.0.{number}.1"), member.name, 10)
    assert tries(desk, desk.browser("10.1.0.1"), member.name, 1) == [429]
    own.send("/admin/salir", "/admin")
    assert desk.half(own, member).location == CODE


def test_codes_are_tried_few_times(desk: Desk) -> None:
    member, browser = desk.member(), desk.browser()
    desk.half(browser, member)
    token = csrf_of(browser.get(CODE).text)
    form = {"csrf_token": token, "codigo": "000000"}
    assert [browser.post(CODE, data=form).status_code for _ in range(11)] == [422] * 10 + [429]
    desk.world.clock.advance(90)
    assert browser.send(CODE, codigo=desk.code(member.secret)).status_code == 303


def test_codes_are_tried_few_times_a_day_by_whoever_knows_the_password(desk: Desk) -> None:
    member, browser = desk.member(), desk.browser()
    taken = 0
    for _ in range(8):
        desk.half(browser, member)
        form = {"csrf_token": csrf_of(browser.get(CODE).text), "codigo": "000000"}
        taken += [browser.post(CODE, data=form).status_code for _ in range(10)].count(422)
        desk.world.clock.advance(900)
    # Sixty at once, and one more comes back each 24 minutes.
    assert 60 <= taken <= 65
    desk.world.clock.advance(86_400)
    assert desk.log_in(browser, member).status_code == 303


def test_login_goes_on_to_the_page_that_was_wanted(desk: Desk) -> None:
    member, browser = desk.member(), desk.browser()
    sent = browser.get("/admin/cuenta?hecho=clave").location
    assert sent == "/admin/ingresar?volver=%2Fadmin%2Fcuenta%3Fhecho%3Dclave"
    back = re.search(r'name="volver" value="([^"]+)"', browser.get(sent).text)
    assert back
    desk.half(browser, member, volver=back[1])
    answer = browser.send(CODE, codigo=desk.code(member.secret))
    assert answer.location == "/admin/cuenta?hecho=clave"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://otro.example/admin",
        "//otro.example",
        "/admin//otro.example",
        "/admin/../x",
        "/otra",
        "/admin/\\x",
    ],
)
def test_login_leads_nowhere_else(desk: Desk, elsewhere: str) -> None:
    member, browser = desk.member(), desk.browser()
    desk.half(browser, member, volver=elsewhere)
    assert browser.send(CODE, codigo=desk.code(member.secret)).location == "/admin"


def test_login_in_another_language_leads_to_the_same_page(desk: Desk) -> None:
    text = desk.browser().get(f"{LOGIN}?volver=/admin/cobertura%3Fdias%3D30&vencido=1").text
    link = "?volver=%2Fadmin%2Fcobertura%3Fdias%3D30&amp;vencido=1&amp;idioma=en"
    assert f'href="{link}"' in text
    elsewhere = desk.browser().get(f"{LOGIN}?volver=//otro.example&next=//otro.example").text
    assert "otro.example" not in elsewhere


def test_login_gives_new_cookies_and_ends_the_session_before(desk: Desk) -> None:
    browser, first = desk.visitor()
    before = {one.key: one.value for one in browser._cookies.values()}
    # Somebody else logs in at the same browser, over the session that is there.
    other = desk.member(Role.AUDITOR)
    token = csrf_of(browser.get("/admin").text)
    form = {"csrf_token": token, "usuario": other.name, "clave": PASSWORD}
    assert browser.post(LOGIN, data=form).location == CODE
    browser.send(CODE, codigo=desk.code(other.secret))
    after = {one.key: one.value for one in browser._cookies.values()}
    assert other.name in browser.get("/admin").text
    assert [
        name for name in ("idp_admin", "idp_admin_browser") if before[name] == after[name]
    ] == []
    old = desk.browser()
    old.set_cookie("idp_admin", before["idp_admin"], domain="localhost")
    assert not inside(old)
    (record,) = desk.records(AuditEvent.ADMIN_SESSION_ENDED, first.name)
    assert (record.actor, record.details["reason"]) == (f"console:{other.name}", "replaced")


def test_whence_somebody_came_or_tried_stands_beside_the_record(desk: Desk) -> None:
    browser, member = desk.browser(), desk.member()
    desk.half(browser, member, clave="otra frase muy larga")
    desk.log_in(browser, member)
    browser.send("/admin/confirmar", clave="otra frase muy larga")
    records = [
        *desk.records(AuditEvent.ADMIN_LOGGED_IN, member.name),
        *desk.records(AuditEvent.ADMIN_LOGIN_FAILED, member.name),
    ]
    assert len(records) == 3
    room = desk.world.services.audit_room.personal
    for record in records:
        seen = room.reveal(record, actor="ana", purpose="prueba")
        assert seen is not None
        assert seen.personal is not None
        assert seen.genuine
        assert seen.personal.address == "127.0.0.1"
        assert seen.personal.agent.startswith("Werkzeug/")
