"""What a session is good for at `/authorize` (OpenID Connect Core §3.1.2.1 and §3.1.2.6)."""

from __future__ import annotations

from typing import Any

import pytest
from relying_party import RelyingParty

from idp.kernel.identity import EXTRANET, SOL, Identifier, Mode, Proof
from idp.people.person import UpstreamFacts
from idp.web.browser import browser_hash
from tests.support.world import ISSUER, World, csrf_of, query_of

LOGIN_REQUIRED = {"error": "login_required", "state": "st", "iss": ISSUER}


def asks_for_login(party: RelyingParty, **changes: Any) -> str:
    """The person is sent to log in; the path of the login."""
    response = party.authorize(**changes)
    assert response.status_code == 303
    location = response.headers["Location"]
    assert location.startswith("/login/"), location
    return location


def prove_again(party: RelyingParty, login: str) -> None:
    """What a step of the login leaves behind: a proof on the transaction, by the same person."""
    services = party.world.services
    person = party.world.person()
    cookie = party.browser.get_cookie("idp_browser")
    assert cookie is not None
    services.logins.transactions.record_proof(
        login.removeprefix("/login/"),
        browser_hash(cookie.value),
        Proof(SOL, person.id, Mode.SUNAT, party.world.clock.now()),
    )


def follow(party: RelyingParty, location: str) -> str:
    """Follow our own redirects until the component's."""
    for _ in range(5):
        if not location.startswith("/"):
            return location
        location = party.browser.get(location).headers["Location"]
    raise AssertionError("the login loops")


def official(world: World) -> RelyingParty:
    """A browser with the session of an official."""
    person = world.services.people.record_upstream_login(
        UpstreamFacts(
            realm=EXTRANET, identifier=Identifier(EXTRANET, "EXT0001"), usuario="EXT0001",
            name="FUNCIONARIA DE PRUEBA",
        )
    )  # fmt: skip
    browser = world.browser()
    world.log_in(browser, person)
    return RelyingParty(world, browser)


def test_prompt_none_with_a_session_is_answered_by_a_code(mr: RelyingParty) -> None:
    assert mr.redeem(mr.code(prompt="none")).status_code == 200


@pytest.mark.parametrize("seconds, good", [(0, True), (100, True), (101, False)])
def test_max_age_counts_from_the_authentication(mr: RelyingParty, seconds: int, good: bool) -> None:
    mr.world.clock.advance(seconds)
    if good:
        claims = mr.id_token(mr.tokens(max_age="100")["id_token"]).claims
        assert claims["iat"] - claims["auth_time"] == seconds
    else:
        asks_for_login(mr, max_age="100")
        assert mr.answer(max_age="100", prompt="none") == LOGIN_REQUIRED


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}], ids=str)
def test_forced_login_is_met_by_a_new_proof_and_does_not_loop(
    mr: RelyingParty, changes: dict[str, str]
) -> None:
    before = mr.id_token(mr.tokens()["id_token"]).claims
    mr.world.clock.advance(5)
    login = asks_for_login(mr, **changes)
    mr.world.clock.advance(60)
    prove_again(mr, login)
    mr.world.clock.advance(5)
    code = query_of(follow(mr, login))["code"]
    after = mr.id_token(mr.redeem(code).json["id_token"]).claims
    assert after["auth_time"] == before["auth_time"] + 65
    assert after["sub"] == before["sub"]
    assert after["sid"] != before["sid"]


def test_forced_login_is_not_met_by_the_session_that_was_there(mr: RelyingParty) -> None:
    mr.world.clock.advance(5)
    login = asks_for_login(mr, prompt="login")
    # *Continuar* as this person is no way around it, nor is where a finished login would go.
    token = csrf_of(mr.browser.get(login).text)
    mr.browser.post(f"{login}/continuar", data={"csrf_token": token})
    assert mr.browser.get(login).headers["Location"].startswith("/upstream/sol/start")
    resumed = mr.browser.get(login.replace("/login/", "/authorize/"))
    assert resumed.headers["Location"] == login


