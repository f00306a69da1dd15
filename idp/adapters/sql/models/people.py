"""Tables of the room `people`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, UtcDateTime

# Of columns that a later revision added.
_EMPTY = text("''")


def _person() -> Mapped[str]:
    return mapped_column(String(40), ForeignKey("people.id", ondelete="CASCADE"))


class PersonRow(Base):
    """A person. What is personal stands in `sealed`, as JSON that `people.vault` encrypted.

    ruc_digest: the keyed hash of the RUC, to find everybody of a company.
    """

    __tablename__ = "people"
    __table_args__ = (
        Index(None, "ruc_digest"),
        Index(None, "updated_at", "id"),
        # For the purge: whoever was not here for long, and whoever never was.
        Index(None, "last_login_at"),
        Index(None, "first_login_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    sub: Mapped[str] = mapped_column(String(64), unique=True)
    realm: Mapped[str] = mapped_column(String(32), server_default=_EMPTY)
    ruc_digest: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(Text, server_default=_EMPTY)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    imported_active: Mapped[bool] = mapped_column(Boolean)
    consent: Mapped[bool] = mapped_column(Boolean)
    consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    doubted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    active: Mapped[bool] = mapped_column(Boolean, server_default=true())
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ExternalIdRow(Base):
    """What a system that keeps people by SCIM calls one of them. id: `<person>:<client_id>`."""

    __tablename__ = "external_ids"
    __table_args__ = (Index(None, "person_id"), Index(None, "digest"))

    id: Mapped[str] = mapped_column(String(150), primary_key=True)
    person_id: Mapped[str] = _person()
    digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str] = mapped_column(Text)


class IdentifierRow(Base):
    """What names a person: its keyed hash is the key that parallel first logins meet at."""

    __tablename__ = "identifiers"
    __table_args__ = (Index(None, "person_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    realm: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = _person()


class AddressRow(Base):
    """A contact address of a person; email_digest finds everybody who shares a mailbox."""

    __tablename__ = "addresses"
    __table_args__ = (
        Index(None, "person_id"),
        Index(None, "email_digest"),
        Index(None, "verified_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    person_id: Mapped[str] = _person()
    email_digest: Mapped[str] = mapped_column(String(64), server_default=_EMPTY)
    sealed: Mapped[str] = mapped_column(Text, server_default=_EMPTY)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counts_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undeliverable_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NudgeRow(Base):
    """What a person was told before the day, the last time of each kind, and what they answered."""

    __tablename__ = "nudges"

    person_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(String(10))


class VaultCheckRow(Base):
    """One row: with which lookup key this database was filled."""

    __tablename__ = "vault_check"

    fingerprint: Mapped[str] = mapped_column(String(16), primary_key=True)


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
    agent: Mapped[str] = mapped_column(String(40), server_default=_EMPTY)
