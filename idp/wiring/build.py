"""Building the services of a process from its settings."""

from __future__ import annotations

from idp.account.drafts import Drafts
from idp.account.nudge import NudgeDesk
from idp.account.own_data import OwnData
from idp.account.service import Account
from idp.adapters.queue.broker import DramatiqQueue, declare, make_broker
from idp.adapters.redis.audit_stream import RedisAuditStream
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.drafts import RedisDrafts
from idp.adapters.redis.tallies import RedisTallies
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.resealing import Resealing
from idp.admin.metrics import LoginTally
from idp.admin.passwords import COST, Cost
from idp.audit.log import Audit
from idp.clients.subjects import Subjects
from idp.contingency.sealing import Sealing
from idp.kernel.clock import Clock, SystemClock
from idp.kernel.events import EventBus, LoginCompleted
from idp.kernel.ids import new_id
from idp.kernel.random import Random, SystemRandom
from idp.limits.noted import Noted
from idp.oidc.identities import Identities
from idp.people.separating import Separating
from idp.settings import Settings
from idp.wiring.audit import audit_room
from idp.wiring.background import Regular, periodic, tell_reload
from idp.wiring.base import Base, Services
from idp.wiring.config_files import keys_and_clients
from idp.wiring.console import console
from idp.wiring.console_pages import ConsoleRooms
from idp.wiring.console_switch import switch_pages
from idp.wiring.contingency import (
    behind,
    bounces,
    contingency,
    elsewhere,
    entry,
    links,
    mail_jobs,
    mail_load,
    mail_tools,
    waiting_room,
)
from idp.wiring.drills import drill_desk, drilling, drills
from idp.wiring.held import Keepers
from idp.wiring.identity import (
    access_desk,
    federation,
    guarded_http,
    joining,
    limits,
    logins,
    nudges,
    operations,
    people,
)
from idp.wiring.notices import person_notices
from idp.wiring.personal import Ageing, documents, personal
from idp.wiring.prober import evidence, probing
from idp.wiring.provider import Rooms, provider
from idp.wiring.reach import campaign_job, campaign_pump, campaign_work, campaigns, coverage
from idp.wiring.reload import Reloader
from idp.wiring.status import admin_mails, flag_notices, status_board, upstream_news
from idp.wiring.switch import switch


