"""The page of people: why somebody cannot enter, what became of their mails, and who learns what."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from calls import EMAIL, MAILBOX, RUC, Calls, Taking
from console_desk import PASSWORD, Desk

from idp.admin.coverage_words import REASONS
from idp.admin.lookup import CASE_LIFE
from idp.admin.mail_words import KINDS, NOT_SENT
from idp.admin.roles import Role
from idp.audit.events import AuditEvent
from idp.contingency.delivery import NotSent
from idp.kernel.identity import SOL, Identifier
from idp.mail.ports import RelayDeferred, RelayRefused
from idp.people.coverage import Why
from idp.wiring import TEMPLATES

PAGE = "/admin/personas"
_NUMBERS = itertools.count(1)
_RESENT = "Diga a la persona que actualice su página"


@pytest.fixture
def usuario() -> str:
    """Somebody of this test alone: people stay in the world."""
    return f"LLAMA{next(_NUMBERS):03}"


def test_every_mail_and_every_reason_that_none_left_has_words() -> None:
    to_no_person = {"aviso-a-operadores"}
    mails = {one.name for one in (TEMPLATES / "mail").iterdir() if one.is_dir()}
    assert set(KINDS) == mails - to_no_person
    assert set(NOT_SENT) == {one.value for one in NotSent} | {"unknown"}


def test_search_finds_by_number_by_user_and_by_id_and_is_on_record(
    calls: Calls, usuario: str
) -> None:
    person = calls.person(usuario)
    _, login, reference = calls.ask(usuario)
    calls.decide(login)
    browser, member = calls.desk.visitor(Role.HELPDESK)
    for typed, by, named in (
        ({"atencion": f"{reference[:4]} {reference[4:]}"}, "reference", reference),
        ({"ruc": RUC, "usuario": usuario.lower()}, "identifier", None),
        ({"persona": person.id}, "id", None),
    ):
        answer = calls.case(browser, **typed)
        assert re.fullmatch(rf"{PAGE}/[0-9a-f]{{32}}", answer.location)
        text = browser.get(answer.location).text
        assert f"Número de atención {reference} · Origen</h3>" in text
        found = calls.records(AuditEvent.PERSON_LOOKED_UP, actor=f"console:{member.name}")[0]
        assert (found.person_id, found.reference) == (person.id, named)
        assert found.details == {"by": by, "purpose": "mail", "found": "true"}


def test_search_that_finds_nobody_is_on_record_without_what_was_typed(calls: Calls) -> None:
    browser, member = calls.desk.visitor(Role.HELPDESK)
    for typed in (
        {"atencion": "00000000"},
        {"ruc": RUC, "usuario": "NADIE"},
        {"usuario": "EXTNADIE"},
        {"persona": "per_nadie"},
    ):
        answer = calls.case(browser, **typed)
        assert (answer.status_code, 'id="nadie"' in answer.text) == (200, True), typed
    found = calls.records(AuditEvent.PERSON_LOOKED_UP, actor=f"console:{member.name}")
    assert [one.details["found"] for one in found] == ["false"] * 4
    told = " ".join(one.to_json() for one in found)
    assert not re.search(r"NADIE|nadie|00000000|20131312955", told)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "atencion"),
        ({"atencion": "1234"}, "atencion"),
        ({"atencion": "12345678", "usuario": "EXT1234"}, "usuario"),
        ({"ruc": "20131312950", "usuario": "ADMIN"}, "ruc"),
        ({"ruc": RUC}, "usuario"),
        ({"usuario": "ADMIN"}, "usuario"),
        ({"persona": RUC}, "persona"),
        ({"atencion": "12345678", "motivo": "curiosidad"}, "motivo"),
        ({"atencion": "12345678\x00"}, "atencion"),
    ],
)
def test_search_that_is_not_well_formed_says_where(
    calls: Calls, typed: dict[str, str], field: str
) -> None:
    browser, member = calls.desk.visitor(Role.HELPDESK)
    answer = calls.case(browser, **{"motivo": "mail", **typed})
    assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)
    assert calls.records(AuditEvent.PERSON_LOOKED_UP, actor=f"console:{member.name}") == []


def test_searches_of_an_account_are_bounded(calls: Calls) -> None:
    browser, member = calls.desk.visitor(Role.HELPDESK)
    account = next(one for one in calls.desk.console.desk.all() if one.name == member.name)
    calls.world.services.limits.hit_times(119, "admin.search", account.id)
    found = [calls.case(browser, atencion="00000000").status_code for _ in range(2)]
    assert found == [200, 429]


def test_case_is_of_its_session_and_ends(calls: Calls, usuario: str) -> None:
    calls.person(usuario)
    browser, path, _ = calls.open(ruc=RUC, usuario=usuario)
    other, _ = calls.desk.visitor(Role.ADMIN)
    for answer in (other.get(path), other.get(f"{PAGE}/{'0' * 32}"), other.get(f"{PAGE}/x")):
        assert (answer.status_code, "console_case_over" in answer.text) == (404, True)
    # Shorter than what ends a session that nobody uses.
    for _ in range(2):
        assert browser.get(path).status_code == 200
        calls.world.clock.advance(CASE_LIFE / 3)
    assert browser.get(path).status_code == 200
    calls.world.clock.advance(CASE_LIFE / 3)
    answer = browser.get(path)
    assert (answer.status_code, "Busque a la persona otra vez" in answer.text) == (404, True)


def test_page_shows_nothing_that_tells_who_it_is(calls: Calls, usuario: str) -> None:
    person = calls.person(usuario)
    browser, path, _ = calls.open(ruc=RUC, usuario=usuario)
    text = browser.get(path).text
    for secret in (RUC, usuario, person.name, EMAIL, "987654321", "4321", person.sub):
        assert secret not in text, secret
    assert MAILBOX in text
    assert f"20•••••••55 / {usuario[:2]}•••" in text


def test_person_who_could_enter_is_told_so_for_each_component(calls: Calls, usuario: str) -> None:
    person = calls.person(usuario)
    browser, path, _ = calls.open(ruc=RUC, usuario=usuario)
    text = browser.get(path).text
    assert "Podría ingresar por correo" in text
    assert "Ahora se ingresa con SUNAT (Clave SOL)" in text
    told = dict(re.findall(r'data-component="(\w+)" data-able="(\w+)"', text))
    assert told == {
        "mr": "true", "origen": "true", "spa": "true", "estricto": "false", "avisa": "true",
    }  # fmt: skip
    assert str(REASONS[Why.COMPONENT].label) in text
    calls.flag(down=True)
    calls.world.services.people.set_consent(person.id, False)
    text = browser.get(path).text
    assert "Ahora está en contingencia (Clave SOL)" in text
    assert "No podría ingresar por correo" in text
    assert str(REASONS[Why.NO_CONSENT].remedy) in text
    assert set(re.findall(r'data-able="(\w+)"', text)) == {"false"}


def test_page_tells_sessions_browsers_doubt_and_obligation(calls: Calls, usuario: str) -> None:
    person, services = calls.person(usuario), calls.world.services
    calls.world.log_in(calls.world.browser(), person)
    services.people.remember_browser(person.id)
    services.personal.erasing.hold(person.id, actor="prueba", reason="un proceso")
    browser, path, _ = calls.open(ruc=RUC, usuario=usuario)
    text = browser.get(path).text
    assert '<dd id="sesiones">1</dd>' in text
    assert '<dd id="navegadores">1 (0 ya cuentan)</dd>' in text
    assert 'id="conservada"' in text
    assert 'id="duda"' not in text
    assert ": con SUNAT</div>" in text


def test_request_that_nobody_decided_yet_says_so_and_then_whose_it_is(
    calls: Calls, usuario: str
) -> None:
    person = calls.person(usuario)
    _, login, reference = calls.ask(usuario)
    calls.drain()
    browser, path, name = calls.open(atencion=reference)
    text = browser.get(path).text
    assert 'id="por-decidir"' in text
    assert 'id="sin-persona"' not in text
    calls.decide(login)
    assert MAILBOX in browser.get(path).text
    found = calls.records(AuditEvent.PERSON_LOOKED_UP, actor=f"console:{name}")
    assert [one.person_id for one in found] == [person.id, None]
    browser.get(path)
    assert len(calls.records(AuditEvent.PERSON_LOOKED_UP, actor=f"console:{name}")) == 2


def test_request_that_names_nobody_says_what_that_means(calls: Calls) -> None:
    _, login, reference = calls.ask("NUNCAVINO")
    calls.decide(login)
    browser, path, _ = calls.open(atencion=reference)
    text = browser.get(path).text
    assert 'id="sin-persona"' in text
    assert f"No se envió nada: {REASONS[Why.NEW].label}." in text
    assert "NUNCAVINO" not in text
    for action in ("reenviar", "mostrar"):
        assert f"{path}/{action}" not in text
    assert browser.send(f"{path}/mostrar", motivo="revisar su registro").status_code == 404


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (None, "Un servidor de correo lo aceptó: está en camino o en el buzón."),
        (RelayDeferred("connect"), "no se pudo conectar con el servidor de correo."),
        (RelayDeferred("451"), "el servidor respondió 451."),
        (RelayRefused("550", recipient=True), "El mensaje rebotó: el buzón no sirve (550)."),
        (RelayRefused("554", recipient=False), "lo rechazó para siempre (554)."),
    ],
)
def test_mail_is_told_with_what_became_of_it(
    calls: Calls, usuario: str, failure: Exception | None, said: str
) -> None:
    calls.person(usuario)
    _, login, _ = calls.ask(usuario)
    calls.decide(login, Taking(failure))
    browser, path, _ = calls.open(ruc=RUC, usuario=usuario)
    text = browser.get(path).text
    assert "Pidió un enlace." in text
    assert said in text
    assert "/ingreso/" not in text
    assert calls.world.services.links.token_of(calls.link_of(login).id) not in text


def test_mail_is_told_however_often_the_person_logged_in_since(calls: Calls, usuario: str) -> None:
    person, audit = calls.person(usuario), calls.world.services.audit
    _, login, reference = calls.ask(usuario)
    calls.decide(login)
    issued = audit.entry(AuditEvent.CODE_ISSUED, person_id=person.id, client_id="mr")
    audit.record_all([replace(issued, id=f"aud_{usuario}{number}") for number in range(250)])
    browser, path, _ = calls.open(ruc=RUC, usuario=usuario)
    assert f'data-reference="{reference}"' in browser.get(path).text


def test_link_that_came_too_late_was_opened_or_used_is_told(calls: Calls, usuario: str) -> None:
    person = calls.person(usuario)
    asking, login, _ = calls.ask(usuario)
    calls.decide(login)
    token = calls.world.services.links.token_of(calls.link_of(login).id)
    calls.world.browser().get(f"/ingreso/{token}")
    page = asking.get(f"/ingreso/{token}").text
    form = {"csrf_token": re.findall('name="csrf_token" value="([^"]+)"', page)[0]}
    assert asking.post(f"/ingreso/{token}", data=form).status_code == 303
    asking.get(f"/ingreso/{token}")
    _, late, other = calls.ask(usuario)
    calls.world.clock.advance(1_700)
    calls.decide(late)
    browser, path, _ = calls.open(persona=person.id)
    text = browser.get(path).text
    for said in (
        "Se abrió el enlace en otro navegador, o lo revisó un antivirus.",
        "Se abrió el enlace en el navegador donde lo pidió.",
        "Se usó el enlace: ingresó.",
    ):
        assert said in text, said
    assert other not in text, "the record of a mail that came too late names nobody"
    browser, path, _ = calls.open(atencion=other)
    assert "le tocó cuando al enlace le quedaba muy poco." in browser.get(path).text


def test_desk_sends_another_link_to_the_same_address(calls: Calls, usuario: str) -> None:
    person = calls.person(usuario)
    browser, member = calls.desk.visitor(Role.HELPDESK)
    _, login, reference = calls.ask(usuario)
    calls.decide(login)
    first = calls.link_of(login)
    path, name = calls.case(browser, atencion=reference).location, member.name
    soon = browser.send(f"{path}/reenviar", path, atencion=reference)
    assert soon.status_code == 429
    assert "Ya se pidió un enlace. Podrá pedir otro dentro de" in soon.text
    assert calls.link_of(login).id == first.id
    calls.world.clock.advance(61)
    answer = browser.send(f"{path}/reenviar", path, atencion=reference)
    assert answer.location == f"{path}?hecho=reenvio"
    assert _RESENT in browser.get(answer.location).text
    second = calls.link_of(login)
    assert second.id != first.id
    assert (second.reference, second.browser_hash, second.agent, second.language) == (
        reference, first.browser_hash, first.agent, first.language,
    )  # fmt: skip
    relay = Taking()
    calls.decide(login, relay)
    assert [one.to for one in relay.sent] == [EMAIL]
    assert calls.link_of(login).person_id == person.id
    asked = calls.records(AuditEvent.LINK_REQUESTED, reference=reference)
    assert [(one.actor, one.details["resend"]) for one in asked] == [
        (f"console:{name}", "true"), (None, "false"),
    ]  # fmt: skip
    assert "La Mesa de Ayuda pidió que se enviara otro enlace." in browser.get(path).text


def test_desk_cannot_send_where_nobody_waits_or_for_another_request(
    calls: Calls, usuario: str
) -> None:
    calls.person(usuario)
    _, login, reference = calls.ask(usuario)
    calls.decide(login)
    _, _, strangers = calls.ask("OTRAPERS")
    browser, path, _ = calls.open(atencion=reference)
    for wrong in (strangers, "", "00000000"):
        assert browser.send(f"{path}/reenviar", path, atencion=wrong).status_code == 404
    calls.world.clock.advance(61)
    calls.flag(down=False)
    up = browser.send(f"{path}/reenviar", path, atencion=reference)
    assert (up.status_code, "SUNAT responde" in up.text) == (409, True)
    calls.flag(down=True)
    transactions = calls.world.services.logins.transactions
    transactions.deny(login, calls.link_of(login).browser_hash)
    over = browser.send(f"{path}/reenviar", path, atencion=reference)
    assert (over.status_code, "ya no espera ningún correo" in over.text) == (409, True)
    assert 'id="reenviar"' not in browser.get(path).text


def test_desk_sends_nothing_to_who_was_typed_there_since(calls: Calls, usuario: str) -> None:
    """One login, and two people's users: the page is about the first."""
    calls.person(usuario)
    visitor, login, reference = calls.ask(usuario)
    calls.decide(login)
    browser, path, _ = calls.open(atencion=reference)
    calls.world.clock.advance(61)
    calls.retype(visitor, login, "OTRAPERS")
    second = calls.link_of(login)
    assert second.reference != reference
    calls.world.clock.advance(61)
    answer = browser.send(f"{path}/reenviar", path, atencion=reference)
    assert (answer.status_code, "ya no espera ningún correo" in answer.text) == (409, True)
    assert calls.link_of(login).id == second.id
    assert 'id="reenviar"' not in browser.get(path).text


