"""The public status as an Atom feed (RFC 4287), for whatever reads feeds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from markupsafe import Markup

from idp.upstream_status.public import PublicStatus
from idp.upstream_status.public_words import Words

_MOST = 50
_ENTRY = Markup(
    "<entry><id>{id}</id><title>{title}</title><updated>{at}</updated>"
    '<link rel="alternate" type="text/html" href="{page}"/>'
    '<category term="{realm}"/><content type="text">{text}</content></entry>\n'
)
_FEED = Markup(
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es">\n'
    "<id>{page}</id><title>Estado del ingreso a la VUCE</title><updated>{at}</updated>\n"
    "<author><name>VUCE</name></author>\n"
    '<link rel="self" type="application/atom+xml" href="{page}.atom"/>\n'
    '<link rel="alternate" type="text/html" href="{page}"/>\n{entries}</feed>\n'
)


def atom(status: PublicStatus, words: Words, issuer: str) -> str:
    """The newest changes first, an entry each, with an id that never changes."""
    page = f"{issuer}/status"
    entries = sorted(_entries(status, words), key=lambda one: one[0], reverse=True)[:_MOST]
    host = urlsplit(issuer).hostname
    parts = [
        _ENTRY.format(
            # RFC 4151: the year is that of the scheme, not of the entry.
            id=f"tag:{host},2026:status/{realm}-{seq}",
            title=title,
            at=_iso(at),
            page=page,
            realm=realm,
            text=text,
        )
        for at, realm, seq, title, text in entries
    ]
    newest = entries[0][0] if entries else datetime(2026, 1, 1, tzinfo=status.at.tzinfo)
    return _FEED.format(page=page, at=_iso(newest), entries=Markup("").join(parts))


_Entry = tuple[datetime, str, int, str, str]


def _entries(status: PublicStatus, words: Words) -> Iterator[_Entry]:
    """What is written as a change, so that each has one name for ever."""
    for one in status.incidents:
        users = str(words.users(one.realm))
        why = " SUNAT anunció un mantenimiento." if one.announced else ""
        if one.began is not None:
            text = f"Se ingresa por correo electrónico.{why}"
            yield one.started_at, one.realm, one.began, f"{users}: contingencia", text
        if one.ended is not None and one.ended_at is not None:
            text = "El ingreso con SUNAT funciona."
            yield one.ended_at, one.realm, one.ended, f"{users}: normal", text


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
