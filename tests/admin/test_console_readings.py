"""Pages that only tell: components, keys, accounts, mail, links and sessions; and all in one tone."""

from __future__ import annotations

import json
import re

import pytest
from calls import RUC, Calls, Taking
from console_desk import Desk, lacking

from idp.adapters.redis.relay_figures import RedisRelayFigures
from idp.admin.roles import Role
from idp.audit.events import AuditEvent
from idp.clients.registry import ClientRegistry
from idp.kernel.errors import Unavailable
from idp.kernel.events import RelayAccepted
from idp.mail.relay_figures import Trouble
from tests.web.page_reader import Page, Spoken

READERS = {Role.AUDITOR, Role.OPERATOR, Role.ADMIN}
WHO = {
    "/admin/componentes": READERS,
    "/admin/componentes/mr": READERS,
    "/admin/llaves": READERS,
    "/admin/cuentas": {Role.AUDITOR, Role.ADMIN},
    "/admin/auditoria": {Role.AUDITOR, Role.ADMIN},
    "/admin/personas": {Role.HELPDESK, Role.AUDITOR, Role.ADMIN},
    "/admin/correo": set(Role),
    "/admin/enlaces-y-sesiones": set(Role),
}


@pytest.mark.parametrize("role", Role)
def test_each_role_reads_what_it_may_and_its_menu_says_so(desk: Desk, role: Role) -> None:
    browser, _ = desk.visitor(role)
    menu = browser.get("/admin").text
    for path, roles in WHO.items():
        assert browser.get(path).status_code == (200 if role in roles else 403), path
        if path.count("/") == 2:
            assert (f'href="{path}"' in menu) is (role in roles), path


def pages(calls: Calls) -> dict[str, str]:
    """Every page of these, full of what may be on it."""
    calls.person("PAGINAS1")
    _, login, _ = calls.ask("PAGINAS1")
    calls.decide(login, Taking())
    browser, path, _ = calls.open(Role.ADMIN, ruc=RUC, usuario="PAGINAS1")
    texts = {one: browser.get(one).text for one in WHO}
    texts["person"] = browser.get(path).text
    texts["reveal"] = browser.get(f"{path}/mostrar").text
    texts["revealed"] = browser.send(f"{path}/mostrar", motivo="comprobar su registro").text
    texts["nobody"] = calls.case(browser, atencion="00000000").text
    texts["wrong"] = calls.case(browser, usuario="ADMIN").text
    texts["audit, wrong"] = browser.get("/admin/auditoria?tipo=luna").text
    browser.send(f"{path}/pregunta", path, pregunta="email", dijo="no@es.example.com")
    texts["caller"] = browser.get(path).text
    return texts


def test_pages_are_whole_in_spanish_and_strict(calls: Calls) -> None:
    for name, text in pages(calls).items():
        problems = Page(text.replace(" · Consola VUCE<", " · VUCE<")).problems()
        # The filters of the log are a form that changes nothing.
        rest = [one for one in problems if "privacidad" not in one and "'get'" not in one]
        assert rest == [], name


def test_pages_in_quechua_say_that_their_words_are_spanish(calls: Calls) -> None:
    calls.desk.language = "qu"
    for name, text in pages(calls).items():
        spoken = Spoken(text)
        assert spoken.broken == [], name
        # A component of this world is called as a role is.
        misplaced = [one for one in spoken.misplaced(lacking("qu"), "es") if one != "Consulta"]
        assert misplaced == [], name


def test_pages_in_english_are_whole(calls: Calls) -> None:
    calls.desk.language = "en"
    for name, text in pages(calls).items():
        assert 'lang="es"' not in text.replace('lang="es" hreflang="es"', ""), name


@pytest.fixture
def clients(desk: Desk) -> ClientRegistry:
    return desk.world.services.clients


def test_components_are_told_as_they_are_in_force(desk: Desk, clients: ClientRegistry) -> None:
    browser, _ = desk.visitor(Role.OPERATOR)
    text = browser.get("/admin/componentes").text
    assert re.findall(r'data-component="(\w+)"', text) == [one.client_id for one in clients.all()]
    assert clients.in_force.digest[:16] in text
    one = browser.get("/admin/componentes/origen").text
    for told in ("http://localhost:9002/callback", "client_secret_post", "ES256", "Origen"):
        assert told in one
    assert (
        clients.all()[0].secrets[0].sha256
        not in text + one + browser.get("/admin/componentes/mr").text
    )
    assert browser.get("/admin/componentes/nadie").status_code == 404


def test_file_that_is_refused_is_told_with_its_lines_and_the_last_good_one_stays(
    desk: Desk, clients: ClientRegistry
) -> None:
    path, browser = desk.world.settings.clients_file, desk.visitor(Role.OPERATOR)[0]
    good, before = path.read_text(encoding="utf-8"), clients.in_force
    try:
        path.write_text(good.replace("token_endpoint_auth_method: none", "otro: 1"), "utf-8")
        desk.world.clock.advance(5)
        assert clients.reload() is False
        text = browser.get("/admin/componentes").text
        found = [str(one) for one in clients.problems]
        assert found
        assert all(one.split(" → ")[0].replace("'", "&#39;") in text for one in found)
        assert re.search(r"clients\.yaml:\d+:\d+: ", text)
        assert "sigue en uso el último bueno" in text
        assert clients.in_force.digest == before.digest
        assert clients.in_force.read_at == desk.world.clock.now()
    finally:
        path.write_text(good, encoding="utf-8")
        assert clients.reload() is True
    assert 'id="problemas"' not in browser.get("/admin/componentes").text
    assert clients.in_force.since == desk.world.clock.now()


