"""What audit needs of the outside: a durable store, and a stream for paths that spare SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from idp.audit.checkpoints import Signed
from idp.audit.records import AuditFilter, AuditRecord
from idp.kernel.errors import IdpError


class AuditStore(Protocol):
    """Durable records: added to, and removed only by age (`audit.purging`)."""

    def append(self, record: AuditRecord) -> None:
        """Add one record, in the unit of work under way if there is one.

        Raises Unavailable("sql").
        """
        ...

    def append_all(self, records: Sequence[AuditRecord]) -> None:
        """Add new records, in the unit of work under way if there is one."""
        ...

    def append_many(self, records: Iterable[AuditRecord]) -> int:
        """Add the records whose id is not there yet; how many that were. Raises Unavailable."""
        ...

    def search(self, wanted: AuditFilter, limit: int) -> list[AuditRecord]:
        """At most `limit` matching records, the newest first; none older than a record that is not
        there. Raises Unavailable("sql").
        """
        ...


class AuditStream(Protocol):
    """A queue of records on their way to the store; each is kept until it is acknowledged."""

    def push(self, record: AuditRecord) -> None:
        """Add one record. Raises Unavailable("redis")."""
        ...

    def read(self, count: int) -> list[tuple[str, AuditRecord]]:
        """The oldest entries that were not acknowledged, at most `count`, with their entry ids."""
        ...

    def ack(self, entry_ids: list[str]) -> None:
        """Forget entries: they are in the store."""
        ...


class NoAuditKey(IdpError):
    """There is no audit key that can be used; `detail` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__("audit_key_missing", 503, detail=detail)


class CheckpointSigner(Protocol):
    """The key that signs checkpoints: Ed25519, apart from those that sign tokens."""

    def sign(self, payload: Mapping[str, Any]) -> str:
        """A compact JWS (RFC 7515 §7.1). Raises NoAuditKey."""
        ...


class CheckpointKeys(Protocol):
    """The public keys that a verifier trusts."""

    def open(self, jws: str) -> tuple[str, dict[str, Any]]:
        """The kid of who signed, and what. Raises ValueError when no trusted key did."""
        ...

    def trust(self, jwk: Mapping[str, Any]) -> str:
        """Trust this key too; its kid. Raises ValueError for what is no Ed25519 key."""
        ...


class CheckpointStore(Protocol):
    """The checkpoints, in the order of their n."""

    def last(self) -> Signed | None:
        """The newest. Raises Unavailable("sql")."""
        ...

    def add(self, signed: Signed) -> None:
        """Add it, in the unit of work under way. IdpError("checkpoint_taken") where another process
        has added one of that n; Unavailable("sql").
        """
        ...

    def all(self, after: int = 0) -> Iterator[Signed]:
        """Those of an n beyond that."""
        ...

    def left(self, destination: str, limit: int) -> list[Signed]:
        """The oldest that are not at that destination (`file`, `url`)."""
        ...

    def arrived(self, n: int, destination: str, at: datetime) -> None:
        """It is there."""
        ...


class Destination(Protocol):
    """Where checkpoints leave the machine for. name: `file` or `url`."""

    name: str

    def send(self, signed: Signed) -> None:
        """Put it there, for good when this returns. Raises OSError or HttpFailure."""
        ...
