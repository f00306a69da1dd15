"""What is put on record of a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.people.campaign_ports import Campaign, MailState

_TOLD = (
    MailState.SENT,
    MailState.REFUSED,
    MailState.UNKNOWN,
    MailState.DROPPED,
    MailState.GIVEN_UP,
)


def record(
    audit: Audit,
    event: AuditEvent,
    campaign: Campaign,
    mails: Mapping[MailState, int] | None = None,
    *,
    actor: str | None,
) -> None:
    """Record what was done with a campaign, and its mails by state; without any (None), how many
    it is to write to. actor: None where it ended by itself.
    """
    counts: dict[str, Any] = {"expected": campaign.expected}
    if mails is not None:
        counts = {one.value: mails.get(one, 0) for one in _TOLD}
    audit.record(
        event,
        actor=actor,
        realm=campaign.group.realm,
        client_id=campaign.group.client_id,
        campaign=campaign.id,
        days=campaign.group.days,
        most=campaign.most,
        **counts,
    )
