"""The installation's keys as the console shows them: never a private part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idp.kernel.clock import Clock
from idp.kernel.errors import StartError
from idp.kernel.texts import Text
from idp.people import data_keys
from idp.signing import store
from idp.signing.key import KeyState
from idp.signing.keyring import Keyring
from idp.signing.prospects import ahead, since
from idp.signing.rotation import due

STATES: dict[KeyState, Text] = {
    KeyState.NEXT: Text("Siguiente: ya se publica y aún no firma"),
    KeyState.ACTIVE: Text("Firma"),
    KeyState.RETIRED: Text("Retirada: solo verifica lo que firmó"),
    KeyState.REVOKED: Text("Revocada: no vale para nada"),
}


@dataclass(frozen=True)
class SigningKeyShown:
    """loaded: whether this process goes by it. ahead: what comes, and when. due: what to do now."""

    kid: str
    alg: str
    state: KeyState
    since: datetime
    published: datetime
    ahead: Sequence[tuple[Text, datetime]]
    due: Text | None
    reason: str | None
    loaded: bool


@dataclass(frozen=True)
class DataKeyShown:
    """seals: whether it is the one that seals; the others only open what they sealed."""

    id: str
    made_at: datetime
    seals: bool


@dataclass(frozen=True)
class KeysShown:
    """problems: why a folder or file cannot be used, in Spanish."""

    signing: Sequence[SigningKeyShown]
    data: Sequence[DataKeyShown]
    problems: Sequence[str]


class KeysBoard:
    """Reads the folder and the file anew each time: they are small."""

    def __init__(
        self, *, keyring: Keyring, keys_dir: Path, data_keys_file: Path, clock: Clock
    ) -> None:
        self._keyring = keyring
        self._keys_dir = keys_dir
        self._data_keys_file = data_keys_file
        self._clock = clock

    def now(self) -> KeysShown:
        """What there is."""
        problems: list[str] = []
        signing: list[SigningKeyShown] = []
        data: list[DataKeyShown] = []
        try:
            signing = self._signing()
        except StartError as error:
            problems += error.problems
        try:
            data = self._data()
        except StartError as error:
            problems += error.problems
        return KeysShown(signing, data, problems)

    def _signing(self) -> list[SigningKeyShown]:
        records, now = store.read_records(self._keys_dir), self._clock.now()
        loaded = {one.record.kid for one in self._keyring.keys}
        order = list(KeyState)
        return [
            SigningKeyShown(
                kid=one.kid,
                alg=one.alg,
                state=one.state,
                since=since(one),
                published=one.created_at,
                ahead=tuple(ahead(one).values()),
                due=due(one, records, now),
                reason=one.reason,
                loaded=one.kid in loaded,
            )
            for one in sorted(records, key=lambda one: (one.alg, order.index(one.state)))
        ]

    def _data(self) -> list[DataKeyShown]:
        keys = data_keys.read(self._data_keys_file)
        return [
            DataKeyShown(one.id, one.made_at, one == keys.newest) for one in reversed(keys.sealing)
        ]
