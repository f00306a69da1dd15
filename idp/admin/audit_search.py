"""Searching the audit log at the console: what is typed, a page of records, a file of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from idp.audit.checkpoints import Checkpoint, Signed
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditFilter, AuditRecord
from idp.audit.seals import Seal
from idp.kernel.clock import Clock
from idp.kernel.texts import Text
from idp.kernel.times import LIMA

PAGE = 50
# So many go into one file; who needs all of it asks the operators for `idp audit`.
MOST = 5_000
# Where nothing narrows it down that the log is kept in order by, it is read from end to end.
LONGEST = timedelta(days=31)
_USUAL = timedelta(days=1)

# The fields of the form, in its order; each is a text, "" for nothing.
FIELDS = (
    "evento", "persona", "componente", "actor", "tipo", "atencion", "desde", "hasta",
)  # fmt: skip
_FORMS = {
    "persona": (r"per_[a-z0-9]{1,36}", Text("Es un identificador interno, como per_5fk2….")),
    "componente": (r"[!-~]{1,200}", Text("Es el client_id del componente.")),
    "actor": (r"[^\x00-\x1f]{1,200}", Text("Escriba el nombre como está en los registros.")),
    "atencion": (r"[0-9]{8}", Text("El número de atención tiene ocho dígitos.")),
}
_NO_EVENT = Text("Elija un evento de la lista.")
_NO_REALM = Text("Elija un tipo de usuario de la lista.")
_NO_MOMENT = Text("Escriba día y hora, por ejemplo 2026-03-01T09:30.")
_BACKWARDS = Text("El final debe ser posterior al comienzo.")
_TOO_LONG = Text("Como máximo 31 días, salvo que busque por persona o por número de atención.")


@dataclass(frozen=True)
class Wanted:
    """What was asked for. values: as typed, by FIELDS. errors: beside them. search: None when there
    are errors.
    """

    values: Mapping[str, str]
    errors: Mapping[str, Text] = field(default_factory=dict)
    search: AuditFilter | None = None


@dataclass(frozen=True)
class Records:
    """A page. more: the id after which the next one begins, None for the last."""

    found: Sequence[AuditRecord]
    more: str | None


class Chain(Protocol):
    """What is needed of the seals. Raises Unavailable("sql")."""

    def head(self) -> Seal | None:
        """The last seal."""
        ...


class Checkpoints(Protocol):
    """What is needed of the checkpoints. Raises Unavailable("sql")."""

    def last(self) -> Signed | None:
        """The newest."""
        ...


@dataclass(frozen=True)
class SealState:
    """How far the log is sealed, and how far that is signed for; None where nothing is."""

    sealed: Seal | None
    signed: Checkpoint | None


class AuditSearch:
    """Reads the log as it is in SQL: what happened seconds ago may still be on its way there."""

    def __init__(
        self,
        *,
        audit: Audit,
        chain: Chain,
        checkpoints: Checkpoints,
        clock: Clock,
        realms: Sequence[str],
    ) -> None:
        self._audit = audit
        self._chain = chain
        self._checkpoints = checkpoints
        self._clock = clock
        self._realms = frozenset(realms)

    def seals(self) -> SealState:
        """How far it is sealed. It verifies nothing: that reads the whole log."""
        last = self._checkpoints.last()
        return SealState(self._chain.head(), last.checkpoint if last else None)

    def read(self, form: Mapping[str, str]) -> Wanted:
        """Check what was typed; without any period, and nothing that needs none, the last day."""
        values = {name: form.get(name, "").strip() for name in FIELDS}
        errors = {
            name: text
            for name, (pattern, text) in _FORMS.items()
            if values[name] and not re.fullmatch(pattern, values[name])
        }
        if values["evento"] and values["evento"] not in set(AuditEvent):
            errors["evento"] = _NO_EVENT
        if values["tipo"] and values["tipo"] not in self._realms:
            errors["tipo"] = _NO_REALM
        since, until = self._period(values, errors)
        if errors:
            return Wanted(values, errors)
        return Wanted(
            values,
            search=AuditFilter(
                event=AuditEvent(values["evento"]) if values["evento"] else None,
                person_id=values["persona"] or None,
                client_id=values["componente"] or None,
                actor=values["actor"] or None,
                realm=values["tipo"] or None,
                reference=values["atencion"] or None,
                since=since,
                until=until,
            ),
        )

    def _period(
        self, values: dict[str, str], errors: dict[str, Text]
    ) -> tuple[datetime | None, datetime | None]:
        moments: dict[str, datetime | None] = {}
        for name in ("desde", "hasta"):
            moments[name] = _moment(values[name])
            if values[name] and moments[name] is None:
                errors[name] = _NO_MOMENT
        since, until = moments["desde"], moments["hasta"]
        narrow = bool(values["persona"] or values["atencion"])
        end = until or self._clock.now()
        if since is None and not narrow and "desde" not in errors:
            since = end - _USUAL
            values["desde"] = since.astimezone(LIMA).strftime("%Y-%m-%dT%H:%M")
        if since is not None and until is not None and until <= since:
            errors.setdefault("hasta", _BACKWARDS)
        elif since is not None and not narrow and end - since > LONGEST + _USUAL:
            errors.setdefault("desde", _TOO_LONG)
        return since, until

    def page(self, search: AuditFilter, after: str | None) -> Records:
        """The newest first, or those that come after that record. Raises Unavailable("sql")."""
        found = self._audit.search(replace(search, older_than=after), PAGE + 1)
        more = found[PAGE - 1].id if len(found) > PAGE else None
        return Records(found[:PAGE], more)

    def download(self, wanted: Wanted, *, actor: str) -> str:
        """The newest that match, at most MOST, as JSON Lines; that it was taken is on record first.

        Raises Unavailable("sql").
        """
        assert wanted.search is not None
        found = self._audit.search(wanted.search, MOST)
        told = {name: value for name, value in wanted.values.items() if value}
        self._audit.record(
            AuditEvent.AUDIT_DOWNLOADED,
            actor=actor,
            person_id=told.pop("persona", None),
            client_id=told.pop("componente", None),
            realm=told.pop("tipo", None),
            reference=told.pop("atencion", None),
            rows=len(found),
            filter=" ".join(f"{name}={value}" for name, value in told.items()),
        )
        return "".join(f"{one.to_json()}\n" for one in found)


def _moment(text: str) -> datetime | None:
    """What a field for day and hour holds, in Lima's time."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?", text, re.ASCII):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LIMA).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
