"""From `/login/<txn>` to SUNAT and back: the whole provider, the real mock SUNAT, a browser each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from federation_servers import ISSUER, PEOPLE, MockSunat, log_in
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.upstream_states import RedisUpstreamStates
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from idp.federation.service import Callback, Federation, Stranded
from idp.kernel.identity import Identifier
from idp.kernel.ids import digest
from idp.links.link import LinkState
from idp.people.person import Person
from idp.settings import Upstream
from idp.upstream_status.state import FlagState
from tests.support.world import World, build_world, csrf_of, query_of

IDENTIFIERS = {
    "sol": Identifier("sol", "20504774288:IMPORTA1"),
    "extranet": Identifier("extranet", "EXT0001"),
}


def upstreams(sunat: MockSunat) -> tuple[Upstream, ...]:
    return tuple(
        Upstream(
            realm=realm,
            base_url=sunat.base_url,
            path=path,
            client_id=f"vuce-{realm}",
            client_secret="sandbox-sunat-secret",
            label=label,
            tip_origen=origin,
            timeout=0.5,
        )
        for realm, path, label, origin in (
            ("sol", "clientessol", "Clave SOL", "IT"),
            ("extranet", "clientesextranet", "Extranet de SUNAT", "ET"),
        )
    )


@pytest.fixture
def world(tmp_path: Path, gateway: RedisGateway, valkey: str, sunat: MockSunat) -> Iterator[World]:
    built = build_world(tmp_path, valkey, upstreams=upstreams(sunat))
    yield built
    built.services.redis.close()
    built.services.database.close()


@dataclass
class Visit:
    """A browser that is about to come back from SUNAT."""

    browser: FlaskClient
    transaction_id: str
    answer: dict[str, str]
    realm: str

    def callback(self, **changes: str | None) -> TestResponse:
        query = {name: value for name, value in {**self.answer, **changes}.items() if value}
        return self.browser.get(f"/upstream/{self.realm}/callback", query_string=query)


def park(world: World, browser: FlaskClient, **changes: str) -> str:
    answer = world.authorize(browser, **changes)
    assert answer.status_code == 303
    return answer.headers["Location"].rpartition("/")[2]


def at_sunat(
    world: World,
    realm: str = "sol",
    browser: FlaskClient | None = None,
    person: dict[str, str] | None = None,
) -> Visit:
    """Park a request, go to SUNAT and log in there."""
    browser = browser or world.browser()
    transaction_id = park(world, browser)
    start = browser.get(f"/upstream/{realm}/start?txn={transaction_id}")
    assert start.status_code == 303
    answer = log_in(start.headers["Location"], realm, person)
    return Visit(browser, transaction_id, answer, realm)


def known(world: World, realm: str = "sol") -> Person | None:
    return world.services.people.find(IDENTIFIERS[realm])


def proved(world: World, visit: Visit) -> bool:
    """Whether the visit's transaction has a proof."""
    cookie = visit.browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None
    transactions = world.services.logins.transactions
    return transactions.load(visit.transaction_id, digest(cookie.value)).proof is not None


def flag_down(world: World) -> None:
    world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="prueba")


def events(world: World, event: AuditEvent) -> list[AuditRecord]:
    return world.services.audit.search(AuditFilter(event=event))


def assert_page(answer: TestResponse, status: int, code: str) -> None:
    assert answer.status_code == status
    assert f'id="error-code">{code}<' in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_start_sends_the_browser_to_sunat_with_a_new_state_each_time(
    world: World, sunat: MockSunat
) -> None:
    browser = world.browser()
    transaction_id = park(world, browser)
    states = set()
    for _ in range(3):
        answer = browser.get(f"/upstream/sol/start?txn={transaction_id}")
        assert answer.status_code == 303
        location = answer.headers["Location"]
        assert location.startswith(f"{sunat.base_url}/v1/clientessol/vuce-sol/oauth2/login?")
        query = query_of(location)
        assert query["originalUrl"] == f"{ISSUER}/upstream/sol/callback"
        assert len(query["state"]) == 32 and int(query["state"], 16) >= 0
        states.add(query["state"])
    assert len(states) == 3
    assert len(events(world, AuditEvent.UPSTREAM_STARTED)) == 3


