"""The worker's side of campaigns: one mail to one person, and what hands them out.

Contingency goes first: nothing is handed out and nothing leaves while an upstream is down, and a
mail takes its turn behind codes and notices. The mail proves nothing by itself: it holds no token,
only the way to `/cuenta`, where the person's own login is asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Protocol

from idp.jobs.ports import JobQueue
from idp.jobs.registry import RetryPolicy
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.limits.service import Limits
from idp.mail.posting import Posting, PutOff
from idp.mail.templates import MailTemplates
from idp.people.asking import Ask, asks
from idp.people.campaign_ports import Campaign, MailState
from idp.people.campaign_work import JOB_LIFE, CampaignWork
from idp.people.masking import mask_identifier, name_user
from idp.people.person import Person
from idp.people.standing import mailbox

CAMPAIGN = "account.campaign"
RETRY = RetryPolicy(first=5.0, longest=120.0)
# People handed out at a time, by each worker.
PART = 25
_MAIL = "confirme-su-correo"
_log = logging.getLogger(__name__)


class KnowsUpstreams(Protocol):
    """What is needed of the flag."""

    @property
    def realms(self) -> tuple[str, ...]:
        """All that there are."""
        ...

    @property
    def loaded(self) -> bool:
        """Whether the flags were read at least once."""
        ...

    def up(self, realm: str) -> bool:
        """Whether the realm's upstream is up, from memory."""
        ...


class FindsPeople(Protocol):
    """What is needed of the directory."""

    def get(self, person_id: str) -> Person | None:
        """The person, or None."""
        ...


def calm(status: KnowsUpstreams) -> bool:
    """Whether every upstream is up for all we know: only then may a campaign use the mail."""
    return status.loaded and all(status.up(realm) for realm in status.realms)


class CampaignMails:
    """The handler of `account.campaign`. issuer: the link is built from it, from nothing else."""

    def __init__(
        self,
        *,
        work: CampaignWork,
        people: FindsPeople,
        status: KnowsUpstreams,
        templates: MailTemplates,
        posting: Posting,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._work = work
        self._people = people
        self._status = status
        self._templates = templates
        self._posting = posting
        self._clock = clock
        self._issuer = issuer

    def __call__(self, payload: Mapping[str, str]) -> None:
        """Write to one person, if there is still something to ask. Raises PutOff, Unavailable;
        both are tried again, and none of both is a second mail.
        """
        campaign = self._work.running(payload["campaign"])
        if campaign is None or not calm(self._status):
            self.given_up(payload)
            return
        now = self._clock.now()
        person = self._people.get(payload["person"])
        ask = asks(person, now) if person else None
        if person is None or not isinstance(ask, Ask):
            self._work.drop(campaign.id, payload["person"])
            return
        self._send(campaign, person, ask)

    def given_up(self, payload: Mapping[str, str]) -> None:
        """This job ends without a mail; the person gets another one when it is time."""
        self._work.let_go(payload["campaign"], payload["person"])

    def _send(self, campaign: Campaign, person: Person, ask: Ask) -> None:
        address = mailbox(person, self._clock.now())
        assert address is not None
        # Nobody proved that an unverified address is theirs: neither name nor user goes there.
        proved = address.verified_at is not None
        content = self._templates.render(
            _MAIL,
            campaign.language,
            {
                "ask": ask.value,
                "realm": person.realm,
                "name": person.name if proved else "",
                "user": name_user(person.key) if proved else mask_identifier(person.key),
                "link": f"{self._issuer}/cuenta",
            },
        )
        # From here on it is nobody else's, and a repeat of this job finds it taken.
        if self._work.take(campaign.id, person.id) is None:
            return
        try:
            taken = self._posting.post(
                "campaign", campaign.id, person, address, content, campaign=campaign.id
            )
        except PutOff as error:
            self._put_off(campaign.id, person.id, error)
            return
        except Unavailable:
            # Raised before a relay had it, or after it was refused.
            self._work.wait(campaign.id, person.id)
            raise
        self._work.settle(campaign.id, person.id, MailState.SENT if taken else MailState.REFUSED)

    def _put_off(self, campaign_id: str, person_id: str, error: PutOff) -> None:
        if error.scope == "unknown":
            # A relay may have it: of all mails this one is not worth a second copy.
            self._work.settle(campaign_id, person_id, MailState.UNKNOWN)
        elif error.scope == "recipient":
            self._work.mailbox_put_off(campaign_id, person_id)
        else:
            self._work.wait(campaign_id, person_id)
            raise error


class CampaignPump:
    """Gives the queue the next people, as many as the budget of campaigns allows."""

    def __init__(
        self, *, work: CampaignWork, status: KnowsUpstreams, limits: Limits, queue: JobQueue
    ) -> None:
        self._work = work
        self._status = status
        self._limits = limits
        self._queue = queue

    def __call__(self) -> int:
        """Hand out once; how many. Nothing while an upstream is down. Raises Unavailable: whoever
        was chosen by then is handed out again later.
        """
        if not calm(self._status) or not self._work.there_is():
            return 0
        campaign_id, people = self._work.hand_out(self._allowed())
        for person_id in people:
            self._queue.enqueue(
                CAMPAIGN,
                {"campaign": campaign_id, "person": person_id},
                max_age=int(JOB_LIFE.total_seconds()),
            )
        return len(people)

    def _allowed(self) -> int:
        for count in range(PART):
            try:
                self._limits.hit("mail.campaign")
            except Unavailable:
                raise
            except IdpError:
                return count
        return PART
