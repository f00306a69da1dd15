"""The SMTP relay against a real server that accepts, defers, refuses, hangs and closes."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import certificates
import pytest
from smtp_server import Behaviour, ScriptedServer, SmtpServer

from idp.adapters.queue.worker import STOP_SECONDS
from idp.adapters.smtp.relay import ANSWER_SECONDS, SmtpRelay
from idp.adapters.smtp.url import SmtpUrl, parse_smtp_url
from idp.mail.message import OutgoingMessage, RenderedMail
from idp.mail.ports import RelayDeferred, RelayRefused

SENDER = "VUCE - Autenticación <no-responder@example.com>"
CONTENT = RenderedMail("Su enlace de ingreso: año", "Texto con ñ\n", "<p>Texto con ñ</p>")
MESSAGE = OutgoingMessage(
    to="importadora@example.com",
    content=CONTENT,
    message_id="abc123@idp.example.com",
    date=datetime(2026, 11, 23, 15, 0, tzinfo=UTC),
)


def relay(port: int, scheme: str = "smtp", ca_file: Path | None = None) -> SmtpRelay:
    return SmtpRelay(
        f"{scheme}://127.0.0.1:{port}",
        sender=SENDER,
        ca_file=ca_file,
        timeout=1.0,
        answer_timeout=1.0,
    )


def test_send_a_message_arrives_with_its_headers_and_both_parts() -> None:
    behaviour = Behaviour()
    with SmtpServer(behaviour) as server:
        relay(server.port).send(MESSAGE)
    sender, recipients, message = behaviour.received[0]
    assert sender.endswith("no-responder@example.com")
    assert recipients == ["importadora@example.com"]
    assert message["Subject"] == CONTENT.subject
    assert message["To"] == "importadora@example.com"
    assert message["From"].addresses[0].addr_spec == "no-responder@example.com"
    assert message["From"].addresses[0].display_name == "VUCE - Autenticación"
    assert message["Message-ID"] == "<abc123@idp.example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(message["Date"]) == MESSAGE.date
    parts = {
        part.get_content_type(): part.get_content().replace("\r\n", "\n").strip()
        for part in message.walk()
        if not part.is_multipart()
    }
    assert parts == {"text/plain": CONTENT.text.strip(), "text/html": CONTENT.html}


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Behaviour(rcpt="451 4.7.1 greylisted, importadora@example.com"), "451"),
        (Behaviour(data="452 4.3.1 full"), "452"),
        (Behaviour(hang=True), "timeout"),
        (Behaviour(rcpt="554 5.7.1 Relay access denied"), "554"),
        (Behaviour(rcpt="554 Relay access denied"), "554"),
        (Behaviour(rcpt="530 5.7.0 Authentication required"), "530"),
        (Behaviour(rcpt="550 5.7.1 Client host blocked"), "550"),
        (Behaviour(rcpt="503 5.5.1 bad sequence"), "503"),
        (Behaviour(rcpt="552 5.2.2 mailbox full"), "552"),
    ],
    ids=[
        "greylisted",
        "full",
        "hangs",
        "refuses us",
        "refuses us tersely",
        "wants a login",
        "blocks us",
        "is confused",
        "recipient's mailbox full",
    ],
)
def test_send_to_a_relay_that_cannot_now_is_deferred(behaviour: Behaviour, reason: str) -> None:
    with SmtpServer(behaviour) as server, pytest.raises(RelayDeferred) as caught:
        relay(server.port).send(MESSAGE)
    assert caught.value.reason == reason
    assert "importadora" not in repr(caught.value)


@pytest.mark.parametrize(
    ("said", "scope"),
    [
        ("550 5.1.8 <no-responder@example.com>: Sender address rejected", "relay"),
        ("550 5.1.7 bad sender's address", "relay"),
        ("550 5.1.0 Sender denied", "recipient"),
        ("550 relay not permitted", "recipient"),
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "recipient"),
        ("550 Access denied", "recipient"),
        ("551 we do not relay", "recipient"),
        ("550 5.4.1 Recipient address rejected: Access denied", "recipient"),
    ],
)
def test_send_refused_without_naming_a_dead_mailbox_is_deferred(said: str, scope: str) -> None:
    with SmtpServer(Behaviour(rcpt=said)) as server, pytest.raises(RelayDeferred) as caught:
        relay(server.port).send(MESSAGE)
    assert (caught.value.reason, caught.value.scope) == (said[:3], scope)


def test_send_to_nobody_listening_is_deferred() -> None:
    with pytest.raises(RelayDeferred) as caught:
        relay(1).send(MESSAGE)
    assert caught.value.reason == "connect"


@pytest.mark.parametrize(
    ("behaviour", "code", "recipient"),
    [
        (Behaviour(rcpt="550 5.1.1 no such user importadora@example.com"), "550", True),
        (Behaviour(rcpt="550 5.1.2 no such domain"), "550", True),
        (Behaviour(rcpt="553 5.1.3 bad address"), "553", True),
        (Behaviour(rcpt="551 5.1.6 moved away"), "551", True),
        (Behaviour(rcpt="556 5.1.10 null MX"), "556", True),
        (Behaviour(rcpt="550 5.2.1 mailbox closed"), "550", True),
        (Behaviour(data="554 5.7.1 looks like spam"), "554", False),
    ],
    ids=["recipient", "domain", "syntax", "moved", "null MX", "closed mailbox", "message"],
)
def test_send_refused_for_good_says_what_was_refused(
    behaviour: Behaviour, code: str, recipient: bool
) -> None:
    with SmtpServer(behaviour) as server, pytest.raises(RelayRefused) as caught:
        relay(server.port).send(MESSAGE)
    assert (str(caught.value), caught.value.recipient) == (code, recipient)


def test_send_to_a_relay_that_answers_late_waits_for_its_answer() -> None:
    behaviour = Behaviour(answer_after=0.6)
    with SmtpServer(behaviour) as server:
        patient = SmtpRelay(
            f"smtp://127.0.0.1:{server.port}", sender=SENDER, timeout=0.2, answer_timeout=20.0
        )
        receipt = patient.send(MESSAGE)
        assert receipt.relay == f"127.0.0.1:{server.port}"
    assert len(behaviour.received) == 1


def test_relay_waits_as_long_for_its_answer_as_the_worker_waits_for_the_relay() -> None:
    """RFC 5321 §4.5.3.2.6 names ten minutes; what ends a worker must leave these two."""
    assert 120 <= ANSWER_SECONDS < STOP_SECONDS


@pytest.mark.parametrize(
    ("script", "scope"),
    [
        ({"DATA": ""}, "relay"),
        ({"DATA": "354 go on", ".": ""}, "unknown"),
        ({".": "what?"}, "unknown"),
        ({".": "299 odd"}, "unknown"),
        ({".": "250-" + "x" * 9_000}, "unknown"),
        ({".": "451 4.3.0 later"}, "recipient"),
        ({".": "421 4.3.2 closing"}, "relay"),
        ({"DATA": "421 4.3.2 closing"}, "relay"),
    ],
    ids=[
        "closes at DATA", "closes after the message", "answers nonsense", "answers oddly",
        "answers without end", "puts it off", "goes away", "goes away at DATA",
    ],
)  # fmt: skip
def test_send_whose_message_may_have_been_taken_says_so(script: dict[str, str], scope: str) -> None:
    with ScriptedServer(**script) as server, pytest.raises(RelayDeferred) as caught:
        relay(server.port).send(MESSAGE)
    assert caught.value.scope == scope


def test_send_to_a_relay_that_closes_after_accepting_counts_as_accepted() -> None:
    behaviour = Behaviour(close_after_data=True)
    with SmtpServer(behaviour) as server:
        relay(server.port).send(MESSAGE)
    assert len(behaviour.received) == 1


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_send_over_tls_verifies_the_certificate(scheme: str, tmp_path: Path) -> None:
    ca_file, context = certificates.make(tmp_path, address="127.0.0.1")
    behaviour = Behaviour()
    kind = "starttls" if scheme == "smtp+starttls" else "tls"
    with SmtpServer(behaviour, **{kind: context}) as server:
        relay(server.port, scheme, ca_file).send(MESSAGE)
        assert len(behaviour.received) == 1
        with pytest.raises(RelayDeferred) as caught:
            relay(server.port, scheme).send(MESSAGE)
        assert caught.value.reason == "tls"
    assert len(behaviour.received) == 1


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_send_over_tls_to_another_name_is_deferred(scheme: str, tmp_path: Path) -> None:
    ca_file, context = certificates.make(tmp_path, address="192.0.2.1")
    behaviour = Behaviour()
    kind = "starttls" if scheme == "smtp+starttls" else "tls"
    with SmtpServer(behaviour, **{kind: context}) as server, pytest.raises(RelayDeferred) as caught:
        relay(server.port, scheme, ca_file).send(MESSAGE)
    assert caught.value.reason == "tls"
    assert behaviour.received == []


def test_send_by_starttls_to_a_relay_without_it_says_nothing_in_clear() -> None:
    behaviour = Behaviour()
    with SmtpServer(behaviour) as server, pytest.raises(RelayDeferred):
        relay(server.port, "smtp+starttls").send(MESSAGE)
    assert behaviour.received == []


def test_send_to_a_silent_server_ends_by_time_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(RelayDeferred) as caught:
            relay(silent.getsockname()[1]).send(MESSAGE)
    assert caught.value.reason == "timeout"


@pytest.mark.parametrize(
    "change",
    [
        lambda: OutgoingMessage(
            "a@example.com\r\nBcc: b@example.com", CONTENT, "i@x", MESSAGE.date
        ),
        lambda: OutgoingMessage("a@example.com, b@example.com", CONTENT, "i@x", MESSAGE.date),
        lambda: OutgoingMessage(
            "a@example.com", RenderedMail("x\nBcc: b@example.com", "", ""), "i@x", MESSAGE.date
        ),
        lambda: OutgoingMessage("a@example.com", CONTENT, "i@x\r\nX: y", MESSAGE.date),
        lambda: OutgoingMessage("a@example.com", CONTENT, "i@x", MESSAGE.date, {"X": "a\rb"}),
    ],
    ids=["recipient", "two recipients", "subject", "message id", "header"],
)
def test_message_that_would_inject_a_header_cannot_be_made(
    change: Callable[[], OutgoingMessage],
) -> None:
    with pytest.raises(ValueError, match=r"line break|more than one"):
        change()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://localhost:8026", SmtpUrl("localhost", 8026, "none")),
        ("smtp://relay", SmtpUrl("relay", 25, "none")),
        ("smtps://relay", SmtpUrl("relay", 465, "tls")),
        (
            "smtp+starttls://us%40er:p%3Aw@relay:587",
            SmtpUrl("relay", 587, "starttls", "us@er", "p:w"),
        ),
    ],
)
def test_parse_smtp_url_reads_each_form(url: str, expected: SmtpUrl) -> None:
    assert parse_smtp_url(url) == expected


@pytest.mark.parametrize("url", ["http://relay", "smtp://", "smtp://user:secret@relay", "relay:25"])
def test_parse_smtp_url_refuses_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="smtp") as caught:
        parse_smtp_url(url)
    assert "secret" not in str(caught.value)
