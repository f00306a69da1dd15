"""Tables of the room `people`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, FreeText, UtcDateTime


def _person() -> Mapped[str]:
    return mapped_column(String(40), ForeignKey("people.id", ondelete="CASCADE"))


class PersonRow(Base):
    """A person."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    sub: Mapped[str] = mapped_column(String(64), unique=True)
    ruc: Mapped[str | None] = mapped_column(FreeText)
    usuario: Mapped[str] = mapped_column(FreeText)
    tipo_usuario: Mapped[str] = mapped_column(FreeText)
    name: Mapped[str] = mapped_column(FreeText)
    given_name: Mapped[str] = mapped_column(FreeText)
    family_name: Mapped[str] = mapped_column(FreeText)
    extras: Mapped[dict[str, Any]] = mapped_column(JSON)
    standard: Mapped[dict[str, str] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    imported_active: Mapped[bool] = mapped_column(Boolean)
    consent: Mapped[bool] = mapped_column(Boolean)
    consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class IdentifierRow(Base):
    """What names a person within a realm; the unique key that parallel first logins meet at."""

    __tablename__ = "identifiers"

    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(FreeText, primary_key=True)
    person_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("people.id", ondelete="CASCADE"), unique=True
    )


class AddressRow(Base):
    """A contact address of a person."""

    __tablename__ = "addresses"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[str] = _person()
    email: Mapped[str] = mapped_column(FreeText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counts_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undeliverable_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VerificationRow(Base):
    """A pending verification, at most one for a person; its code and token are not stored."""

    __tablename__ = "address_verifications"
    __table_args__ = (UniqueConstraint("person_id"), Index(None, "expires_at"))

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[str] = _person()
    address_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("addresses.id", ondelete="CASCADE")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(Integer)


class KnownBrowserRow(Base):
    """A known browser; only the digest of its token is stored."""

    __tablename__ = "known_browsers"
    __table_args__ = (
        UniqueConstraint("person_id", "token_digest"),
        Index(None, "token_digest"),
        Index(None, "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[str] = _person()
    token_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    counts_from: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
