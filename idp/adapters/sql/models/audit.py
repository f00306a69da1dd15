"""Table of the room `audit`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, FreeText, Serial, UtcDateTime


class AuditRow(Base):
    """One audit record. `seq` is the order of arrival; ids of persons are no foreign keys, since
    the log outlives whom it tells of."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "person_id"),
        Index(None, "reference"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(String(48))
    person_id: Mapped[str | None] = mapped_column(String(40))
    client_id: Mapped[str | None] = mapped_column(FreeText)
    actor: Mapped[str | None] = mapped_column(FreeText)
    realm: Mapped[str | None] = mapped_column(FreeText)
    mode: Mapped[str | None] = mapped_column(FreeText)
    reference: Mapped[str | None] = mapped_column(FreeText)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


class AuditPersonalRow(Base):
    """What is kept beside a record, sealed, and may be erased (`audit.personal`). No foreign keys:
    it goes before its record and with its person, neither of which is to wait for it."""

    __tablename__ = "audit_personal"
    __table_args__ = (Index(None, "at"), Index(None, "person_id"))

    record_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[str | None] = mapped_column(String(40))
    sealed: Mapped[str] = mapped_column(Text)


class AuditUnsealedRow(Base):
    """A row of the log that no seal holds yet. The database itself puts it here with the row, so
    that it is there as soon as the row is, whatever `seq` others took meanwhile."""

    __tablename__ = "audit_unsealed"

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)


class AuditSealRow(Base):
    """A link of the chain (`audit.seals`). form: how what is hashed is written. The row itself is
    never written again; no foreign key, since a row that is gone must leave its seal behind."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Serial, unique=True)
    record_id: Mapped[str] = mapped_column(String(40))
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    form: Mapped[int] = mapped_column(SmallInteger)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditCheckpointRow(Base):
    """A signed statement about the chain (`audit.checkpoints`). jws: the statement; the other
    columns repeat what is looked for. filed_at, posted_at: since when it is outside."""

    __tablename__ = "audit_checkpoints"
    __table_args__ = (
        Index(None, "purged_to"),
        *(
            Index(
                f"ix_audit_checkpoints_not_{name}",
                "n",
                postgresql_where=text(f"{name}_at IS NULL"),
                sqlite_where=text(f"{name}_at IS NULL"),
            )
            for name in ("filed", "posted")
        ),
    )

    n: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[int] = mapped_column(Serial)
    hash: Mapped[str] = mapped_column(String(64))
    purged_to: Mapped[int | None] = mapped_column(Serial)
    jws: Mapped[str] = mapped_column(Text)
    filed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    posted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
