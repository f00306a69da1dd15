"""The mailbox: real SMTP in, a page and JSON out, and the misbehaviour that is asked of it."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from flask.testing import FlaskClient

from sandbox.mailbox.app import create_app
from sandbox.mailbox.smtp import start
from sandbox.mailbox.store import BEHAVIOURS, Mailbox


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def relay(mailbox: Mailbox) -> Iterator[Controller]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = start(mailbox, "127.0.0.1", port)
    yield controller
    controller.stop(no_assert=True)


@pytest.fixture
def browser(mailbox: Mailbox) -> FlaskClient:
    return create_app(mailbox).test_client()


def send(relay: Controller, to: str, subject: str, *, html: str = "<p>hola</p>") -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "vuce@example.com", to, subject
    message.set_content("Entre aquí: http://localhost:8000/ingreso/abc?x=1&y=2 <gracias>")
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=5) as client:
        client.send_message(message)


def test_inbox_shows_the_newest_first_and_finds_by_recipient(
    relay: Controller, browser: FlaskClient
) -> None:
    send(relay, "uno@example.com", "Primer ingreso")
    send(relay, "dos@example.com", "Segundo ingreso")
    page = browser.get("/").text
    assert 0 < page.index("Segundo ingreso") < page.index("Primer ingreso")
    found = browser.get("/?to=UNO@").text
    assert "Primer ingreso" in found
    assert "Segundo ingreso" not in found


def test_message_has_its_text_with_a_link_to_press(relay: Controller, browser: FlaskClient) -> None:
    send(relay, "uno@example.com", "Ingreso")
    page = browser.get("/mensaje/1").text
    link = "http://localhost:8000/ingreso/abc?x=1&amp;y=2"
    assert f'<a href="{link}">{link}</a> &lt;gracias&gt;' in page


def test_message_of_hostile_html_cannot_run(relay: Controller, browser: FlaskClient) -> None:
    send(relay, "uno@example.com", "<script>x</script>", html="<script>alert(1)</script>")
    page = browser.get("/mensaje/1")
    assert "<script>" not in page.text
    assert 'sandbox="allow-top-navigation-by-user-activation"' in page.text
    policy = browser.get("/mensaje/1/html").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-top-navigation-by-user-activation" in policy


def test_json_lists_gives_one_and_forgets(relay: Controller, browser: FlaskClient) -> None:
    send(relay, "uno@example.com", "Ingreso")
    (listed,) = browser.get("/api/messages?to=uno").get_json()
    assert browser.get(f"/api/messages/{listed['id']}").get_json() == listed
    assert (listed["to"], listed["subject"]) == (["uno@example.com"], "Ingreso")
    assert browser.delete("/api/messages").status_code == 204
    assert browser.get("/api/messages").get_json() == []


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("refuse", smtplib.SMTPRecipientsRefused),
        ("defer", smtplib.SMTPRecipientsRefused),
        ("close", smtplib.SMTPServerDisconnected),
        ("hang", TimeoutError),
    ],
)
def test_relay_misbehaves_as_it_is_told_and_stops_when_told(
    relay: Controller, browser: FlaskClient, behaviour: str, error: type[Exception]
) -> None:
    answer = browser.put("/api/behaviour", json={"behaviour": behaviour})
    assert answer.get_json() == {"behaviour": behaviour}
    with pytest.raises((error, smtplib.SMTPServerDisconnected)):
        send_quickly(relay)
    assert browser.post("/comportamiento", data={"behaviour": "accept"}).status_code == 303
    send(relay, "uno@example.com", "Ya llega")
    assert "Ya llega" in browser.get("/").text


def send_quickly(relay: Controller) -> None:
    with smtplib.SMTP("127.0.0.1", relay.port, timeout=0.5) as client:
        client.sendmail("a@example.com", ["b@example.com"], "Subject: x\r\n\r\nx")


def test_page_offers_every_behaviour(browser: FlaskClient) -> None:
    page = browser.get("/").text
    assert [one for one in BEHAVIOURS if f'value="{one}"' not in page] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nada", 404), ("GET", "/mensaje/99", 404), ("GET", "/api/messages/99", 404),
        ("PUT", "/api/behaviour", 400), ("POST", "/comportamiento", 400),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(
    browser: FlaskClient, method: str, path: str, status: int
) -> None:
    response = browser.open(path, method=method)
    assert response.status_code == status
    if path.startswith("/api/"):
        assert response.get_json()["error"]
    else:
        assert "Ver todos los mensajes" in response.text
