"""Whom a campaign may write to, and what it asks of them: pure, and the only place that says so.

Who said no is never asked again: a consent that is false with a moment beside it is an answer (Ley
29733 lets a person take consent back at any time), and a mail that asks for it anew would not
respect it. Without it a verified address is of no use either, so they are not asked for that.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from idp.people.person import Person
from idp.people.standing import Standing, mailbox, standing


class Ask(StrEnum):
    """What a mail asks of a person."""

    VERIFY = "verify"
    CONSENT = "consent"


class Spared(StrEnum):
    """Why a campaign writes nothing to a person.

    ELIGIBLE: could enter already. SAID_NO: took their consent back, or never gave it when asked.
    UNDELIVERABLE: mail to their address fails. LATELY: another campaign asked not long ago.
    The others are as `standing` has them.
    """

    ELIGIBLE = Standing.ELIGIBLE.value
    NEW = Standing.NEW.value
    INACTIVE = Standing.INACTIVE.value
    NO_ADDRESS = Standing.NO_ADDRESS.value
    COOLING_OFF = Standing.COOLING_OFF.value
    UNDELIVERABLE = Standing.UNDELIVERABLE.value
    SAID_NO = "said_no"
    LATELY = "asked_lately"


_ASKS = {Standing.UNVERIFIED: Ask.VERIFY, Standing.NO_CONSENT: Ask.CONSENT}


def asks(person: Person, now: datetime) -> Ask | Spared:
    """What a campaign asks of this person now, or why it asks nothing (never LATELY: that is not
    known of a person alone).
    """
    found = standing(person, now)
    if found not in _ASKS:
        return Spared(found.value)
    if person.consent_at is not None and not person.consent:
        return Spared.SAID_NO
    address = mailbox(person, now)
    if address is None or address.undeliverable_at is not None:
        return Spared.UNDELIVERABLE
    return _ASKS[found]
