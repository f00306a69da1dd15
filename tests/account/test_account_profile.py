"""The other fields of "Modificación de Datos": kept, refused beside the field, never lost."""

from __future__ import annotations

import re

import pytest
from account_desk import Desk

from idp.audit.records import AuditFilter
from idp.kernel.identity import EXTRANET, Identifier, Mode
from idp.people.person import Person, UpstreamFacts

FILLED = {
    "tipo_documento": "ce",
    "numero_documento": " 00123 4567 ",
    "telefono": "01 2071510 anexo 215",
    "celular": "+51 987 654 321",
    "fax": "(01) 7134646",
    "departamento": "15",
    "provincia": "1501",
    "distrito": "150122",
    "direccion": "Calle Uno  Oeste 050",
    "referencia": "Frente al parque",
}
KEPT = {
    "document_type": "ce",
    "document_number": "001234567",
    "phone": "01 2071510 anexo 215",
    "mobile": "987654321",
    "fax": "(01) 7134646",
    "ubigeo": "150122",
    "street": "Calle Uno Oeste 050",
    "reference": "Frente al parque",
}


def official(desk: Desk) -> Person:
    return desk.world.services.people.record_upstream_login(
        UpstreamFacts(EXTRANET, Identifier(EXTRANET, "EXT0042"), "EXT0042", name="ANA QUISPE")
    )


def test_every_field_is_kept_and_shown_again(desk: Desk) -> None:
    assert desk.update("", **FILLED).status_code == 303
    assert dict(desk.now().profile) == KEPT
    page = desk.browser.get("/cuenta").text
    for value in (*KEPT.values(), "Miraflores", "Lima", "Carné de extranjería"):
        assert value in page
    assert re.search(r'value="150122" selected', page)


def test_official_has_area_and_sub_area_and_an_importer_has_not(desk: Desk) -> None:
    person = official(desk)
    browser = desk.logged_in(person)
    told = {"email": "", "area": "Evaluación", "sub_area": "Plaguicidas"}
    assert desk.post("/cuenta", told, browser).status_code == 303
    kept = desk.world.services.people.get(person.id)
    assert kept is not None
    assert dict(kept.profile) == {"area": "Evaluación", "sub_area": "Plaguicidas"}
    assert 'name="sub_area"' in browser.get("/cuenta").text
    assert 'name="sub_area"' not in desk.browser.get("/cuenta").text
    desk.update("", area="Ventas")
    assert "area" not in desk.now().profile


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("tipo_documento", "cédula", "Elija un tipo de documento"),
        ("numero_documento", "12345678", "Elija también el tipo de documento"),
        ("telefono", "llámeme", "número de teléfono"),
        ("telefono", "12345", "número de teléfono"),
        ("celular", "12345678", "9 dígitos de un celular"),
        ("fax", "0" * 45, "número de teléfono"),
        ("direccion", "x" * 201, "como máximo 200 caracteres"),
        ("referencia", "\u202eoculto", "solo letras"),
        ("departamento", "15", "Elija la provincia y el distrito"),
    ],
)
def test_wrong_value_is_said_beside_its_field_and_nothing_typed_is_lost(
    desk: Desk, field: str, typed: str, said: str
) -> None:
    others = {"email": "ana@empresa.example.com", "direccion": "Calle 1", "celular": "987654321"}
    answer = desk.post("/cuenta", {**others, field: typed})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text or "tipo_documento" in answer.text
    assert said in answer.text
    for name, value in others.items():
        if name != field:
            assert f'value="{value}"' in answer.text
    assert (dict(desk.now().profile), desk.now().addresses) == ({}, ())


@pytest.mark.parametrize(
    ("kind", "number"),
    [("dni", "1234567"), ("dni", "ABCDEFGH"), ("ce", "1234"), ("pasaporte", "12"), ("otro", "-1")],
)
def test_number_must_be_of_its_document(desk: Desk, kind: str, number: str) -> None:
    answer = desk.update("", tipo_documento=kind, numero_documento=number)
    assert answer.status_code == 422
    assert 'id="numero_documento-error"' in answer.text


