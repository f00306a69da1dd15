"""What two persons were before they were joined, as JSON: whole, so that it can be brought back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from idp.people.person import Address, KnownBrowser, Person
from idp.people.traces import Trace


@dataclass(frozen=True)
class Snapshot:
    """kept, absorbed: before. after: the kept one as they came out of it. identifiers: values of
    the absorbed one's. browsers: the absorbed one's. merges, retired: ids of the merges, and of the
    persons, that the absorbed one held in turn. kept_trace, absorbed_trace: of either.
    """

    kept: Person
    absorbed: Person
    after: Person
    identifiers: tuple[str, ...]
    browsers: tuple[KnownBrowser, ...] = ()
    merges: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    kept_trace: Trace = Trace()
    absorbed_trace: Trace = Trace()

    def to_json(self) -> str:
        """The form that is sealed."""
        record = {
            "kept": _written(self.kept),
            "absorbed": _written(self.absorbed),
            "after": _written(self.after),
            "identifiers": self.identifiers,
            "browsers": [_moments_written(asdict(one)) for one in self.browsers],
            "merges": self.merges,
            "retired": self.retired,
            "kept_trace": self.kept_trace.written(),
            "absorbed_trace": self.absorbed_trace.written(),
        }
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Snapshot:
        """Read the sealed form."""
        record = json.loads(text)
        return cls(
            kept=_read(record["kept"]),
            absorbed=_read(record["absorbed"]),
            after=_read(record["after"]),
            identifiers=tuple(record["identifiers"]),
            browsers=tuple(KnownBrowser(**_moments(one, _BROWSER)) for one in record["browsers"]),
            merges=tuple(record["merges"]),
            retired=tuple(record["retired"]),
            kept_trace=_trace(record, "kept_trace"),
            absorbed_trace=_trace(record, "absorbed_trace"),
        )


def _trace(record: dict[str, Any], name: str) -> Trace:
    # What was joined by an earlier version has none.
    return Trace.read(record[name]) if name in record else Trace()


def _named(kind: type, annotation: str) -> tuple[str, ...]:
    # The annotations are texts, by `from __future__ import annotations`.
    return tuple(one.name for one in fields(kind) if str(one.type).startswith(annotation))


_PERSON, _ADDRESS = _named(Person, "datetime"), _named(Address, "datetime")
_BROWSER = _named(KnownBrowser, "datetime")
_MAPPINGS = _named(Person, "Mapping")


def _written(person: Person) -> dict[str, Any]:
    plain = {one.name: getattr(person, one.name) for one in fields(Person)}
    for name in _MAPPINGS:
        plain[name] = dict(plain[name])
    plain["addresses"] = [_moments_written(asdict(one)) for one in person.addresses]
    return _moments_written(plain)


def _read(record: dict[str, Any]) -> Person:
    known = _moments(record, _PERSON)
    for name in _MAPPINGS:
        known[name] = MappingProxyType(known.get(name, {}))
    known["addresses"] = tuple(Address(**_moments(one, _ADDRESS)) for one in known["addresses"])
    return Person(**known)


def _moments_written(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in record.items()
    }


def _moments(record: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    read = {name: datetime.fromisoformat(record[name]) for name in names if record.get(name)}
    return {**record, **read}
