"""Tables of the room `upstream_status`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, FreeText, Serial, UtcDateTime


class FlagRow(Base):
    """The flag of an upstream."""

    __tablename__ = "upstream_flags"

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(FreeText)
    who: Mapped[str] = mapped_column(FreeText)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FlagChangeRow(Base):
    """One change of a flag."""

    __tablename__ = "upstream_flag_history"
    __table_args__ = (Index(None, "realm", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    realm: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(FreeText)
    who: Mapped[str] = mapped_column(FreeText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    via: Mapped[str] = mapped_column(String(16))
    approved_by: Mapped[str | None] = mapped_column(FreeText)
    override_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)


class UpstreamEvidenceRow(Base):
    """What the prober makes of an upstream, what was decided by it, and who decides."""

    __tablename__ = "upstream_evidence"

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    policy: Mapped[str | None] = mapped_column(String(16))
    judged_up: Mapped[bool | None] = mapped_column(Boolean)
    judged_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    judged_reason: Mapped[str | None] = mapped_column(FreeText)
    healthy: Mapped[bool | None] = mapped_column(Boolean)
    healthy_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    health_reason: Mapped[str | None] = mapped_column(FreeText)
    probed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    probe_ok: Mapped[bool | None] = mapped_column(Boolean)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WindowRow(Base):
    """Announced maintenance."""

    __tablename__ = "upstream_windows"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    reason: Mapped[str] = mapped_column(FreeText)
    who: Mapped[str] = mapped_column(FreeText)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TransitionRow(Base):
    """One change of what is in force."""

    __tablename__ = "upstream_transitions"
    __table_args__ = (UniqueConstraint("realm", "seq"), Index(None, "at"), Index(None, "told_at"))

    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    up: Mapped[bool] = mapped_column(Boolean)
    why: Mapped[str] = mapped_column(String(16))
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(FreeText)
    who: Mapped[str | None] = mapped_column(FreeText)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FlagRequestRow(Base):
    """A change that waits, or waited, for somebody's word."""

    __tablename__ = "upstream_requests"
    __table_args__ = (Index(None, "decided_at"), Index(None, "asked_at"))

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    wanted: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(FreeText)
    who: Mapped[str] = mapped_column(FreeText)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline: Mapped[datetime] = mapped_column(UtcDateTime)
    do_then: Mapped[bool] = mapped_column(Boolean)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    decision: Mapped[str | None] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(FreeText)
