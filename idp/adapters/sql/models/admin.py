"""Tables of the room `admin`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, UtcDateTime


def _account(*, primary: bool = False) -> Mapped[str]:
    return mapped_column(
        String(40), ForeignKey("admin_accounts.id", ondelete="CASCADE"), primary_key=primary
    )


class AdminAccountRow(Base):
    """A console account; none is ever removed, so that no name comes back as somebody else."""

    __tablename__ = "admin_accounts"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    generation: Mapped[int] = mapped_column(Integer)
    password_hash: Mapped[str | None] = mapped_column(Text)
    setup_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    setup_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AdminAuthenticatorRow(Base):
    """The app of an account: its secret, sealed, and the counter of the last code taken."""

    __tablename__ = "admin_authenticators"

    account_id: Mapped[str] = _account(primary=True)
    sealed: Mapped[str] = mapped_column(Text)
    counter: Mapped[int] = mapped_column(BigInteger)


class AdminRecoveryCodeRow(Base):
    """A recovery code; only its keyed digest."""

    __tablename__ = "admin_recovery_codes"
    __table_args__ = (Index(None, "account_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = _account()
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
