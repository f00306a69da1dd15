"""The OpenID Connect surface: its stores, its tokens, its endpoints."""

from __future__ import annotations

from dataclasses import dataclass

from idp.adapters.queue.broker import DramatiqQueue
from idp.adapters.redis.access_tokens import RedisAccessTokens
from idp.adapters.redis.codes import RedisCodes
from idp.adapters.redis.leases import RedisLeases
from idp.adapters.redis.pushed import RedisPushedRequests
from idp.adapters.redis.spent_ids import RedisSpentIds
from idp.adapters.sql.refresh_tokens import SqlRefreshTokens
from idp.clients.registry import ClientRegistry
from idp.clients.subjects import Subjects
from idp.deliveries.logout_notices import NOTIFY, LogoutNotices
from idp.deliveries.logout_notices import RETRY as NOTIFY_RETRY
from idp.jobs.registry import Jobs, RetryPolicy
from idp.kernel.events import PersonChanged, PersonDoubted, SessionEnded
from idp.limits.noted import Noted
from idp.limits.service import Limits
from idp.login.service import Logins
from idp.oidc.access import Possession, PresentedTokens, ServiceTokens, UserInfo
from idp.oidc.authentication import ClientAuthentication
from idp.oidc.authorization import Authorization
from idp.oidc.client_keys import ClientKeys
from idp.oidc.codes import Codes
from idp.oidc.dpop import DPoP
from idp.oidc.emergencies import Emergencies
from idp.oidc.endings import REVOKE, Endings
from idp.oidc.failback import Failback
from idp.oidc.grants import Granting
from idp.oidc.hints import Hints
from idp.oidc.id_token import IdTokens
from idp.oidc.logout import Logout
from idp.oidc.par import PushedAuthorization
from idp.oidc.pushed import PushedRequests
from idp.oidc.refresh import RefreshTokens
from idp.oidc.request_objects import RequestObjects
from idp.oidc.requested import Requested
from idp.oidc.server import ProviderServer
from idp.oidc.token_endpoints import TokenFinder, register_token_endpoints
from idp.oidc.tokens import AccessTokens
from idp.people.service import People
from idp.signing.keyring import Keyring
from idp.upstream_status.service import UpstreamStatus
from idp.wiring.base import Base
from idp.wiring.surface import Provider

# What was ended stays marked for as long as the queue may take to end its refresh tokens.
_MARKED = 2 * 86_400
_REVOKE_RETRY = RetryPolicy(tries=2_000, first=1.0, longest=60.0)


@dataclass(frozen=True)
class Rooms:
    """What the provider stands on, beside `Base`."""

    keyring: Keyring
    clients: ClientRegistry
    subjects: Subjects
    logins: Logins
    people: People
    limits: Limits
    noted: Noted
    queue: DramatiqQueue
    jobs: Jobs
    upstreams: UpstreamStatus


class _Parts:
    """The stores and services of a provider, each made once."""

    def __init__(self, base: Base, rooms: Rooms) -> None:
        settings, issuer = base.settings, base.settings.issuer
        self.base, self.rooms, self.issuer = base, rooms, issuer
        self.access = RedisAccessTokens(
            base.redis, mark_ttl=_MARKED + settings.access_token_ttl + 60
        )
        self.refresh_store = SqlRefreshTokens(base.database)
        self.spent = RedisSpentIds(base.redis)
        self.keys = ClientKeys(http=base.http, clock=base.clock, ttl=settings.client_keys_ttl)
        self.dpop = DPoP(spent=self.spent, clock=base.clock)
        self.hints = Hints(keyring=rooms.keyring, issuer=issuer)
        self.presented = PresentedTokens(
            store=self.access,
            clients=rooms.clients,
            keyring=rooms.keyring,
            clock=base.clock,
            issuer=issuer,
        )
        self.possession = Possession(self.dpop)
        self.pushed = PushedRequests(
            store=RedisPushedRequests(base.redis),
            clock=base.clock,
            random=base.random,
            ttl=settings.pushed_request_ttl,
        )
        self.request_objects = RequestObjects(keys=self.keys, clock=base.clock, issuer=issuer)
        self.tokens = AccessTokens(
            store=self.access,
            keyring=rooms.keyring,
            audit=base.audit,
            clock=base.clock,
            random=base.random,
            issuer=issuer,
            ttl=settings.access_token_ttl,
        )


