"""Tables of drills, of the room `upstream_status`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, FreeText, UtcDateTime


class DrillRow(Base):
    """A drill; clients: the list of components, empty for all."""

    __tablename__ = "drills"
    __table_args__ = (Index(None, "begins_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    clients: Mapped[list[str]] = mapped_column(JSON)
    percent: Mapped[int]
    everyone: Mapped[bool]
    reason: Mapped[str] = mapped_column(FreeText)
    who: Mapped[str] = mapped_column(FreeText)
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str | None] = mapped_column(String(16))
    ended_by: Mapped[str | None] = mapped_column(FreeText)
    end_reason: Mapped[str | None] = mapped_column(FreeText)


class DrillTesterRow(Base):
    """A person who is taken by a drill whatever its percentage; gone with the person."""

    __tablename__ = "drill_testers"
    __table_args__ = (Index(None, "person_id"),)

    drill_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("drills.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime)
