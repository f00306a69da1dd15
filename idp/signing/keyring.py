"""The keyring: signs with the active key of an algorithm, publishes and checks with the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from idp.kernel.clock import Clock
from idp.kernel.errors import StartError
from idp.signing import rotation, store
from idp.signing.key import ALGORITHMS, KeyState, SigningKey

OVERLAP = int(rotation.OVERLAP.total_seconds())
HINT_LIFE = int(rotation.HINT_LIFE.total_seconds())
_POLL = 0.4  # seconds; a change counts within one second
# Looks that are let pass before a folder that was refused is read again although its keyring.json
# is the same: a PEM that was still being copied may have come. Parsing RSA keys has its cost.
_LET_PASS = 12
_log = logging.getLogger(__name__)
_PUBLISHED_ORDER = {KeyState.ACTIVE: 0, KeyState.NEXT: 1, KeyState.RETIRED: 2}


class InvalidToken(Exception):
    """A token is not ours, not intact, or of another kind than what was expected."""


class NoSigningKey(LookupError):
    """No key of that algorithm is active."""


@dataclass(frozen=True)
class _Ring:
    """The keys at one moment: replaced as a whole, so that readers need no lock."""

    keys: Mapping[str, SigningKey]
    active: Mapping[str, SigningKey]


class Keyring:
    """Keys are parsed at load; signing reads no file and parses no PEM. For any thread.

    overlap: seconds for which a retired key stays published. hint_life: seconds for which a
    retired key still checks what it signed (id_token_hint of a long-lived session).
    """

    def __init__(
        self,
        keys: tuple[SigningKey, ...],
        *,
        clock: Clock,
        overlap: int = OVERLAP,
        hint_life: int = HINT_LIFE,
        directory: Path | None = None,
    ) -> None:
        self._clock = clock
        self._overlap = timedelta(seconds=overlap)
        self._hint_life = timedelta(seconds=hint_life)
        self._directory = directory
        self._registry = JWSRegistry(algorithms=list(ALGORITHMS))
        self._stamp: tuple[int, int, int] | None = None
        self._reading = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._ring = _ring(keys)

    @classmethod
    def load(
        cls, keys_dir: Path, *, clock: Clock, overlap: int = OVERLAP, hint_life: int = HINT_LIFE
    ) -> Keyring:
        """The keyring of a folder. Raises store.KeyringError with every problem found."""
        # Before reading: a write in between is then seen as a change.
        stamp = store.stamp(keys_dir)
        keys = store.read(keys_dir)
        found = cls(keys, clock=clock, overlap=overlap, hint_life=hint_life, directory=keys_dir)
        found._stamp = stamp
        return found

    def reload(self) -> None:
        """Read the folder again and swap the keys; on KeyringError the present ones stay."""
        if self._directory is None:
            return
        # One at a time, or who read first and came last would bring the old keys back.
        with self._reading:
            stamp = store.stamp(self._directory)
            self._ring = _ring(store.read(self._directory))
            self._stamp = stamp

    def start(self) -> None:
        """Begin to watch keyring.json, in a daemon thread; a second call does nothing."""
        if self._directory is not None and (self._thread is None or not self._thread.is_alive()):
            self._stop.clear()
            self._thread = threading.Thread(target=self._watch, name="keyring", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop watching; returns when the thread has ended."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _watch(self) -> None:
        assert self._directory is not None
        refused: object = self  # the stamp of a folder that could not be used; none is so yet
        told: Sequence[str] = ()
        looks = 0
        while not self._stop.wait(_POLL):
            seen = store.stamp(self._directory)
            if seen == self._stamp:
                continue
            looks += 1
            if seen == refused and looks <= _LET_PASS:
                continue
            problems = self._follow()
            for one in problems if problems != told else ():
                _log.error("keys refused, the last good ones stay: %s", one)
            refused, told, looks = (seen if problems else self), problems, 0

    def _follow(self) -> Sequence[str]:
        """Reload, and what kept it from that. Whatever goes wrong, the watcher lives on."""
        before = {key.record for key in self.keys}
        try:
            self.reload()
        except StartError as error:
            return error.problems
        except Exception as error:
            return [f"{type(error).__name__}: {error}"]
        if {key.record for key in self.keys} != before:
            _log.info("keys reloaded", extra={"keys": len(self.keys)})
        return ()

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What it can sign with now."""
        active = self._ring.active
        return tuple(alg for alg in ALGORITHMS if alg in active)

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        """Every key, whatever its state; revoked ones are not even loaded."""
        return tuple(self._ring.keys.values())

    @property
    def active(self) -> SigningKey:
        """The key that signs, of the preferred algorithm where several have one."""
        active = self._ring.active
        return next(active[alg] for alg in ALGORITHMS if alg in active)

    def checking(self) -> tuple[SigningKey, ...]:
        """Every key that what we signed may be checked by (`id_token_hint`): active, next, and
        retired ones within `hint_life`; never a revoked one.
        """
        now = self._clock.now()
        return tuple(
            key for key in self.keys if _within(key.record.retired_at, self._hint_life, now)
        )

    def sign(self, claims: Mapping[str, Any], *, alg: str, typ: str | None = None) -> str:
        """A JWS (RFC 7515 §7.1) over the claims by the active key of `alg`.

        typ: the header's `typ`, `JWT` by default. Raises NoSigningKey.
        """
        key = self._ring.active.get(alg)
        if key is None:
            raise NoSigningKey(alg)
        header = {"alg": alg, "kid": key.record.kid, "typ": typ or "JWT"}
        return jwt.encode(header, dict(claims), key.jose, registry=self._registry)

    def verify(self, token: str, *, typ: str | None = None) -> dict[str, Any]:
        """The claims of a token that we signed; neither `exp` nor any other claim is judged.

        typ: the kind that is expected. None: an ID token, whose `typ` is `JWT` or missing, so
        that neither an access token (`at+jwt`) nor a logout token passes for one (RFC 8725
        §3.11). Raises InvalidToken.
        """
        try:
            # ASCII first: a JWS is (RFC 7515 §3), and what is not must not reach the parser.
            found = jwt.decode(
                token.encode("ascii"),
                self._key_of,
                algorithms=list(ALGORITHMS),
                registry=self._registry,
            )
        except (JoseError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise InvalidToken(type(error).__name__) from error
        if _kind(found.header.get("typ")) not in ({"jwt", ""} if typ is None else {_kind(typ)}):
            raise InvalidToken("typ")
        return dict(found.claims)

    def jwks(self) -> dict[str, Any]:
        """The public keys (RFC 7517 §5): active, next, and retired ones within the overlap.

        The signing one stands first, for relying parties that take the first of a kind.
        """
        now = self._clock.now()
        shown = [key for key in self.keys if _within(key.record.retired_at, self._overlap, now)]
        shown.sort(key=lambda key: _PUBLISHED_ORDER[key.record.state])
        return {"keys": [dict(key.public) for key in shown]}

    def _key_of(self, token: Any) -> Any:
        header = token.headers()
        key = self._ring.keys.get(header["kid"])
        # The algorithm is the key's, never the token's choice (RFC 8725 §3.1).
        if key is None or header["alg"] != key.record.alg:
            raise LookupError("kid")
        if not _within(key.record.retired_at, self._hint_life, self._clock.now()):
            raise LookupError("retired")
        return key.jose


def _ring(keys: tuple[SigningKey, ...]) -> _Ring:
    return _Ring(
        keys={key.record.kid: key for key in keys},
        active={key.record.alg: key for key in keys if key.record.state is KeyState.ACTIVE},
    )


def _within(retired_at: datetime | None, life: timedelta, now: datetime) -> bool:
    return retired_at is None or now < retired_at + life


def _kind(typ: object) -> str:
    """A `typ` as compared: case and the `application/` prefix do not count (RFC 7515 §4.1.9)."""
    return str(typ or "").lower().removeprefix("application/")
