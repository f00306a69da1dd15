"""The services of the OpenID Connect surface, as endpoints and commands are handed them."""

from __future__ import annotations

from dataclasses import dataclass

from idp.oidc.access import UserInfo
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
    logout: Logout
    emergencies: Emergencies
