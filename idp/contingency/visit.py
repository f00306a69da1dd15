"""A login at the door of contingency, and what its waiting page knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.audit.personal import Personal
from idp.links.link import Link
from idp.login.transaction import Transaction

# Seconds until another link may be asked for: twice as many each time, at the end so many.
RESEND_AFTER = 60
LONGEST_RESEND = 480


def resend_wait(last: Link) -> int:
    """Seconds from a link until another may be asked for in its place."""
    return min(LONGEST_RESEND, RESEND_AFTER << min(last.attempt - 1, 8))


class Gate(StrEnum):
    """What a request for contingency meets. UNKNOWN_BROWSER: a mail would not do in this one."""

    OPEN = "open"
    UNKNOWN_BROWSER = "unknown_browser"
    RECOVERED = "recovered"
    ELSEWHERE = "elsewhere"


class Progress(StrEnum):
    """How far a login is that waits for a mail: nothing, its link was used, SUNAT is back and ended
    it, or the login is no more.
    """

    WAITING = "waiting"
    PROVED = "proved"
    RECOVERED = "recovered"
    OVER = "over"


GONE = frozenset({"transaction_unknown", "transaction_expired"})
"""The errors of a login that is no more: finished, cancelled, or too old."""


@dataclass(frozen=True)
class Visit:
    """A login at the door of contingency. `realm` is empty when the gate is ELSEWHERE."""

    gate: Gate
    transaction: Transaction
    realm: str


@dataclass(frozen=True)
class Waiting:
    """The waiting page: the número de atención, when it was asked for, and from when another link
    may be. another: whether the login is young enough for one by then. ended: whether no link that
    was asked for then can still be good, which is so from `until` on. code: what another browser
    asks for at the link. code_open: whether this browser may still type the other code.
    recovered: whether SUNAT is back. link_ended: whether that ended the link.

    Nothing here depends on who exists, nor on what became of the mail.
    """

    transaction: Transaction
    reference: str
    asked_at: datetime
    again_at: datetime
    another: bool
    ended: bool
    code: str
    code_open: bool
    until: datetime
    minutes_left: int
    realm: str = ""
    recovered: bool = False
    link_ended: bool = False


@dataclass(frozen=True)
class Seen:
    """What the waiting page's script is told. seconds: that its link can be good for at most, None
    without one. recovered: whether SUNAT is back.
    """

    progress: Progress
    seconds: int | None = None
    recovered: bool = False


@dataclass(frozen=True)
class Visitor:
    """Who asks: address prefix and known-browser cookie, as far as limits care; agent: the browser
    as `Chrome/Windows`, which its person is told; language: of the page, and so of the mail.
    known_tokens: digests of that cookie's tokens, where the help desk asks on the person's behalf
    and has no cookie; actor: who of it asks. personal: for beside the audit record.
    """

    address_prefix: str
    known_cookie: str | None
    agent: str = ""
    language: str = "es"
    known_tokens: str | None = None
    actor: str | None = None
    personal: Personal | None = None
