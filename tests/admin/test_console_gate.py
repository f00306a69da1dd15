"""What holds for every page of the console, and where it answers at all."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from console_desk import URL, ConsoleClient, Desk, lacking
from werkzeug.routing import Rule

from idp.admin.messages import CONSOLE_MESSAGES
from idp.admin.roles import PERMISSIONS, ROLE_NAMES, Permission, Role
from idp.console import create_console
from idp.kernel.errors import Unavailable
from idp.web.messages import message_for
from tests.support.servers import OwnValkey
from tests.support.world import build_world, csrf_of
from tests.web.page_reader import Page, Spoken

# What programs use, each with its token.
PROGRAMS = ("/admin/api/", "/metrics")
# What answers without a login.
OPEN = {
    "/", "/healthz", "/readyz", "/static/<path:path>", "/admin/ingresar", "/admin/codigo",
    "/admin/codigo/recuperacion", "/admin/alta/<token>", "/admin/alta/<token>/aplicacion",
}  # fmt: skip


def rules(desk: Desk) -> list[Rule]:
    """The routes of people's pages; what programs use knows no cookies (test_api_access)."""
    found = [one for one in desk.app.url_map.iter_rules() if not one.rule.startswith(PROGRAMS)]
    assert len(found) > 10
    return found


def test_every_role_is_named_and_every_permission_has_its_row() -> None:
    assert set(PERMISSIONS) == set(Permission)
    assert set(ROLE_NAMES) == set(Role)
    assert all(Role.ADMIN in roles for roles in PERMISSIONS.values())


@pytest.mark.parametrize(
    ("role", "lacks"),
    [
        (
            Role.VIEWER,
            "flip drill find_person reveal_person resend see_clients see_keys see_audit see_accounts",
        ),
        (Role.HELPDESK, "flip drill see_clients see_keys see_audit see_accounts"),
        (Role.AUDITOR, "flip drill reveal_person resend"),
        (Role.OPERATOR, "find_person reveal_person resend see_audit see_accounts"),
        (Role.ADMIN, ""),
    ],
)
def test_role_may_all_but_this(role: Role, lacks: str) -> None:
    assert {one.value for one, roles in PERMISSIONS.items() if role not in roles} == set(
        lacks.split()
    )


def test_every_route_but_the_way_in_wants_a_login(desk: Desk) -> None:
    seen = set()
    for rule in rules(desk):
        if rule.rule in OPEN:
            continue
        seen.add(rule.rule)
        path = rule.rule.replace("<sid>", "con_x")
        browser = desk.browser()
        if "GET" in (rule.methods or ()):
            assert browser.get(path).location.startswith("/admin/ingresar?volver="), rule
        else:
            form = {"csrf_token": csrf_of(browser.get("/admin/ingresar").text)}
            assert browser.post(path, data=form).location.startswith("/admin/ingresar?"), rule
    assert len(seen) >= 8


def test_every_form_is_refused_unless_it_is_ours(desk: Desk) -> None:
    browser, _ = desk.visitor()
    for rule in rules(desk):
        if "POST" not in (rule.methods or ()):
            continue
        path = rule.rule.replace("<sid>", "con_x").replace("<token>", "x")
        for answer in (
            browser.post(path, data={}),
            browser.post(path, data={"csrf_token": "x"}),
            browser.post(path, headers={"Origin": "http://localhost:8000"}),
        ):
            assert (answer.status_code, "csrf_failed" in answer.text) == (403, True), rule


def test_page_that_a_role_may_not_use_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, _ = desk.visitor()
    monkeypatch.setitem(PERMISSIONS, Permission.SEE_STATE, frozenset({Role.ADMIN}))
    answer = browser.get("/admin")
    assert (answer.status_code, "console_forbidden" in answer.text) == (403, True)
    assert 'href="/admin"' not in browser.get("/admin/cuenta").text


