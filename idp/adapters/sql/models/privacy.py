"""Tables of the room `privacy`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, UtcDateTime


class ErasedIdentifierRow(Base):
    """An identifier whose person was erased: its keyed hash alone, so that no import brings them
    back. Nothing leads from it to the person's id, nor to what the audit log tells of that id.
    """

    __tablename__ = "erased_identifiers"
    __table_args__ = (Index(None, "erased_at"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LegalHoldRow(Base):
    """A person whose data an obligation keeps; why stands in the audit log."""

    __tablename__ = "legal_holds"

    person_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[datetime] = mapped_column(UtcDateTime)
