"""Delivery status notifications (RFC 3464): which address no longer works.

Only a report of a permanent failure of the mailbox itself marks an address, only with a Message-ID
of ours, and only for the very address that it was sent to: a forwarded mail that fails elsewhere
says nothing of the address that we know.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import StrEnum
from typing import Protocol

from idp.mail.message_id import read_message_id
from idp.mail.status import mailbox_is_gone
from idp.people.person import Person

_log = logging.getLogger(__name__)

# A report of one of our mails is a tenth of this. What a box gives ends there: anybody can write to
# the address of the envelope's sender.
MOST_BYTES = 262_144


class BounceKind(StrEnum):
    """What became of a message in the box for bounces."""

    MARKED = "marked"
    NOT_FOR_GOOD = "not_for_good"
    OTHER_ADDRESS = "other_address"
    NOT_OURS = "not_ours"
    NO_REPORT = "no_report"


class Mailbox(Protocol):
    """Where bounces arrive."""

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Each message that was not dealt with: an id, and its first MOST_BYTES. What cannot be
        read is left out. Raises OSError when the box itself cannot be read.
        """
        ...

    def done(self, message: str) -> None:
        """It is dealt with, and will not come again. Raises OSError."""
        ...


class MarksAddresses(Protocol):
    """What is needed of the directory."""

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        ...

    def mark_undeliverable(self, person_id: str, address_id: str, *, code: str) -> None:
        """Mail to this address fails for good."""
        ...


@dataclass(frozen=True)
class Report:
    """status: as in RFC 3463, of a failure. recipient: the address that failed, lower case.
    message_id: of the mail that it is about.
    """

    failed: bool
    status: str
    recipient: str
    message_id: str


class Bounces:
    """Reads reports. key: that of the Message-IDs. host: the issuer's."""

    def __init__(self, *, people: MarksAddresses, key: bytes, host: str) -> None:
        self._people = people
        self._key = key
        self._host = host

    def read(self, box: Mailbox) -> dict[BounceKind, int]:
        """Deal with every message of the box; how many of each kind. Raises OSError, Unavailable:
        what was not dealt with stays.
        """
        counts = dict.fromkeys(BounceKind, 0)
        for message, raw in box.unread():
            kind = self.judge(raw)
            box.done(message)
            counts[kind] += 1
        return counts

    def judge(self, raw: bytes) -> BounceKind:
        """Deal with one message; any bytes may come. Raises Unavailable("sql")."""
        report = _read(raw)
        if report is None:
            return BounceKind.NO_REPORT
        named = read_message_id(self._key, report.message_id, self._host)
        if named is None:
            return BounceKind.NOT_OURS
        if not report.failed or not mailbox_is_gone(report.status):
            return BounceKind.NOT_FOR_GOOD
        person = self._people.get(named[0])
        addresses = person.addresses if person else ()
        for address in addresses:
            if address.id == named[1] and address.email.lower() == report.recipient:
                self._people.mark_undeliverable(named[0], address.id, code=report.status)
                return BounceKind.MARKED
        return BounceKind.OTHER_ADDRESS


def _read(raw: bytes) -> Report | None:
    """As `read_report`; None too for what breaks the parser (parts nested a thousand deep do)."""
    try:
        return read_report(raw)
    except Exception as error:
        _log.warning(
            "a message in the box for bounces is odd", extra={"error": type(error).__name__}
        )
        return None


def read_report(raw: bytes) -> Report | None:
    """The first failure of a report, or its first recipient; None for what is no report."""
    message = message_from_bytes(raw)
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    parts = list(message.walk())
    blocks = [
        block
        for part in parts
        if part.get_content_type() == "message/delivery-status" and part.is_multipart()
        for block in part.get_payload()
        if isinstance(block, Message) and block.get("Final-Recipient")
    ]
    if not blocks:
        return None
    block = next((one for one in blocks if _field(one, "Action") == "failed"), blocks[0])
    return Report(
        failed=_field(block, "Action") == "failed",
        status=_field(block, "Status").partition(" ")[0],
        # Not Original-Recipient: where it differs, our mailbox took the mail and passed it on.
        recipient=_field(block, "Final-Recipient").partition(";")[2].strip(" <>"),
        message_id=_returned_id(parts),
    )


def _returned_id(parts: list[Message]) -> str:
    """The Message-ID of the mail that came back, whole or as its headers (RFC 6522 §3)."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            found = message_from_bytes(text if isinstance(text, bytes) else b"").get("Message-ID")
        elif kind == "message/rfc822" and part.is_multipart():
            inner = part.get_payload(0)
            found = inner.get("Message-ID") if isinstance(inner, Message) else None
        else:
            continue
        if found:
            return str(found)
    return ""


def _field(block: Message, name: str) -> str:
    return str(block.get(name, "")).strip().lower()
