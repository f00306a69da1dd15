"""`idp users campaign`: ask by mail those who lack a verification or a consent.

The command begins a campaign, or says how the one under way goes; workers send the mails. It may
be ended at any time, and the campaign goes on.

Exit codes: 0 done, 1 there is nobody to ask, no campaign, or another one under way, 2 misuse.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from idp.account.campaign_mails import calm
from idp.cli.arguments import at_most
from idp.cli.context import on_record_when
from idp.cli.progress import Progress
from idp.kernel.errors import IdpError
from idp.kernel.identity import REALMS
from idp.people.asking import Ask, Spared
from idp.people.campaign import CampaignReport
from idp.people.campaign_ports import Campaign, CampaignState, Group, MailState

if TYPE_CHECKING:
    from idp.cli.context import Context

_LOOK_SECONDS = 1.0
_WORDS = {
    Ask.VERIFY: "to be asked to verify their e-mail",
    Ask.CONSENT: "to be asked for their consent",
    Spared.ELIGIBLE: "could enter already",
    Spared.NEW: "never logged in",
    Spared.INACTIVE: "are no users any more, by the system that keeps them in step",
    Spared.NO_ADDRESS: "have no e-mail: no campaign reaches them",
    Spared.COOLING_OFF: "only have to wait for a new e-mail to count",
    Spared.UNDELIVERABLE: "mail to them fails",
    Spared.SAID_NO: "said no to notifications: they are not asked again",
    Spared.LATELY: "were asked not long ago",
}


def add_parser(actions: Any) -> argparse.ArgumentParser:
    """`idp users campaign`."""
    parser: argparse.ArgumentParser = actions.add_parser(
        "campaign", help="ask by mail those who lack a verification or a consent"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="only say who would be asked what")
    what.add_argument("--status", action="store_true", help="how far the newest campaign is")
    what.add_argument("--pause", action="store_true", help="stop the one under way for now")
    what.add_argument("--resume", action="store_true", help="let a paused one go on")
    what.add_argument("--finish", action="store_true", help="end the one under way for good")
    parser.add_argument("--client", metavar="ID", help="only who used this component")
    parser.add_argument("--realm", choices=REALMS, help="only these people")
    parser.add_argument(
        "--days",
        type=at_most(3_650),
        default=90,
        metavar="N",
        help="only who was seen in so many days (default: %(default)s)",
    )
    parser.add_argument("--limit", type=at_most(10_000_000), metavar="N", help="so many at most")
    parser.add_argument(
        "--language", choices=("es", "en", "qu"), default="es", help="of the mails (default: es)"
    )
    parser.add_argument("--follow", action="store_true", help="stay and show how it goes")
    parser.set_defaults(func=run)
    return parser


@on_record_when(lambda args: not (args.dry_run or args.status))
def run(args: argparse.Namespace, context: Context) -> int:
    """Do what is asked, and say how the campaign stands."""
    campaigns = context.services.campaigns
    group = Group(args.days, args.realm, args.client)
    if args.client is not None and context.services.clients.get(args.client) is None:
        raise IdpError("client_unknown", detail="there is no such component")
    if args.dry_run:
        preview = campaigns.preview(group)
        if context.as_json:
            context.out({one.value: count for one, count in preview.items()})
        else:
            context.out("\n".join(_preview_lines(preview)))
        return 0
    if args.status:
        campaign = campaigns.report().campaign
    elif args.pause:
        campaign = campaigns.pause(actor=context.actor)
    elif args.resume:
        campaign = campaigns.resume(actor=context.actor)
    elif args.finish:
        campaign = campaigns.finish(actor=context.actor)
    else:
        campaign = _begun(args, context, group)
    report = campaigns.report(campaign.id)
    if args.follow:
        report = _followed(context, report)
    context.out(_json(report) if context.as_json else "\n".join(_lines(report, context)))
    return 0


def _begun(args: argparse.Namespace, context: Context, group: Group) -> Campaign:
    """The new one; or the one under way, where it is the same."""
    campaigns = context.services.campaigns
    there = campaigns.unfinished()
    if there is None:
        return campaigns.begin(group, actor=context.actor, most=args.limit, language=args.language)
    if (there.group, there.most, there.language) != (group, args.limit, args.language):
        raise IdpError(
            "campaign_under_way", detail=f"{there.id} is for others; finish it first (--finish)"
        )
    return there


def _followed(context: Context, report: CampaignReport) -> CampaignReport:
    campaign = report.campaign
    with Progress("campaign", campaign.expected, shown=not context.as_json) as progress:
        while report.campaign.state is CampaignState.RUNNING:
            progress.at(_settled(report.mails))
            time.sleep(_LOOK_SECONDS)
            report = context.services.campaigns.report(campaign.id)
    return report


def _settled(mails: Mapping[MailState, int]) -> int:
    open_ = (MailState.WAITING, MailState.IN_HAND)
    return sum(count for state, count in mails.items() if state not in open_)


def _preview_lines(preview: Mapping[Ask | Spared, int]) -> list[str]:
    asked = sum(count for one, count in preview.items() if isinstance(one, Ask))
    lines = [f"{asked:,} people would get a mail; nothing was written"]
    return lines + [f"  {count:>10,}  {_WORDS[one]}" for one, count in preview.items()]


def _lines(report: CampaignReport, context: Context) -> list[str]:
    campaign, group = report.campaign, report.campaign.group
    whom = [f"seen in {group.days} days"]
    whom += [f"realm {group.realm}"] if group.realm else []
    whom += [f"component {group.client_id}"] if group.client_id else []
    whom += [f"{campaign.most:,} at most"] if campaign.most is not None else []
    lines = [f"{campaign.id}: {campaign.state.value}, for people {', '.join(whom)}"]
    status = context.services.upstream_status
    status.refresh()
    if campaign.state is CampaignState.RUNNING and not calm(status):
        lines.append("it waits: contingency is on, whose mail goes first")
    lines += [f"  {count:>10,}  {_state(state)}" for state, count in report.mails.items()]
    return [*lines, f"  {report.left:>10,}  still to come, about"]


def _state(state: MailState) -> str:
    return {
        MailState.WAITING: "wait for their turn",
        MailState.IN_HAND: "in hand",
        MailState.SENT: "sent",
        MailState.REFUSED: "refused by the relay",
        MailState.UNKNOWN: "may have been sent, and are not sent again",
        MailState.DROPPED: "had nothing left to be asked",
        MailState.GIVEN_UP: "given up: their mailbox put it off for a day",
    }[state]


def _json(report: CampaignReport) -> dict[str, Any]:
    campaign = report.campaign
    return {
        "id": campaign.id,
        "state": campaign.state.value,
        "days": campaign.group.days,
        "realm": campaign.group.realm,
        "client": campaign.group.client_id,
        "limit": campaign.most,
        "language": campaign.language,
        "began_at": campaign.began_at.isoformat(),
        "began_by": campaign.began_by,
        "finished_at": campaign.finished_at.isoformat() if campaign.finished_at else None,
        "expected": campaign.expected,
        "chosen": campaign.chosen,
        "left": report.left,
        "mails": {state.value: report.mails.get(state, 0) for state in MailState},
    }