def test_disabled_component_is_told_with_who_and_why(desk: Desk, clients: ClientRegistry) -> None:
    path, browser = desk.world.settings.clients_file, desk.visitor(Role.AUDITOR)[0]
    good = path.read_text(encoding="utf-8")
    disabled = good.replace("client_id: spa\n", "client_id: spa\n    disabled: true\n")
    try:
        path.write_text(disabled, encoding="utf-8")
        clients.reload()
        assert (
            "Desde cuándo y por qué lo dice la auditoría"
            in browser.get("/admin/componentes/spa").text
        )
        desk.world.services.audit.record(
            AuditEvent.CLIENT_DISABLED, client_id="spa", actor="os:jefa", reason="en obras"
        )
        text = browser.get("/admin/componentes/spa").text
        assert re.search(r"Lo deshabilitó os:jefa \(.*\): en obras", text)
        assert '<span class="tag">deshabilitado</span>' in browser.get("/admin/componentes").text
    finally:
        path.write_text(good, encoding="utf-8")
        clients.reload()


def test_keys_are_told_without_a_private_part(desk: Desk) -> None:
    settings, browser = desk.world.settings, desk.visitor(Role.AUDITOR)[0]
    text = browser.get("/admin/llaves").text
    rows = json.loads((settings.keys_dir / "keyring.json").read_text())["keys"]
    assert set(re.findall(r'data-kid="([^"]+)"', text)) == {one["kid"] for one in rows}
    assert set(re.findall(r'data-state="(\w+)"', text)) == {"active"}
    assert "rotar desde:" in text
    assert "falta la llave siguiente" in text
    data = json.loads(settings.data_keys.read_text())
    for secret in (data["lookup"], *(one["key"] for one in data["sealing"]), "PRIVATE", ".pem"):
        assert secret not in text


def test_keys_that_cannot_be_read_are_said_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = desk.visitor(Role.AUDITOR)[0]
    board = desk.console.keys
    monkeypatch.setattr(board, "_data_keys_file", desk.world.settings.keys_dir / "no-hay.json")
    text = browser.get("/admin/llaves").text
    assert "no-hay.json: no existe" in text
    assert "data-kid=" in text


def test_accounts_are_told_with_their_state(desk: Desk) -> None:
    waiting, _ = desk.link(Role.HELPDESK)
    browser, member = desk.visitor(Role.AUDITOR)
    desk.console.desk.disable(desk.member().name, actor="prueba", reason="prueba")
    text = browser.get("/admin/cuentas").text
    told = dict(re.findall(r'data-account="([\w.]+)" data-state="([\w ]+)"', text))
    assert (told[waiting], told[member.name]) == ("not set up yet", "active")
    assert "disabled" in told.values()
    assert "/admin/alta/" not in text


def test_mail_is_told_by_relay_hour_and_domain(desk: Desk) -> None:
    services, clock = desk.world.services, desk.world.clock
    name = desk.console.mail._relays[0][0]
    figures = RedisRelayFigures(services.redis)
    browser = desk.visitor()[0]
    now = clock.timestamp()
    for what, count in (("accepted", 1_234), ("deferred", 5), ("refused", 2)):
        services.redis.client.hset(
            f"idp:mail:relays:{int(now) // 3_600}", f"{name}|{what}", str(count)
        )
    for _ in range(20):
        services.mail_load.relay_accepted(RelayAccepted("l", now, "big.example", 12.0, "w"))
    services.mail_load.relay_accepted(RelayAccepted("l", now, "una-persona.pe", 12.0, "w"))
    text = browser.get("/admin/correo").text
    assert f'data-relay="{name}" data-alone="false"' in text
    assert "1\u202f234" in text
    assert "<polyline" in text
    assert ("big.example" in text, "una-persona" in text) == (True, False)
    assert "240\u202f000" in text
    figures.failed(name, Trouble(now, "timeout", now + 60))
    text = browser.get("/admin/correo").text
    assert f'data-relay="{name}" data-alone="true"' in text
    assert re.search(r"Última falla: \d\d:\d\d h \(timeout\)", text)


def test_mail_page_without_redis_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = desk.visitor()[0]

    def away(*_: object) -> None:
        raise Unavailable("redis")

    monkeypatch.setattr(desk.console.mail._figures, "health", away)
    assert browser.get("/admin/correo").status_code == 503


def test_live_figures_are_counted_once_a_minute(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = calls.desk
    monkeypatch.setattr(desk.console.live, "_last", None)
    person = calls.person("VIVE0001")
    browser, _ = desk.visitor()
    before = desk.console.live.now()
    _, login, _ = calls.ask("VIVE0001")
    calls.decide(login)
    assert desk.console.live.now() is before
    desk.world.clock.advance(60)
    after = desk.console.live.now()
    before_, after_ = vars(before.total), vars(after.total)
    assert {name: after_[name] - before_[name] for name in ("asked", "sent", "used", "live")} == {
        "asked": 1, "sent": 1, "used": 0, "live": 1,
    }  # fmt: skip
    text = browser.get("/admin/enlaces-y-sesiones").text
    assert 'data-component="origen"' in text
    assert person.id not in text
