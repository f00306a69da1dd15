"""Checking who calls: the console says whether it is so, and nothing else."""

from __future__ import annotations

import re

import pytest
from calls import EMAIL, RUC, Calls
from console_desk import ConsoleClient
from werkzeug.test import TestResponse

from idp.admin.caller import ENOUGH, SCRIPTS, Question
from idp.admin.roles import Role
from idp.audit.events import AuditEvent
from idp.kernel.times import LIMA
from idp.people.person import Person

USUARIO = "COTEJA01"


@pytest.fixture
def person(calls: Calls) -> Person:
    found = calls.person(USUARIO)
    calls.world.services.people.set_profile(
        found.id,
        {"mobile": "987654321", "document_type": "dni", "document_number": "44556677"},
    )
    return found


def asks(browser: ConsoleClient, path: str) -> list[str]:
    return re.findall(r'name="pregunta" value="(\w+)"', browser.get(path).text)


def compare(browser: ConsoleClient, path: str, question: str, said: str) -> TestResponse:
    return browser.send(f"{path}/pregunta", path, pregunta=question, dijo=said)


def test_every_question_has_its_words() -> None:
    assert set(SCRIPTS) == set(Question)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("email", f" {EMAIL.upper()} ", "otra@una-empresa.example.com"),
        ("mobile", "4321", "4322"),
        ("mobile", "987 654 321", "321"),
        ("document", "66 77", "6678"),
        ("last_login", "today", "2020-01-31"),
        ("last_login", "today", "31/01/2020"),
        ("email", EMAIL, ""),
    ],
)
def test_what_is_said_is_compared_and_never_shown(
    calls: Calls, person: Person, question: str, right: str, wrong: str
) -> None:
    assert person.last_login_at is not None
    if right == "today":
        right = person.last_login_at.astimezone(LIMA).date().isoformat()
    for said, matches in ((right, True), (wrong, False)):
        browser, path, name = calls.open(ruc=RUC, usuario=USUARIO)
        assert compare(browser, path, question, said).location.endswith("#quien-llama")
        text = browser.get(path).text
        found = re.findall(rf'data-question="{question}">.*?<b>(.*?)</b>', text)
        assert found == ["Coincide" if matches else "No coincide"]
        assert ('id="no-coincide"' in text) is not matches
        for secret in (EMAIL, "4321", "6677", said.strip()):
            assert not secret or secret not in text.replace('id="', "")
        (record,) = calls.records(AuditEvent.CALLER_CHECKED, actor=f"console:{name}")
        assert record.person_id == person.id
        assert record.details == {"question": question, "matches": str(matches).lower()}


def test_enough_right_answers_are_enough(calls: Calls, person: Person) -> None:
    browser, path, _ = calls.open(ruc=RUC, usuario=USUARIO)
    assert asks(browser, path) == ["email", "mobile", "document", "last_login"]
    compare(browser, path, "email", EMAIL)
    assert asks(browser, path) == ["mobile", "document", "last_login"]
    assert 'id="coinciden"' not in browser.get(path).text
    compare(browser, path, "mobile", "4321")
    text = browser.get(path).text
    assert ENOUGH == 2
    assert "Coinciden 2 respuestas: puede explicarle qué le falta." in text
    assert asks(browser, path) == []
    assert compare(browser, path, "document", "6677").status_code == 404


def test_wrong_answer_ends_the_questions_of_this_call(calls: Calls, person: Person) -> None:
    browser, path, name = calls.open(ruc=RUC, usuario=USUARIO)
    compare(browser, path, "email", "otra@empresa.example.com")
    text = browser.get(path).text
    assert "Una respuesta no coincide: no hable de esta persona." in text
    assert asks(browser, path) == []
    for question in ("email", "mobile"):
        assert compare(browser, path, question, EMAIL).status_code == 404
    assert len(calls.records(AuditEvent.CALLER_CHECKED, actor=f"console:{name}")) == 1


@pytest.mark.parametrize("question", ["", "name", "sub", "email\x00"])
def test_what_is_no_question_is_not_compared(calls: Calls, person: Person, question: str) -> None:
    browser, path, _ = calls.open(ruc=RUC, usuario=USUARIO)
    assert compare(browser, path, question, "x").status_code == 404


def test_comparisons_of_a_person_are_few_whoever_makes_them(calls: Calls, person: Person) -> None:
    calls.world.services.limits.hit_times(9, "admin.caller", person.id)
    found = []
    for _ in range(2):
        browser, path, _ = calls.open(ruc=RUC, usuario=USUARIO)
        found.append(compare(browser, path, "mobile", "4321").status_code)
    assert found == [303, 429]
    assert 'data-question="mobile"' not in browser.get(path).text


def test_who_left_nothing_to_compare_with_cannot_be_checked(calls: Calls) -> None:
    people = calls.world.services.people
    blank = calls.world.person(RUC, "COTEJA02")
    browser, path, _ = calls.open(ruc=RUC, usuario="COTEJA02")
    assert asks(browser, path) == ["last_login"]
    assert people.get(blank.id) is not None
    assert compare(browser, path, "email", "").status_code == 404


def test_steps_say_what_is_never_done(calls: Calls, person: Person) -> None:
    browser, path, _ = calls.open(Role.ADMIN, ruc=RUC, usuario=USUARIO)
    text = browser.get(path).text
    for said in (
        "dicte ni pida un enlace, ni un código de seis u ocho dígitos;",
        "diga ningún dato que esta página muestra",
        "registre ni cambie el correo de nadie",
    ):
        assert said in text
