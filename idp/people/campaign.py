"""Campaigns: everybody who could enter but for a verification or a consent is asked once, by mail.

As operators see them: one is begun, paused, continued and ended. `campaign_work` is what workers do
in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

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
from idp.people.campaign_records import record

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
            record(self._audit, AuditEvent.CAMPAIGN_BEGUN, campaign, actor=actor)
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

    @property
    def kept(self) -> int:
        """For how long it is known who got a mail, in seconds: a year, or the rest if longer."""
        return int(max(_KEPT, self._rest).total_seconds())

    def purge(self) -> int:
        """Remove campaigns that are too old, with who got a mail; how many."""
        return self._store.purge(self._clock.now() - timedelta(seconds=self.kept))

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
            record(self._audit, event, campaign, self._mails.counts(campaign.id), actor=actor)
        return campaign


def _none() -> IdpError:
    return IdpError("no_campaign", 404, detail="there is no such campaign")
