"""The pages over HTTP: what a browser, a scanner and an attacker are answered."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from contingency_world import COOKIE, EXCLUDED, HERE, ISSUER, KNOWN, TEMPLATES, UNKNOWN, World
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.database import Database
from idp.contingency.link_views import blueprint as link_blueprint
from idp.contingency.views import blueprint
from idp.kernel.errors import Unavailable
from idp.kernel.identity import Identifier, Mode, Proof
from idp.login.transaction import Transaction
from idp.web.browser import Browser
from idp.web.client_address import ClientAddress
from idp.web.cookies import Cookies
from idp.web.csrf import Csrf
from idp.web.errors import register_errors
from idp.web.i18n import Languages
from idp.web.render import HelpDesk, Pages

OTHER = "z" * 43


def application(world: World, templates: Path) -> Flask:
    app = Flask("test", static_folder=None, template_folder=None)
    cookies = Cookies(production=False)
    browser = Browser(cookies=cookies, random=world.random)
    csrf = Csrf(b"f" * 32, issuer=ISSUER, refused=lambda request, reason: None)
    pages = Pages(
        templates,
        locales=TEMPLATES.parent / "locales",
        languages=Languages(cookies),
        help_desk=HelpDesk("207-1510", "vuceayuda@example.com"),
        browser=browser,
        csrf=csrf,
        production=False,
    )
    register_errors(app, pages, is_api=lambda path: False, production=False)
    app.register_blueprint(
        blueprint(
            contingency=world.contingency,
            waiting_room=world.waiting_room,
            entry=world.entry,
            pages=pages,
            cookies=cookies,
            csrf=csrf,
            sessions=world.sessions,
            addresses=ClientAddress(),
            languages=Languages(cookies),
            link_minutes=10,
            drills=world.drill_desk,
        )
    )
    app.register_blueprint(
        link_blueprint(
            entry=world.entry,
            elsewhere=world.elsewhere,
            sessions=world.sessions,
            pages=pages,
            cookies=cookies,
            browser=browser,
            csrf=csrf,
        )
    )
    return app


def with_assets(templates: Path, folder: Path) -> Path:
    """The templates with empty captcha scripts, since the real ones are installed, not kept."""
    copied = folder / "templates"
    shutil.copytree(templates, copied)
    vendor = copied / "static" / "vendor" / "altcha"
    vendor.mkdir(parents=True, exist_ok=True)
    for name in ("altcha.js", "altcha.css", "es-419.js", "pbkdf2.js"):
        (vendor / name).touch()
    return copied


@pytest.fixture
def app(world: World, templates: Path) -> Flask:
    return application(world, templates)


@pytest.fixture
def person(app: Flask) -> FlaskClient:
    return client(app, COOKIE)


def client(app: Flask, cookie: str | None) -> FlaskClient:
    found = app.test_client()
    if cookie:
        found.set_cookie("idp_browser", cookie)
    return found


def csrf_token(response: TestResponse) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
    assert match, response.text
    return match[1]


def post_form(
    person: FlaskClient, transaction: Transaction, typed: dict[str, str] = KNOWN
) -> TestResponse:
    path = f"/contingencia/{transaction.id}"
    token = csrf_token(person.get(path))
    return person.post(path, data={**typed, "csrf_token": token})


def press(person: FlaskClient, token: str) -> TestResponse:
    """Open the link and press its one button."""
    page = person.get(f"/ingreso/{token}")
    assert page.status_code == 200, page.text
    return person.post(f"/ingreso/{token}", data={"csrf_token": csrf_token(page)})


@pytest.fixture
def mailed(world: World, person: FlaskClient) -> tuple[Transaction, str]:
    """A login, and the token that was mailed for it."""
    transaction = world.park()
    assert post_form(person, transaction).status_code == 303
    world.work()
    return transaction, world.mailed_token()


def test_form_to_waiting_page_to_link_to_login(world: World, person: FlaskClient) -> None:
    transaction = world.park()
    answer = post_form(person, transaction)
    waiting_path = f"/contingencia/{transaction.id}/revise-su-correo"
    assert (answer.status_code, answer.location) == (303, waiting_path)
    waiting = person.get(waiting_path)
    world.work()
    reference = world.queue_reference()
    assert reference in waiting.text
    assert reference in world.outbox.sent[0].content.text
    entered = press(person, world.mailed_token())
    assert (entered.status_code, entered.location) == (303, f"/login/{transaction.id}")
    assert world.transactions.load(transaction.id, HERE).proof is not None


def test_confirmation_says_who_enters_where_and_allows_the_redirect(
    world: World, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    page = person.get(f"/ingreso/{mailed[1]}")
    for words in ("IMPORTADORA SINTÉTICA S.A.C.", "20•••••••88", "Origen"):
        assert words in page.text
    csp = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://origen.example.com" in csp
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def strip(text: str, *own: str) -> str:
    """The page without what is the request's own: ids, tokens and what was typed."""
    for value in own:
        text = text.replace(value, "…")
    text = re.sub(r'(id="codigo-aqui">)[0-9 ]+', r"\1…", text)
    return re.sub(r'(name="csrf_token" value=")[^"]+', r"\1…", text)


