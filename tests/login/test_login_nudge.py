"""A word after the login: once, on the way to a component that wants it, and never in the way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from login_steps import flag_down, follow, page, park, press, prove
from nudge_steps import AVISA, DAY, Visit, visit

from idp.audit.events import AuditEvent
from idp.kernel.errors import Unavailable
from idp.kernel.identity import Mode
from idp.web.browser import browser_hash
from tests.support.world import World, csrf_of, query_of

CALLBACK = "http://localhost:9006/callback"
AVISO = re.compile(r"/cuenta/aviso/[\w-]+")


def stopped(places: list[str]) -> bool:
    """Whether a login ended at the page, or else at the component with a code."""
    if AVISO.fullmatch(places[-1]):
        return True
    assert "code" in query_of(places[-1]), places
    return False


def test_login_of_who_has_no_address_stops_once_and_goes_on_by_a_button(world: World) -> None:
    one = visit(world)
    aviso = one.log_in()[-1]
    assert stopped([aviso])
    text = page(one.browser, aviso)
    assert "Hoy no podría ingresar si SUNAT no estuviera disponible" in text
    assert "No ha registrado un correo electrónico." in text
    went_on = one.answer(aviso, "later")
    last = follow(one.browser, str(went_on.location))[-1]
    assert last.startswith(CALLBACK)
    assert query_of(last)["state"] == "st"
    (told,) = one.on_record(AuditEvent.NUDGE_TOLD)
    (answered,) = one.on_record(AuditEvent.NUDGE_ANSWERED)
    assert (told.client_id, dict(told.details)) == ("avisa", {"reason": "no_address"})
    assert dict(answered.details) == {"reason": "no_address", "answer": "later"}


def test_next_login_says_nothing_and_after_a_quarter_it_says_it_again(world: World) -> None:
    one = visit(world)
    one.answer(one.log_in()[-1], "later")
    one.browser.delete_cookie("idp_session", domain="localhost")
    assert not stopped(one.log_in())
    one.browser.delete_cookie("idp_session", domain="localhost")
    world.clock.advance(90 * DAY)
    assert stopped(one.log_in())


def test_page_that_is_loaded_again_stays_and_is_no_second_telling(world: World) -> None:
    one = visit(world)
    aviso = one.log_in()[-1]
    assert page(one.browser, aviso).count('id="motivo"') == 1
    assert page(one.browser, aviso).count('id="motivo"') == 1
    assert len(one.on_record(AuditEvent.NUDGE_TOLD)) == 1


def test_login_in_another_tab_meanwhile_is_not_stopped(world: World) -> None:
    one = visit(world)
    aviso = one.log_in()[-1]
    assert "code" in query_of(world.authorize(one.browser, **AVISA).location)
    assert "Continuar a Permisos de Internamiento" in page(one.browser, aviso)


def test_resumed_request_leads_to_the_page_until_it_is_answered(world: World) -> None:
    one = visit(world)
    places = one.log_in()
    resumed = places[-1].replace("/cuenta/aviso/", "/authorize/")
    assert follow(one.browser, resumed)[-1] == places[-1]


@pytest.mark.parametrize("client_id", ["mr", "estricto"])
def test_component_that_wants_none_is_reached_at_once(world: World, client_id: str) -> None:
    client = world.services.clients.get(client_id)
    assert client is not None
    one = visit(world)
    places = one.log_in(
        client_id=client_id, redirect_uri=client.redirect_uris[0], scope="openid vuce"
    )
    assert not stopped(places)
    assert one.on_record(AuditEvent.NUDGE_TOLD) == []


def test_login_by_mail_is_never_stopped(world: World) -> None:
    flag_down(world)
    one = visit(world)
    assert not stopped(one.log_in(Mode.CONTINGENCIA))


def test_our_own_page_is_reached_at_once(world: World) -> None:
    one = visit(world)
    path = str(one.browser.get("/cuenta").location)
    press(one.browser, path, "elegir", realm="sol")
    prove(world, one.browser, path, one.person)
    assert follow(one.browser, path)[-1] == "/cuenta"
    assert one.on_record(AuditEvent.NUDGE_TOLD) == []


def test_silent_request_answers_although_something_is_to_be_told(world: World) -> None:
    one = visit(world)
    one.log_in()
    location = world.authorize(one.browser, **AVISA, prompt="none").location
    assert "code" in query_of(location)


def test_login_asked_for_by_prompt_login_is_stopped_once_and_ends(world: World) -> None:
    one = visit(world)
    aviso = one.log_in(prompt="login")[-1]
    assert stopped([aviso])
    assert not stopped(follow(one.browser, str(one.answer(aviso, "later").location)))


def test_who_needs_nothing_goes_straight_on(world: World) -> None:
    one = visit(world)
    one.prove()
    assert not stopped(one.log_in())


def test_address_that_cools_off_needs_nothing(world: World) -> None:
    one = visit(world)
    old = one.prove()
    world.clock.advance(60)
    one.prove("otra@empresa.pe")
    world.services.people.mark_undeliverable(one.person.id, old.id, code="550")
    assert not stopped(one.log_in())


def test_pending_address_leads_to_the_code_and_names_the_address_masked(world: World) -> None:
    one = visit(world)
    world.services.people.set_contact(one.person.id, email="juan@empresa.pe", consent=True)
    aviso = one.log_in()[-1]
    text = page(one.browser, aviso)
    assert "Le enviamos un código a <strong>j•••@empresa.pe</strong>" in text
    assert "juan@" not in text
    assert one.answer(aviso, "fix", lugar="verificar").location == "/cuenta#verificar"


def test_unverified_address_whose_code_is_late_is_named_too(world: World) -> None:
    one = visit(world)
    world.services.people.set_contact(one.person.id, email="juan@empresa.pe", consent=True)
    world.clock.advance(1_801)
    text = page(one.browser, one.log_in()[-1])
    assert "Aún no ha confirmado que el correo <strong>j•••@empresa.pe</strong> es suyo." in text


def test_no_consent_and_no_delivery_each_have_their_words(world: World) -> None:
    one = visit(world)
    address = one.prove(consent=False)
    assert "No ha autorizado recibir las notificaciones" in page(one.browser, one.log_in()[-1])
    world.services.people.set_consent(one.person.id, True)
    world.services.people.mark_undeliverable(one.person.id, address.id, code="550")
    one.browser.delete_cookie("idp_session", domain="localhost")
    text = page(one.browser, one.log_in()[-1])
    assert "El servidor de su correo <strong>a•••@empresa.pe</strong> rechazó" in text


def test_fixed_in_another_tab_meanwhile_the_page_goes_on_by_itself(world: World) -> None:
    one = visit(world)
    aviso = one.log_in()[-1]
    one.prove()
    assert not stopped(follow(one.browser, aviso))


def yearly(world: World) -> tuple[Visit, str]:
    """Somebody who is asked whether their address is still theirs; the page's path."""
    one = visit(world)
    one.prove("juan@empresa.pe")
    world.clock.advance(365 * DAY)
    aviso = one.log_in()[-1]
    assert stopped([aviso])
    return one, aviso


