"""Tables of coverage: which component a person uses, and the figures of each day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.adapters.sql.models.base import Base, FreeText


class ComponentUseRow(Base):
    """That a person used a component, and the day (in Lima) on which they last did."""

    __tablename__ = "component_uses"
    __table_args__ = (Index(None, "last_on"),)

    person_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    )
    client_id: Mapped[str] = mapped_column(FreeText, primary_key=True)
    last_on: Mapped[date] = mapped_column(Date)


class CoverageDayRow(Base):
    """The figures of a day; nothing in it is of a person. client_id "": of all components."""

    __tablename__ = "coverage_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    days: Mapped[int] = mapped_column(Integer, primary_key=True)
    client_id: Mapped[str] = mapped_column(FreeText, primary_key=True)
    realm: Mapped[str] = mapped_column(String(32), primary_key=True)
    people: Mapped[int] = mapped_column(Integer)
    able: Mapped[int] = mapped_column(Integer)
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