def test_pages_for_known_unknown_and_excluded_people_are_the_same_bytes(
    world: World, app: Flask
) -> None:
    seen = set()
    people = [KNOWN, *EXCLUDED.values()]
    for number, typed in enumerate(people):
        person = client(app, COOKIE)
        person.environ_base["REMOTE_ADDR"] = f"198.51.{number}.9"
        transaction = world.park()
        answer = post_form(person, transaction, typed)
        reference = world.queue.held[-1][1]["reference"]
        waiting = person.get(answer.location)
        seen.add(
            (
                answer.status_code,
                strip(answer.location, transaction.id),
                sorted(answer.headers.keys()),
                waiting.status_code,
                strip(waiting.text, transaction.id, reference),
                tuple(sorted(dict(waiting.headers).items())),
            ).__repr__()
        )
    assert len(seen) == 1
    world.work()
    assert [mail.to for mail in world.outbox.sent] == ["importa1@example.com"]


def test_request_costs_the_same_calls_for_everybody(
    world: World, person: FlaskClient, gateway: RedisGateway, database: Database
) -> None:
    statements: list[str] = []
    from sqlalchemy import event

    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, *rest: statements.append(statement),
    )
    world.load.now()  # two seconds old at most, whoever asks
    costs = set()
    for typed in (KNOWN, *EXCLUDED.values()):
        transaction = world.park()
        path = f"/contingencia/{transaction.id}"
        token = csrf_token(person.get(path))
        world.redis.client.config_resetstat()
        statements.clear()
        person.post(path, data={**typed, "csrf_token": token})
        stats = world.redis.client.info("commandstats")
        costs.add((str({name: row["calls"] for name, row in stats.items()}), tuple(statements)))
    assert len(costs) == 1
    assert next(iter(costs))[1] == ()


