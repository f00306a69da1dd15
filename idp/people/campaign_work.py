"""A campaign as its workers see it: who is written to next, and what became of each one's mail.

What a campaign did is in SQL, a row for each person; the queue only carries it. Whatever is killed,
a person's row says whether a mail left: nobody is written to twice, and who waits is given to a
worker again. The one thing that no row can say is what became of a mail that was in hand when its
worker was killed; it is not sent again, and told as `unknown`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.ports import UnitOfWork
from idp.people.campaign_ports import (
    Campaign,
    CampaignMailStore,
    CampaignState,
    CampaignStore,
    Lock,
    MailState,
)
from idp.people.campaign_records import record

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


class CampaignWork:
    """Hands out the people of the campaign under way, and keeps what became of their mails.

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
        rest: timedelta,
    ) -> None:
        self._store = store
        self._mails = mails
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._rest = rest

    def there_is(self) -> bool:
        """Whether a campaign is under way and not paused."""
        return _runs(self._store.unfinished())

    def hand_out(self, count: int) -> tuple[str, tuple[str, ...]]:
        """At most so many people, and their campaign's id: each needs a job now. ("", ()) where
        there is nobody.

        First who was given to a worker before and still waits, then the next ones. It ends a
        campaign that is done. Call it often; several workers at once do no harm.
        """
        if not self.there_is():
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
        record(self._audit, AuditEvent.CAMPAIGN_FINISHED, campaign, counts, actor=None)

    def take(self, campaign_id: str, person_id: str) -> Campaign | None:
        """This mail is in hand from now on, of whoever gets the campaign: exactly one of all who
        ask. None: it is not to be sent, now or ever.
        """
        with self._uow.transaction():
            campaign = self.running(campaign_id)
            old, new = MailState.WAITING, MailState.IN_HAND
            now = self._clock.now()
            moved = campaign is not None and self._mails.move(
                campaign_id, person_id, old=old, new=new, now=now
            )
            return campaign if moved else None

    def running(self, campaign_id: str) -> Campaign | None:
        """This campaign, if it is under way and not paused."""
        found = self._store.get(campaign_id)
        return found if _runs(found) else None

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


def _runs(campaign: Campaign | None) -> bool:
    return campaign is not None and campaign.state is CampaignState.RUNNING
