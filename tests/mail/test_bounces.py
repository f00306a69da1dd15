"""Reports of failed deliveries: which of them mark an address, and which are left alone."""

from __future__ import annotations

import argparse
import mailbox
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import certificates
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imap_server import Folder, ImapServer

from idp.adapters.mailbox.maildir import MaildirBox
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.contact import SqlBrowserStore, SqlVerificationStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.imports import SqlImportStore
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlHolds
from idp.adapters.sql.retired_subs import SqlRetiredSubs
from idp.audit.log import Audit
from idp.cli import mail
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.kernel.events import EventBus
from idp.kernel.identity import Identifier
from idp.kernel.random import SystemRandom
from idp.mail.bounces import MOST_BYTES, BounceKind, Bounces, read_report
from idp.mail.message_id import message_id, read_message_id
from idp.people.person import Address, Person
from idp.people.rows import SeedRow
from idp.people.service import People
from tests.support.vault import vault_in

KEY, HOST, EMAIL = b"d" * 32, "idp.example.com", "rosa@empresa.example"


@pytest.fixture
def people(tmp_path: Path, clock: FixedClock) -> Iterator[People]:
    database = Database(f"sqlite:///{tmp_path}/idp.sqlite3")
    database.upgrade()
    random = SystemRandom()
    people = People(
        store=SqlPersonStore(database, vault_in(tmp_path)),
        verifications=SqlVerificationStore(database),
        browsers=SqlBrowserStore(database),
        imports=SqlImportStore(database),
        holds=SqlHolds(database),
        retired=SqlRetiredSubs(database),
        events=EventBus(),
        uow=database,
        audit=Audit(store=SqlAuditStore(database), clock=clock, random=random),
        clock=clock,
        random=random,
        code_key=b"v" * 32,
    )
    then = (clock.now() - timedelta(days=9)).isoformat()
    row = SeedRow(1, "sol", "ROSA0001", "20504774288", "ROSA", EMAIL, then, then, then)
    assert not people.seed((row,), trust_emails=True).problems
    yield people
    database.close()


@pytest.fixture
def bounces(people: People) -> Bounces:
    return Bounces(people=people, key=KEY, host=HOST)


def rosa(people: People) -> tuple[Person, Address]:
    person = people.find(Identifier("sol", "20504774288:ROSA0001"))
    assert person is not None
    return person, person.addresses[0]


def sent(people: People) -> str:
    person, address = rosa(people)
    return message_id(KEY, "lnk_1", person.id, address.id, HOST)


def report(
    original: str,
    *,
    recipient: str = EMAIL,
    action: str = "failed",
    status: str = "5.1.1",
    part: str = "text/rfc822-headers",
) -> bytes:
    returned = f"Message-ID: <{original}>\r\nTo: {EMAIL}\r\nSubject: x\r\n\r\n"
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: rebotes@vuce.example\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
        "MIME-Version: 1.0\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nNo se pudo entregar.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
        f"--b\r\nContent-Type: {part}\r\n\r\n{returned}\r\n--b--\r\n"
    ).encode()


def marked(people: People) -> bool:
    return rosa(people)[1].undeliverable_at is not None


@pytest.mark.parametrize("part", ["text/rfc822-headers", "message/rfc822"])
@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
def test_report_of_a_dead_mailbox_marks_its_address(
    people: People, bounces: Bounces, part: str, status: str
) -> None:
    raw = report(sent(people), part=part, status=status, recipient=EMAIL.upper())
    assert bounces.judge(raw) is BounceKind.MARKED
    assert marked(people)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"action": "delayed", "status": "4.4.1"}, BounceKind.NOT_FOR_GOOD),
        ({"action": "delivered", "status": "2.0.0"}, BounceKind.NOT_FOR_GOOD),
        ({"status": "5.2.2"}, BounceKind.NOT_FOR_GOOD),
        ({"status": "5.7.1"}, BounceKind.NOT_FOR_GOOD),
        ({"status": "5.1.0"}, BounceKind.NOT_FOR_GOOD),
        ({"status": "5.1.7"}, BounceKind.NOT_FOR_GOOD),
        ({"status": "5.1.8"}, BounceKind.NOT_FOR_GOOD),
        ({"recipient": "otra@reenvio.example"}, BounceKind.OTHER_ADDRESS),
        (
            {"recipient": f"otra@reenvio.example\r\nOriginal-Recipient: rfc822; {EMAIL}"},
            BounceKind.OTHER_ADDRESS,
        ),
    ],
    ids=[
        "delayed",
        "delivered",
        "mailbox full",
        "policy",
        "address status",
        "bad sender syntax",
        "bad sender",
        "forwarded",
        "forwarded from ours",
    ],
)
def test_report_of_anything_else_marks_nothing(
    people: People, bounces: Bounces, changes: dict[str, str], kind: BounceKind
) -> None:
    assert bounces.judge(report(sent(people), **changes)) is kind
    assert not marked(people)


