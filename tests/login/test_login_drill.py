"""Who a drill takes, who it leaves alone, and that nobody is kept in one."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from drill_steps import (
    able,
    ask,
    begin,
    deliver,
    drained,
    known,
    link_path,
    parked,
    records,
    start,
    to_contingency,
)
from login_steps import flag_down, follow

from idp.adapters.sql.database import Database
from idp.contingency.notices import NOTICE
from idp.kernel.identity import Mode
from idp.upstream_status.drill_choice import Drill
from tests.support.world import REDIRECT_URI, World, csrf_of, query_of

ORIGEN = {"client_id": "origen", "redirect_uri": "http://localhost:9002/callback"}
ESTRICTO = {"client_id": "estricto", "redirect_uri": "http://localhost:9004/callback"}


def press(browser: Any, page: str, action: str, **fields: str) -> Any:
    text = browser.get(page).text
    return browser.post(action, data={"csrf_token": csrf_of(text), **fields})


def noticed(world: World, drill: Drill) -> list[str]:
    """The notices to people that a login by mail of theirs was completed, as the worker says it."""
    said: list[str] = []
    for one in records(world, ["login.completed"], drill):
        job: Any = next(job.handler for job in world.services.jobs if job.name == NOTICE)
        payload = {
            "person": one.person_id or "", "client": "mr", "session": one.details["sid"],
            "at": str(world.clock.timestamp()), "drill": drill.id,
        }  # fmt: skip
        posting, job._posting = (
            job._posting,
            SimpleNamespace(post=lambda *parts: said.append(parts[-1].text)),
        )
        try:
            job(payload)
        finally:
            job._posting = posting
    return said


def test_person_in_a_drill_gets_in_by_mail_while_sunat_is_up(world: World) -> None:
    browser = known(world, able(world, "DRILLADO"))
    drill = begin(world)
    path = start(world, browser)
    form = str(browser.get(path).location)
    shown = browser.get(form).text
    assert "Simulacro" in shown
    assert 'id="clave-sol"' in shown
    assert "no se encuentra disponible" not in shown
    ask(world, browser, path)
    assert 'id="simulacro"' in browser.get(f"{form}/revise-su-correo").text
    (mail,) = deliver(world, path)
    assert mail.content.subject.startswith("Simulacro: ")
    assert "SUNAT no está disponible" not in mail.content.text
    link = link_path(mail)
    confirm = browser.get(link).text
    assert 'id="simulacro"' in confirm
    entered = press(browser, link, link)
    places = follow(browser, str(entered.location))
    (notice,) = noticed(world, drill)
    assert "en un simulacro" in notice
    code = query_of(places[-1])["code"]
    answer = world.token(code)
    assert answer.status_code == 200
    drained(world)
    found = world.services.drills.report(drill.id)
    assert (found.chosen, found.shown, found.asked, found.accepted) == (1, 1, 1, 1)
    assert (found.opened, found.consumed, found.entered, found.token) == (1, 1, 1, 1)
    assert (found.gave_up, found.left, found.why_not) == (0, 0, {})


def test_session_of_a_drill_lasts_while_the_drill_does(world: World) -> None:
    browser = known(world, able(world, "DRILLADO"))
    drill = begin(world, clients=["mr", "spa"])
    path = start(world, browser)
    browser.get(path)
    ask(world, browser, path)
    link = link_path(deliver(world, path)[0])
    follow(browser, str(press(browser, link, link).location))
    world.clock.advance(60)
    # Again, at the same component and at another of the drill: nobody is sent anywhere.
    assert world.authorize(browser).location.startswith(REDIRECT_URI)
    spa = {"client_id": "spa", "redirect_uri": "http://localhost:9003/callback", "scope": "openid"}
    assert "code=" in world.authorize(browser, **spa).location
    # A component that is not in it wants SUNAT, which is there; and so do all once it is over.
    assert world.authorize(browser, **ORIGEN).location.startswith("/login/")
    world.services.drills.end(drill.id, "ana", "basta")
    assert world.authorize(browser).location.startswith("/login/")
    assert not to_contingency(world, browser)


def test_nobody_is_taken_who_is_not_recognised(world: World) -> None:
    able(world, "DRILLADO")
    begin(world)
    assert not to_contingency(world, world.browser())
    # A browser that is too new to tell people by.
    assert not to_contingency(world, known(world, able(world, "NUEVA001"), for_long=False))


def test_neighbour_at_a_shared_browser_is_left_alone(world: World) -> None:
    chosen, neighbour = able(world, "DRILLADO"), able(world, "VECINA01")
    shared, own = known(world, chosen, neighbour), known(world, chosen)
    begin(world, percent=0, testers=[chosen.id])
    assert not to_contingency(world, shared)
    assert to_contingency(world, own)


def test_who_could_not_enter_by_mail_is_taken_only_by_a_drill_of_all(world: World) -> None:
    browser = known(world, world.person(usuario="SINMAIL1"))
    drill = begin(world)
    assert not to_contingency(world, browser)
    world.services.drills.end(drill.id, "ana", "otro")
    begin(world, everyone=True)
    assert to_contingency(world, browser)


def test_trying_again_changes_nothing(world: World) -> None:
    browsers = [known(world, able(world, f"MUCHA{number:03}")) for number in range(20)]
    begin(world, percent=50)
    first = [to_contingency(world, browser) for browser in browsers]
    assert set(first) == {True, False}
    assert [to_contingency(world, browser) for browser in browsers] == first


@pytest.mark.parametrize(
    "asked",
    [
        ESTRICTO,
        {"claims": '{"id_token": {"acr": {"essential": true, "values": ["urn:vuce:acr:sunat"]}}}'},
        {"acr_values": "urn:vuce:acr:sunat"},
        ORIGEN,
    ],
    ids=["no contingency", "SUNAT essential", "SUNAT wished for", "another component"],
)
def test_request_that_a_mail_would_not_answer_goes_to_sunat(
    world: World, asked: dict[str, str]
) -> None:
    browser = known(world, able(world, "DRILLADO"))
    begin(world, clients=["mr", "estricto"])
    assert to_contingency(world, browser)
    assert not to_contingency(world, browser, **asked)


@pytest.mark.parametrize(
    "asked", [{"prompt": "login"}, {"max_age": "0"}], ids=["prompt", "max_age"]
)
def test_request_for_a_fresh_login_is_met_by_the_mail_and_does_not_loop(
    world: World, asked: dict[str, str]
) -> None:
    browser = known(world, able(world, "DRILLADO"))
    begin(world)
    path = start(world, browser, **asked)
    assert browser.get(path).location.startswith("/contingencia/")
    ask(world, browser, path)
    link = link_path(deliver(world, path)[0])
    places = follow(browser, str(press(browser, link, link).location))
    assert "code=" in places[-1], places


def test_silent_request_is_answered_as_ever(world: World) -> None:
    browser = known(world, able(world, "DRILLADO"))
    begin(world)
    answer = world.authorize(browser, prompt="none")
    assert query_of(answer.location)["error"] == "login_required"


def test_session_of_sunat_is_never_replaced_by_a_drill(world: World) -> None:
    person = able(world, "DRILLADO")
    browser = known(world, person)
    world.log_in(browser, person, Mode.SUNAT)
    world.clock.advance(1)
    begin(world)
    assert not to_contingency(world, browser, prompt="login")


def test_login_that_began_before_the_drill_goes_on_as_it_began(world: World) -> None:
    browser = known(world, able(world, "DRILLADO"))
    path = start(world, browser)
    world.clock.advance(1)
    begin(world)
    assert browser.get(path).location.startswith("/upstream/sol/start")


def test_choice_is_made_once_and_kept(world: World) -> None:
    person = able(world, "DRILLADO")
    browser = known(world, person)
    drill = begin(world, percent=0, testers=[able(world, "OTRA0001").id])
    path = start(world, browser)
    assert browser.get(path).location.startswith("/upstream/sol/start")
    world.services.drills.end(drill.id, "ana", "otro")
    begin(world)
    assert browser.get(path).location.startswith("/upstream/sol/start")
    assert parked(world, path).drill == ""


def test_clave_sol_is_one_press_away_and_nobody_is_asked_again(world: World) -> None:
    browser = known(world, able(world, "DRILLADO"))
    drill = begin(world)
    path = start(world, browser)
    form = str(browser.get(path).location)
    left = press(browser, form, f"{form}/clave-sol")
    assert left.location == f"{path}/sunat"
    assert browser.get(left.location).location.startswith("/upstream/sol/start")
    assert browser.get(path).location == f"/upstream/sol/start?txn={path.rpartition('/')[2]}"
    # Back in the history: no form any more, and no word of an outage.
    again = browser.get(form).text
    assert "Ingrese con SUNAT" in again
    assert "volvió a funcionar" not in again
    assert not to_contingency(world, browser)
    (told,) = records(world, ["drill.left"], drill)
    assert told.details["transaction"] == parked(world, path).trace
    world.services.drills.end(drill.id, "ana", "otro")
    begin(world)
    assert to_contingency(world, browser), "another drill may ask again"


def test_leaving_needs_the_form_of_this_browser(world: World) -> None:
    browser = known(world, able(world, "DRILLADO"))
    begin(world)
    path = start(world, browser)
    form = str(browser.get(path).location)
    assert browser.post(f"{form}/clave-sol").status_code == 403
    stranger = world.browser()
    assert stranger.post(f"{form}/clave-sol").status_code == 403
    assert browser.get(path).location == form


def test_flag_down_ends_the_drill_and_the_pages_tell_of_the_outage(world: World) -> None:
    browser = known(world, able(world, "DRILLADO"))
    drill = begin(world)
    path = start(world, browser)
    form = str(browser.get(path).location)
    flag_down(world)
    text = browser.get(form).text
    assert "Simulacro" not in text
    assert "no se encuentra disponible" in text
    found = world.services.drills.get(drill.id)
    assert (found.ended_why, found.ended_by) == ("upstream", None)
    ask(world, browser, path)
    (mail,) = deliver(world, path)
    assert not mail.content.subject.startswith("Simulacro")
    link = link_path(mail)
    assert "Simulacro" not in browser.get(link).text
    follow(browser, str(press(browser, link, link).location))
    session = browser.get_cookie("idp_session", domain="localhost")
    assert session is not None
    found = world.services.logins.sessions.current(session.value)
    assert found is not None
    assert (found.mode, found.drill) == (Mode.CONTINGENCIA, "")


def test_flag_down_opens_the_mail_to_all_again(world: World) -> None:
    """Who asked at somebody else's browser in a drill is no stranger in the real contingency."""
    able(world, "VECINA01")
    browser = known(world, able(world, "DRILLADO"))
    begin(world)
    path = start(world, browser)
    browser.get(path)
    flag_down(world)
    ask(world, browser, path, "VECINA01")
    assert len(deliver(world, path)) == 1