def test_wrong_address_keeps_the_other_fields_as_typed(desk: Desk) -> None:
    answer = desk.update("no es un correo", **FILLED)
    assert answer.status_code == 422
    for value in ("no es un correo", FILLED["telefono"], FILLED["referencia"]):
        assert f'value="{value}"' in answer.text
    assert 'value="150122" selected' in answer.text
    assert dict(desk.now().profile) == {}


def test_consent_is_withdrawn_even_where_another_field_is_wrong(desk: Desk) -> None:
    desk.verified("ana@empresa.example.com")
    answer = desk.update("ana@empresa.example.com", consent=False, celular="1")
    assert (answer.status_code, desk.now().consent) == (422, False)


def test_lists_follow_one_another_without_javascript_and_save_nothing(desk: Desk) -> None:
    chosen = {"email": "", "departamento": "15", "elegir": "departamento", "direccion": "Calle 1"}
    answer = desk.post("/cuenta", chosen)
    assert answer.status_code == 200
    assert '<option value="1501">Lima</option>' in answer.text
    assert 'value="Calle 1"' in answer.text
    answer = desk.post("/cuenta", {**chosen, "provincia": "1501", "elegir": "provincia"})
    assert '<option value="150122">Miraflores</option>' in answer.text
    # Another department: the province of before is none of it.
    answer = desk.post("/cuenta", {**chosen, "departamento": "07", "provincia": "1501"})
    assert "150122" not in answer.text
    assert '<option value="0701">Callao</option>' in answer.text
    assert dict(desk.now().profile) == {}


@pytest.mark.parametrize(
    ("code", "status", "first"),
    [("15", 200, "Barranca"), ("1501", 200, "Ancón"), ("99", 404, ""), ("150122", 404, ""),
     ("..", 404, "")],
)  # fmt: skip
def test_places_are_public_facts(desk: Desk, code: str, status: int, first: str) -> None:
    answer = desk.world.browser().get(f"/cuenta/ubigeo/{code}")
    assert answer.status_code == status
    if first:
        assert answer.get_json()[0]["name"] == first


def test_document_that_sunat_vouches_for_is_shown_and_cannot_be_changed(desk: Desk) -> None:
    person = desk.world.person("10054148289", "PERSONA1")
    browser = desk.logged_in(person)
    page = browser.get("/cuenta").text
    assert '<dd id="documento">05414828</dd>' in page
    assert 'name="numero_documento"' not in page
    told = {"email": "", "tipo_documento": "dni", "numero_documento": "99999999"}
    assert desk.post("/cuenta", told, browser).status_code == 303
    kept = desk.world.services.people.get(person.id)
    assert kept is not None
    assert dict(kept.profile) == {}


def test_session_by_mail_shows_everything_and_changes_nothing(desk: Desk) -> None:
    desk.update("", **FILLED)
    browser = desk.logged_in(desk.person, Mode.CONTINGENCIA)
    page = browser.get("/cuenta").text
    assert "Calle Uno Oeste 050" in page
    assert 'id="actualizar"' not in page
    assert page.count("disabled") >= len(KEPT)
    token = desk.browser.get("/cuenta")
    assert token.status_code == 200
    answer = desk.post("/cuenta", {**FILLED, "email": "", "direccion": "Otra"}, browser)
    assert answer.status_code == 403
    assert desk.now().profile["street"] == "Calle Uno Oeste 050"


def test_audit_names_the_fields_and_not_their_values(desk: Desk) -> None:
    desk.update("", **FILLED)
    desk.update("", **FILLED)
    rows = desk.world.services.audit.search(AuditFilter(person_id=desk.person.id))
    updated = [one.details for one in rows if one.event.value == "person.updated"]
    assert [one["fields"] for one in updated] == [" ".join(sorted(KEPT))]


def test_too_many_codes_lose_nothing_and_say_when_to_come_back(desk: Desk) -> None:
    for number in range(5):
        assert desk.update(f"ana{number}@empresa.example.com").status_code == 303
    desk.world.services.people.set_consent(desk.person.id, False)
    answer = desk.update("otra@empresa.example.com", direccion="Calle 9")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert 'value="otra@empresa.example.com"' in answer.text
    assert "vuelva a intentarlo en" in answer.text
    assert desk.now().profile == {"street": "Calle 9"}
    assert desk.now().consent  # "lo demás se guardó"
