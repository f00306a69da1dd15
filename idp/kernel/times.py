"""Moments and lengths of time as people in Lima read them.

Peru keeps UTC-5 all year; a fixed offset spares minimal machines the time zone database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

LIMA = timezone(timedelta(hours=-5), "America/Lima")


def lima(moment: datetime) -> str:
    """The hour, such as `14:32 h`, rounded down to the minute: what ends then is never late."""
    return moment.astimezone(LIMA).strftime("%H:%M h")


_UNITS = (
    (365 * 86_400, "año", "años"),
    (86_400, "día", "días"),
    (3_600, "hora", "horas"),
    (60, "minuto", "minutos"),
    (1, "segundo", "segundos"),
)


def duration(seconds: int) -> str:
    """A length of time in its largest whole unit, such as `180 días`."""
    size, one, many = next(row for row in _UNITS if seconds % row[0] == 0)
    count = seconds // size
    return f"{count} {one if count == 1 else many}"


def lima_date(moment: datetime) -> str:
    """Hour and day, such as `14:32 h del 23/11/2026`."""
    return moment.astimezone(LIMA).strftime("%H:%M h del %d/%m/%Y")


def read_moment(text: str) -> datetime | None:
    """A moment of ISO 8601 with an offset, in UTC; None for any other text."""
    try:
        found = datetime.fromisoformat(text)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