def test_prompt_select_account_shows_the_choice_and_takes_the_present_person(
    mr: RelyingParty,
) -> None:
    login = asks_for_login(mr, prompt="select_account")
    page = mr.browser.get(login)
    assert page.status_code == 200
    assert "EXPORTADORA DE PRUEBA S.A." in page.text


def test_prompt_consent_is_met_by_a_session(mr: RelyingParty) -> None:
    """Nothing is asked of the person: components are the ministry's own."""
    assert "code" in mr.answer(prompt="consent")


@pytest.mark.parametrize(
    "changes",
    [{"login_hint": "20131312955"}, {"ui_locales": "en qu es"}, {"acr_values": "urn:x"}],
    ids=str,
)
def test_hint_changes_nothing_for_a_session(mr: RelyingParty, changes: dict[str, str]) -> None:
    assert "code" in mr.answer(**changes)


@pytest.mark.parametrize(
    ("changes", "language"),
    [
        ({"login_hint": "20131312955"}, "es"),
        ({"ui_locales": "fr-CA en qu es"}, "en"),
        ({"ui_locales": "fr-CA"}, "es"),
    ],
    ids=str,
)
def test_hint_is_carried_through_a_login(
    world: World, changes: dict[str, str], language: str
) -> None:
    party = RelyingParty(world, world.browser())
    page = party.browser.get(asks_for_login(party, **changes))
    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text


def test_id_token_hint_is_no_reason_to_refuse(mr: RelyingParty) -> None:
    hint = mr.tokens()["id_token"]
    assert "code" in mr.answer(id_token_hint=hint, prompt="none")


def test_session_of_another_realm_gives_no_code_in_silence(world: World) -> None:
    party = official(world)
    assert "code" in party.answer()
    origen = RelyingParty(world, party.browser, "origen")
    assert origen.answer(prompt="none") == LOGIN_REQUIRED
    login = asks_for_login(origen)
    resumed = origen.browser.get(login.replace("/login/", "/authorize/"))
    assert resumed.headers["Location"] == login


def test_contingency_session_gives_no_code_where_the_component_excludes_it(world: World) -> None:
    party = RelyingParty.logged_in(world, "estricto", Mode.CONTINGENCIA)
    unmet = {**LOGIN_REQUIRED, "error": "unmet_authentication_requirements"}
    assert party.answer(scope="openid", prompt="none") == unmet
    assert "code" in RelyingParty(world, party.browser).answer(prompt="none")


@pytest.mark.parametrize("setting", ["session_ttl", "session_idle"])
def test_session_ends_by_age_and_by_disuse(mr: RelyingParty, setting: str) -> None:
    settings, clock = mr.world.settings, mr.world.clock
    if setting == "session_ttl":
        end = clock.timestamp() + settings.session_ttl
        while clock.timestamp() + settings.session_idle / 2 < end:
            clock.advance(settings.session_idle / 2)
            assert "code" in mr.answer(prompt="none")
        clock.advance(end - clock.timestamp())
    else:
        clock.advance(settings.session_idle - 1)
        assert "code" in mr.answer(prompt="none")
        clock.advance(settings.session_idle)
    assert mr.answer(prompt="none") == LOGIN_REQUIRED


@pytest.mark.parametrize("cookie", ["x", "", "ñ", "a" * 600])
def test_cookie_that_names_no_session_is_no_session(world: World, cookie: str) -> None:
    browser = world.browser()
    browser.set_cookie("idp_session", cookie, domain="localhost")
    assert RelyingParty(world, browser).answer(prompt="none") == LOGIN_REQUIRED


def test_prompt_none_by_post_is_answered_as_by_get(mr: RelyingParty) -> None:
    for browser, expected in ((mr.browser, "code"), (mr.world.browser(), "error")):
        parked = browser.post("/authorize", data=mr.params(prompt="none")).headers["Location"]
        assert expected in query_of(browser.get(parked).headers["Location"])