def test_link_on_its_way_is_good_after_the_drill(world: World) -> None:
    browser = known(world, able(world, "DRILLADO"))
    drill = begin(world)
    path = start(world, browser)
    form = str(browser.get(path).location)
    ask(world, browser, path)
    world.services.drills.end(drill.id, "ana", "basta")
    (mail,) = deliver(world, path)
    assert "El simulacro terminó" in browser.get(form).text
    link = link_path(mail)
    assert 'id="clave-sol"' in browser.get(link).text
    places = follow(browser, str(press(browser, link, link).location))
    assert "code=" in places[-1]


def test_drill_opens_the_mail_to_nobody_else_at_that_browser(world: World) -> None:
    able(world, "VECINA01")
    browser = known(world, able(world, "DRILLADO"))
    begin(world)
    path = start(world, browser)
    browser.get(path)
    ask(world, browser, path, "VECINA01")
    assert deliver(world, path) == []


def test_directory_that_does_not_answer_takes_nobody_and_stops_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idp.kernel.errors import Unavailable

    browser = known(world, able(world, "DRILLADO"))
    begin(world)

    def away(*_: object) -> None:
        raise Unavailable("sql")

    monkeypatch.setattr(world.services.drills._people, "at_browser", away)
    assert not to_contingency(world, browser)


