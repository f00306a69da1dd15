"""What every service of a process stands on, and the record that holds them all."""

from __future__ import annotations

from dataclasses import dataclass

from idp.account.accesses import AccessDesk
from idp.account.drafts import Drafts
from idp.account.nudge import NudgeDesk
from idp.account.own_data import OwnData
from idp.account.service import Account
from idp.adapters.http.client import GuardedHttpClient
from idp.adapters.queue.broker import DramatiqQueue
from idp.adapters.redis.audit_stream import RedisAuditStream
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.sql.database import Database
from idp.adapters.sql.resealing import Resealing
from idp.audit.log import Audit
from idp.clients.registry import ClientRegistry
from idp.contingency.drilling import DrillDesk
from idp.contingency.elsewhere import Elsewhere
from idp.contingency.entry import Entry
from idp.contingency.service import Contingency
from idp.contingency.waiting import WaitingRoom
from idp.federation.service import Federation
from idp.jobs.periodic import Periodic
from idp.jobs.registry import Jobs
from idp.kernel.clock import Clock
from idp.kernel.events import EventBus
from idp.kernel.ids import derive_key
from idp.kernel.random import Random
from idp.limits.noted import Noted
from idp.limits.service import Limits
from idp.links.service import Links
from idp.login.drilling import Drilling
from idp.login.service import Logins
from idp.mail.bounces import Bounces
from idp.mail.load import MailLoad
from idp.oidc.identities import Identities
from idp.people.campaign import Campaigns
from idp.people.coverage import Coverage
from idp.people.service import People
from idp.people.vault import Vault
from idp.privacy.dossier import Dossiers
from idp.privacy.erasing import Erasing
from idp.privacy.retention import Retention
from idp.settings import Settings
from idp.signing.keyring import Keyring
from idp.upstream_status.board import StatusBoard
from idp.upstream_status.drills import Drills
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.telling import Telling
from idp.web.documents import Documents
from idp.wiring.reload import Reloader
from idp.wiring.surface import AuditRoom, Console, Probing, Provider, Switch, SwitchPages


@dataclass(frozen=True)
class Base:
    """What every service stands on."""

    settings: Settings
    clock: Clock
    random: Random
    events: EventBus
    redis: RedisGateway
    database: Database
    http: GuardedHttpClient
    audit: Audit
    stream: RedisAuditStream
    vault: Vault

    def key(self, purpose: str) -> bytes:
        return derive_key(self.settings.secret_key, purpose)


@dataclass(frozen=True)
class Personal:
    """The services of the room `privacy`."""

    dossiers: Dossiers
    erasing: Erasing
    retention: Retention


@dataclass(frozen=True)
class Services:
    """Every service of a process; views and commands are handed the few that they need."""

    settings: Settings
    clock: Clock
    random: Random
    events: EventBus
    redis: RedisGateway
    database: Database
    http: GuardedHttpClient
    audit: Audit
    audit_stream: RedisAuditStream
    audit_room: AuditRoom
    noted: Noted
    clients: ClientRegistry
    keyring: Keyring
    limits: Limits
    people: People
    drills: Drills
    drilling: Drilling
    drill_desk: DrillDesk
    coverage: Coverage
    campaigns: Campaigns
    personal: Personal
    vault: Vault
    resealing: Resealing
    upstream_status: UpstreamStatus
    switch: Switch
    status_board: StatusBoard
    telling: Telling
    probing: Probing
    reloader: Reloader
    links: Links
    jobs: Jobs
    queue: DramatiqQueue
    periodic: Periodic
    logins: Logins
    provider: Provider
    identities: Identities
    federation: Federation
    contingency: Contingency
    waiting_room: WaitingRoom
    mail_load: MailLoad
    bounces: Bounces
    entry: Entry
    elsewhere: Elsewhere
    account: Account
    access_desk: AccessDesk
    nudge_desk: NudgeDesk
    drafts: Drafts
    console: Console
    console_switch: SwitchPages
    documents: Documents
    own_data: OwnData

    def start(self) -> None:
        """Begin what runs beside the requests: the watchers of the flag and of clients.yaml."""
        self.switch.watcher.start()
        self.keyring.start()
        self.clients.start()
        self.reloader.start()

    def stop(self) -> None:
        """End it, and close the connections."""
        self.reloader.stop()
        self.clients.stop()
        self.keyring.stop()
        self.switch.watcher.stop()
        self.queue.close()
        self.http.close()
        self.redis.close()
        self.database.close()