def test_desk_has_no_more_links_than_the_person(calls: Calls, usuario: str) -> None:
    """What a login may ask for again is counted together, whoever of the two asks."""
    calls.person(usuario)
    browser, _ = calls.desk.visitor(Role.HELPDESK)
    _, login, reference = calls.ask(usuario)
    calls.decide(login)
    first = calls.link_of(login)
    for _ in range(5):
        calls.world.services.limits.hit("contingency.resend", login)
    calls.world.clock.advance(61)
    path = calls.case(browser, atencion=reference).location
    answer = browser.send(f"{path}/reenviar", path, atencion=reference)
    assert (answer.status_code, 'id="no-reenviado"' in answer.text) == (429, True)
    assert "Podrá pedir otro dentro de" in answer.text
    assert calls.link_of(login).id == first.id


def test_data_are_shown_once_after_a_fresh_proof_and_with_a_purpose(
    calls: Calls, usuario: str
) -> None:
    person = calls.person(usuario)
    browser, path, name = calls.open(ruc=RUC, usuario=usuario)
    calls.world.clock.advance(300)
    asked = browser.get(f"{path}/mostrar")
    assert asked.location.startswith("/admin/confirmar?volver=")
    assert browser.send(f"{path}/mostrar", path, motivo="comprobar su registro").status_code == 303
    back = {"volver": f"{path}/mostrar"}
    proved = browser.send("/admin/confirmar", clave=PASSWORD, **back)
    assert proved.location == f"{path}/mostrar"
    for wrong in ("", "corto", f"porque {usuario} llama", f"es {EMAIL}", f"el RUC {RUC}"):
        answer = browser.send(f"{path}/mostrar", motivo=wrong)
        assert (answer.status_code, EMAIL in answer.text.replace(f'value="es {EMAIL}"', "")) == (
            422, False,
        ), wrong  # fmt: skip
    assert calls.records(AuditEvent.PERSON_REVEALED, person_id=person.id) == []
    shown = browser.send(f"{path}/mostrar", motivo="comprobar su registro")
    for told in (f"{RUC} / {usuario}", person.name, EMAIL, "987654321"):
        assert told in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    (record,) = calls.records(AuditEvent.PERSON_REVEALED, person_id=person.id)
    assert (record.actor, record.details["purpose"]) == (
        f"console:{name}", "comprobar su registro",
    )  # fmt: skip
    assert EMAIL not in browser.get(f"{path}/mostrar").text
    assert EMAIL not in browser.get(path).text


