"""The chain over the audit log: sealing it, signing for it, getting that off the machine."""

from __future__ import annotations

from datetime import timedelta

from idp.adapters.sql.audit_checkpoints import SqlCheckpointStore
from idp.adapters.sql.audit_personal import SqlAuditPersonal
from idp.adapters.sql.audit_seals import SqlSealStore
from idp.audit.checkpointer import Checkpointer, Due
from idp.audit.delivery import Delivery, FileDestination, HttpDestination
from idp.audit.personal_records import PersonalRecords
from idp.audit.ports import Destination
from idp.audit.purging import AuditPurge
from idp.audit.sealer import Sealer
from idp.audit.trail import Trail
from idp.jobs.beside import Beside
from idp.jobs.periodic import Left, Periodic
from idp.kernel.clock import Clock, SystemClock
from idp.kernel.errors import Unavailable
from idp.settings import Settings
from idp.signing.audit_keys import AuditKeyFolder
from idp.wiring.base import Base
from idp.wiring.surface import AuditRoom


def audit_room(base: Base) -> AuditRoom:
    """The services of it."""
    keys = AuditKeyFolder(base.settings.audit_keys, clock=base.clock)
    checkpoints = SqlCheckpointStore(base.database)
    beside = PersonalRecords(
        store=SqlAuditPersonal(base.database), seals=base.vault, audit=base.audit
    )
    return AuditRoom(
        sealer=Sealer(store=SqlSealStore(base.database), clock=base.clock),
        checkpointer=checkpointer(base),
        delivery=Delivery(store=checkpoints, destinations=_destinations(base), clock=base.clock),
        keys=keys,
        trail=Trail(
            store=SqlSealStore(base.database),
            checkpoints=checkpoints,
            clock=base.clock,
            issuer=base.settings.issuer,
            every=timedelta(seconds=base.settings.audit_checkpoint_every),
            beside=beside.check,
        ),
        personal=beside,
    )


def checkpointer(base: Base) -> Checkpointer:
    """What signs for the chain."""
    settings = base.settings
    return Checkpointer(
        chain=SqlSealStore(base.database),
        store=SqlCheckpointStore(base.database),
        signer=AuditKeyFolder(settings.audit_keys, clock=base.clock),
        uow=base.database,
        audit=base.audit,
        clock=base.clock,
        issuer=settings.issuer,
        due=Due(timedelta(seconds=settings.audit_checkpoint_every), settings.audit_checkpoint_rows),
    )


def audit_purge(base: Base) -> AuditPurge:
    """What removes the front of the log by age."""
    return AuditPurge(front=SqlSealStore(base.database), checkpoints=checkpointer(base))


def beside(room: AuditRoom, clock: Clock) -> tuple[Beside, Beside]:
    """What each worker does of it, in threads of their own: no report, no purge and no address that
    hangs may hold the sealer up.
    """

    def seal() -> Left | None:
        try:
            more = room.sealer.step()
            if room.checkpointer.step(flipped=room.sealer.flipped):
                room.sealer.flipped = False
        except Unavailable:
            room.checkpointer.hindered()
            raise
        return Left.MORE if more else None

    sealing, leaving = Periodic(clock=clock), Periodic(clock=clock)
    sealing.register("audit.seal", 1.0, seal)
    leaving.register("audit.deliver", 2.0, lambda: Left.MORE if room.delivery.step() else None)
    return Beside("audit.seal", sealing), Beside("audit.deliver", leaving)


def audit_problems(settings: Settings) -> list[str]:
    """What production lacks for an audit log that can be trusted. `idp check` tells; nothing stops
    for it: people log in although no auditor could be told.
    """
    if not settings.production:
        return []
    problems = AuditKeyFolder(settings.audit_keys, clock=SystemClock()).problems()
    if not (settings.audit_checkpoints_file or settings.audit_checkpoints_url):
        problems.append(
            "IDP_AUDIT_CHECKPOINTS_FILE, IDP_AUDIT_CHECKPOINTS_URL: neither is set; whoever rules "
            "this machine could write the audit log anew unseen"
        )
    return problems


def _destinations(base: Base) -> list[Destination]:
    found: list[Destination] = []
    if base.settings.audit_checkpoints_file is not None:
        found.append(FileDestination(base.settings.audit_checkpoints_file))
    if base.settings.audit_checkpoints_url is not None:
        found.append(HttpDestination(base.http, base.settings.audit_checkpoints_url))
    return found