def test_report_that_somebody_made_up_marks_nothing(people: People, bounces: Bounces) -> None:
    person, address = rosa(people)
    forged = message_id(b"x" * 32, "lnk_1", person.id, address.id, HOST)
    other_host = message_id(KEY, "lnk_1", person.id, address.id, "otro.example")
    own = sent(people)
    for original in (forged, other_host, own[:-4], f"a{own}", "", "abc@idp.example.com"):
        assert bounces.judge(report(original)) is BounceKind.NOT_OURS
    assert not marked(people)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: hola\r\n\r\nEstoy de vacaciones",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--",
        b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: '
        b"message/delivery-status\r\n\r\nReporting-MTA: x\r\n",
    ],
    ids=["empty", "an answer", "no status", "cut off"],
)
def test_what_is_no_report_is_left_alone(bounces: Bounces, raw: bytes) -> None:
    assert bounces.judge(raw) is BounceKind.NO_REPORT


def nested(depth: int) -> bytes:
    """Multiparts within one another: a few bytes a level that cost the reader a call each."""
    begin = b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n'
    return b"".join(begin % (level, level) for level in range(depth))


def test_message_nested_without_end_is_no_report(bounces: Bounces) -> None:
    assert bounces.judge(nested(1_500)) is BounceKind.NO_REPORT


class Box:
    """Messages by their ids; what was dealt with."""

    def __init__(self, *messages: bytes) -> None:
        self.messages = dict(enumerate(messages))
        self.dealt: list[str] = []

    def unread(self) -> Iterator[tuple[str, bytes]]:
        yield from ((str(key), raw) for key, raw in self.messages.items())

    def done(self, message: str) -> None:
        self.dealt.append(message)


def test_read_after_a_message_that_cannot_be_parsed_goes_on(
    people: People, bounces: Bounces, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(raw: bytes) -> Any:
        if raw == b"odd":
            raise KeyError("an error of the library")
        return read_report(raw)

    monkeypatch.setattr("idp.mail.bounces.read_report", parse)
    box = Box(b"odd", report(sent(people)))
    found = bounces.read(box)
    assert (found[BounceKind.NO_REPORT], found[BounceKind.MARKED]) == (1, 1)
    assert box.dealt == ["0", "1"]


@given(st.binary(max_size=400))
def test_read_report_bears_any_bytes(raw: bytes) -> None:
    assert read_report(raw) is None
    whole = report("a@b").replace(b"Reporting-MTA", raw)
    found = read_report(whole)
    assert found is None or isinstance(found.status, str)


@given(st.text(max_size=80))
def test_read_message_id_takes_only_what_we_made(text: str) -> None:
    assert read_message_id(KEY, text, HOST) is None


def test_message_id_tells_whose_mail_it_was() -> None:
    made = message_id(KEY, "lnk_1", "per_a", "adr_b", HOST)
    assert made == message_id(KEY, "lnk_1", "per_a", "adr_b", HOST)
    assert made != message_id(KEY, "lnk_2", "per_a", "adr_b", HOST)
    assert read_message_id(KEY, f" <{made}> ", HOST) == ("per_a", "adr_b")


def run(bounces: Bounces, *words: str) -> dict[str, int]:
    parser = argparse.ArgumentParser()
    mail.add_parser(parser.add_subparsers())
    args = parser.parse_args(["mail", "bounces", *words])
    said: list[Any] = []
    services = SimpleNamespace(bounces=bounces)
    context = SimpleNamespace(services=services, as_json=True, out=said.append)
    assert args.func(args, context) == 0
    return dict(said[0])


def test_command_reads_a_maildir_once(people: People, bounces: Bounces, tmp_path: Path) -> None:
    folder = tmp_path / "rebotes"
    box = mailbox.Maildir(folder, create=True)
    box.add(report(sent(people)))
    box.add(b"Subject: hola\r\n\r\nhola")
    found = run(bounces, "--maildir", str(folder))
    assert (found["marked"], found["no_report"]) == (1, 1)
    assert marked(people)
    assert list(MaildirBox(folder).unread()) == []
    assert sum(run(bounces, "--maildir", str(folder)).values()) == 0
    assert len(box) == 2


def test_maildir_with_a_nested_and_a_huge_message_is_read_to_its_end(
    people: People, bounces: Bounces, tmp_path: Path
) -> None:
    folder = tmp_path / "rebotes"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "new" / "1.nested").write_bytes(nested(1_500))
    (folder / "cur" / "2.huge:2,R").write_bytes(report(sent(people)) + b"x" * (MOST_BYTES + 9))
    (folder / "cur" / "3.seen:2,S").write_bytes(report(sent(people)))
    assert [len(raw) for _, raw in MaildirBox(folder).unread()] == [len(nested(1_500)), MOST_BYTES]
    found = run(bounces, "--maildir", str(folder))
    assert (found["marked"], found["no_report"]) == (1, 1)
    assert sorted(path.name for path in (folder / "cur").iterdir()) == [
        "1.nested:2,S", "2.huge:2,RS", "3.seen:2,S",
    ]  # fmt: skip