def test_start_with_another_host_header_still_names_our_own_callback(world: World) -> None:
    browser = world.browser()
    transaction_id = park(world, browser)
    cookie = browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None
    elsewhere = world.browser()
    elsewhere.set_cookie("idp_browser", cookie.value, domain="evil.test")
    answer = elsewhere.get(f"/upstream/sol/start?txn={transaction_id}", base_url="http://evil.test")
    callback = query_of(answer.headers["Location"])["originalUrl"]
    assert callback == f"{ISSUER}/upstream/sol/callback"


def test_start_by_another_browser_is_refused(world: World) -> None:
    transaction_id = park(world, world.browser())
    stranger = world.browser()
    park(world, stranger)
    for browser in (stranger, world.browser()):
        assert browser.get(f"/upstream/sol/start?txn={transaction_id}").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/upstream/intranet/start?txn={txn}", 404),
        ("/upstream/sol/start?txn=unknown", 404),
        ("/upstream/sol/start", 404),
        ("/upstream/intranet/callback?state=x&code=y", 404),
    ],
)
def test_upstream_unknown_realm_or_login_is_refused(path: str, status: int, world: World) -> None:
    browser = world.browser()
    transaction_id = park(world, browser)
    assert browser.get(path.format(txn=transaction_id)).status_code == status


def test_start_realm_that_the_component_does_not_allow_is_refused(world: World) -> None:
    browser = world.browser()
    transaction_id = park(
        world, browser, client_id="origen", redirect_uri="http://localhost:9002/callback"
    )
    assert browser.get(f"/upstream/extranet/start?txn={transaction_id}").status_code == 400


@pytest.mark.parametrize("realm", ["sol", "extranet"])
def test_callback_of_a_real_login_proves_the_person_and_returns_to_the_login(
    realm: str, world: World
) -> None:
    visit = at_sunat(world, realm)
    answer = visit.callback()
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/login/{visit.transaction_id}"
    assert answer.headers["Cache-Control"] == "no-store"
    person = known(world, realm)
    assert person is not None
    assert person.first_login_at == world.clock.now()
    assert proved(world, visit)
    landed = visit.browser.get(answer.headers["Location"])
    assert landed.headers["Location"] == f"/authorize/{visit.transaction_id}"
    assert "code" in query_of(visit.browser.get(landed.headers["Location"]).headers["Location"])


def test_callback_remembers_the_browser_and_knows_it_a_day_later(world: World) -> None:
    visit = at_sunat(world)
    cookie = visit.callback().headers.getlist("Set-Cookie")
    assert any(one.startswith("idp_known=") and "HttpOnly" in one for one in cookie)
    person = known(world)
    assert person is not None
    value = visit.browser.get_cookie("idp_known", domain="localhost")
    assert value is not None
    assert not world.services.people.known_browser(value.value, person.id)
    world.clock.advance(86_401)
    assert world.services.people.known_browser(value.value, person.id)
    assert len(world.services.people.browsers(person.id)) == 1


def test_callback_second_login_updates_and_keeps_sub_and_browser(world: World) -> None:
    browser = world.browser()
    at_sunat(world, browser=browser).callback()
    first = known(world)
    world.clock.advance(30)
    browser.delete_cookie("idp_session", domain="localhost")
    at_sunat(world, browser=browser).callback()
    second = known(world)
    assert first and second
    assert (first.id, first.sub) == (second.id, second.sub)
    assert second.first_login_at == first.first_login_at
    assert second.last_login_at == world.clock.now()
    assert len(world.services.people.browsers(first.id)) == 1


def test_callback_again_shows_a_way_on_and_exchanges_nothing(
    world: World, sunat: MockSunat
) -> None:
    visit = at_sunat(world)
    visit.callback()
    answer = visit.callback()
    assert_page(answer, 400, "proof_refused")
    assert f'href="/login/{visit.transaction_id}/sunat"' in answer.text
    assert sunat.token_posts("sol") == 1


def test_callback_in_parallel_exactly_one_wins(world: World, sunat: MockSunat) -> None:
    visit = at_sunat(world)
    cookie = visit.browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None

    def call(_: int) -> int:
        browser = world.browser()
        browser.set_cookie("idp_browser", cookie.value, domain="localhost")
        query = visit.answer
        return browser.get("/upstream/sol/callback", query_string=query).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(call, range(16)))
    assert statuses == [303] + [400] * 15
    assert sunat.token_posts("sol") == 1


