"""Who a person is and how they prove it: people, the flag, the dispatcher, SUNAT, limits."""

from __future__ import annotations

from idp.account.accesses import AccessDesk
from idp.account.joined_mails import JoinedNotices
from idp.adapters.http.client import GuardedHttpClient
from idp.adapters.redis.limits import RedisCounter
from idp.adapters.redis.sessions import RedisSessions
from idp.adapters.redis.transactions import RedisTransactions
from idp.adapters.redis.upstream_states import RedisUpstreamStates
from idp.adapters.sql.contact import SqlBrowserStore, SqlVerificationStore
from idp.adapters.sql.coverage import SqlUseStore
from idp.adapters.sql.identities import SqlIdentityStore, SqlMergeStore
from idp.adapters.sql.imports import SqlImportStore
from idp.adapters.sql.nudges import SqlNudgeStore
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlErased, SqlHolds
from idp.adapters.sql.retired_subs import SqlRetiredSubs
from idp.clients.registry import ClientRegistry
from idp.clients.subjects import Subjects
from idp.federation.clientessol import ClientesSol, Endpoint
from idp.federation.driver import Upstream as Driver
from idp.federation.service import Federation
from idp.federation.token import Expected, pinned_keys
from idp.jobs.ports import JobQueue
from idp.kernel.errors import StartError
from idp.limits.service import Limits
from idp.limits.table import table
from idp.links.service import Links
from idp.login.service import Logins
from idp.login.sessions import Sessions
from idp.login.transactions import Transactions
from idp.people.joining import Joining
from idp.people.nudges import Nudges
from idp.people.operations import Operations, Stores
from idp.people.service import People
from idp.people.traces import Traces
from idp.settings import Settings, Upstream
from idp.upstream_status.drills import Drills
from idp.upstream_status.evidence import Evidence
from idp.upstream_status.service import UpstreamStatus
from idp.wiring.base import Base


def limits(base: Base) -> Limits:
    """Counters shared by every process."""
    return Limits(
        counter=RedisCounter(base.redis),
        clock=base.clock,
        key=base.key("limits"),
        table=table(
            mail_budget=base.settings.mail_budget,
            mail_domain_budget=base.settings.mail_domain_budget,
            campaign_budget=base.settings.campaign_budget,
        ),
    )


def people(base: Base) -> People:
    """People, their contact data and known browsers."""
    settings = base.settings
    return People(
        store=SqlPersonStore(base.database, base.vault),
        verifications=SqlVerificationStore(base.database),
        browsers=SqlBrowserStore(base.database),
        imports=SqlImportStore(base.database),
        holds=SqlHolds(base.database),
        retired=SqlRetiredSubs(base.database),
        events=base.events,
        erased=SqlErased(base.database, base.vault),
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        random=base.random,
        code_key=base.key("verification"),
        address_cooloff=settings.address_cooloff,
        known_browser_after=settings.known_browser_after,
        known_browser_ttl=settings.known_browser_ttl,
        sol_user_pattern=settings.sol_user_pattern,
        extranet_user_pattern=settings.extranet_user_pattern,
    )


def nudges(base: Base) -> Nudges:
    """What people are told before the day."""
    return Nudges(
        store=SqlPersonStore(base.database, base.vault),
        told=SqlNudgeStore(base.database),
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        again=base.settings.nudge_again,
        confirm=base.settings.address_confirm,
    )


def logins(
    base: Base,
    clients: ClientRegistry,
    people: People,
    status: UpstreamStatus,
    subjects: Subjects,
    nudges: Nudges,
    realms: tuple[str, ...],
    drills: Drills,
) -> Logins:
    """The dispatcher of a login."""
    settings = base.settings
    return Logins(
        transactions=Transactions(
            store=RedisTransactions(base.redis, base.clock),
            clock=base.clock,
            random=base.random,
            ttl=settings.transaction_ttl,
            touched_ttl=settings.transaction_touched_ttl,
        ),
        sessions=Sessions(
            store=RedisSessions(base.redis),
            audit=base.audit,
            stream=base.stream,
            events=base.events,
            clock=base.clock,
            random=base.random,
            ttl=settings.session_ttl,
            contingency_ttl=settings.contingency_session_ttl,
            idle=settings.session_idle,
        ),
        clients=clients,
        people=people,
        upstream_status=status,
        subjects=subjects,
        realms=realms,
        clock=base.clock,
        issuer=settings.issuer,
        nudges=nudges,
        drills=drills,
    )


