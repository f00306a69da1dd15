"""A log with all that vouches for it, and ways to tamper with it that the database would refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.audit_checkpoints import SqlCheckpointStore
from idp.adapters.sql.audit_seals import SqlSealStore
from idp.adapters.sql.database import Database
from idp.audit.checkpointer import Checkpointer, Due
from idp.audit.checkpoints import Kind, Signed
from idp.audit.findings import Findings
from idp.audit.log import Audit
from idp.audit.purging import AuditPurge
from idp.audit.sealer import Sealer
from idp.audit.seals import GENESIS, seal_hash
from idp.audit.trail import Trail, verify_export
from idp.audit.verify import Report
from idp.kernel.clock import FixedClock
from idp.kernel.random import SeededRandom
from idp.signing.audit_keys import AuditKeyFolder, TrustedAuditKeys

_TABLES = ("audit_log", "audit_seals", "audit_unsealed", "audit_checkpoints")
EVERY = timedelta(seconds=300)


@dataclass
class SealedLog:
    """What the worker and `idp audit` have, over one database. copies: what left the machine."""

    database: Database
    clock: FixedClock
    audit: Audit
    seals: SqlSealStore
    sealer: Sealer
    checkpoints: SqlCheckpointStore
    checkpointer: Checkpointer
    keys: AuditKeyFolder
    trail: Trail
    purge: AuditPurge
    copies: list[str] = field(default_factory=list)
    last: Report | None = None

    def write(self, rows: int, **more: Any) -> None:
        """Rows, each a second after the one before."""
        for number in range(rows):
            self.audit.record(
                "session.ended", person_id=f"per_{number}", client_id="mr", realm="sol",
                mode="sunat", reference="A-1", actor="ana", sid=f"ses_{number}", **more,
            )  # fmt: skip
            self.clock.advance(1)

    def seal(self) -> None:
        while self.sealer.step():
            pass

    def sign(self, kind: Kind = Kind.ASKED) -> Signed:
        self.seal()
        made = self.checkpointer.make(kind)
        self.copies.append(made.jws)
        return made

    def found(self, *, copies: bool = False) -> list[str]:
        """What a verification finds: `what number id`."""
        findings = Findings()
        keys = TrustedAuditKeys(self.keys.jwks())
        self.last = self.trail.verify(keys, findings, self.copies if copies else ())
        return told(findings)

    def found_in(
        self, lines: list[str], *, copies: bool = False, keys: TrustedAuditKeys | None = None
    ) -> list[str]:
        """What a verification of an export finds."""
        findings = Findings()
        keys = keys or TrustedAuditKeys(self.keys.jwks())
        _, self.last = verify_export(lines, keys, findings, self.copies if copies else ())
        return told(findings)

    def tamper(self, *statements: str, **values: Any) -> None:
        """As somebody would who owns the database: first of all without what guards it."""
        with self.database.transaction(), self.database.connection() as connection:
            postgres = connection.dialect.name == "postgresql"
            if postgres:
                for table in _TABLES:
                    connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
                dropped = []
            else:
                dropped = connection.execute(
                    text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                ).all()
                for name, _ in dropped:
                    connection.execute(text(f"DROP TRIGGER {name}"))
            for statement in statements:
                connection.execute(text(statement), values)
            for _, sql in dropped:
                connection.execute(text(sql))
            if postgres:
                for table in _TABLES:
                    connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))

    def seq_of(self, number: int) -> int:
        seal = self.seals.at(number)
        assert seal is not None
        return seal.seq

    def rewrite(self, first: int, change: str) -> None:
        """Change row `first`, and make every seal from there on anew, as a careful forger would."""
        self.tamper(f"UPDATE audit_log SET {change} WHERE seq = {self.seq_of(first)}")
        rows = list(self.seals.sealed(first - 1))
        before = self.seals.at(first - 1)
        previous = before.hash if before else GENESIS
        changes = []
        for one in rows:
            assert one.row is not None
            seal = one.seal
            made = seal_hash(seal.number, previous, seal.sealed_at, seal.form, one.row)
            changes.append(
                f"UPDATE audit_seals SET previous = '{previous}', hash = '{made}' "
                f"WHERE number = {seal.number}"
            )
            previous = made
        self.tamper(*changes)


def fill(log: SealedLog) -> None:
    """Thirty rows; signed for after the tenth, the twentieth and the last."""
    for _ in range(3):
        log.write(10)
        log.sign()
        log.clock.advance(360)


def told(findings: Findings) -> list[str]:
    """Each finding by what, number (to number) and id, those of the seed cut short."""
    found = []
    for one in findings.kept:
        place = f" {one.number}" if one.number is not None else ""
        place += f"-{one.until}" if one.until is not None and one.until != one.number else ""
        found.append(f"{one.what.value}{place}")
    return found


def ids_of(findings: Findings) -> list[str]:
    return [one.id or "" for one in findings.kept]


def sealed_log(database: Database, folder: Path, clock: FixedClock, seed: int = 7) -> SealedLog:
    """Everything, with a key of its own."""
    audit = Audit(store=SqlAuditStore(database), clock=clock, random=SeededRandom(seed))
    seals, checkpoints = SqlSealStore(database), SqlCheckpointStore(database)
    keys = AuditKeyFolder(folder, clock=clock)
    if not folder.exists():
        keys.generate()
    checkpointer = Checkpointer(
        chain=seals, store=checkpoints, signer=keys, uow=database, audit=audit, clock=clock,
        issuer="https://idp.example", due=Due(EVERY, 100),
    )  # fmt: skip
    trail = Trail(
        store=seals, checkpoints=checkpoints, clock=clock, issuer="https://idp.example",
        every=EVERY,
    )  # fmt: skip
    return SealedLog(
        database, clock, audit, seals, Sealer(store=seals, clock=clock), checkpoints, checkpointer,
        keys, trail, AuditPurge(front=seals, checkpoints=checkpointer),
    )  # fmt: skip


def json_of(line: str, change: str, to: str) -> str:
    """A line with a text changed, which must be there."""
    changed, count = re.subn(change, to, line, count=1)
    assert count == 1, (line, change)
    return changed