def test_callback_by_a_stranger_changes_nothing_and_burns_the_code(
    world: World, sunat: MockSunat
) -> None:
    visit = at_sunat(world)
    stranger = world.browser()
    park(world, stranger)
    for browser in (stranger, world.browser()):
        answer = browser.get("/upstream/sol/callback", query_string=visit.answer)
        assert_page(answer, 400, "proof_refused")
        assert visit.transaction_id not in answer.text
        assert "idp_known" not in str(answer.headers)
    assert_page(visit.callback(), 400, "proof_refused")
    assert sunat.token_posts("sol") == 0
    assert not proved(world, visit)


def test_callback_planted_in_a_victims_browser_logs_nobody_in(
    world: World, sunat: MockSunat
) -> None:
    """The stranger's own code and state, sent to somebody: login CSRF."""
    stranger = at_sunat(world)
    victim = at_sunat(world, browser=world.browser())
    answer = victim.callback(code=stranger.answer["code"], state=stranger.answer["state"])
    assert_page(answer, 400, "proof_refused")
    mixed = victim.callback(code=stranger.answer["code"])
    assert_page(mixed, 400, "proof_refused")
    assert sunat.token_posts("sol") == 0
    assert not proved(world, victim)


def test_callback_of_another_realm_is_refused(world: World, sunat: MockSunat) -> None:
    visit = at_sunat(world)
    answer = visit.browser.get("/upstream/extranet/callback", query_string=visit.answer)
    assert_page(answer, 400, "proof_refused")
    assert_page(visit.callback(), 400, "proof_refused")
    assert sunat.token_posts("sol") == sunat.token_posts("extranet") == 0


def test_callback_code_seen_with_another_state_is_never_exchanged(
    world: World, sunat: MockSunat
) -> None:
    visit = at_sunat(world)
    again = at_sunat(world, browser=visit.browser)
    assert_page(visit.callback(state="0" * 32), 400, "proof_refused")
    assert_page(again.callback(code=visit.answer["code"]), 400, "proof_refused")
    assert sunat.token_posts("sol") == 0


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"code": None}, 502, "upstream_failed"),
        ({"code": "x" * 3000}, 400, "proof_refused"),
        ({"code": "ñ\x00\ud83d"}, 400, "proof_refused"),
        ({"state": None}, 400, "proof_refused"),
        ({"state": "x"}, 400, "proof_refused"),
        ({"state": "F" * 32}, 400, "proof_refused"),
        ({"state": None, "code": None}, 400, "proof_refused"),
    ],
)
def test_callback_malformed_is_a_page_and_no_exchange(
    changes: dict[str, str | None], status: int, code: str, world: World, sunat: MockSunat
) -> None:
    visit = at_sunat(world)
    changes = {
        name: value.encode("utf-8", "ignore").decode() if value else value
        for name, value in changes.items()
    }
    assert_page(visit.callback(**changes), status, code)
    assert sunat.token_posts("sol") <= 1


def test_callback_comes_late_and_counts_while_its_login_lives(
    world: World, sunat: MockSunat
) -> None:
    """Somebody looked for their password, or SUNAT came back an hour later."""
    late, too_late = at_sunat(world), at_sunat(world)
    world.clock.advance(3_599)
    assert late.callback().headers["Location"] == f"/login/{late.transaction_id}"
    world.clock.advance(1)
    answer = too_late.callback()
    assert_page(answer, 400, "proof_refused")
    assert 'id="error-reason">state_expired<' in answer.text
    assert 'href="http://localhost:9001/"' in answer.text, "a way back to the component"
    assert sunat.token_posts("sol") == 1


def test_callback_of_a_login_that_ended_meanwhile_leads_back_to_its_component(
    world: World, sunat: MockSunat
) -> None:
    visit = at_sunat(world)
    cookie = visit.browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None
    transactions = world.services.logins.transactions
    transactions.end(transactions.load(visit.transaction_id, digest(cookie.value)))
    answer = visit.callback()
    assert_page(answer, 400, "proof_refused")
    assert 'id="error-reason">login_over<' in answer.text
    assert 'href="http://localhost:9001/"' in answer.text
    assert sunat.token_posts("sol") == 0


@pytest.mark.parametrize(
    ("error", "status", "code", "reason"),
    [
        ("access_denied", 400, "proof_refused", "denied"),
        ("server_error", 502, "upstream_failed", "upstream_error"),
        ("ñ\x00", 502, "upstream_failed", "upstream_error"),
    ],
)
def test_callback_with_an_error_keeps_the_request_and_goes_on(
    error: str, status: int, code: str, reason: str, world: World, sunat: MockSunat
) -> None:
    visit = at_sunat(world)
    answer = visit.callback(code=None, error=error)
    assert_page(answer, status, code)
    assert f'id="error-reason">{reason}<' in answer.text
    assert f'href="/login/{visit.transaction_id}/sunat"' in answer.text
    assert sunat.token_posts("sol") == 0
    start = visit.browser.get(f"/login/{visit.transaction_id}/sunat")
    again = log_in(visit.browser.get(start.headers["Location"]).headers["Location"], "sol")
    landed = visit.browser.get("/upstream/sol/callback", query_string=again)
    assert landed.headers["Location"] == f"/login/{visit.transaction_id}"


