"""Table of the reports on contingencies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, UtcDateTime


class IncidentRow(Base):
    """What is told of a contingency that is over."""

    __tablename__ = "upstream_incidents"

    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    began: Mapped[datetime] = mapped_column(UtcDateTime)
    ended: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    signature: Mapped[str] = mapped_column(Text)
