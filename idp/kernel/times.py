"""Moments and lengths of time as people in Lima read them.

Peru keeps UTC-5 all year; a fixed offset spares minimal machines the time zone database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from idp.kernel.texts import Text

LIMA = timezone(timedelta(hours=-5), "America/Lima")


_HOURS = {"es": "%H:%M h", "en": "%H:%M", "qu": "%H:%M h"}
_DATES = {"es": "%H:%M h del %d/%m/%Y", "en": "%H:%M on %Y-%m-%d", "qu": "%d/%m/%Y, %H:%M h"}


def lima(moment: datetime, language: str = "es") -> str:
    """The hour, such as `14:32 h`, rounded down to the minute: what ends then is never late."""
    return moment.astimezone(LIMA).strftime(_HOURS[language])


def with_article(hour: str, language: str = "es") -> str:
    """An hour as it stands within a sentence: `las 14:32 h`, `la 01:05 h`; bare where a language
    has no article for it.
    """
    if language != "es":
        return hour
    return f"la {hour}" if hour.startswith("01:") else f"las {hour}"


_UNITS = (
    (365 * 86_400, Text("{n} año"), Text("{n} años")),
    (86_400, Text("{n} día"), Text("{n} días")),
    (3_600, Text("{n} hora"), Text("{n} horas")),
    (60, Text("{n} minuto"), Text("{n} minutos")),
    (1, Text("{n} segundo"), Text("{n} segundos")),
)


def duration(seconds: int) -> Text:
    """A length of time in its largest whole unit, such as `180 días`."""
    size, one, many = next(row for row in _UNITS if seconds % row[0] == 0)
    count = seconds // size
    return Text((one if count == 1 else many).msgid, n=count)


def lima_date(moment: datetime, language: str = "es") -> str:
    """Hour and day, such as `14:32 h del 23/11/2026`."""
    return moment.astimezone(LIMA).strftime(_DATES[language])


def read_moment(text: str) -> datetime | None:
    """A moment of ISO 8601 with an offset, in UTC; None for any other text."""
    try:
        found = datetime.fromisoformat(text)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
