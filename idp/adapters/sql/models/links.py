"""Table of the room `links`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, UtcDateTime


class SpentLinkRow(Base):
    """A link that was used: the unique row that a Redis fail-over cannot take back."""

    __tablename__ = "spent_links"
    __table_args__ = (Index(None, "at"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