def test_without_a_drill_a_login_reads_and_writes_nothing_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = known(world, able(world, "DRILLADO"))
    world.services.drills.refresh()
    path = start(world, browser)

    def read(*_: object, **__: object) -> None:
        raise AssertionError("SQL was read")

    monkeypatch.setattr(Database, "connection", read)
    assert browser.get(path).location.startswith("/upstream/sol/start")
    assert parked(world, path).drill is None


def test_link_in_another_browser_says_so_and_the_session_there_is_the_drills(world: World) -> None:
    browser, phone = known(world, able(world, "DRILLADO")), world.browser()
    drill = begin(world)
    path = start(world, browser, **ORIGEN)
    form = str(browser.get(path).location)
    ask(world, browser, path)
    link = link_path(deliver(world, path)[0])
    code = browser.get(f"{form}/revise-su-correo").text.split('id="codigo-aqui">')[1][:7]
    text = phone.get(link).text
    assert 'id="simulacro"' in text
    assert "http://localhost:9002/login?desde=vuce" in text
    entered = phone.post(link, data={"csrf_token": csrf_of(text), "codigo": code})
    places = follow(phone, str(entered.location))
    assert places[-1].startswith("http://localhost:9002/login"), places
    # The component begins anew there, and nobody is asked again.
    assert "code=" in world.authorize(phone, **ORIGEN).location
    drained(world)
    found = world.services.drills.report(drill.id)
    assert (found.chosen, found.entered, found.consumed) == (1, 1, 1)


def test_refresh_token_of_a_drill_ends_with_it(world: World) -> None:
    """By the policy that ends what a mail gave once SUNAT is back."""
    logins, now = world.services.logins, int(world.clock.timestamp())
    drill = begin(world, clients=["mr"])
    mr, origen = (world.services.clients.get(one) for one in ("mr", "origen"))
    assert mr is not None
    assert origen is not None

    def lives(client: Any) -> bool:
        return logins.grant_lives(client, Mode.CONTINGENCIA, "sol", now, drill.id)

    assert (lives(mr), lives(origen)) == (True, False)
    assert not logins.grant_lives(mr, Mode.CONTINGENCIA, "sol", now)
    world.clock.advance(timedelta(hours=1).total_seconds())
    assert not lives(mr)
