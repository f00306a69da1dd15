"""The life of signing keys: next, active, retired, and out of turn revoked.

A key is published for a day before it signs, and for a week after it signed last, so that no
relying party with a cached key set meets a `kid` that it cannot know (RFC 7517 §4.5).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from idp.kernel.clock import Clock
from idp.kernel.texts import Text
from idp.signing.generate import locked, make_key
from idp.signing.key import KeyRecord, KeyState
from idp.signing.store import read_records, write_records

# How long a relying party may keep a key set. We tell five minutes (`Cache-Control` of /jwks.json);
# many keep it for hours whatever is told.
CACHED = timedelta(hours=23)
# How long a key is published before it signs: that, and an hour for proxies in between, for the
# moment in which our processes read it, and for machines that the folder is copied to.
PUBLISHED_AHEAD = CACHED + timedelta(hours=1)
# How long a retired key stays published: the life of what it signed last (an ID token, or an
# access token where those are JWTs), and a day for who reads the key set only then.
OVERLAP = timedelta(days=7)
# The longest life of a token that fits in there.
LONGEST_TOKEN = OVERLAP - PUBLISHED_AHEAD
# How long it still checks an id_token_hint, and is kept for that.
HINT_LIFE = timedelta(days=365)
# When to rotate again.
ROTATE_EVERY = timedelta(days=90)


class NotYet(Exception):
    """The next key is not published long enough. at: from when it is."""

    def __init__(self, alg: str, at: datetime) -> None:
        super().__init__(f"{alg} {at.isoformat()}")
        self.alg = alg
        self.at = at


class NoSuchKey(LookupError):
    """No key that can be revoked has this kid."""


def rotate(keys_dir: Path, alg: str, *, clock: Clock, force: bool = False) -> tuple[KeyRecord, ...]:
    """The next key signs from now on, and a new one is published; the rows that changed.

    Where there is no next key one is made, and nothing else happens yet. Everything becomes true
    in one write of keyring.json. force: although the next key was not published for a day. Raises
    NotYet, KeyringError, LookupError where no key of that algorithm is active.
    """
    now = clock.now()
    with locked(keys_dir):
        records = read_records(keys_dir)
        active, following = _of(records, alg, KeyState.ACTIVE), _of(records, alg, KeyState.NEXT)
        if active is None:
            raise LookupError(alg)
        if following is None:
            return (make_key(keys_dir, alg, clock=clock, state=KeyState.NEXT),)
        ready = following.created_at + PUBLISHED_AHEAD
        if now < ready and not force:
            raise NotYet(alg, ready)
        # All states change in one write, so that wherever we are cut off the folder is as before or
        # as after; who then repeats the command is told NotYet for what is done.
        changed = (
            replace(active, state=KeyState.RETIRED, retired_at=now),
            replace(following, state=KeyState.ACTIVE, activated_at=now),
        )
        made = make_key(
            keys_dir, alg, clock=clock, state=KeyState.NEXT, records=_merged(records, changed)
        )
        # Dispensable: what it leaves, the next change drops. The rotation is done.
        with suppress(OSError):
            _forget(keys_dir, now)
        return (*changed, made)


def revoke(
    keys_dir: Path, kid: str, *, clock: Clock, reason: str | None = None
) -> tuple[KeyRecord, ...]:
    """A key counts no more from now on, neither for signing nor for checking; the changed rows,
    its own first.

    If it was the active one, the next signs at once (or a new one, that nobody has seen yet), and
    another is published. Its private half is removed. reason: kept in its row. Raises NoSuchKey
    (also for a key that is revoked already, whose private half is gone then), KeyringError.
    """
    now = clock.now()
    with locked(keys_dir):
        records = read_records(keys_dir)
        leaked = next((one for one in records if one.kid == kid), None)
        if leaked is None or leaked.state is KeyState.REVOKED:
            raise NoSuchKey(kid)
        changed = [replace(leaked, state=KeyState.REVOKED, retired_at=now, reason=reason)]
        following = _of(records, leaked.alg, KeyState.NEXT)
        made: list[KeyRecord] = []
        if leaked.state is KeyState.ACTIVE and following is not None:
            changed.append(replace(following, state=KeyState.ACTIVE, activated_at=now))
        merged = _merged(records, changed)
        if leaked.state is KeyState.ACTIVE and following is None:
            made.append(
                make_key(keys_dir, leaked.alg, clock=clock, state=KeyState.ACTIVE, records=merged)
            )
        else:
            write_records(keys_dir, merged)
        # Nobody reads it any more, and where it cannot be removed now, the next change does.
        with suppress(OSError):
            (keys_dir / leaked.file).unlink(missing_ok=True)
        if _of(read_records(keys_dir), leaked.alg, KeyState.NEXT) is None and (
            leaked.state is not KeyState.RETIRED
        ):
            # Last, and dispensable: a full disk must not keep a leaked key alive. `due` tells.
            with suppress(OSError):
                made.append(make_key(keys_dir, leaked.alg, clock=clock, state=KeyState.NEXT))
        return (*changed, *made)


def known_in_time(record: KeyRecord) -> bool:
    """Whether a key was published long enough before it signed: if not, a relying party with a
    cached key set may meet its kid without knowing it.
    """
    signs = record.activated_at
    return signs is None or signs - record.created_at >= PUBLISHED_AHEAD


def due(record: KeyRecord, records: tuple[KeyRecord, ...], now: datetime) -> Text | None:
    """What an operator should do about a key now, in Spanish; None for nothing."""
    if record.state is not KeyState.ACTIVE:
        return None
    if _of(records, record.alg, KeyState.NEXT) is None:
        return Text("falta la llave siguiente")
    since = (record.activated_at or record.created_at) + ROTATE_EVERY
    return Text("rotar desde {day}", day=f"{since:%Y-%m-%d}") if now >= since else None


def _of(records: tuple[KeyRecord, ...], alg: str, state: KeyState) -> KeyRecord | None:
    """The oldest of that state: the one that has been published for longest."""
    found = [one for one in records if one.alg == alg and one.state is state]
    return min(found, key=lambda one: one.created_at, default=None)


def _merged(
    records: tuple[KeyRecord, ...], changed: list[KeyRecord] | tuple[KeyRecord, ...]
) -> tuple[KeyRecord, ...]:
    by_kid = {one.kid: one for one in changed}
    return tuple(by_kid.get(one.kid, one) for one in records)


def _forget(keys_dir: Path, now: datetime) -> None:
    """Drop keys that check nothing any more; the row first, then the file, which stays announced
    until the next change in case we are cut off.
    """
    records = read_records(keys_dir)
    old = [one for one in records if one.retired_at and one.retired_at + HINT_LIFE <= now]
    if old:
        kept = tuple(one for one in records if one not in old)
        write_records(keys_dir, kept, pending=tuple(one.file for one in old))
        for one in old:
            (keys_dir / one.file).unlink(missing_ok=True)
