"""Hours as people in Peru read them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

# Peru keeps UTC-5 all year; a fixed offset spares minimal machines the time zone database.
LIMA = timezone(timedelta(hours=-5), "America/Lima")


def lima_text(moment: datetime) -> str:
    """`14:42 h del 23/11/2026`: rounded down to the minute, so that it is never late."""
    return moment.astimezone(LIMA).strftime("%H:%M h del %d/%m/%Y")
