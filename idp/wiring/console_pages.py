"""What the console's pages read: people for the help desk, and what an installation consists of."""

from __future__ import annotations

from dataclasses import dataclass

from idp.adapters.redis.admin import RedisSteps
from idp.adapters.redis.relay_figures import RedisRelayFigures
from idp.adapters.smtp.url import parse_smtp_urls
from idp.adapters.sql.audit_checkpoints import SqlCheckpointStore
from idp.adapters.sql.audit_seals import SqlSealStore
from idp.adapters.sql.live_figures import SqlLiveFigures
from idp.admin.audit_search import AuditSearch
from idp.admin.caller import Callers
from idp.admin.components import Components
from idp.admin.keys import KeysBoard
from idp.admin.live import LiveBoard, Spans
from idp.admin.lookup import Lookups
from idp.admin.mail_board import Budgets, MailBoard
from idp.admin.person_card import Cards
from idp.admin.requests import Requests
from idp.clients.registry import ClientRegistry
from idp.contingency.desk import DeskResend
from idp.contingency.form import Patterns
from idp.contingency.service import Contingency
from idp.contingency.verdicts import Judge
from idp.limits.service import Limits
from idp.links.service import Links
from idp.login.service import Logins
from idp.mail.load import MailLoad
from idp.people.service import People
from idp.privacy.erasing import Erasing
from idp.settings import Settings
from idp.signing.keyring import Keyring
from idp.upstream_status.service import UpstreamStatus
from idp.wiring.base import Base
from idp.wiring.surface import HelpDeskPages


@dataclass(frozen=True)
class ConsoleRooms:
    """What these pages stand on, beside `Base`."""

    limits: Limits
    people: People
    clients: ClientRegistry
    keyring: Keyring
    logins: Logins
    links: Links
    contingency: Contingency
    erasing: Erasing
    status: UpstreamStatus
    load: MailLoad


def help_desk(base: Base, rooms: ConsoleRooms) -> HelpDeskPages:
    """What `/admin/personas` uses."""
    settings = base.settings
    lookups = Lookups(
        store=RedisSteps(base.redis),
        people=rooms.people,
        audit=base.audit,
        limits=rooms.limits,
        clock=base.clock,
        random=base.random,
        patterns=Patterns(settings.sol_user_pattern, settings.extranet_user_pattern),
    )
    cards = Cards(
        people=rooms.people,
        clients=rooms.clients,
        judge=Judge(dispatcher=rooms.logins, clock=base.clock),
        sessions=rooms.logins.sessions,
        holds=rooms.erasing,
        status=rooms.status,
        audit=base.audit,
        clock=base.clock,
        labels=_labels(settings),
    )
    return HelpDeskPages(
        lookups=lookups,
        cards=cards,
        requests=Requests(audit=base.audit, names=cards.name_of),
        callers=Callers(lookups=lookups, limits=rooms.limits, audit=base.audit, clock=base.clock),
        resend=DeskResend(
            contingency=rooms.contingency,
            links=rooms.links,
            transactions=rooms.logins.transactions,
        ),
    )


def audit_search(base: Base) -> AuditSearch:
    """What `/admin/auditoria` uses."""
    realms = [one.realm for one in base.settings.upstreams]
    return AuditSearch(
        audit=base.audit,
        chain=SqlSealStore(base.database),
        checkpoints=SqlCheckpointStore(base.database),
        clock=base.clock,
        realms=realms,
    )


def components(base: Base, clients: ClientRegistry) -> Components:
    """What `/admin/componentes` uses."""
    return Components(
        clients=clients, audit=base.audit, clock=base.clock, labels=_labels(base.settings)
    )


def keys_board(base: Base, keyring: Keyring) -> KeysBoard:
    """What `/admin/llaves` uses."""
    settings = base.settings
    return KeysBoard(
        keyring=keyring,
        keys_dir=settings.keys_dir,
        data_keys_file=settings.data_keys,
        clock=base.clock,
    )


def mail_board(base: Base, load: MailLoad) -> MailBoard:
    """What `/admin/correo` and `idp mail status` use."""
    settings = base.settings
    relays = [(url.name, url.per_minute) for url in parse_smtp_urls(settings.smtp_url)]
    budgets = Budgets(
        all=settings.mail_budget,
        domain=settings.mail_domain_budget,
        campaign=settings.campaign_budget,
    )
    return MailBoard(
        load=load,
        figures=RedisRelayFigures(base.redis),
        relays=relays,
        budgets=budgets,
        clock=base.clock,
    )


def live_board(base: Base, clients: ClientRegistry) -> LiveBoard:
    """What `/admin/enlaces-y-sesiones` and `idp sessions live` use."""
    settings = base.settings
    return LiveBoard(
        store=SqlLiveFigures(base.database),
        clients=clients.all,
        spans=Spans(
            sunat=settings.session_ttl,
            contingency=settings.contingency_session_ttl,
            link=settings.link_ttl,
            link_longest=settings.link_max_age,
        ),
        clock=base.clock,
    )


def _labels(settings: Settings) -> dict[str, str]:
    return {one.realm: one.label for one in settings.upstreams}