def test_callback_that_names_no_request_finds_the_one_that_this_browser_left_for(
    world: World,
) -> None:
    """SUNAT's own error page may send the person back with an error alone."""
    browser = world.browser()
    first, last = at_sunat(world, browser=browser), at_sunat(world, browser=browser)
    assert first.transaction_id != last.transaction_id
    world.clock.advance(1)
    browser.get(f"/upstream/sol/start?txn={last.transaction_id}")
    for query in ({"error": "server_error"}, {}, {"state": "0" * 32, "code": "x"}):
        answer = browser.get("/upstream/sol/callback", query_string=query)
        assert f'href="/login/{last.transaction_id}/sunat"' in answer.text
    other_realm = browser.get("/upstream/extranet/callback", query_string={"error": "x"})
    assert last.transaction_id not in other_realm.text
    stranger = world.browser().get("/upstream/sol/callback", query_string={"error": "x"})
    assert last.transaction_id not in stranger.text
    assert 'href="/"' in stranger.text, "nobody is left without a way on"


def test_callback_after_the_flip_withdraws_the_link_that_was_asked_for_meanwhile(
    world: World,
) -> None:
    """Back from a SUNAT that kept them waiting, to the form, to a mail: and then SUNAT answers."""
    visit = at_sunat(world)
    flag_down(world)
    assert "Continuar por correo" in visit.browser.get(f"/login/{visit.transaction_id}").text
    form = f"/contingencia/{visit.transaction_id}"
    typed = {"ruc": PEOPLE["sol"]["ruc"], "usuario": PEOPLE["sol"]["usuario"]}
    token = csrf_of(visit.browser.get(form).text)
    assert visit.browser.post(form, data={**typed, "csrf_token": token}).status_code == 303
    cookie = visit.browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None
    login = world.services.logins.transactions.load(visit.transaction_id, digest(cookie.value))
    assert login.link_id is not None
    assert visit.callback().headers["Location"] == f"/login/{visit.transaction_id}"
    link = world.services.links.get(login.link_id)
    assert link is not None and link.state is LinkState.WITHDRAWN
    landed = visit.browser.get(f"/login/{visit.transaction_id}").headers["Location"]
    assert "code" in query_of(visit.browser.get(landed).headers["Location"])
    drain(world.services.audit_stream, world.services.audit._store)
    (withdrawn,) = events(world, AuditEvent.LINK_WITHDRAWN)
    assert withdrawn.reference == link.reference


def test_callback_that_failed_after_the_flip_offers_mail_at_once(
    world: World, sunat: MockSunat
) -> None:
    visit = at_sunat(world)
    sunat.misbehave("sol", "error500")
    flag_down(world)
    answer = visit.callback()
    assert_page(answer, 502, "upstream_failed")
    assert f'href="/contingencia/{visit.transaction_id}"' in answer.text
    assert 'id="reintentar"' not in answer.text


def test_callback_after_the_flag_went_down_still_counts(world: World) -> None:
    visit = at_sunat(world)
    world.services.upstream_status.set(
        "sol", FlagState.FORCED_DOWN, reason="prueba", who="ops", until=None
    )
    assert not world.services.upstream_status.up("sol")
    answer = visit.callback()
    assert answer.headers["Location"] == f"/login/{visit.transaction_id}"
    landed = visit.browser.get(answer.headers["Location"])
    assert landed.headers["Location"] == f"/authorize/{visit.transaction_id}"


FAULTS = [
    ("down", 502, "upstream_failed"),
    ("slow", 502, "upstream_failed"),
    ("error500", 502, "upstream_failed"),
    ("empty200", 502, "upstream_failed"),
    ("html200", 502, "upstream_failed"),
    ("huge", 502, "upstream_failed"),
    ("redirect", 502, "upstream_failed"),
    ("bad_json", 502, "upstream_failed"),
    ("bad_jwt", 400, "proof_refused"),
    ("wrong_iss", 400, "proof_refused"),
    ("expired", 400, "proof_refused"),
    ("not_yet_valid", 400, "proof_refused"),
    ("altered_ruc", 400, "proof_refused"),
    ("altered_login", 400, "proof_refused"),
    ("other_realm", 400, "proof_refused"),
    ("other_client", 400, "proof_refused"),
]


