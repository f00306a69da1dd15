"""Tables of the campaigns by mail: each, and whom it writes to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, FreeText, UtcDateTime


class CampaignRow(Base):
    """A campaign: whom it is for, and how far choosing them came.

    most: so many people at most, None for all. reached: the id of the person up to whom everybody
    was looked at. chosen: how many have a row below. complete: nobody else is to be chosen.
    under_way: 1 until it is finished, then None: there is one at a time.
    """

    __tablename__ = "campaigns"
    __table_args__ = (UniqueConstraint("under_way"), Index(None, "began_at"))

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    under_way: Mapped[int | None] = mapped_column(Integer)
    realm: Mapped[str | None] = mapped_column(String(32))
    client_id: Mapped[str | None] = mapped_column(FreeText)
    days: Mapped[int] = mapped_column(Integer)
    most: Mapped[int | None] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(String(8))
    expected: Mapped[int] = mapped_column(Integer)
    reached: Mapped[str] = mapped_column(String(40))
    chosen: Mapped[int] = mapped_column(Integer)
    complete: Mapped[bool] = mapped_column(Boolean)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    began_by: Mapped[str] = mapped_column(FreeText)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CampaignMailRow(Base):
    """One person of a campaign: there can be no second row, and so no second mail.

    at: of the last change of state. due_at: when a waiting one is to be given to a worker (again).
    put_off: how often its mailbox put it off.
    """

    __tablename__ = "campaign_mails"
    __table_args__ = (Index(None, "campaign_id", "state", "due_at"), Index(None, "person_id"))

    campaign_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    put_off: Mapped[int] = mapped_column(Integer)
