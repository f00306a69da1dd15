"""The services of the OpenID Connect surface and of the console, as endpoints and commands are
handed them.
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.admin.coverage import CoverageBoard
from idp.admin.desk import AccountDesk
from idp.admin.enrolment import Enrolment
from idp.admin.entrance import Entrance
from idp.admin.now import Now
from idp.admin.own_account import OwnAccount
from idp.admin.sessions import Sessions as ConsoleSessions
from idp.oidc.access import ServiceTokens, UserInfo
from idp.oidc.authorization import Authorization
from idp.oidc.emergencies import Emergencies
from idp.oidc.logout import Logout
from idp.oidc.par import PushedAuthorization
from idp.oidc.server import ProviderServer


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