def test_imap_message_that_the_server_cannot_give_does_not_stop_the_others(
    people: People, bounces: Bounces, tmp_path: Path
) -> None:
    ca_file, tls = certificates.make(tmp_path, address="127.0.0.1")
    huge = report(sent(people)) + b"x" * (MOST_BYTES + 9)
    folder = Folder("secreta", {7: b"", 8: nested(1_500), 9: huge}, broken={7})
    secret = tmp_path / "password"
    secret.write_text("secreta\n")
    with ImapServer(folder, tls) as server:
        found = run(
            bounces, "--imap", f"imaps://rebotes@127.0.0.1:{server.port}/Rebotes",
            "--password-file", str(secret), "--ca-file", str(ca_file),
        )  # fmt: skip
    assert (found["marked"], found["no_report"]) == (1, 1)
    assert folder.seen == {8, 9}
    assert folder.given == {8: len(nested(1_500)), 9: MOST_BYTES}


def test_command_reads_an_imap_folder_once(
    people: People, bounces: Bounces, tmp_path: Path
) -> None:
    ca_file, tls = certificates.make(tmp_path, address="127.0.0.1")
    folder = Folder("secreta", {7: report(sent(people)), 9: b"Subject: hola\r\n\r\nhola"})
    secret = tmp_path / "password"
    secret.write_text("secreta\n")
    with ImapServer(folder, tls) as server:
        words = (
            *("--imap", f"imaps://rebotes@127.0.0.1:{server.port}/Rebotes"),
            *("--password-file", str(secret), "--ca-file", str(ca_file)),
        )
        found = run(bounces, *words)
        assert (found["marked"], found["no_report"]) == (1, 1)
        assert folder.seen == {7, 9}
        assert sum(run(bounces, *words).values()) == 0
        secret.write_text("otra")
        with pytest.raises(IdpError) as caught:
            run(bounces, *words)
        assert caught.value.code == "mailbox_unavailable"
        assert "otra" not in caught.value.detail
    assert marked(people)


def test_command_to_an_imap_server_that_is_not_trusted_is_refused(
    bounces: Bounces, tmp_path: Path
) -> None:
    _, tls = certificates.make(tmp_path, address="127.0.0.1")
    secret = tmp_path / "password"
    secret.write_text("secreta")
    with ImapServer(Folder("secreta"), tls) as server, pytest.raises(IdpError) as caught:
        run(bounces, "--imap", f"imaps://u@127.0.0.1:{server.port}", "--password-file", str(secret))
    assert caught.value.code == "mailbox_unavailable"


@pytest.mark.parametrize(
    "words",
    [
        ("--maildir", "/nowhere"),
        ("--imap", "imaps://u@127.0.0.1/INBOX"),
        ("--imap", "imap://u@127.0.0.1/INBOX", "--password-file", __file__),
        ("--imap", "imaps://u:p@127.0.0.1/INBOX", "--password-file", __file__),
    ],
    ids=["no maildir", "no password", "in clear", "password in the URL"],
)
def test_command_that_cannot_be_says_so(bounces: Bounces, words: tuple[str, ...]) -> None:
    with pytest.raises(IdpError) as caught:
        run(bounces, *words)
    assert caught.value.code in ("mailbox_unavailable", "invalid_option")
