"""Moments as people in Lima read them. Peru keeps UTC-5 all year and has no daylight saving."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

LIMA = timezone(timedelta(hours=-5), "America/Lima")


def lima(moment: datetime) -> str:
    """The hour, such as `14:32 h`."""
    return moment.astimezone(LIMA).strftime("%H:%M h")


def lima_date(moment: datetime) -> str:
    """Hour and day, such as `14:32 h del 23/11/2026`."""
    return moment.astimezone(LIMA).strftime("%H:%M h del %d/%m/%Y")
