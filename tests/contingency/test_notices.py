"""The notice after a login by mail: who is told, once, and that no login waits for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from idp.adapters.queue.broker import NAMESPACE
from idp.adapters.redis.connection import RedisGateway
from idp.contingency.notices import NOTICE
from idp.jobs.registry import Job, RetryLater
from idp.kernel.errors import Unavailable
from idp.kernel.identity import Mode, Proof
from idp.kernel.ids import digest
from idp.people.person import Address, Person
from tests.support.world import World, build_world

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "mail"))
from smtp_server import Behaviour, SmtpServer  # noqa: E402

EMAIL = "exporta1@example.com"


@pytest.fixture
def smtp() -> Iterator[tuple[Behaviour, str]]:
    behaviour = Behaviour()
    with SmtpServer(behaviour) as server:
        yield behaviour, f"smtp://127.0.0.1:{server.port}"


@pytest.fixture
def place(tmp_path: Path, valkey: str, smtp: tuple[Behaviour, str]) -> Iterator[World]:
    world = build_world(tmp_path, valkey, smtp_url=smtp[1])
    yield world
    world.services.redis.close()
    world.services.database.close()


@pytest.fixture
def person(place: World) -> Person:
    found = place.person()
    address = Address(
        id="adr_1", email=EMAIL, created_at=place.clock.now(), verified_at=place.clock.now(),
        counts_from=place.clock.now(),
    )  # fmt: skip
    store = place.services.people._store
    store.put_address(found.id, address)
    return replace(found, addresses=(address,))


def queued(valkey: str) -> list[dict[str, str]]:
    """What the queue holds of our kind, as it is on the wire."""
    gateway = RedisGateway(valkey)
    try:
        stored = [gateway.client.hvals(key) for key in gateway.client.keys(f"{NAMESPACE}:*.msgs")]
    finally:
        gateway.close()
    messages = [json.loads(one) for values in stored for one in values]
    return [one["kwargs"]["payload"] for one in messages if one["actor_name"] == NOTICE]


def notice_job(place: World) -> Job:
    return next(one for one in place.services.jobs if one.name == NOTICE)


def log_in(place: World, person: Person, mode: Mode) -> None:
    place.log_in(place.browser(), person, mode)


def test_login_by_mail_is_told_to_its_owner_with_where_to_report_it(
    place: World, person: Person, valkey: str, smtp: tuple[Behaviour, str]
) -> None:
    log_in(place, person, Mode.CONTINGENCIA)
    (payload,) = queued(valkey)
    assert set(payload) == {"person", "client", "session", "at", "language"}
    assert EMAIL not in json.dumps(payload)
    for _ in range(2):  # at least once
        notice_job(place).handler(payload)
    first, again = smtp[0].received
    text = first[2].get_body(("plain",)).get_content()
    assert (first[1], first[2]["Message-ID"]) == ([EMAIL], again[2]["Message-ID"])
    assert "10:00" in text
    assert "EXPORTADORA DE PRUEBA S.A." in text
    assert "Mesa de Ayuda VUCE: 207-1510 / 713-4646" in text
    assert "http" not in text
    assert first[2]["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("language", "subject", "when"),
    [
        ("es", "Se ingresó a", "10:00 h del"),
        ("en", "Login to", "10:00 on"),
        ("qu", "Modificación de Datos nisqaman", "10:00 h"),
    ],
)
def test_notice_speaks_the_language_of_the_login_and_warns_in_spanish_too(
    place: World,
    person: Person,
    valkey: str,
    smtp: tuple[Behaviour, str],
    language: str,
    subject: str,
    when: str,
) -> None:
    browser = place.browser()
    path = str(browser.get("/cuenta").location)
    browser.get(f"{path}?idioma={language}")
    logins = place.services.logins
    cookie = browser.get_cookie("idp_browser", domain="localhost")
    assert cookie is not None
    proof = Proof(person.realm, person.id, Mode.CONTINGENCIA, place.clock.now())
    logins.transactions.record_proof(path.rpartition("/")[2], digest(cookie.value), proof)
    assert browser.get(path).headers["Location"] == "/cuenta"
    (payload,) = queued(valkey)
    notice_job(place).handler(payload)
    message = smtp[0].received[0][2]
    text = " ".join(message.get_body(("plain",)).get_content().split())
    assert str(message["Subject"]).startswith(subject)
    assert when in text
    assert "comuníquese de inmediato con la Mesa de Ayuda" in text


def test_login_by_sunat_is_told_to_nobody(place: World, person: Person, valkey: str) -> None:
    log_in(place, person, Mode.SUNAT)
    assert queued(valkey) == []


def test_queue_that_is_away_keeps_nobody_out(
    place: World, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("redis")

    monkeypatch.setattr(type(place.services.queue), "enqueue", away)
    browser = place.browser()
    place.log_in(browser, person, Mode.CONTINGENCIA)
    cookie = browser.get_cookie("idp_session", domain="localhost")
    assert cookie is not None
    assert place.services.logins.sessions.current(cookie.value) is not None


def test_relay_that_defers_is_asked_again_and_one_that_refuses_is_not(
    place: World, person: Person, valkey: str, smtp: tuple[Behaviour, str]
) -> None:
    log_in(place, person, Mode.CONTINGENCIA)
    (payload,) = queued(valkey)
    smtp[0].rcpt = "451 4.7.1 later"
    with pytest.raises(RetryLater):
        notice_job(place).handler(payload)
    smtp[0].rcpt = "550 5.1.1 no such user"
    notice_job(place).handler(payload)
    assert smtp[0].received == []
    found = place.services.people.get(person.id)
    assert found is not None
    assert found.addresses[0].undeliverable_at is not None


def test_person_without_an_address_is_told_nothing(
    place: World, valkey: str, smtp: tuple[Behaviour, str]
) -> None:
    log_in(place, place.person(), Mode.CONTINGENCIA)
    (payload,) = queued(valkey)
    notice_job(place).handler(payload)
    notice_job(place).handler({**payload, "person": "per_unknown"})
    assert smtp[0].received == []
