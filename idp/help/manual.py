"""The users' manual as it is committed: `templates/ayuda/*.md`, in the order of their names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from idp.help.markup import Document, read
from idp.kernel.times import duration
from idp.settings import Settings


def facts(settings: Settings) -> dict[str, str]:
    """What the manual says of the settings, by the names that its text uses."""
    lengths = {
        "enlace": settings.link_ttl,
        "enlace_demorado": settings.link_max_age,
        "ingreso": settings.transaction_touched_ttl,
        "sesion": settings.contingency_session_ttl,
        "plazo_correo": settings.address_cooloff,
        "navegador_desde": settings.known_browser_after,
        "navegador_hasta": settings.known_browser_ttl,
    }
    return {
        **{name: str(duration(seconds)) for name, seconds in lengths.items()},
        "telefono": settings.help_desk_phone,
        "correo": settings.help_desk_email,
    }


def read_manual(folder: Path, values: Mapping[str, str]) -> Document:
    """Read the text below `folder`. Raises markup.TextError."""
    files = sorted(folder.glob("*.md"))
    return read(((one.name, one.read_text(encoding="utf-8")) for one in files), values)
