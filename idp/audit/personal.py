"""What an investigation needs and the chained log must not hold, kept beside it and erasable.

The chained row has a commitment: SHA-256, in hex, of 16 random bytes and the canonical JSON. While
the other row is there it can be shown to be the original; once it is erased nothing leads back to
what it said, since the random bytes went with it, and the chain is as it was.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from dataclasses import dataclass, field
from typing import Protocol

from idp.kernel.errors import Unavailable
from idp.kernel.random import Random

_log = logging.getLogger(__name__)
_SALT = 16
_LONGEST = 300
_ADDRESS = 64


class SealsTexts(Protocol):
    """What is needed of the vault; bound: the row that a text is for."""

    def seal(self, text: str, bound: str) -> str:
        """Encrypt."""
        ...

    def open(self, sealed: str, bound: str) -> str:
        """Decrypt. Raises Unavailable("data_keys")."""
        ...


@dataclass(frozen=True)
class Personal:
    """Whence a request came. address: of the network; agent: the browser, as it says itself. Its
    `repr` says neither: it must not get into a log.
    """

    address: str = field(default="", repr=False)
    agent: str = field(default="", repr=False)

    @classmethod
    def of(cls, address: str, agent: str) -> Personal:
        """From a request: bounded, and without what could command a terminal."""
        return cls(_plain(address)[:_ADDRESS], _plain(agent)[:_LONGEST])

    def __bool__(self) -> bool:
        return bool(self.address or self.agent)

    def canonical(self) -> str:
        """What is committed to, after the random bytes."""
        told = {"address": self.address, "agent": self.agent}
        return json.dumps(told, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class Enclosed:
    """Personal data on its way: commitment for the chained row, sealed for the other."""

    commitment: str
    sealed: str = field(repr=False)


@dataclass(frozen=True)
class Kept:
    """A row. commitment: of the record, None where it has none; fits: its moment and person are
    those of the record.
    """

    record_id: str
    sealed: str = field(repr=False)
    commitment: str | None
    fits: bool


@dataclass(frozen=True)
class Revealed:
    """personal: None where it cannot be read. genuine: it is what the record commits to."""

    personal: Personal | None
    genuine: bool


def enclose(
    personal: Personal, record_id: str, seals: SealsTexts, random: Random
) -> Enclosed | None:
    """Seal it for the row of that record; None where that fails, for which no login may."""
    try:
        salt = random.bytes(_SALT)
        told = {
            "salt": base64.urlsafe_b64encode(salt).decode("ascii"),
            "address": personal.address,
            "agent": personal.agent,
        }
        sealed = seals.seal(json.dumps(told, separators=(",", ":")), bound(record_id))
        return Enclosed(_commitment(salt, personal), sealed)
    except Exception as error:  # whatever the keys meet: the record itself is what matters
        _log.warning("not kept beside the audit log", extra={"reason": type(error).__name__})
        return None


def disclose(kept: Kept, seals: SealsTexts) -> Revealed:
    """Open a row, and compare it with what its record commits to."""
    try:
        told = json.loads(seals.open(kept.sealed, bound(kept.record_id)))
        found = Personal(told["address"], told["agent"])
        commitment = _commitment(base64.urlsafe_b64decode(told["salt"]), found)
    except (Unavailable, ValueError, KeyError, TypeError):
        # Of another key as well: whoever changed a row could name one that is not there.
        return Revealed(None, False)
    same = hmac.compare_digest(commitment.encode(), str(kept.commitment).encode())
    return Revealed(found, same and kept.fits)


def bound(record_id: str) -> str:
    """What the sealed text is bound to, as all that is sealed: its table and row."""
    return f"audit_personal:{record_id}"


def _commitment(salt: bytes, personal: Personal) -> str:
    return hashlib.sha256(salt + personal.canonical().encode("ascii")).hexdigest()


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isprintable())
