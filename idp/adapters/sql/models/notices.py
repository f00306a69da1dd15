"""Table of what was told to the admins (room `upstream_status`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, UtcDateTime


class UpstreamNoticeRow(Base):
    """One notice. key: of the occurrence, so that it is told once. content: what the mail says."""

    __tablename__ = "upstream_notices"
    __table_args__ = (Index(None, "at"),)

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    realm: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
