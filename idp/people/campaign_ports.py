"""What `people.campaign` keeps, and where.

Every method raises Unavailable("sql") when the database does not answer, and joins the unit of work
under way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from idp.people.asking import Ask, Spared


class CampaignState(StrEnum):
    """Whether a campaign goes on. FINISHED is for good."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class MailState(StrEnum):
    """What became of one person's mail.

        waiting --a worker takes it--> in hand --> sent | refused | unknown
        in hand --put off--> waiting --too often--> given up
        waiting --nothing left to ask--> dropped

    UNKNOWN: a relay may have it, or not: it is not sent again. A worker that was killed with a mail
    in hand leaves it so.
    """

    WAITING = "waiting"
    IN_HAND = "in_hand"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DROPPED = "dropped"
    GIVEN_UP = "given_up"


# Who may have got the mail: they were asked, for the campaigns after this one.
ASKED = (MailState.IN_HAND, MailState.SENT, MailState.UNKNOWN)


@dataclass(frozen=True)
class Group:
    """Whom a campaign is for: who was seen in so many days, of one realm or of all, and who used a
    component or whoever.
    """

    days: int = 90
    realm: str | None = None
    client_id: str | None = None


@dataclass(frozen=True)
class Campaign:
    """A campaign. most: so many people at most. expected: how many it was to write to when it
    began. reached, chosen, complete: how far choosing them came (`adapters.sql.models`).
    """

    id: str
    state: CampaignState
    group: Group
    most: int | None
    language: str
    expected: int
    began_at: datetime
    began_by: str
    reached: str = ""
    chosen: int = 0
    complete: bool = False
    finished_at: datetime | None = None


@dataclass(frozen=True)
class Chosen:
    """The next people of a campaign. reached: everybody up to that id was looked at; complete:
    there is nobody after it.
    """

    people: tuple[str, ...]
    reached: str
    complete: bool


class Lock(StrEnum):
    """Whether nobody else gets a campaign locked until the unit of work ends: WAIT for whoever has
    it, or SKIP it then.
    """

    NONE = "none"
    WAIT = "wait"
    SKIP = "skip"


class CampaignStore(Protocol):
    """The campaigns, and whom they are for."""

    def add(self, campaign: Campaign) -> bool:
        """A new one; False while another is unfinished: of parallel calls one says True."""
        ...

    def get(self, campaign_id: str) -> Campaign | None:
        """A campaign by id."""
        ...

    def newest(self) -> Campaign | None:
        """The one that began last."""
        ...

    def unfinished(self, lock: Lock = Lock.NONE) -> Campaign | None:
        """The one under way, running or paused; None while somebody has it, if asked to skip it."""
        ...

    def update(self, campaign: Campaign) -> None:
        """Write state, how far it came, and its end."""
        ...

    def count(
        self, group: Group, now: datetime, asked_since: datetime
    ) -> Mapping[Ask | Spared, int]:
        """The people of a group: how many would be asked what, and why the others not."""
        ...

    def next(self, campaign: Campaign, count: int, now: datetime, asked_since: datetime) -> Chosen:
        """At most so many people to write to, after those who were looked at."""
        ...

    def purge(self, began_before: datetime) -> int:
        """Remove the finished ones that began before that moment, with their mails; how many."""
        ...


class CampaignMailStore(Protocol):
    """The mails of a campaign, at most one for a person."""

    def add(self, campaign_id: str, people: Sequence[str], now: datetime, due_at: datetime) -> None:
        """New ones, waiting."""
        ...

    def due(self, campaign_id: str, count: int, now: datetime, again_at: datetime) -> list[str]:
        """At most so many that wait and are due, the longest due first; due at `again_at` next."""
        ...

    def move(
        self,
        campaign_id: str,
        person_id: str,
        *,
        old: MailState,
        new: MailState,
        now: datetime,
        due_at: datetime | None = None,
        put_off: bool = False,
    ) -> bool:
        """From one state to another; False when it is not in the old one: of parallel calls exactly
        one says True. due_at: when it is due, from now on. put_off: count that.
        """
        ...

    def put_off(self, campaign_id: str, person_id: str) -> int:
        """How often this one's mailbox put it off."""
        ...

    def lose(self, campaign_id: str, taken_before: datetime, now: datetime) -> int:
        """Those in hand since before that moment become unknown; how many."""
        ...

    def release(self, campaign_id: str, now: datetime) -> None:
        """Whatever waits is due now."""
        ...

    def counts(self, campaign_id: str) -> Mapping[MailState, int]:
        """How many are in each state."""
        ...

    def under_way(self, campaign_id: str) -> int:
        """How many are with the queue or in hand, those left out that their mailbox put off."""
        ...