def test_every_route_but_the_way_in_asks_what_the_role_may(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = desk.visitor(Role.ADMIN)
    form = {"csrf_token": csrf_of(browser.get("/admin").text)}
    for permission in Permission:
        monkeypatch.setitem(PERMISSIONS, permission, frozenset())
    for rule in rules(desk):
        if rule.rule in OPEN:
            continue
        path = rule.rule.replace("<sid>", "con_x")
        get = "GET" in (rule.methods or ())
        answer = browser.get(path) if get else browser.post(path, data=form)
        assert (answer.status_code, "console_forbidden" in answer.text) == (403, True), rule


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8010", "evil.example"])
def test_other_hosts_are_not_answered(desk: Desk, host: str) -> None:
    browser, _ = desk.visitor()
    for path in ("/", "/admin", "/admin/ingresar", "/static/css/consola.css", "/nada"):
        answer = browser.get(path, base_url=f"http://{host}")
        assert answer.status_code == 421, path
        assert "console_elsewhere" in answer.text
        assert "evil" not in answer.text
    assert browser.get("/healthz", base_url=f"http://{host}").status_code == 200


def test_neither_listener_has_what_is_the_others(desk: Desk) -> None:
    public = desk.world.browser()
    rules = [one.rule for one in desk.app.url_map.iter_rules() if one.rule.startswith("/admin")]
    assert len(rules) > 10
    for rule in rules:
        path = rule.replace("<token>", "x").replace("<sid>", "x")
        assert public.get(path).status_code == public.post(path).status_code == 404, path
    shared = {"/healthz", "/readyz", "/static/<path:path>", "/"}
    browser, _ = desk.visitor()
    for rule in desk.world.app.url_map.iter_rules():
        if rule.rule not in shared:
            path = rule.rule.replace("<", "").replace(">", "").replace("path:", "")
            assert browser.get(path).status_code == 404, rule


def pages(desk: Desk) -> dict[str, tuple[int, object]]:
    browser, member = desk.visitor(Role.ADMIN)
    half = desk.browser()
    desk.half(half, member)
    setting_up, path = desk.browser(), desk.link()[1]
    app = setting_up.send(
        path, nueva="tres lunas de papel", repetida="tres lunas de papel"
    ).location
    return {
        "login": desk.browser().get("/admin/ingresar?vencido=1"),
        "refused": desk.browser().send("/admin/ingresar", usuario="nadie", clave="no"),
        "code": half.get("/admin/codigo"),
        "wrong code": half.send("/admin/codigo", codigo="1"),
        "set up": setting_up.get(path),
        "app": setting_up.get(app),
        "home": browser.get("/admin"),
        "account": browser.get("/admin/cuenta"),
        "prove": browser.get("/admin/confirmar"),
        "new codes": browser.get("/admin/cuenta/codigos"),
        "codes": browser.send("/admin/cuenta/codigos"),
        "not found": browser.get("/admin/nada"),
        "elsewhere": browser.get("/admin", base_url="http://localhost"),
    }  # type: ignore[return-value]


def test_pages_are_whole_in_spanish_and_strict(desk: Desk) -> None:
    for name, answer in pages(desk).items():
        problems = Page(answer.text.replace(" · Consola VUCE<", " · VUCE<")).problems()  # type: ignore[attr-defined]
        assert problems == ["no link to /privacidad"], name
        headers = answer.headers  # type: ignore[attr-defined]
        policy = dict(
            one.strip().split(" ", 1) for one in headers["Content-Security-Policy"].split(";")
        )
        # The first page asks again by a script of its own.
        script = "'self'" if name == "home" else "'none'"
        assert (policy["default-src"], policy["script-src"]) == ("'none'", script), name
        assert policy["form-action"] == policy["style-src"] == "'self'", name
        assert policy["frame-ancestors"] == "'none'", name
        assert headers["Cache-Control"] == "no-store", name
        assert headers["Referrer-Policy"] == "no-referrer", name
        assert "Strict-Transport-Security" not in headers


def test_pages_in_quechua_say_that_their_words_are_spanish(desk: Desk) -> None:
    desk.language = "qu"
    for name, answer in pages(desk).items():
        spoken = Spoken(answer.text)  # type: ignore[attr-defined]
        assert spoken.broken == [], name
        assert spoken.misplaced(lacking("qu"), "es") == [], name


def test_cookies_are_the_consoles_own_and_end_with_the_browser(desk: Desk) -> None:
    browser, _ = desk.visitor()
    assert {one.key for one in browser._cookies.values()} == {
        "idp_admin", "idp_admin_browser", "idp_admin_known",
    }  # fmt: skip
    session = browser.get_cookie("idp_admin", domain="localhost")
    assert session is not None
    assert (session.http_only, session.max_age, session.secure) == (True, None, False)


def test_console_with_https_has_host_cookies_and_hsts(desk: Desk) -> None:
    settings = dataclasses.replace(desk.world.settings, admin_url="https://consola.example")
    app = create_console(settings, desk.world.services)
    # As it comes from the proxy that ends TLS.
    browser = app.test_client()
    answer = browser.get("/admin/ingresar", base_url="http://consola.example")
    assert answer.headers["Strict-Transport-Security"]
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-idp_admin_browser=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    form = {"csrf_token": csrf_of(answer.text), "usuario": "nadie", "clave": "no"}
    for origin, status in (("https://consola.example", 422), ("http://consola.example", 403)):
        sent = browser.post(
            "/admin/ingresar",
            data=form,
            base_url="https://consola.example",
            headers={"Origin": origin},
        )
        assert sent.status_code == status


def test_front_leads_to_the_console(desk: Desk) -> None:
    assert desk.browser().get("/").location == "/admin"


def test_messages_of_the_console_do_not_send_people_to_components() -> None:
    for code in ("not_found", "method_not_allowed", "console_forbidden", "console_elsewhere"):
        assert "componente" not in message_for(code, CONSOLE_MESSAGES).way_on


def test_console_without_sql_says_so_and_recovers(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = desk.visitor()
    database = desk.world.services.database

    def away(*_: object) -> None:
        raise Unavailable("sql")

    with monkeypatch.context() as patch:
        patch.setattr(database, "connection", away)
        answer = browser.get("/admin")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "El servicio no está disponible en este momento" in answer.text
        assert browser.get("/readyz").status_code == 503
    assert browser.get("/admin").status_code == 200


def test_console_without_redis_says_so_and_recovers(tmp_path: Path, own_valkey: OwnValkey) -> None:
    world = build_world(tmp_path, own_valkey.url)
    app = create_console(world.settings, world.services)
    app.test_client_class = ConsoleClient
    desk = Desk(world, app)
    browser, member = desk.visitor()
    own_valkey.stop()
    assert browser.get("/admin").status_code == 503
    fresh = desk.browser()
    assert fresh.get("/admin/ingresar").status_code == 200
    answer = desk.half(fresh, member)
    assert (answer.status_code, "temporarily_unavailable" in answer.text) == (503, True)
    assert browser.get("/readyz").get_json()["checks"] == {
        "redis": "unavailable",
        "sql": "ok",
        "flags": "ok",
    }
    # What ends sessions needs no Redis.
    desk.console.desk.disable(member.name, actor="prueba", reason="prueba")
    own_valkey.start()
    assert browser.get("/admin/ingresar").status_code == 200
    assert browser.get("/admin").status_code == 303
    desk.console.desk.enable(member.name, actor="prueba", reason="prueba")
    assert desk.log_in(desk.browser(), member).status_code == 303
    world.services.stop()


def test_log_of_the_console_names_routes_and_no_link(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    path = desk.link()[1]
    with caplog.at_level("INFO", "idp.access"):
        desk.browser().get(path)
    assert [one.route for one in caplog.records] == ["/admin/alta/<token>"]  # type: ignore[attr-defined]
    assert path not in caplog.text
    assert URL not in caplog.text
