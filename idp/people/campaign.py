"""Campaigns: everybody who could enter but for a verification or a consent is asked once, by mail.

What a campaign did is in SQL, a row for each person; the queue only carries it. Whatever is killed,
a person's row says whether a mail left: nobody is written to twice, and who waits is given to a
worker again. The one thing that no row can say is what became of a mail that was in hand when its
worker was killed; it is not sent again, and told as `unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ids import new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.asking import Ask, Spared
from idp.people.campaign_ports import (
    Campaign,
    CampaignMailStore,
    CampaignState,
    CampaignStore,
    Group,
    Lock,
    MailState,
)

# The queue drops a mail's job after this time; its row is given to another one then.
JOB_LIFE = timedelta(minutes=10)
_DUE_AGAIN = JOB_LIFE + timedelta(minutes=1)
# A relay has two minutes to answer for a mail, and there may be several.
_IN_HAND = timedelta(minutes=15)
# A mailbox that is full, or that greylists, is tried once an hour for a day.
_PUT_OFF = timedelta(hours=1)
_MOST_PUT_OFF = 24
# With the queue at one time: enough to keep the relay busy, and few to stop.
_MOST_UNDER_WAY = 100
_KEPT = timedelta(days=365)


@dataclass(frozen=True)
class CampaignReport:
    """How far a campaign is: mails by state. left: people it has not come to yet, by what was
    expected when it began.
    """

    campaign: Campaign
    mails: Mapping[MailState, int]

    @property
    def left(self) -> int:
        """How many are still to be written to, about."""
        if self.campaign.state is CampaignState.FINISHED:
            return 0
        still = self.mails.get(MailState.WAITING, 0) + self.mails.get(MailState.IN_HAND, 0)
        new = 0 if self.campaign.complete else self.campaign.expected - self.campaign.chosen
        return still + max(0, new)


class Campaigns:
    """Begins, pauses and continues them; and keeps who got a mail. One at a time is under way.

    rest: who was asked is left alone for so long. Every method may raise Unavailable("sql").
    """

    def __init__(
        self,
        *,
        store: CampaignStore,
        mails: CampaignMailStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        rest: timedelta,
    ) -> None:
        self._store = store
        self._mails = mails
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._rest = rest

    def preview(self, group: Group) -> Mapping[Ask | Spared, int]:
        """How many of these people would be asked what, and why the others would not be."""
        now = self._clock.now()
        return self._store.count(group, now, now - self._rest)

    def begin(
        self, group: Group, *, actor: str, most: int | None = None, language: str = "es"
    ) -> Campaign:
        """Begin one. Raises IdpError: campaign_under_way (409) while another is, nobody_to_ask."""
        preview = self.preview(group)
        expected = sum(count for one, count in preview.items() if isinstance(one, Ask))
        expected = expected if most is None else min(most, expected)
        if not expected:
            raise IdpError("nobody_to_ask", 409, detail="nobody of these people is to be asked")
        campaign = Campaign(
            id=new_id(self._random, "cam"),
            state=CampaignState.RUNNING,
            group=group,
            most=most,
            language=language,
            expected=expected,
            began_at=self._clock.now(),
            began_by=actor,
        )
        with self._uow.transaction():
            if not self._store.add(campaign):
                raise IdpError("campaign_under_way", 409, detail="one is not finished")
            self._tell(AuditEvent.CAMPAIGN_BEGUN, campaign, actor, expected=expected)
        return campaign

    def pause(self, *, actor: str) -> Campaign:
        """Stop the one under way: a mail that is in hand still leaves. Raises IdpError
        no_campaign (404).
        """
        return self._turn(CampaignState.PAUSED, AuditEvent.CAMPAIGN_PAUSED, actor)

    def resume(self, *, actor: str) -> Campaign:
        """Let a paused one go on. Raises as `pause` does."""
        return self._turn(CampaignState.RUNNING, AuditEvent.CAMPAIGN_RESUMED, actor)

    def finish(self, *, actor: str) -> Campaign:
        """End the one under way for good; who waits is not written to. Raises as `pause` does."""
        return self._turn(CampaignState.FINISHED, AuditEvent.CAMPAIGN_FINISHED, actor)

    def unfinished(self) -> Campaign | None:
        """The one under way, running or paused."""
        return self._store.unfinished()

    def report(self, campaign_id: str | None = None) -> CampaignReport:
        """How far a campaign is, or the newest one. Raises IdpError no_campaign (404)."""
        found = self._store.get(campaign_id) if campaign_id else self._store.newest()
        if found is None:
            raise _none()
        return CampaignReport(found, self._mails.counts(found.id))

    def hand_out(self, count: int) -> tuple[str, tuple[str, ...]]:
        """At most so many people, and their campaign's id: each needs a job now. ("", ()) where
        there is nobody.

        First who was given to a worker before and still waits, then the next ones. It ends a
        campaign that is done. Call it often; several workers at once do no harm.
        """
        if not _runs(self._store.unfinished()):
            return "", ()
        now = self._clock.now()
        with self._uow.transaction():
            campaign = self._store.unfinished(Lock.SKIP)
            if campaign is None or not _runs(campaign):
                return "", ()
            self._mails.lose(campaign.id, now - _IN_HAND, now)
            again_at = now + _DUE_AGAIN
            people = self._mails.due(campaign.id, count, now, again_at)
            room = min(count - len(people), _MOST_UNDER_WAY - self._mails.under_way(campaign.id))
            if campaign.most is not None:
                room = min(room, campaign.most - campaign.chosen)
            if room > 0 and not campaign.complete:
                campaign, new = self._choose(campaign, room, now)
                self._mails.add(campaign.id, new, now, again_at)
                people.extend(new)
            if campaign.complete and not people:
                self._finish_if_done(campaign, now)
            return campaign.id, tuple(people)

    def _choose(
        self, campaign: Campaign, room: int, now: datetime
    ) -> tuple[Campaign, tuple[str, ...]]:
        found = self._store.next(campaign, room, now, now - self._rest)
        chosen = campaign.chosen + len(found.people)
        complete = found.complete or chosen == campaign.most
        campaign = replace(campaign, reached=found.reached, chosen=chosen, complete=complete)
        self._store.update(campaign)
        return campaign, found.people

    def _finish_if_done(self, campaign: Campaign, now: datetime) -> None:
        counts = self._mails.counts(campaign.id)
        if counts.get(MailState.WAITING) or counts.get(MailState.IN_HAND):
            return
        self._store.update(replace(campaign, state=CampaignState.FINISHED, finished_at=now))
        self._tell(AuditEvent.CAMPAIGN_FINISHED, campaign, None, **_told(counts))

    def take(self, campaign_id: str, person_id: str) -> Campaign | None:
        """This mail is in hand from now on, of whoever gets the campaign: exactly one of all who
        ask. None: it is not to be sent, now or ever.
        """
        with self._uow.transaction():
            campaign = self._running(campaign_id)
            old, new = MailState.WAITING, MailState.IN_HAND
            now = self._clock.now()
            moved = campaign is not None and self._mails.move(
                campaign_id, person_id, old=old, new=new, now=now
            )
            return campaign if moved else None

    def running(self, campaign_id: str) -> Campaign | None:
        """This campaign, if it is under way and not paused."""
        return self._running(campaign_id)

    def settle(self, campaign_id: str, person_id: str, outcome: MailState) -> None:
        """What became of a mail that is in hand."""
        self._move(campaign_id, person_id, MailState.IN_HAND, outcome)

    def drop(self, campaign_id: str, person_id: str) -> None:
        """Nothing is left to ask of somebody who waits."""
        self._move(campaign_id, person_id, MailState.WAITING, MailState.DROPPED)

    def wait(self, campaign_id: str, person_id: str) -> None:
        """It was put off, and its job goes on with it."""
        self._move(campaign_id, person_id, MailState.IN_HAND, MailState.WAITING)

    def let_go(self, campaign_id: str, person_id: str) -> None:
        """Its job ends without a mail: whoever waits is due again."""
        old = new = MailState.WAITING
        self._move(campaign_id, person_id, old, new, due_at=self._clock.now())

    def mailbox_put_off(self, campaign_id: str, person_id: str) -> None:
        """Its own mailbox put it off: it is tried later, and for a day at most."""
        too_often = self._mails.put_off(campaign_id, person_id) + 1 >= _MOST_PUT_OFF
        now = self._clock.now()
        self._mails.move(
            campaign_id,
            person_id,
            old=MailState.IN_HAND,
            new=MailState.GIVEN_UP if too_often else MailState.WAITING,
            now=now,
            due_at=now + _PUT_OFF,
            put_off=True,
        )

    @property
    def kept(self) -> int:
        """For how long it is known who got a mail, in seconds: a year, or the rest if longer."""
        return int(max(_KEPT, self._rest).total_seconds())

    def purge(self) -> int:
        """Remove campaigns that are too old, with who got a mail; how many."""
        return self._store.purge(self._clock.now() - timedelta(seconds=self.kept))

    def _running(self, campaign_id: str) -> Campaign | None:
        found = self._store.get(campaign_id)
        return found if _runs(found) else None

    def _move(
        self,
        campaign_id: str,
        person_id: str,
        old: MailState,
        new: MailState,
        due_at: datetime | None = None,
    ) -> None:
        now = self._clock.now()
        self._mails.move(campaign_id, person_id, old=old, new=new, now=now, due_at=due_at)

    def _turn(self, state: CampaignState, event: AuditEvent, actor: str) -> Campaign:
        now = self._clock.now()
        with self._uow.transaction():
            campaign = self._store.unfinished(Lock.WAIT)
            if campaign is None:
                raise _none()
            if campaign.state is state:
                return campaign
            ended = now if state is CampaignState.FINISHED else None
            campaign = replace(campaign, state=state, finished_at=ended)
            self._store.update(campaign)
            if state is CampaignState.RUNNING:
                self._mails.release(campaign.id, now)
            counts = self._mails.counts(campaign.id)
            self._tell(event, campaign, actor, **_told(counts))
        return campaign

    def _tell(
        self, event: AuditEvent, campaign: Campaign, actor: str | None, **counts: int
    ) -> None:
        details: dict[str, Any] = {**counts, "days": campaign.group.days, "most": campaign.most}
        self._audit.record(
            event,
            actor=actor,
            realm=campaign.group.realm,
            client_id=campaign.group.client_id,
            campaign=campaign.id,
            **details,
        )


def _runs(campaign: Campaign | None) -> bool:
    return campaign is not None and campaign.state is CampaignState.RUNNING


def _told(counts: Mapping[MailState, int]) -> dict[str, int]:
    names = (MailState.SENT, MailState.REFUSED, MailState.UNKNOWN, MailState.DROPPED)
    return {one.value: counts.get(one, 0) for one in (*names, MailState.GIVEN_UP)}


def _none() -> IdpError:
    return IdpError("no_campaign", 404, detail="there is no such campaign")