def provider(base: Base, rooms: Rooms) -> Provider:
    """The whole surface; its jobs are registered, and it listens to sessions that end."""
    parts = _Parts(base, rooms)
    endings = _endings(parts)
    base.events.subscribe(SessionEnded, endings.session_ended)
    emergencies = Emergencies(sessions=rooms.logins.sessions, endings=endings, audit=base.audit)
    _end_what_is_not_theirs(base, emergencies)
    server = _server(parts, endings)
    register_token_endpoints(
        server,
        finder=TokenFinder(
            presented=parts.presented, refresh=parts.refresh_store, clock=base.clock
        ),
        access=parts.access,
        endings=endings,
        issuer=parts.issuer,
    )
    return Provider(
        server=server,
        par=PushedAuthorization(
            server=server,
            request_objects=parts.request_objects,
            pushed=parts.pushed,
            dpop=parts.dpop,
            limits=rooms.limits,
        ),
        authorization=Authorization(
            server=server,
            requested=Requested(
                clients=rooms.clients,
                request_objects=parts.request_objects,
                pushed=parts.pushed,
                clock=base.clock,
            ),
            pushed=parts.pushed,
            hints=parts.hints,
            logins=rooms.logins,
            limits=rooms.limits,
        ),
        userinfo=UserInfo(
            tokens=parts.presented,
            possession=parts.possession,
            people=rooms.people,
            clock=base.clock,
        ),
        service_tokens=ServiceTokens(
            tokens=parts.presented, possession=parts.possession, clients=rooms.clients
        ),
        logout=Logout(hints=parts.hints, clients=rooms.clients, subjects=rooms.subjects),
        emergencies=emergencies,
        failback=Failback(
            upstreams=rooms.upstreams,
            sessions=rooms.logins.sessions,
            endings=endings,
            components=rooms.clients,
            leases=RedisLeases(base.redis, base.random),
        ),
    )


def _end_what_is_not_theirs(base: Base, emergencies: Emergencies) -> None:
    """Both events are told before they are kept, and nothing is kept where this fails."""

    def begin_anew(event: PersonDoubted) -> None:
        """Nobody goes on in what another human may have begun."""
        emergencies.doubted(event.person_id)

    def close_contingency(event: PersonChanged) -> None:
        """Nobody goes on by mail whom a system or a file says that VUCE does not know, or whose
        mailbox a system says is not theirs.
        """
        told = event.kind == "deleted" or "email" in event.fields
        if event.kind == "deactivated" or (told and event.by is not None):
            emergencies.by_mail(event.person_id)

    base.events.subscribe(PersonDoubted, begin_anew, needed=True)
    base.events.subscribe(PersonChanged, close_contingency, needed=True)


def _endings(parts: _Parts) -> Endings:
    base, rooms = parts.base, parts.rooms
    notices = LogoutNotices(
        http=base.http,
        keyring=rooms.keyring,
        clients=rooms.clients,
        subjects=rooms.subjects,
        queue=rooms.queue,
        audit=base.audit,
        stream=base.stream,
        clock=base.clock,
        random=base.random,
        issuer=parts.issuer,
    )
    endings = Endings(
        access=parts.access,
        refresh=parts.refresh_store,
        notices=notices,
        queue=rooms.queue,
        audit=base.audit,
        stream=base.stream,
        clock=base.clock,
    )
    rooms.jobs.register(NOTIFY, notices.deliver, NOTIFY_RETRY)
    rooms.jobs.register(REVOKE, endings.revoke, _REVOKE_RETRY)
    return endings


def _server(parts: _Parts, endings: Endings) -> ProviderServer:
    base, rooms, settings = parts.base, parts.rooms, parts.base.settings
    codes = Codes(
        store=RedisCodes(
            base.redis,
            marker_ttl=settings.code_ttl + settings.access_token_ttl + 60,
            session_ttl=settings.session_ttl + 60,
        ),
        tokens=parts.tokens,
        endings=endings,
        subjects=rooms.subjects,
        audit=base.audit,
        noted=rooms.noted,
        clock=base.clock,
        random=base.random,
        code_ttl=settings.code_ttl,
        refresh_token_ttl=settings.refresh_token_ttl,
    )
    refresh = RefreshTokens(
        store=parts.refresh_store,
        access=parts.access,
        tokens=parts.tokens,
        logins=rooms.logins,
        endings=endings,
        noted=rooms.noted,
        clock=base.clock,
        random=base.random,
    )
    return ProviderServer(
        granting=Granting(
            codes=codes,
            refresh=refresh,
            tokens=parts.tokens,
            dpop=parts.dpop,
            random=base.random,
            issuer=parts.issuer,
        ),
        id_tokens=IdTokens(
            issuer=parts.issuer,
            keyring=rooms.keyring,
            people=rooms.people,
            clock=base.clock,
            ttl=settings.id_token_ttl,
        ),
        authentication=ClientAuthentication(
            keys=parts.keys, spent=parts.spent, clock=base.clock, issuer=parts.issuer
        ),
        clients=rooms.clients,
        noted=rooms.noted,
        clock=base.clock,
        issuer=parts.issuer,
    )
