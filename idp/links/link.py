"""A link, as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LinkState(StrEnum):
    """asked: nobody decided yet. live: meant for a person. The others are final; withdrawn: its
    login was proved by SUNAT.
    """

    ASKED = "asked"
    LIVE = "live"
    SUPERSEDED = "superseded"
    SPENT = "spent"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Link:
    """One link. The record is the same whoever asked and whether they exist.

    browser_hash: digest of the asking browser's cookie. identifier_digest: HMAC of what was typed.
    sealed: what was typed, encrypted, for another try without retyping. reference: the *número de
    atención*. person_id: set by the worker once it found somebody eligible. sent_at: when a relay
    took the mail last. expires_at: when it ends (never before the hour that the mail printed).
    attempt: which link it is of those that its login asked for one after another, from 1.
    language: of the page where it was asked, and of its mail.
    agent: the asking browser as `Chrome/Windows`, for a person to recognise. known_tokens: digests
    of the tokens in its known-browser cookie, space-separated. known: whether it turned out to be
    a known browser of this very person. hits: looks from other browsers, scanners' mostly.
    """

    id: str
    transaction_id: str
    browser_hash: str
    realm: str
    identifier_digest: str
    sealed: str
    client_id: str | None
    reference: str
    created_at: datetime
    expires_at: datetime
    person_id: str | None = None
    sent_at: datetime | None = None
    state: LinkState = LinkState.ASKED
    attempt: int = 1
    agent: str = ""
    language: str = "es"
    known_tokens: str = ""
    known: bool = False
    hits: int = 0
