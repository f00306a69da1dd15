"""The services of the OpenID Connect surface, of the switch and of the console, as endpoints and
commands are handed them.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.adapters.sql.flag_said import SqlSaidStore
from idp.adapters.sql.probes import SqlActs, SqlProbeStore
from idp.adapters.sql.transitions import SqlTransitionStore
from idp.admin.audit_search import AuditSearch
from idp.admin.caller import Callers
from idp.admin.components import Components
from idp.admin.coverage import CoverageBoard
from idp.admin.desk import AccountDesk
from idp.admin.enrolment import Enrolment
from idp.admin.entrance import Entrance
from idp.admin.keys import KeysBoard
from idp.admin.live import LiveBoard
from idp.admin.lookup import Lookups
from idp.admin.mail_board import MailBoard
from idp.admin.now import Now
from idp.admin.own_account import OwnAccount
from idp.admin.person_card import Cards
from idp.admin.requests import Requests
from idp.admin.sessions import Sessions as ConsoleSessions
from idp.admin.switch_logins import LoginBoard
from idp.admin.switch_ports import Probes
from idp.admin.switch_preview import Previews
from idp.audit.checkpointer import Checkpointer
from idp.audit.delivery import Delivery
from idp.audit.personal_records import PersonalRecords
from idp.audit.sealer import Sealer
from idp.audit.trail import Trail
from idp.contingency.desk import DeskResend
from idp.oidc.access import ServiceTokens, UserInfo
from idp.oidc.authorization import Authorization
from idp.oidc.emergencies import Emergencies
from idp.oidc.failback import Failback
from idp.oidc.logout import Logout
from idp.oidc.par import PushedAuthorization
from idp.oidc.server import ProviderServer
from idp.signing.audit_keys import AuditKeyFolder
from idp.upstream_status.evidence import Evidence
from idp.upstream_status.incidents import Incidents
from idp.upstream_status.local_file import LocalOverrides
from idp.upstream_status.probing import Prober
from idp.upstream_status.requests import Requests as FlagRequests
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.steward import Steward
from idp.upstream_status.switchboard import Switchboard
from idp.upstream_status.watcher import FlagWatcher
from idp.upstream_status.windows import Windows


@dataclass(frozen=True)
class Provider:
    """What the endpoints and the commands use."""

    server: ProviderServer
    par: PushedAuthorization
    authorization: Authorization
    userinfo: UserInfo
    service_tokens: ServiceTokens
    logout: Logout
    emergencies: Emergencies
    failback: Failback


@dataclass(frozen=True)
class HelpDeskPages:
    """What the page of people and `idp users resend` use."""

    lookups: Lookups
    cards: Cards
    requests: Requests
    callers: Callers
    resend: DeskResend


@dataclass(frozen=True)
class Console:
    """What the console's pages and `idp admin` use."""

    sessions: ConsoleSessions
    entrance: Entrance
    enrolment: Enrolment
    own: OwnAccount
    desk: AccountDesk
    now: Now
    coverage: CoverageBoard
    people: HelpDeskPages
    audit: AuditSearch
    components: Components
    keys: KeysBoard
    mail: MailBoard
    live: LiveBoard


@dataclass(frozen=True)
class SwitchPages:
    """What the console's pages of the switch use, beside it. probes: what the prober saw."""

    logins: LoginBoard
    probes: Probes
    previews: Previews
    said: SqlSaidStore


@dataclass(frozen=True)
class Switch:
    """What the commands, the console and the worker use of it."""

    status: UpstreamStatus
    watcher: FlagWatcher
    switchboard: Switchboard
    requests: FlagRequests
    windows: Windows
    steward: Steward
    transitions: SqlTransitionStore
    incidents: Incidents
    overrides: LocalOverrides


@dataclass(frozen=True)
class AuditRoom:
    """What vouches for the audit log: the worker and `idp audit` use it."""

    sealer: Sealer
    checkpointer: Checkpointer
    delivery: Delivery
    keys: AuditKeyFolder
    trail: Trail
    personal: PersonalRecords


@dataclass(frozen=True)
class Probing:
    """What the prober's process, the console and the status pages use of it."""

    prober: Prober
    evidence: Evidence
    store: SqlProbeStore
    acts: SqlActs