def address_field(text: str) -> str:
    found = re.search(r'name="correo" value="([^"]+)"', text)
    assert found
    return found[1]


def test_question_of_the_year_shows_the_address_masked_and_takes_a_yes(world: World) -> None:
    one, aviso = yearly(world)
    text = page(one.browser, aviso)
    asks = "En contingencia le escribiremos a <strong>j•••@empresa.pe</strong>. ¿Sigue siendo suyo?"
    assert asks in text
    assert "juan@" not in text
    went_on = one.answer(aviso, "yes", correo=address_field(text))
    assert not stopped(follow(one.browser, str(went_on.location)))
    (address,) = one.now().addresses
    assert address.confirmed_at == world.clock.now()
    (answered,) = one.on_record(AuditEvent.NUDGE_ANSWERED)
    assert answered.details["address"] == address.id


def test_question_answered_later_goes_on_and_no_leads_to_the_form(world: World) -> None:
    one, aviso = yearly(world)
    assert not stopped(follow(one.browser, str(one.answer(aviso, "later").location)))
    other, aviso = yearly(world)
    assert other.answer(aviso, "no").location == "/cuenta#correo"
    assert other.now().addresses[0].confirmed_at is None


def test_yes_of_a_form_about_another_address_confirms_nothing(world: World) -> None:
    one, aviso = yearly(world)
    assert not stopped(follow(one.browser, str(one.answer(aviso, "yes", correo="adr_x").location)))
    assert one.now().addresses[0].confirmed_at is None