def test_scanner_that_gets_and_heads_before_the_person_changes_nothing(
    world: World, app: Flask, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    scanner = client(app, None)
    for _ in range(5):
        assert scanner.head(f"/ingreso/{mailed[1]}").status_code == 403
        assert scanner.get(f"/ingreso/{mailed[1]}").status_code == 403
        assert scanner.post(f"/ingreso/{mailed[1]}").status_code in (403, 422)
        assert person.head(f"/ingreso/{mailed[1]}").status_code == 200
    assert press(person, mailed[1]).status_code == 303


def test_other_browser_learns_no_name_and_spends_nothing(
    world: World, app: Flask, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    phone = client(app, OTHER)
    for answer in (phone.get(f"/ingreso/{mailed[1]}"), phone.post(f"/ingreso/{mailed[1]}")):
        assert answer.status_code in (403, 422)
        assert "SINTÉTICA" not in answer.text
        assert "2050" not in answer.text
        assert "20•••••••88 / IMPORTA1" in answer.text
    assert press(person, mailed[1]).status_code == 303


def test_link_pressed_64_times_at_once_enters_once(
    world: World, app: Flask, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    _, token = mailed
    form = {"csrf_token": csrf_token(person.get(f"/ingreso/{token}"))}

    def attempt(_: int) -> int:
        return client(app, COOKIE).post(f"/ingreso/{token}", data=form).status_code

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(attempt, range(64)))
    assert (answers.count(303), answers.count(410)) == (1, 63)
    assert len(world.events_of("link.consumed")) == 1


def test_link_pressed_again_by_a_double_click_shows_the_way_on(
    person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    transaction, token = mailed
    form = {"csrf_token": csrf_token(person.get(f"/ingreso/{token}"))}
    person.post(f"/ingreso/{token}", data=form)
    for again in (person.post(f"/ingreso/{token}", data=form), person.get(f"/ingreso/{token}")):
        assert again.status_code == 410
        assert f'href="/login/{transaction.id}"' in again.text


def test_link_used_and_gone_on_with_says_that_it_was_used(
    world: World, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    transaction, token = mailed
    press(person, token)
    world.transactions.take_proof(transaction.id, transaction.browser_hash)
    again = person.get(f"/ingreso/{token}")
    assert again.status_code == 410
    assert "https://origen.example.com/login" in again.text
    assert "/login/" + transaction.id not in again.text


def test_link_expired_in_the_asking_browser_offers_another_without_retyping(
    world: World, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    transaction, token = mailed
    world.clock.advance(601)
    expired = person.get(f"/ingreso/{token}")
    assert expired.status_code == 410
    resend = f"/contingencia/{transaction.id}/reenviar"
    assert resend in expired.text
    answer = person.post(resend, data={"csrf_token": csrf_token(expired)})
    assert (answer.status_code, answer.location) == (
        303, f"/contingencia/{transaction.id}/revise-su-correo",
    )  # fmt: skip
    world.work()
    assert world.mailed_token() != token
    superseded = person.get(f"/ingreso/{token}")
    assert (superseded.status_code, "link_superseded" in superseded.text) == (410, True)
    assert press(person, world.mailed_token()).status_code == 303


def test_link_expired_elsewhere_offers_no_resend(
    world: World, app: Flask, mailed: tuple[Transaction, str]
) -> None:
    world.clock.advance(601)
    answer = client(app, OTHER).get(f"/ingreso/{mailed[1]}")
    assert answer.status_code == 410
    assert "/reenviar" not in answer.text


@pytest.mark.parametrize("token", ["x" * 43, "a", "%00", "../../etc", "á" * 200])
def test_link_unknown_has_its_page(person: FlaskClient, token: str) -> None:
    assert person.get(f"/ingreso/{token}").status_code == 404


def state_of(browser: FlaskClient, transaction: Transaction) -> tuple[int, str | None]:
    answer = browser.get(f"/contingencia/{transaction.id}/estado")
    return answer.status_code, answer.json["state"] if answer.is_json else None


def test_waiting_page_learns_of_its_own_browsers_login_alone(
    world: World, app: Flask, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    transaction, token = mailed
    assert state_of(person, transaction) == (200, "waiting")
    assert state_of(client(app, OTHER), transaction) == (403, None)
    assert client(app, OTHER).get(f"/ingreso/{token}").status_code == 403
    assert state_of(person, transaction) == (200, "waiting")
    world.entry.enter(token, HERE, None)
    assert state_of(person, transaction) == (200, "proved")


@pytest.mark.parametrize("who", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_state_and_page_tell_nothing_of_the_mail(
    world: World, person: FlaskClient, who: dict[str, str]
) -> None:
    transaction = world.park()
    post_form(person, transaction, who)
    before = state_of(person, transaction)
    page = person.get(f"/contingencia/{transaction.id}/revise-su-correo").text
    world.work()
    world.clock.advance(5)
    assert state_of(person, transaction) == before == (200, "waiting")
    after = person.get(f"/contingencia/{transaction.id}/revise-su-correo").text
    shown = re.compile(r'name="csrf_token" value="[^"]+"')
    assert shown.sub("", after) == shown.sub("", page)


def test_waiting_tab_of_a_login_that_came_to_its_end_says_so(
    world: World, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    transaction, _ = mailed
    path = f"/contingencia/{transaction.id}/revise-su-correo"
    assert world.transactions.end(world.transactions.load(transaction.id, HERE))
    assert state_of(person, transaction) == (200, "over")
    assert person.get(path).status_code == 404
    eligible = world.people.find(Identifier("sol", "20504774288:IMPORTA1"))
    assert eligible is not None
    proof = Proof("sol", eligible.id, Mode.CONTINGENCIA, world.clock.now())
    cookie, _ = world.sessions.start(eligible, proof, None, replaces=None)
    person.set_cookie("idp_session", cookie, domain="localhost")
    assert state_of(person, transaction) == (200, "entered")
    page = person.get(path)
    assert (page.status_code, 'id="listo"' in page.text) == (200, True)


def test_waiting_page_of_a_link_that_ended_says_what_to_do(
    world: World, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    transaction, _ = mailed
    path = f"/contingencia/{transaction.id}/revise-su-correo"
    assert 'id="fin"' not in person.get(path).text
    world.clock.advance(1_801)
    page = person.get(path).text
    assert "<h1>El enlace venció</h1>" in page
    assert "Si ya ingresó en otro equipo, puede cerrar esta página." in page
    assert page.count('id="reenviar"') == 1
    assert f"/contingencia/{transaction.id}/reenviar" in page


def test_waiting_page_of_a_link_that_ended_says_nothing_of_what_is_past(
    world: World, person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    transaction, _ = mailed
    path = f"/contingencia/{transaction.id}/revise-su-correo"
    past = (
        "Revise su correo",
        "le enviaremos",
        "vencerá",
        'id="codigo"',
        'id="codigo-aqui"',
        "quedan",
    )
    assert all(one in person.get(path).text for one in past)
    world.clock.advance(1_801)
    assert [one for one in past if one in person.get(path).text] == []


def test_resend_within_a_minute_says_when(
    person: FlaskClient, mailed: tuple[Transaction, str]
) -> None:
    transaction, _ = mailed
    waiting = person.get(f"/contingencia/{transaction.id}/revise-su-correo")
    answer = person.post(
        f"/contingencia/{transaction.id}/reenviar", data={"csrf_token": csrf_token(waiting)}
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_host_header_never_reaches_the_mail(world: World, app: Flask) -> None:
    transaction = world.park()
    person = app.test_client()
    person.set_cookie("idp_browser", COOKIE, domain="evil.example.net")
    path = f"/contingencia/{transaction.id}"
    evil = {"base_url": "https://evil.example.net", "headers": {"X-Forwarded-Host": "evil.net"}}
    token = csrf_token(person.get(path, **evil))
    answer = person.post(path, data={**KNOWN, "csrf_token": token}, **evil)
    assert answer.status_code == 303
    assert answer.location.startswith("/")
    world.work()
    content = world.outbox.sent[0].content
    assert "evil" not in content.text + content.html
    assert f"{ISSUER}/ingreso/" in content.text


@pytest.mark.parametrize(
    "path", ["/contingencia/{txn}", "/contingencia/{txn}/reenviar", "/ingreso/{token}"]
)
@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({}, {}),
        ({"csrf_token": "x" * 43}, {}),
        ({"csrf_token": "right"}, {"Origin": "https://evil.example.net"}),
        ({"csrf_token": "right"}, {"Sec-Fetch-Site": "cross-site"}),
    ],
    ids=["no token", "wrong token", "foreign origin", "cross-site"],
)
def test_forged_form_is_refused_and_changes_nothing(
    world: World,
    person: FlaskClient,
    mailed: tuple[Transaction, str],
    path: str,
    fields: dict[str, str],
    headers: dict[str, str],
) -> None:
    transaction, token = mailed
    if fields.get("csrf_token") == "right":
        fields = {"csrf_token": csrf_token(person.get(f"/ingreso/{token}"))}
    world.clock.advance(61)
    answer = person.post(
        path.format(txn=transaction.id, token=token), data={**KNOWN, **fields}, headers=headers
    )
    assert answer.status_code == 403
    assert "csrf_failed" in answer.text
    assert world.queue.held == []
    assert world.transactions.load(transaction.id, HERE).proof is None


def test_form_with_errors_keeps_what_was_typed(world: World, person: FlaskClient) -> None:
    answer = post_form(person, world.park(), {"ruc": "20512333798", "usuario": "Mi <Usuario>"})
    assert answer.status_code == 422
    assert 'value="20512333798"' in answer.text
    assert "Mi &lt;Usuario&gt;" in answer.text
    assert "El RUC no es válido" in answer.text
    assert world.queue.held == []


def test_form_too_often_is_refused_with_a_time(world: World, person: FlaskClient) -> None:
    answers = [post_form(person, world.park(), UNKNOWN) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "Demasiados intentos" in answers[-1].text
    assert 'value="20999999990"' in answers[-1].text


def test_form_once_the_upstream_is_back_leads_to_the_login(
    world: World, person: FlaskClient
) -> None:
    transaction = world.park()
    token = csrf_token(person.get(f"/contingencia/{transaction.id}"))
    world.flag(up=True)
    for answer in (
        person.get(f"/contingencia/{transaction.id}"),
        person.post(f"/contingencia/{transaction.id}", data={**KNOWN, "csrf_token": token}),
    ):
        assert answer.status_code == 200
        assert f"/login/{transaction.id}" in answer.text
    assert world.queue.held == []


def test_form_in_another_browser_is_refused(world: World, app: Flask) -> None:
    transaction = world.park()
    assert client(app, OTHER).get(f"/contingencia/{transaction.id}").status_code == 403
    assert client(app, None).get(f"/contingencia/{transaction.id}").status_code == 403


def test_form_with_altcha_needs_its_solution(
    gateway: RedisGateway, database: Database, templates: Path, tmp_path: Path
) -> None:
    world = World(gateway, database, templates, captcha="altcha")
    world.seed()
    world.flag(up=False)
    person = client(application(world, with_assets(templates, tmp_path)), COOKIE)
    answer = post_form(person, world.park())
    assert answer.status_code == 422
    assert "No soy un robot" in answer.text
    assert f'value="{KNOWN["ruc"]}"' in answer.text
    assert world.queue.held == []
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]


def test_redis_away_is_said_and_it_recovers(
    world: World, person: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = world.park()
    token = csrf_token(person.get(f"/contingencia/{transaction.id}"))

    def away(*_: object, **__: object) -> None:
        raise Unavailable("redis")

    with monkeypatch.context() as patch:
        patch.setattr(world.queue, "enqueue", away)
        answer = person.post(f"/contingencia/{transaction.id}", data={**KNOWN, "csrf_token": token})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    waiting = person.get(f"/contingencia/{transaction.id}/revise-su-correo")
    assert (waiting.status_code, world.queue.held) == (303, [])
    assert post_form(person, transaction).status_code == 303
    assert len(world.queue.held) == 1
    world.work()
    assert len(world.outbox.sent) == 1


def test_sql_away_when_entering_gives_the_link_back(
    world: World, person: FlaskClient, database: Database, mailed: tuple[Transaction, str]
) -> None:
    transaction, token = mailed
    form = {"csrf_token": csrf_token(person.get(f"/ingreso/{token}"))}

    def rename(old: str, new: str) -> None:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")

    rename("spent_links", "spent_links_away")
    answer = person.post(f"/ingreso/{token}", data=form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert world.transactions.load(transaction.id, HERE).proof is None
    rename("spent_links_away", "spent_links")
    assert person.post(f"/ingreso/{token}", data=form).status_code == 303
    assert len(world.events_of("link.consumed")) == 1
