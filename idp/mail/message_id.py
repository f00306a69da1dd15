"""Message-IDs that say whose mail it was, so that a bounce can be believed.

`<about>.<person>.<address>.<mac>@host`: opaque ids and a mac over them. Who never saw a mail of
ours cannot make a bounce of it, and nothing has to be kept to read one.
"""

from __future__ import annotations

from idp.kernel.ids import digest, keyed_digest, same

_MAC = 20


def message_id(key: bytes, about: str, person_id: str, address_id: str, host: str) -> str:
    """Without angle brackets (RFC 5322 §3.6.4). about: what the mail is about; the same for every
    try of it, so that a mailbox can tell a repeat.
    """
    named = f"{digest(about)[:24]}.{person_id}.{address_id}"
    return f"{named}.{_mac(key, named, host)}@{host}"


def read_message_id(key: bytes, text: str, host: str) -> tuple[str, str] | None:
    """Person and address of a Message-ID of ours (with or without brackets); None for any other."""
    named, at, found_host = text.strip().strip("<>").rpartition("@")
    body, _, mac = named.rpartition(".")
    parts = body.split(".")
    if not at or len(parts) != 3 or not same(mac, _mac(key, body, host)) or found_host != host:
        return None
    return parts[1], parts[2]


def _mac(key: bytes, named: str, host: str) -> str:
    return keyed_digest(key, f"{named}@{host}")[:_MAC]
