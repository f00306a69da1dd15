"""Table of the room `audit`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
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