@pytest.mark.parametrize(("fault", "status", "code"), FAULTS)
def test_callback_with_sunat_misbehaving_offers_to_try_again_and_that_works(
    fault: str, status: int, code: str, world: World, sunat: MockSunat
) -> None:
    visit = at_sunat(world)
    sunat.misbehave("sol", fault, 1.5)
    answer = visit.callback()
    assert_page(answer, status, code)
    assert f'href="/login/{visit.transaction_id}/sunat"' in answer.text
    assert known(world) is None
    assert not proved(world, visit)
    failed = events(world, AuditEvent.UPSTREAM_FAILED)
    refused = events(world, AuditEvent.UPSTREAM_PROOF_REFUSED)
    assert len(failed + refused) == 1
    assert (failed + refused)[0].reference in answer.text
    sunat.reset()
    start = visit.browser.get(
        visit.browser.get(f"/login/{visit.transaction_id}/sunat").headers["Location"]
    )
    again = log_in(start.headers["Location"], "sol")
    landed = visit.browser.get("/upstream/sol/callback", query_string=again)
    assert landed.headers["Location"] == f"/login/{visit.transaction_id}"


@dataclass
class Reports:
    """`federation.ports.Evidence` that keeps what it is told."""

    told: list[tuple[str, str]]

    def report(self, realm: str, kind: str) -> None:
        self.told.append((realm, kind))


def test_finish_reports_how_each_login_ended(world: World, sunat: MockSunat) -> None:
    services, reports = world.services, Reports([])
    federation = Federation(
        upstreams=services.federation._upstreams,
        states=RedisUpstreamStates(services.redis),
        transactions=services.logins.transactions,
        people=services.people,
        audit=services.audit,
        clock=services.clock,
        random=services.random,
        issuer=ISSUER,
        evidence=reports,
    )

    def finish(fault: str, **changes: str) -> None:
        sunat.reset()
        visit = at_sunat(world)
        sunat.misbehave("sol", fault)
        cookie = visit.browser.get_cookie("idp_browser", domain="localhost")
        assert cookie is not None
        brought = {**visit.answer, **changes}
        callback = Callback(brought["state"], brought["code"], digest(cookie.value), None)
        try:
            federation.finish("sol", callback)
        except Stranded as stranded:
            assert stranded.reference.isdigit()

    for fault in ("up", "error500", "wrong_iss"):
        finish(fault)
    finish("up", state="0" * 32)
    finish("up", code="made-up")
    told = ["ok", "server_error", "token_issuer", "state_unknown", "code_refused"]
    assert reports.told == [("sol", kind) for kind in told]


def test_audit_of_federation_holds_no_personal_data_and_no_secret(world: World) -> None:
    visit = at_sunat(world)
    visit.callback()
    visit.callback()
    text = "\n".join(record.to_json() for record in world.services.audit.search(AuditFilter()))
    assert "upstream.started" in text and "upstream.proof_refused" in text
    secrets = [visit.transaction_id, *visit.answer.values(), *PEOPLE["sol"].values(), "IMPORTADORA"]
    assert [secret for secret in secrets if secret in text and secret != "sandbox"] == []


def test_start_without_end_keeps_no_states_without_end(world: World) -> None:
    browser = world.browser()
    transaction_id = park(world, browser)
    answers = [
        browser.get(f"/upstream/sol/start?txn={transaction_id}").status_code for _ in range(31)
    ]
    assert answers == [*[303] * 30, 429]


def test_callbacks_that_a_neighbour_made_up_keep_nobody_out(world: World, sunat: MockSunat) -> None:
    stranger = world.browser()
    answers = {
        stranger.get(f"/upstream/sol/callback?state={number:032x}&code=x").status_code
        for number in range(310)
    }
    assert answers == {400, 429}
    assert at_sunat(world).callback().status_code == 303


def test_email_that_a_token_brings_is_not_believed(world: World, sunat: MockSunat) -> None:
    visit = at_sunat(world)
    sunat.misbehave("sol", "with_email")
    assert visit.callback().status_code == 303
    person = known(world)
    assert person is not None
    assert all("de-sunat" not in address.email for address in person.addresses)
    assert "de-sunat" not in str(person)