@pytest.mark.parametrize("said", ["", "yes", "no", "invented"])
def test_answer_that_the_page_does_not_offer_goes_on(world: World, said: str) -> None:
    one = visit(world)
    aviso = one.log_in()[-1]
    assert not stopped(follow(one.browser, str(one.answer(aviso, said).location)))
    (answered,) = one.on_record(AuditEvent.NUDGE_ANSWERED)
    assert answered.details["answer"] == "later"


def test_answer_to_what_this_version_does_not_know_goes_on(world: World) -> None:
    """While another version of the program serves beside this one."""
    one = visit(world)
    aviso = one.log_in()[-1]
    form = {"csrf_token": csrf_of(page(one.browser, aviso)), "respuesta": "fix"}
    cookie = one.browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None
    transaction_id = aviso.rpartition("/")[2]
    transactions = world.services.logins.transactions
    transactions.set_nudge(transaction_id, browser_hash(cookie.value), "new_in_another")
    went_on = one.browser.post(aviso, data=form)
    assert went_on.status_code == 303
    assert not stopped(follow(one.browser, str(went_on.location)))
    assert one.on_record(AuditEvent.NUDGE_ANSWERED) == []


def away(*_: Any, **__: Any) -> Any:
    raise Unavailable("sql")


def test_login_goes_on_when_nothing_can_be_read_of_what_was_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = visit(world)
    monkeypatch.setattr(world.services.logins._nudges._told, "get", away)  # type: ignore[attr-defined]
    assert not stopped(one.log_in())


def test_login_goes_on_when_the_database_goes_away_before_the_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = visit(world)
    path = park(world, one.browser, **AVISA)
    prove(world, one.browser, path, one.person)
    assert one.browser.get(path).location == path  # the session, and something to tell
    aviso = str(one.browser.get(path).location)
    monkeypatch.setattr(world.services.database, "transaction", away)
    assert not stopped(follow(one.browser, aviso))


@pytest.mark.parametrize("said", ["later", "fix"])
def test_answer_counts_when_the_database_is_away(
    world: World, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    one = visit(world)
    aviso = one.log_in()[-1]
    token = page(one.browser, aviso)
    with monkeypatch.context() as patched:
        patched.setattr(world.services.database, "transaction", away)
        form = {"csrf_token": token.split('name="csrf_token" value="')[1][:43], "respuesta": said}
        answered = one.browser.post(aviso, data=form)
    assert answered.status_code == 303
    assert not stopped(follow(one.browser, aviso.replace("/cuenta/aviso/", "/login/")))


@pytest.mark.parametrize("forged", ["", "x" * 43])
def test_forged_answer_is_refused(world: World, forged: str) -> None:
    one = visit(world)
    aviso = one.log_in()[-1]
    form = {"csrf_token": forged, "respuesta": "later"}
    assert one.browser.post(aviso, data=form).status_code == 403
    assert page(one.browser, aviso)


def test_page_is_for_its_own_browser(world: World) -> None:
    aviso = visit(world).log_in()[-1]
    response = visit(world).browser.get(aviso)
    assert response.status_code == 403
    assert "wrong_browser" in response.text


def test_page_after_the_session_ended_asks_for_the_login(world: World) -> None:
    one = visit(world)
    aviso = one.log_in()[-1]
    one.browser.delete_cookie("idp_session", domain="localhost")
    assert one.browser.get(aviso).location == aviso.replace("/cuenta/aviso/", "/login/")


def test_page_says_nothing_of_one_person_to_the_next(world: World) -> None:
    """Another tab began the session of somebody who lacks nothing."""
    one, other = visit(world), visit(world)
    other.prove()
    aviso = one.log_in()[-1]
    world.log_in(one.browser, other.person)
    assert not stopped(follow(one.browser, aviso))


def test_page_lets_its_buttons_lead_to_the_component(world: World) -> None:
    one = visit(world)
    aviso = one.log_in()[-1]
    policy = one.browser.get(aviso).headers["Content-Security-Policy"]
    [directive] = [part for part in policy.split("; ") if part.startswith("form-action")]
    assert "http://localhost:9006" in directive.split()


def test_page_speaks_the_language_that_the_component_asks_for(world: World) -> None:
    one = visit(world)
    aviso = one.log_in(ui_locales="en")[-1]
    assert '<html lang="en"' in page(one.browser, aviso)