def test_auditor_sees_a_person_masked_and_can_do_nothing(calls: Calls, usuario: str) -> None:
    calls.person(usuario)
    _, _, reference = calls.ask(usuario)
    browser, path, _ = calls.open(Role.AUDITOR, ruc=RUC, usuario=usuario)
    text = browser.get(path).text
    assert MAILBOX in text
    for action in ("mostrar", "reenviar", "pregunta"):
        assert f"{path}/{action}" not in text
        form = {"atencion": reference, "pregunta": "email", "dijo": EMAIL, "motivo": "revisar"}
        assert browser.send(f"{path}/{action}", path, **form).status_code == 403


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_page_of_people_is_for_the_desk_and_auditors(desk: Desk, role: Role) -> None:
    browser, _ = desk.visitor(role)
    assert browser.get(PAGE).status_code == 403
    assert f'href="{PAGE}"' not in browser.get("/admin").text


def test_identifier_of_who_was_joined_leads_to_who_is_kept(calls: Calls, usuario: str) -> None:
    person = calls.person(usuario)
    found = calls.world.services.people.find(Identifier(SOL, f"{RUC}:{usuario}"))
    assert found is not None
    assert found.id == person.id
    browser, path, _ = calls.open(persona=person.id)
    assert person.id in browser.get(path).text
