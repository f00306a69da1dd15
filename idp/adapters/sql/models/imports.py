"""The table of imports of people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, UtcDateTime


class ImportRow(Base):
    """How far an import came; nothing in it is of a person."""

    __tablename__ = "imports"
    __table_args__ = (Index(None, "key"), Index(None, "began_at"))

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    done: Mapped[int] = mapped_column(Integer)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
