"""The e-mailed login: the form, the link, the mails."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from idp.account.joined_mails import JOINED, JoinedMails
from idp.account.joined_mails import RETRY as JOINED_RETRY
from idp.account.mails import AccountMails
from idp.adapters.queue.broker import DramatiqQueue
from idp.adapters.redis.captcha import RedisSpentSolutions
from idp.adapters.redis.leases import RedisLeases
from idp.adapters.redis.limits import RedisCounter
from idp.adapters.redis.links import RedisLinks
from idp.adapters.redis.mail_load import RedisMailLoad
from idp.adapters.redis.mail_tries import RedisMailTries
from idp.adapters.redis.relay_figures import RedisRelayFigures
from idp.adapters.smtp.relay import SmtpRelay
from idp.adapters.smtp.url import parse_smtp_urls
from idp.adapters.sql.spent_links import SqlSpentLinks
from idp.captcha.service import Captcha, Tools
from idp.clients.registry import ClientRegistry
from idp.contingency.behind import Behind
from idp.contingency.delivery import RETRY, Delivery
from idp.contingency.elsewhere import Elsewhere
from idp.contingency.entry import Entry
from idp.contingency.form import Patterns
from idp.contingency.notices import NOTICE, LoginNotices, NoticeMails
from idp.contingency.notices import RETRY as NOTICE_RETRY
from idp.contingency.sealing import Sealing
from idp.contingency.service import DELIVER, Contingency
from idp.contingency.verdicts import Judge
from idp.contingency.waiting import WaitingRoom
from idp.jobs.registry import Jobs
from idp.kernel.events import LoginCompleted, RelayAccepted
from idp.limits.noted import Noted
from idp.limits.service import Limits
from idp.links.service import Links
from idp.login.service import Logins
from idp.mail.bounces import Bounces
from idp.mail.budget import BudgetedRelay
from idp.mail.load import MailLoad
from idp.mail.ports import Relay
from idp.mail.posting import Posting
from idp.mail.relays import Relays
from idp.mail.repeats import RepeatingRelay
from idp.mail.templates import MailTemplates
from idp.people.service import People
from idp.scim.mails import REPLACED, ReplacedMails
from idp.scim.mails import RETRY as REPLACED_RETRY
from idp.upstream_status.drills import Drills
from idp.web.render import HelpDesk
from idp.wiring.base import Base

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def links(base: Base) -> Links:
    """The one-time links: in Redis while they live, in SQL once spent."""
    return Links(
        store=RedisLinks(base.redis),
        spent=SqlSpentLinks(base.database),
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        random=base.random,
        key=base.key("links"),
        ttl=base.settings.link_ttl,
        max_age=base.settings.link_max_age,
    )


def mail_load(base: Base) -> MailLoad:
    """How busy the mail is; it hears of each delivery."""
    load = MailLoad(store=RedisMailLoad(base.redis), clock=base.clock, key=base.key("mail-load"))
    base.events.subscribe(RelayAccepted, load.relay_accepted)
    return load


def relays(base: Base) -> Relays:
    """The relays of IDP_SMTP_URL, in its order."""
    settings = base.settings
    return Relays(
        [
            (
                url.name,
                SmtpRelay(url, sender=settings.mail_from, ca_file=settings.smtp_ca_file),
                url.per_minute,
            )
            for url in parse_smtp_urls(settings.smtp_url)
        ],
        counter=RedisCounter(base.redis),
        clock=base.clock,
        pause=time.sleep,
        figures=RedisRelayFigures(base.redis),
    )


def bounces(base: Base, people: People) -> Bounces:
    """What reads the box for bounces."""
    return Bounces(
        people=people,
        key=base.key("message-id"),
        host=urlsplit(base.settings.issuer).hostname or "localhost",
    )


@dataclass(frozen=True)
class MailTools:
    """What every mail is made and sent with."""

    templates: MailTemplates
    relay: Relay
    posting: Posting


def mail_tools(base: Base, people: People, limits: Limits) -> MailTools:
    """The templates, the way out, and what writes to one person."""
    settings = base.settings
    relay = RepeatingRelay(
        BudgetedRelay(relays(base), limits), tries=RedisMailTries(base.redis), clock=base.clock
    )
    return MailTools(
        templates=MailTemplates(
            TEMPLATES,
            shared={"help_desk": HelpDesk(settings.help_desk_phone, settings.help_desk_email)},
        ),
        relay=relay,
        posting=Posting(
            relay=relay,
            people=people,
            audit=base.audit,
            stream=base.stream,
            clock=base.clock,
            issuer=settings.issuer,
            id_key=base.key("message-id"),
        ),
    )


def mail_jobs(
    base: Base,
    logins: Logins,
    links: Links,
    people: People,
    clients: ClientRegistry,
    drills: Drills,
    sealing: Sealing,
    tools: MailTools,
    load: MailLoad,
) -> Jobs:
    """The jobs of logins and of `/cuenta` that end in a mail, with their handlers."""
    templates, posting, issuer = tools.templates, tools.posting, base.settings.issuer
    delivery = Delivery(
        links=links,
        transactions=logins.transactions,
        leases=RedisLeases(base.redis, base.random),
        judge=_judge(base, logins),
        people=people,
        clients=clients,
        drills=drills,
        sealing=sealing,
        templates=templates,
        relay=tools.relay,
        load=load,
        audit=base.audit,
        stream=base.stream,
        events=base.events,
        clock=base.clock,
        issuer=issuer,
        id_key=base.key("message-id"),
    )
    mails = AccountMails(people=people, templates=templates, posting=posting, issuer=issuer)
    notices = NoticeMails(people=people, clients=clients, templates=templates, posting=posting)
    replaced = ReplacedMails(
        people=people, templates=templates, posting=posting, seals=base.vault, clock=base.clock
    )
    joined = JoinedMails(
        people=people, templates=templates, posting=posting, seals=base.vault, clock=base.clock
    )
    jobs = Jobs()
    jobs.register(JOINED, joined, JOINED_RETRY)
    jobs.register(REPLACED, replaced, REPLACED_RETRY)
    jobs.register(DELIVER, delivery, RETRY, given_up=delivery.given_up)
    jobs.register(NOTICE, notices, NOTICE_RETRY)
    for name, (handler, retry) in mails.handlers().items():
        jobs.register(name, handler, retry)
    return jobs


def behind(
    base: Base,
    logins: Logins,
    links: Links,
    people: People,
    clients: ClientRegistry,
    noted: Noted,
) -> Behind:
    """What stands behind a link."""
    return Behind(
        links=links,
        transactions=logins.transactions,
        clients=clients,
        people=people,
        audit=base.audit,
        noted=noted,
    )


def elsewhere(
    base: Base,
    logins: Logins,
    links: Links,
    people: People,
    clients: ClientRegistry,
    behind: Behind,
) -> Elsewhere:
    """What happens behind a link, in any other browser."""
    return Elsewhere(
        links=links,
        transactions=logins.transactions,
        dispatcher=logins,
        judge=_judge(base, logins),
        people=people,
        clients=clients,
        behind=behind,
        clock=base.clock,
        issuer=base.settings.issuer,
    )


def entry(
    base: Base,
    logins: Logins,
    links: Links,
    people: People,
    behind: Behind,
    elsewhere: Elsewhere,
) -> Entry:
    """What happens behind a link, in the browser that asked for it."""
    return Entry(
        links=links,
        transactions=logins.transactions,
        people=people,
        judge=_judge(base, logins),
        behind=behind,
        elsewhere=elsewhere,
        clock=base.clock,
        issuer=base.settings.issuer,
    )


def _judge(base: Base, logins: Logins) -> Judge:
    return Judge(
        dispatcher=logins,
        clock=base.clock,
        links_end_at_recovery=base.settings.links_on_recovery == "end",
    )


def waiting_room(base: Base, logins: Logins, links: Links, load: MailLoad) -> WaitingRoom:
    """What the waiting page shows."""
    return WaitingRoom(
        transactions=logins.transactions,
        links=links,
        judge=_judge(base, logins),
        load=load,
        clock=base.clock,
    )


def contingency(
    base: Base,
    logins: Logins,
    links: Links,
    limits: Limits,
    noted: Noted,
    people: People,
    queue: DramatiqQueue,
    sealing: Sealing,
    load: MailLoad,
) -> Contingency:
    """The form and the request for a link; and the notice of each login that came of one."""
    settings = base.settings
    base.events.subscribe(LoginCompleted, LoginNotices(queue).login_completed)
    return Contingency(
        transactions=logins.transactions,
        dispatcher=logins,
        judge=_judge(base, logins),
        links=links,
        captcha=Captcha(
            vendor=settings.captcha,
            tools=Tools(
                spent=RedisSpentSolutions(base.redis),
                clock=base.clock,
                key=base.key("captcha"),
                altcha_cost=settings.altcha_cost,
                http=base.http,
                site_key=settings.captcha_site_key,
                secret=settings.captcha_secret,
                hostname=urlsplit(settings.issuer).hostname or "",
                threads=settings.threads,
            ),
        ),
        limits=limits,
        browsers=people,
        load=load,
        queue=queue,
        sealing=sealing,
        audit=base.audit,
        stream=base.stream,
        noted=noted,
        clock=base.clock,
        identifier_key=base.key("identifier"),
        link_max_age=settings.link_max_age,
        patterns=Patterns(settings.sol_user_pattern, settings.extranet_user_pattern),
    )