def operations(base: Base) -> Operations:
    """What an operator's hand in who is who stands on."""
    stores = Stores(
        persons=SqlPersonStore(base.database, base.vault),
        identities=SqlIdentityStore(base.database, base.vault),
        merges=SqlMergeStore(base.database, base.vault),
        retired=SqlRetiredSubs(base.database),
        holds=SqlHolds(base.database),
        verifications=SqlVerificationStore(base.database),
        browsers=SqlBrowserStore(base.database),
        traces=Traces(uses=SqlUseStore(base.database), told=SqlNudgeStore(base.database)),
    )
    return Operations(
        stores=stores,
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        events=base.events,
    )


def joining(base: Base, queue: JobQueue) -> Joining:
    """Joining persons, and undoing it."""
    return Joining(
        operations(base),
        random=base.random,
        tell_owners=JoinedNotices(queue=queue, seals=base.vault, clock=base.clock),
        undo_for=base.settings.merge_undo,
    )


def access_desk(base: Base, logins: Logins, people: People, clients: ClientRegistry) -> AccessDesk:
    """A person's own logins, sessions and known browsers."""

    def name(client_id: str) -> str:
        found = clients.get(client_id)
        return found.client_name if found else client_id

    return AccessDesk(
        people=people,
        sessions=logins.sessions,
        audit=base.audit,
        component_name=name,
        now=base.clock.now,
    )


def guarded_http(settings: Settings) -> GuardedHttpClient:
    """The one way out."""
    return GuardedHttpClient(
        allow=settings.outbound_allow,
        proxy=settings.outbound_proxy,
        ca_file=settings.outbound_ca_file,
    )


def federation(
    base: Base, logins: Logins, people: People, evidence: Evidence, links: Links
) -> Federation:
    """SUNAT, a driver for each realm. Raises StartError for keys that are none."""
    return Federation(
        upstreams={one.realm: _driver(one, base) for one in base.settings.upstreams},
        states=RedisUpstreamStates(base.redis),
        transactions=logins.transactions,
        people=people,
        audit=base.audit,
        clock=base.clock,
        random=base.random,
        issuer=base.settings.issuer,
        evidence=evidence,
        links=links,
    )


def endpoint_of(upstream: Upstream, *, parallel: int = 1) -> Endpoint:
    """Where it is, and who we are to it."""
    return Endpoint(
        base_url=upstream.base_url,
        path=upstream.path,
        client_id=upstream.client_id,
        client_secret=upstream.client_secret,
        label=upstream.label,
        grant_type=upstream.grant_type,
        code_field=upstream.code_field,
        extra_fields=upstream.extra_fields,
        timeout=upstream.timeout,
        parallel=parallel,
    )


def _driver(upstream: Upstream, base: Base) -> Driver:
    try:
        pinned = pinned_keys(upstream.pinned_keys)
    except ValueError as error:
        raise StartError([f"upstream {upstream.realm}: {error}"]) from error
    # SUNAT may hang: half of the threads stay free for everybody else.
    endpoint = endpoint_of(upstream, parallel=max(1, base.settings.threads // 2))
    return ClientesSol(
        endpoint=endpoint,
        expected=Expected(
            realm=upstream.realm,
            issuer=endpoint.token_url,
            client_id=upstream.client_id,
            tip_origen=upstream.tip_origen,
            sol_user_pattern=base.settings.sol_user_pattern,
            extranet_user_pattern=base.settings.extranet_user_pattern,
            pinned=pinned,
        ),
        http=base.http,
        clock=base.clock,
    )
