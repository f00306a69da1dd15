"""Tables of the prober: what it saw, who it is, what it did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, FreeText, UtcDateTime


class ProbeStepRow(Base):
    """One step of one probe. at: milliseconds since the epoch, by which every database groups."""

    __tablename__ = "upstream_probes"
    __table_args__ = (Index(None, "at"),)

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(String(16), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16))
    ms: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    tries: Mapped[int] = mapped_column(Integer)


class ProberRow(Base):
    """A prober's process, and when it was last there."""

    __tablename__ = "upstream_probers"

    instance: Mapped[str] = mapped_column(String(128), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leading: Mapped[bool] = mapped_column(Boolean)


class ProberActRow(Base):
    """That administrators were advised or asked about a verdict: once, by whichever prober.

    episode: when the verdict began. evidence: JSON.
    """

    __tablename__ = "upstream_prober_acts"
    __table_args__ = (Index(None, "at"),)

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    act: Mapped[str] = mapped_column(String(16), primary_key=True)
    episode: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    up: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(FreeText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    evidence: Mapped[str] = mapped_column(FreeText)
