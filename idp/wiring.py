"""Composition: the only place that names concrete classes.

Owns: building the services of a process from its settings, subscriptions to events, which room
takes which step, the handlers of the queue, and the periodic work.
Does not own: any behaviour.
May import: every room, the adapters, settings, kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idp.account.mails import AccountMails
from idp.account.service import Account
from idp.adapters.http.client import GuardedHttpClient
from idp.adapters.queue.broker import DramatiqQueue, declare, make_broker
from idp.adapters.redis.audit_stream import RedisAuditStream
from idp.adapters.redis.captcha import RedisSpentSolutions
from idp.adapters.redis.codes import RedisCodes
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.flags import RedisFlagMessenger
from idp.adapters.redis.limits import RedisCounter
from idp.adapters.redis.links import RedisLinks
from idp.adapters.redis.sessions import RedisSessions
from idp.adapters.redis.transactions import RedisTransactions
from idp.adapters.redis.upstream_states import RedisUpstreamStates
from idp.adapters.smtp.relay import SmtpRelay
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.contact import SqlBrowserStore, SqlVerificationStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.spent_links import SqlSpentLinks
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.captcha.service import Captcha, Tools
from idp.clients.registry import ClientRegistry, ClientsFileError, Reload
from idp.contingency.delivery import RETRY as DELIVERY_RETRY
from idp.contingency.delivery import Delivery
from idp.contingency.entry import Entry
from idp.contingency.form import Patterns
from idp.contingency.sealing import Sealing
from idp.contingency.service import DELIVER, Contingency
from idp.federation.clientessol import ClientesSol, Endpoint
from idp.federation.driver import Upstream as Driver
from idp.federation.service import Federation
from idp.federation.token import Expected, pinned_keys
from idp.jobs.periodic import Periodic
from idp.jobs.registry import Jobs
from idp.kernel.clock import Clock, SystemClock
from idp.kernel.errors import Unavailable
from idp.kernel.events import EventBus
from idp.kernel.ids import derive_key, new_id
from idp.kernel.random import Random, SystemRandom
from idp.limits.service import Limits
from idp.links.service import Links
from idp.login.service import Logins
from idp.login.sessions import Sessions
from idp.login.steps import StepKind
from idp.login.transactions import Transactions
from idp.mail.templates import MailTemplates
from idp.oidc.access import Bearer, OpaqueAccessTokens, UserInfo
from idp.oidc.authorization import Authorization
from idp.oidc.codes import Codes
from idp.oidc.id_token import IdTokens
from idp.oidc.logout import Logout
from idp.oidc.server import ProviderServer
from idp.people.service import People
from idp.settings import Settings, Upstream
from idp.signing.keyring import Keyring
from idp.signing.store import KeyringError
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.watcher import FlagWatcher
from idp.web.render import HelpDesk

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

# Which room takes a step: (transaction id, realm; for FINISH the destination) -> path.
STEP_URLS: Mapping[StepKind, Callable[[str, str], str]] = {
    StepKind.UPSTREAM: lambda txn, realm: f"/upstream/{realm}/start?txn={txn}",
    StepKind.CONTINGENCY: lambda txn, realm: f"/contingencia/{txn}",
    StepKind.FINISH: lambda txn, destination: (
        "/cuenta" if destination == "account" else f"/authorize/{txn}"
    ),
}


@dataclass(frozen=True)
class Services:
    """Every service of a process; views and commands are handed the few that they need."""

    settings: Settings
    clock: Clock
    random: Random
    events: EventBus
    redis: RedisGateway
    database: Database
    audit: Audit
    audit_stream: RedisAuditStream
    clients: ClientRegistry
    keyring: Keyring
    limits: Limits
    people: People
    upstream_status: UpstreamStatus
    flag_watcher: FlagWatcher
    links: Links
    jobs: Jobs
    queue: DramatiqQueue
    periodic: Periodic
    logins: Logins
    server: ProviderServer
    authorization: Authorization
    userinfo: UserInfo
    access_tokens: OpaqueAccessTokens
    logout: Logout
    federation: Federation
    contingency: Contingency
    entry: Entry
    account: Account

    def start(self) -> None:
        """Begin what runs beside the requests: the watchers of the flag and of clients.yaml."""
        self.flag_watcher.start()
        self.clients.start()

    def stop(self) -> None:
        """End it, and close the connections."""
        self.clients.stop()
        self.flag_watcher.stop()
        self.redis.close()
        self.database.close()


@dataclass(frozen=True)
class _Base:
    """What every service stands on."""

    settings: Settings
    clock: Clock
    random: Random
    events: EventBus
    redis: RedisGateway
    database: Database
    audit: Audit
    stream: RedisAuditStream

    def key(self, purpose: str) -> bytes:
        return derive_key(self.settings.secret_key, purpose)


def build_services(
    settings: Settings, *, clock: Clock | None = None, random: Random | None = None
) -> Services:
    """Build a process's services. Connects to nothing yet; keys and clients are read here.

    Raises what `Keyring.load` and `ClientRegistry` raise for files that cannot be used.
    """
    clock, random = clock or SystemClock(), random or SystemRandom()
    redis, database = RedisGateway(settings.redis_url), Database(settings.database_url)
    audit = Audit(store=SqlAuditStore(database), clock=clock, random=random)
    stream = RedisAuditStream(redis, consumer=new_id(random, "drain"))
    base = _Base(settings, clock, random, EventBus(), redis, database, audit, stream)

    keyring = Keyring.load(settings.keys_dir, clock=clock)
    realms = tuple(one.realm for one in settings.upstreams)
    clients = ClientRegistry(settings.clients_file, realms=realms, production=settings.production)
    clients.on_reload = lambda told: _tell_reload(audit, told)
    limits = Limits(counter=RedisCounter(redis), clock=clock, key=base.key("limits"))
    people = _people(base)
    status, watcher = _upstream_status(base, realms)
    logins = _logins(base, clients, people, status, realms)
    links = Links(
        store=RedisLinks(redis), spent=SqlSpentLinks(database), uow=database, audit=audit,
        clock=clock, random=random, key=base.key("links"),
        ttl=settings.link_ttl, max_age=settings.link_max_age,
    )  # fmt: skip
    jobs = Jobs()
    broker = make_broker(settings.redis_url)
    queue = DramatiqQueue(broker)
    store = _code_store(base)
    codes = _codes(base, store)
    server = ProviderServer(
        codes=codes,
        id_tokens=IdTokens(
            issuer=settings.issuer, keyring=keyring, clock=clock, ttl=settings.id_token_ttl
        ),
        clients=clients, audit=audit, clock=clock,
    )  # fmt: skip
    templates = MailTemplates(
        TEMPLATES,
        shared={"help_desk": HelpDesk(settings.help_desk_phone, settings.help_desk_email)},
    )
    relay = SmtpRelay(settings.smtp_url, sender=settings.mail_from, ca_file=settings.smtp_ca_file)
    mails = AccountMails(
        people=people, templates=templates, relay=relay, audit=audit, clock=clock,
        issuer=settings.issuer,
    )  # fmt: skip
    sealing = Sealing(key=base.key("sealing"), random=random)
    delivery = Delivery(
        links=links, people=people, clients=clients, sealing=sealing,
        templates=templates, relay=relay, audit=audit, stream=stream, events=base.events,
        clock=clock, issuer=settings.issuer,
    )  # fmt: skip
    jobs.register(DELIVER, delivery, DELIVERY_RETRY)
    for name, handler in mails.handlers().items():
        jobs.register(name, handler)
    declare(broker, jobs)
    return Services(
        settings=settings, clock=clock, random=random, events=base.events, redis=redis,
        database=database, audit=audit, audit_stream=stream, clients=clients, keyring=keyring,
        limits=limits, people=people, upstream_status=status, flag_watcher=watcher, links=links,
        jobs=jobs, queue=queue, periodic=_periodic(base, people), logins=logins, server=server,
        authorization=Authorization(server=server, logins=logins, limits=limits),
        userinfo=UserInfo(bearer=Bearer(store, clock), people=people, clock=clock),
        access_tokens=OpaqueAccessTokens(store, clock),
        logout=Logout(keyring=keyring, clients=clients, issuer=settings.issuer),
        federation=_federation(base, logins, people),
        contingency=_contingency(base, logins, links, limits, people, queue, sealing),
        entry=Entry(
            links=links, transactions=logins.transactions, people=people,
            clients=clients, audit=audit, stream=stream, clock=clock,
        ),
        account=Account(people=people, limits=limits, queue=queue, clock=clock),
    )  # fmt: skip


def _tell_reload(audit: Audit, told: Reload) -> None:
    if told.ok:
        audit.record(AuditEvent.CLIENTS_RELOADED, clients=told.clients, digest=told.digest)
    else:
        audit.record(
            AuditEvent.CLIENTS_RELOAD_FAILED, problems=len(told.problems), digest=told.digest
        )


def _people(base: _Base) -> People:
    settings = base.settings
    return People(
        store=SqlPersonStore(base.database),
        verifications=SqlVerificationStore(base.database),
        browsers=SqlBrowserStore(base.database),
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


def _upstream_status(base: _Base, realms: tuple[str, ...]) -> tuple[UpstreamStatus, FlagWatcher]:
    messenger = RedisFlagMessenger(base.redis)
    status = UpstreamStatus(
        store=SqlFlagStore(base.database),
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        realms=realms,
        messenger=messenger,
        events=base.events,
    )
    return status, FlagWatcher(status=status, messenger=messenger)


def _logins(
    base: _Base,
    clients: ClientRegistry,
    people: People,
    status: UpstreamStatus,
    realms: tuple[str, ...],
) -> Logins:
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
        realms=realms,
        clock=base.clock,
    )


def _code_store(base: _Base) -> RedisCodes:
    settings = base.settings
    return RedisCodes(
        base.redis,
        marker_ttl=settings.code_ttl + settings.access_token_ttl + 60,
        session_ttl=settings.session_ttl + 60,
    )


def _codes(base: _Base, store: RedisCodes) -> Codes:
    return Codes(
        store=store,
        audit=base.audit,
        clock=base.clock,
        random=base.random,
        issuer=base.settings.issuer,
        code_ttl=base.settings.code_ttl,
        access_token_ttl=base.settings.access_token_ttl,
    )


def _contingency(
    base: _Base,
    logins: Logins,
    links: Links,
    limits: Limits,
    people: People,
    queue: DramatiqQueue,
    sealing: Sealing,
) -> Contingency:
    settings = base.settings
    return Contingency(
        transactions=logins.transactions,
        dispatcher=logins,
        links=links,
        captcha=Captcha(
            vendor=settings.captcha,
            tools=Tools(
                spent=RedisSpentSolutions(base.redis),
                clock=base.clock,
                key=base.key("captcha"),
                altcha_cost=settings.altcha_cost,
            ),
        ),
        limits=limits,
        browsers=people,
        queue=queue,
        sealing=sealing,
        audit=base.audit,
        stream=base.stream,
        identifier_key=base.key("identifier"),
        link_max_age=settings.link_max_age,
        patterns=Patterns(settings.sol_user_pattern, settings.extranet_user_pattern),
    )


def _federation(base: _Base, logins: Logins, people: People) -> Federation:
    settings = base.settings
    http = GuardedHttpClient(
        allow=settings.outbound_allow,
        proxy=settings.outbound_proxy,
        ca_file=settings.outbound_ca_file,
    )
    return Federation(
        upstreams={one.realm: _driver(one, base, http) for one in settings.upstreams},
        states=RedisUpstreamStates(base.redis),
        transactions=logins.transactions,
        people=people,
        audit=base.audit,
        clock=base.clock,
        random=base.random,
        issuer=settings.issuer,
    )


def _driver(upstream: Upstream, base: _Base, http: GuardedHttpClient) -> Driver:
    endpoint = Endpoint(
        base_url=upstream.base_url,
        path=upstream.path,
        client_id=upstream.client_id,
        client_secret=upstream.client_secret,
        label=upstream.label,
        grant_type=upstream.grant_type,
        timeout=upstream.timeout,
        # SUNAT may hang: half of the threads stay free for everybody else.
        parallel=max(1, base.settings.threads // 2),
    )
    return ClientesSol(
        endpoint=endpoint,
        expected=Expected(
            realm=upstream.realm,
            issuer=endpoint.token_url,
            client_id=upstream.client_id,
            tip_origen=upstream.tip_origen,
            sol_user_pattern=base.settings.sol_user_pattern,
            extranet_user_pattern=base.settings.extranet_user_pattern,
            pinned=pinned_keys(upstream.pinned_keys),
        ),
        http=http,
        clock=base.clock,
    )


def _periodic(base: _Base, people: People) -> Periodic:
    """What each worker does regularly; two workers at once do no harm."""
    store = SqlAuditStore(base.database)
    periodic = Periodic(clock=base.clock)
    periodic.register("audit.drain", 1.0, lambda: drain(base.stream, store))
    periodic.register("people.purge", 3_600.0, lambda: people.purge(base.clock.now()))
    spent = SqlSpentLinks(base.database)
    # A link's record in Redis is gone after a day; a month leaves room for any fail-over.
    month = timedelta(days=30)
    periodic.register("links.purge", 3_600.0, lambda: spent.purge(base.clock.now() - month))
    return periodic


def worker_broker(services: Services) -> Callable[[], Any]:
    """What `idp worker` runs: a new broker with every actor declared, each time it is called."""

    def make() -> Any:
        broker = make_broker(services.settings.redis_url)
        declare(broker, services.jobs)
        return broker

    return make


def upstream_origins(settings: Settings) -> tuple[str, ...]:
    """Scheme, host and port of each upstream: where a form of ours may lead by redirect."""
    parts = [urlsplit(one.base_url) for one in settings.upstreams]
    return tuple(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts))


def start_problems(settings: Settings) -> list[str]:
    """Everything beyond the environment that would keep the provider from serving, a line each."""
    problems: list[str] = []
    realms = tuple(one.realm for one in settings.upstreams)
    needed: dict[str, str] = {}
    try:
        clients = ClientRegistry(
            settings.clients_file, realms=realms, production=settings.production
        )
        needed = {one.id_token_signed_response_alg: one.client_id for one in clients.all()}
    except ClientsFileError as error:
        problems.extend(str(one) for one in error.problems)
    try:
        algorithms = Keyring.load(settings.keys_dir, clock=SystemClock()).algorithms
        problems.extend(
            f"IDP_KEYS_DIR: no {alg} key, which {client_id} needs"
            for alg, client_id in needed.items()
            if alg not in algorithms
        )
    except KeyringError as error:
        problems.extend(str(one) for one in error.problems)
    pings: tuple[tuple[str, Callable[[], None]], ...] = (
        ("IDP_REDIS_URL", lambda: RedisGateway(settings.redis_url).ping()),
        ("IDP_DATABASE_URL", lambda: Database(settings.database_url).ping()),
    )
    for name, ping in pings:
        try:
            ping()
        except (Unavailable, ValueError) as error:
            problems.append(f"{name}: {error}")
    return problems
