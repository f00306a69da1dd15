"""Tables of the room `oidc`: refresh tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, FreeText, UtcDateTime


class RefreshFamilyRow(Base):
    """What one login gave to one component for longer; session is empty for offline access."""

    __tablename__ = "refresh_families"
    __table_args__ = (
        Index(None, "client_id"),
        Index(None, "person_id"),
        Index(None, "session"),
        Index(None, "expires_at"),
    )

    grant_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    client_id: Mapped[str] = mapped_column(FreeText)
    person_id: Mapped[str] = mapped_column(String(40))
    session: Mapped[str] = mapped_column(String(40))
    data: Mapped[str] = mapped_column(Text)
    jkt: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RefreshTokenRow(Base):
    """One refresh token; only its digest. A spent one stays, so that its reuse is recognised."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "grant_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    grant_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("refresh_families.grant_id", ondelete="CASCADE")
    )
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
