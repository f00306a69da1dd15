"""Tables of the room `upstream_status`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
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
