"""`/cuenta` as a person meets it, mails included."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from account_desk import Desk

from idp.adapters.sql.audit import SqlAuditStore
from idp.audit.drain import drain
from idp.audit.records import AuditFilter
from idp.kernel.errors import Unavailable
from idp.kernel.identity import Mode
from idp.people.eligibility import Eligibility, contact_address, eligibility
from tests.support.world import csrf_of

NEW, OTHER = "ana@empresa.example.com", "otra@empresa.example.com"


def in_force(desk: Desk) -> str | None:
    address = contact_address(desk.now(), desk.world.clock.now())
    return address.email if address else None


@pytest.mark.parametrize("path", ["/cuenta", "/cuenta/verificar/" + "x" * 43])
def test_account_without_a_session_asks_for_a_login_by_itself(path: str, desk: Desk) -> None:
    browser = desk.world.browser()
    answer = browser.get(path)
    assert answer.status_code == 303
    transaction_id = answer.headers["Location"].removeprefix("/login/")
    transaction = desk.world.services.logins.transactions.load(
        transaction_id, desk.browser_hash(browser)
    )
    assert (transaction.destination, transaction.client_id) == ("account", None)
    assert transaction.realms == ("sol", "extranet")


def test_account_form_shows_who_it_is_under_strict_headers(desk: Desk) -> None:
    answer = desk.browser.get("/cuenta")
    assert answer.status_code == 200
    for shown in ("EXPORTADORA DE PRUEBA S.A.", "20131312955", "EXPORTA1", "Clave SOL"):
        assert shown in answer.text
    assert "script-src 'self'; " in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_account_new_address_is_mailed_a_code_which_verifies_it(desk: Desk) -> None:
    answer = desk.update(f" {NEW.upper().replace('ANA', 'ana')} ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cuenta?guardado=1")
    assert in_force(desk) is None
    (mail,) = desk.mails()
    assert mail.to == NEW
    assert len(mail.link) < 120
    assert desk.post("/cuenta/codigo", {"codigo": f" {mail.code} "}).status_code == 303
    assert in_force(desk) == NEW
    now = desk.world.clock.now()
    assert eligibility(desk.now(), now) is Eligibility.ELIGIBLE
    assert NEW in desk.browser.get("/cuenta").text
    assert desk.mails() == []  # a first address replaces none


def test_account_link_shows_by_get_and_confirms_by_post_only(desk: Desk) -> None:
    desk.update(NEW)
    (mail,) = desk.mails()
    for _ in range(3):
        assert desk.browser.get(mail.link).status_code == 200
        assert desk.browser.head(mail.link).status_code == 200
    assert NEW not in desk.browser.get(mail.link).text  # masked
    assert in_force(desk) is None
    assert desk.post(mail.link, {}).headers["Location"] == "/cuenta?guardado=1"
    assert in_force(desk) == NEW
    assert desk.browser.get(mail.link).status_code == 400  # spent


def test_account_link_of_another_person_verifies_nothing(desk: Desk) -> None:
    desk.update(NEW)
    (mail,) = desk.mails()
    stranger = desk.logged_in(desk.world.person("20504774288", "IMPORTA1"))
    assert stranger.get(mail.link).status_code == 400
    token = csrf_of(stranger.get("/cuenta").text)
    answer = stranger.post(mail.link, data={"csrf_token": token})
    assert answer.status_code == 422
    assert desk.world.services.people.pending_verification(desk.person.id) is not None
    assert in_force(desk) is None


def test_account_link_without_session_comes_back_to_it_after_the_login(desk: Desk) -> None:
    desk.update(NEW)
    (mail,) = desk.mails()
    browser = desk.world.browser()
    assert browser.get(mail.link).headers["Location"].startswith("/login/")
    assert browser.post(mail.link).status_code == 403
    desk.world.log_in(browser, desk.person)
    assert browser.get("/cuenta").headers["Location"] == mail.link
    assert browser.get("/cuenta").status_code == 200  # once
    assert desk.post(mail.link, {}, browser).status_code == 303
    assert in_force(desk) == NEW


def test_account_change_tells_the_old_address_and_counts_after_a_day(desk: Desk) -> None:
    desk.verified(NEW)
    desk.update(OTHER)
    (mail,) = desk.mails()
    assert mail.to == OTHER
    desk.post("/cuenta/codigo", {"codigo": mail.code})
    (notice,) = desk.mails()
    assert notice.to == NEW
    assert OTHER not in notice.text and "o•••@e•••.com" in notice.text
    assert in_force(desk) == NEW
    desk.world.clock.advance(timedelta(days=1).total_seconds())
    assert in_force(desk) == OTHER


def test_account_naming_the_address_in_force_voids_the_change(desk: Desk) -> None:
    desk.verified(NEW)
    desk.update(OTHER)
    (mail,) = desk.mails()
    desk.update(NEW)
    assert desk.mails() == []
    assert desk.post("/cuenta/codigo", {"codigo": mail.code}).status_code == 422
    assert in_force(desk) == NEW


def test_account_notice_that_cannot_be_queued_keeps_the_change_for_another_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.verified(NEW)
    desk.world.clock.advance(1)
    desk.update(OTHER)
    (mail,) = desk.mails()

    def away(*_: object, **__: object) -> None:
        raise Unavailable("redis")

    with monkeypatch.context() as patched:
        patched.setattr(desk.world.services.account._queue, "enqueue", away)
        assert desk.post("/cuenta/codigo", {"codigo": mail.code}).status_code == 503
    assert desk.post("/cuenta/codigo", {"codigo": mail.code}).status_code == 303
    assert [notice.to for notice in desk.mails()] == [NEW]


def test_account_form_saved_as_it_stands_keeps_an_address_that_cools_off(desk: Desk) -> None:
    desk.verified(NEW)
    desk.world.clock.advance(1)
    desk.update(OTHER)
    (mail,) = desk.mails()
    desk.post("/cuenta/codigo", {"codigo": mail.code})
    page = desk.browser.get("/cuenta").text
    shown = re.search(r'name="email"[^>]* value="([^"]+)"', page)
    assert shown
    desk.update(shown[1], consent=False)
    desk.world.clock.advance(timedelta(days=1).total_seconds())
    assert in_force(desk) == OTHER


def test_account_consent_is_withdrawn_whatever_else_is_wrong(desk: Desk) -> None:
    desk.verified(NEW)
    assert desk.now().consent
    assert desk.update("no es un correo", consent=False).status_code == 422
    assert not desk.now().consent
    desk.update(NEW, consent=True)
    for number in range(6):
        answer = desk.update(f"otro{number}@example.com", consent=True)
    assert answer.status_code == 429
    assert desk.update("uno.mas@example.com", consent=False).status_code == 429
    assert not desk.now().consent


def test_account_without_an_address_may_leave_it_so(desk: Desk) -> None:
    assert desk.update("", consent=True).status_code == 303
    assert desk.now().consent
    assert desk.update("", consent=False).status_code == 303
    assert (desk.now().consent, desk.now().addresses) == (False, ())


def test_account_empty_address_in_the_place_of_one_is_an_error(desk: Desk) -> None:
    desk.verified(NEW)
    assert desk.update("").status_code == 422
    assert in_force(desk) == NEW


def test_account_after_five_wrong_codes_invites_no_sixth_try(desk: Desk) -> None:
    desk.update(NEW)
    (mail,) = desk.mails()
    wrong = "000000" if mail.code != "000000" else "000001"
    for _ in range(5):
        desk.post("/cuenta/codigo", {"codigo": wrong})
    assert 'id="codigo"' not in desk.browser.get("/cuenta").text
    assert desk.browser.get(mail.link).status_code == 400


def test_account_shows_an_address_that_takes_no_mail_and_proving_it_mends_that(desk: Desk) -> None:
    desk.verified(NEW)
    address = desk.now().addresses[0]
    desk.world.services.people.mark_undeliverable(desk.person.id, address.id, code="550")
    assert 'id="no-entregable"' in desk.browser.get("/cuenta").text
    desk.world.clock.advance(1)
    desk.verified(NEW)
    assert 'id="no-entregable"' not in desk.browser.get("/cuenta").text
    assert eligibility(desk.now(), desk.world.clock.now()) is Eligibility.ELIGIBLE


def test_account_mails_to_an_address_that_takes_none_are_limited(desk: Desk) -> None:
    desk.verified(NEW)
    address = desk.now().addresses[0]
    desk.world.services.people.mark_undeliverable(desk.person.id, address.id, code="550")
    assert 429 in [desk.update(NEW).status_code for _ in range(6)]


def test_account_consent_is_given_and_withdrawn_at_once_without_mail(desk: Desk) -> None:
    desk.verified(NEW)
    desk.update(NEW, consent=False)
    assert not desk.now().consent
    assert eligibility(desk.now(), desk.world.clock.now()) is Eligibility.NO_CONSENT
    desk.update(NEW, consent=True)
    assert desk.now().consent
    assert desk.mails() == []


@pytest.mark.parametrize(
    "email",
    ["x", "a@b", "a b@example.com", "a@example.com,b@example.com", "a@x.test\r\nBcc: b"],
)
def test_account_malformed_address_is_said_at_the_field_and_changes_nothing(
    email: str, desk: Desk
) -> None:
    answer = desk.update(email)
    assert answer.status_code == 422
    assert "Escriba una dirección de correo electrónico completa" in answer.text
    assert desk.now().addresses == ()
    assert not desk.now().consent


def test_account_fifth_wrong_code_ends_the_verification(desk: Desk) -> None:
    desk.update(NEW)
    (mail,) = desk.mails()
    wrong = "000000" if mail.code != "000000" else "111111"
    assert desk.post("/cuenta/codigo", {"codigo": ""}).status_code == 422
    for _ in range(5):
        answer = desk.post("/cuenta/codigo", {"codigo": wrong})
        assert answer.status_code == 422
        assert "El código no es correcto" in answer.text
    late = desk.post("/cuenta/codigo", {"codigo": mail.code})
    assert late.status_code == 422
    assert "ya no es válido" in late.text
    assert in_force(desk) is None


def test_account_expired_code_is_refused_and_a_new_one_works(desk: Desk) -> None:
    desk.update(NEW)
    (mail,) = desk.mails()
    desk.world.clock.advance(1_799.0)
    desk.browser = desk.logged_in(desk.person)
    desk.world.clock.advance(1.0)
    assert desk.post("/cuenta/codigo", {"codigo": mail.code}).status_code == 422
    desk.verified(NEW)
    assert in_force(desk) == NEW


def test_account_sixth_verification_mail_within_the_hour_is_limited(desk: Desk) -> None:
    for _ in range(5):
        assert desk.update(NEW).status_code == 303
    answer = desk.update(NEW)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert len(desk.mails()) == 1  # what was replaced meanwhile is not sent


def test_account_contingency_session_sees_why_it_may_not_and_changes_nothing(desk: Desk) -> None:
    desk.verified(NEW)
    browser = desk.logged_in(desk.person, Mode.CONTINGENCIA)
    page = browser.get("/cuenta")
    assert page.status_code == 200
    assert "contingencia" in page.text
    desk.update(OTHER)
    notice, mail = sorted(desk.mails(), key=lambda one: one.subject)
    assert notice.subject.startswith("Se ingresó a ")
    assert browser.get(mail.link).headers["Location"] == "/cuenta"
    token = csrf_of(page.text)
    for path, form in (
        ("/cuenta", {"email": OTHER}),
        ("/cuenta/codigo", {"codigo": mail.code}),
        (mail.link, {}),
    ):
        answer = browser.post(path, data={"csrf_token": token, **form})
        assert answer.status_code == 403
        assert "contingencia" in answer.text
    assert desk.now().consent
    assert in_force(desk) == NEW
    assert desk.world.services.people.pending_verification(desk.person.id) is not None


@pytest.mark.parametrize("path", ["/cuenta", "/cuenta/codigo", "/cuenta/verificar/" + "x" * 43])
@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({}, {}),
        ({"csrf_token": "x" * 43}, {}),
        (None, {"Origin": "https://evil.test"}),
        (None, {"Sec-Fetch-Site": "cross-site"}),
    ],
    ids=["none", "wrong", "other origin", "cross-site"],
)
def test_account_forged_form_is_refused(
    path: str, form: dict[str, str] | None, headers: dict[str, str], desk: Desk
) -> None:
    data = form if form is not None else {"csrf_token": csrf_of(desk.browser.get("/cuenta").text)}
    answer = desk.browser.post(path, data={"email": NEW, **data}, headers=headers)
    assert answer.status_code == 403
    assert "csrf_failed" in answer.text
    assert desk.now().addresses == ()


def audited(desk: Desk) -> str:
    """Every audit row, those of the stream included."""
    services = desk.world.services
    drain(services.audit_stream, SqlAuditStore(services.database))
    return "\n".join(one.to_json() for one in services.audit.search(AuditFilter()))


def test_account_queue_and_audit_hold_no_personal_data(desk: Desk) -> None:
    desk.update(NEW)
    broker = desk.world.services.queue._broker
    queued = str(broker.client.hgetall("idp:queue:account-verify_address.msgs"))
    assert "verification" in queued
    verification = desk.world.services.people.pending_verification(desk.person.id)
    assert verification is not None
    private = (NEW, "20131312955", "EXPORTA1", verification.code, verification.token)
    assert [one for one in private if one in queued] == []
    desk.mails()
    text = audited(desk)
    assert "address.change_requested" in text and "mail.accepted" in text
    assert [one for one in private if one in text] == []


def test_account_address_that_the_relay_refuses_is_marked(desk: Desk) -> None:
    desk._smtp.rcpt = "550 5.1.1 no such user"
    desk.update(NEW)
    assert desk.mails() == []
    (address,) = desk.now().addresses
    assert address.undeliverable_at is not None
    assert "mail.refused" in audited(desk)