def build_services(
    settings: Settings,
    *,
    clock: Clock | None = None,
    random: Random | None = None,
    password_cost: Cost = COST,
) -> Services:
    """Build a process's services. Connects to nothing yet; keys and clients are read here.

    password_cost: of the console's passwords; tests take a small one.

    Raises StartError with every problem of the files that cannot be used.
    """
    clock, random = clock or SystemClock(), random or SystemRandom()
    redis, database = RedisGateway(settings.redis_url), Database(settings.database_url)
    stream = RedisAuditStream(redis, consumer=new_id(random, "drain"))
    http = guarded_http(settings)
    keyring, clients, vault = keys_and_clients(settings, clock, random)
    audit = Audit(store=SqlAuditStore(database), clock=clock, random=random, seals=vault)
    base = Base(settings, clock, random, EventBus(), redis, database, http, audit, stream, vault)

    realms = tuple(one.realm for one in settings.upstreams)
    clients.on_reload = lambda told: tell_reload(audit, told)
    tally = LoginTally(RedisTallies(redis))
    base.events.subscribe(LoginCompleted, tally.completed)
    counters = limits(base)
    noted = Noted(audit=audit, stream=stream, limits=counters)
    persons = people(base)
    switched = switch(base, realms)
    status = switched.status
    gathered = evidence(base, status)
    status.evidence = gathered.evidence_of
    subjects = Subjects(base.key("subjects"))
    telling = nudges(base)
    rehearsed = drills(base, persons, status)
    switched.watcher.also(rehearsed.refresh)
    dispatcher = logins(base, clients, persons, status, subjects, telling, realms, rehearsed)
    one_time = links(base)
    sealing = Sealing(key=base.key("sealing"), random=random)
    load = mail_load(base)
    asking, asked = campaigns(base), campaign_work(base)
    tools = mail_tools(base, persons, counters)
    jobs = mail_jobs(base, dispatcher, one_time, persons, clients, rehearsed, sealing, tools, load)
    campaign_job(base, jobs, tools, asked, persons, status)
    broker = make_broker(settings.redis_url)
    queue = DramatiqQueue(broker)
    surface = provider(
        base,
        Rooms(
            keyring=keyring,
            clients=clients,
            subjects=subjects,
            logins=dispatcher,
            people=persons,
            limits=counters,
            noted=noted,
            queue=queue,
            jobs=jobs,
            upstreams=status,
        ),
    )
    person_notices(base, keyring, clients, queue, jobs)
    status_events = flag_notices(base, keyring, clients, queue, jobs)
    to_admins = admin_mails(base, tools, queue, jobs)
    declare(broker, jobs)
    figures = coverage(base, clients, realms)
    news = upstream_news(base, switched, figures, to_admins, status_events)
    pump = campaign_pump(asked, status, counters, queue)
    joined = joining(base, queue)
    context = behind(base, dispatcher, one_time, persons, clients, noted)
    other = elsewhere(base, dispatcher, one_time, persons, clients, context)
    keepers = Keepers(dispatcher, one_time, clients, subjects, surface.emergencies)
    own = personal(base, persons, keepers, Ageing(joined, asking, figures))
    door = contingency(base, dispatcher, one_time, counters, noted, persons, queue, sealing, load)
    console_rooms = ConsoleRooms(
        limits=counters,
        people=persons,
        clients=clients,
        keyring=keyring,
        logins=dispatcher,
        links=one_time,
        contingency=door,
        erasing=own.erasing,
        status=status,
        load=load,
    )
    pages = console(base, console_rooms, noted, switched, figures, password_cost)
    return Services(
        settings=settings,
        clock=clock,
        random=random,
        events=base.events,
        redis=redis,
        database=database,
        http=http,
        audit=audit,
        audit_stream=stream,
        audit_room=audit_room(base),
        noted=noted,
        clients=clients,
        keyring=keyring,
        limits=counters,
        people=persons,
        drills=rehearsed,
        drilling=drilling(base, rehearsed, dispatcher, clients),
        drill_desk=drill_desk(base, rehearsed, dispatcher, noted),
        coverage=figures,
        campaigns=asking,
        personal=own,
        vault=vault,
        resealing=Resealing(database, vault),
        upstream_status=status,
        switch=switched,
        status_board=status_board(base, status),
        telling=news,
        probing=probing(base, switched, gathered),
        reloader=Reloader(keyring=keyring, clients=clients),
        links=one_time,
        jobs=jobs,
        queue=queue,
        periodic=periodic(
            base, Regular(own.retention, figures, pump, switched, news, surface.failback, rehearsed)
        ),
        logins=dispatcher,
        provider=surface,
        identities=Identities(
            joining=joined,
            separating=Separating(operations(base)),
            emergencies=surface.emergencies,
            clients=clients,
            subjects=subjects,
        ),
        federation=federation(base, dispatcher, persons, gathered, one_time),
        contingency=door,
        waiting_room=waiting_room(base, dispatcher, one_time, load),
        mail_load=load,
        bounces=bounces(base, persons),
        entry=entry(base, dispatcher, one_time, persons, context, other),
        elsewhere=other,
        account=Account(people=persons, limits=counters, queue=queue, clock=clock),
        nudge_desk=NudgeDesk(nudges=telling, people=persons),
        access_desk=access_desk(base, dispatcher, persons, clients),
        documents=documents(settings),
        own_data=OwnData(dossiers=own.dossiers, limits=counters),
        drafts=Drafts(store=RedisDrafts(redis), vault=vault, clock=clock),
        console=pages,
        console_switch=switch_pages(base, pages, clients, load),
    )
