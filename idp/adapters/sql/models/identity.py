"""Tables of stable identity, of the room `people`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, UtcDateTime


class RetiredSubRow(Base):
    """A `sub` that names nobody any more, for good: by its SHA-256, since it is random."""

    __tablename__ = "retired_subs"
    __table_args__ = (Index(None, "person_id"), Index(None, "kept_by"))

    sub_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(40))
    retired_at: Mapped[datetime] = mapped_column(UtcDateTime)
    why: Mapped[str] = mapped_column(String(16))
    kept_by: Mapped[str | None] = mapped_column(
        String(40), ForeignKey("people.id", ondelete="SET NULL")
    )


class MergeRow(Base):
    """Two persons who were joined as one, for as long as that can be undone.

    kept_id: who has it all now. into_id: who was kept then; another, where that one was joined with
    somebody in turn. sealed: what both were before, as JSON that `people.vault` encrypted.
    """

    __tablename__ = "merges"
    __table_args__ = (Index(None, "kept_id", "at"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kept_id: Mapped[str] = mapped_column(String(40), ForeignKey("people.id", ondelete="CASCADE"))
    into_id: Mapped[str] = mapped_column(String(40))
    absorbed_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed: Mapped[str] = mapped_column(Text)
