"""Since when a key is what it is, and what comes for it."""

from __future__ import annotations

from datetime import datetime

from idp.kernel.texts import Text
from idp.signing.key import KeyRecord, KeyState
from idp.signing.rotation import HINT_LIFE, OVERLAP, PUBLISHED_AHEAD, ROTATE_EVERY


def since(record: KeyRecord) -> datetime:
    """Since when it is of its state."""
    return {
        KeyState.NEXT: record.created_at,
        KeyState.ACTIVE: record.activated_at or record.created_at,
        KeyState.RETIRED: record.retired_at or record.created_at,
        KeyState.REVOKED: record.retired_at or record.created_at,
    }[record.state]


def ahead(record: KeyRecord) -> dict[str, tuple[Text, datetime]]:
    """What comes for a key: by a stable name, in Spanish, and when."""
    begun = since(record)
    match record.state:
        case KeyState.NEXT:
            return {"ready_at": (Text("puede firmar desde"), begun + PUBLISHED_AHEAD)}
        case KeyState.ACTIVE:
            return {"rotate_at": (Text("rotar desde"), begun + ROTATE_EVERY)}
        case KeyState.RETIRED:
            return {
                "published_until": (Text("publicada hasta"), begun + OVERLAP),
                "checked_until": (Text("verifica hasta"), begun + HINT_LIFE),
            }
        case _:
            return {}
