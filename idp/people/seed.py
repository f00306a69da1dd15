"""Importing people: everything is looked at first, and then written in parts.

Each part is a transaction of its own, so that nobody's login waits for a long file. A run that was
cut off goes on behind the last line that it wrote; one that is repeated changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.records import AuditRecord
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.kernel.events import EventBus, PersonChanged
from idp.kernel.identity import Identifier
from idp.kernel.ids import new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.people.erased import left_out, strangers_erased
from idp.people.manner import DEFAULT_SOURCE, Manner, SeedReport, Told, report_of
from idp.people.merging import Merged, fresh, merge
from idp.people.person import Address, Person
from idp.people.ports import (
    ErasedPeople,
    Holds,
    ImportRun,
    ImportStore,
    PersonStore,
    Raced,
)
from idp.people.rows import Parsed, RowProblem, RowReader, SeedRow
from idp.people.seed_parts import Parts, Rows

# Rows in one transaction: a fraction of a second.
PART = 500
# Each time somebody of that part logged in for the first time meanwhile.
_TRIES = 5
# Each row that was written is one of these.
_OUTCOMES = ("created", "updated", "unchanged", "erased")


def _value(identifier: Identifier) -> str:
    return identifier.value


class Seeder:
    """Checks rows and writes them."""

    def __init__(
        self,
        *,
        store: PersonStore,
        runs: ImportStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        reader: RowReader,
        erased: ErasedPeople,
        holds: Holds,
        events: EventBus,
    ) -> None:
        self._store = store
        self._runs = runs
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._parts = Parts(reader, clock)
        self._erased = erased
        self._holds = holds
        self._events = events

    def check(self, rows: Rows, manner: Manner, told: Told) -> Counter[str]:
        """Look at every row and write nothing: how many would be created, updated, unchanged or
        left out, and how many are bad. Raises Unavailable.
        """
        found: Counter[str] = Counter(created=0, updated=0, unchanged=0, bad=0)
        for part in self._parts.of(rows, PART, told, found):
            known = self._store.find_many([row.identifier for row in part])
            erased = strangers_erased(self._erased, part, known)
            for row in part:
                person = known.get(row.identifier)
                if row.identifier in erased:
                    found["restored" if manner.restore else "erased"] += 1
                    told.erased(left_out(row))
                    if not manner.restore:
                        continue
                if person is None:
                    found["created"] += 1
                    continue
                merged = self._merge(person, row, manner)
                for column, why in merged.conflicts:
                    told.conflict(RowProblem(row.line, column, why))
                found["conflicts"] += bool(merged.conflicts)
                found["updated" if merged.fields else "unchanged"] += 1
        return found

    def write(
        self, rows: Rows, manner: Manner, *, digest: str = "", rows_told: int = 0
    ) -> SeedReport:
        """Write every good row. digest: of the file: a run of the same that was cut off goes on.

        Raises Unavailable; what was written until then is there, and is not done again.
        """
        run = self._begin(digest, manner)
        counts, done = Counter(run.counts), run.done
        for part in self._parts.of(rows, PART, Told(), Counter(), run):
            done = max(done, part[-1].line)
            counts.update(self._write_part(part, manner, run, done, counts))
        report = report_of(counts)
        with self._uow.transaction():
            self._runs.finish(run.id, self._clock.now())
            self._audit.record(
                AuditEvent.PEOPLE_IMPORTED,
                actor=manner.actor,
                rows=max(rows_told, sum(counts[one] for one in _OUTCOMES)),
                trusted_emails=manner.trusted,
                created=report.created,
                updated=report.updated,
                unchanged=report.unchanged,
                erased=report.erased or None,
                restored=report.restored or None,
                source=manner.source,
                file=digest[:16] or None,
            )
        return report

    def _begin(self, digest: str, manner: Manner) -> ImportRun:
        key = f"{digest}:{manner.source}:{int(manner.trusted)}"
        if manner.restore:
            key += ":restore"
        found = self._runs.unfinished(key) if digest else None
        if found is not None:
            return found
        run = ImportRun(new_id(self._random, "imp"), key, 0, {}, self._clock.now())
        with self._uow.transaction():
            self._runs.begin(run)
        return run

    def _write_part(
        self, part: list[Parsed], manner: Manner, run: ImportRun, done: int, before: Counter[str]
    ) -> Counter[str]:
        for _ in range(_TRIES):
            try:
                with self._uow.transaction():
                    counts, switched = self._write_rows(part, manner)
                    self._runs.advance(run.id, done, before + counts)
                    self._tell(switched)
            except Raced:
                # They are known at the next try, and every lock of this one is gone: beside those,
                # one person after another would be locked out of the order that everybody keeps.
                continue
            return counts
        raise Unavailable("sql", "raced")

    def _write_rows(
        self, part: list[Parsed], manner: Manner
    ) -> tuple[Counter[str], dict[str, Person]]:
        """How many came to what, and who is active or not since, by id."""
        now, counts = self._clock.now(), Counter[str]()
        known = self._store.find_many([row.identifier for row in part], lock=True)
        erased = strangers_erased(self._erased, part, known)
        if erased:
            part, counts = self._without(part, erased, manner)
        new: list[tuple[Person, Address | None]] = []
        records: list[AuditRecord] = []
        current: dict[str, Person] = {}
        switched: dict[str, Person] = {}
        for row in part:
            person = known.get(row.identifier)
            if person is None:
                candidate = self._fresh(row, manner, now)
                new.append((candidate, self._first_address(row, manner, now)))
                records.append(self._record(candidate, (), manner))
                counts["created"] += 1
                continue
            # Two identifiers of a file may name one person.
            merged = self._merge(current.get(person.id, person), row, manner)
            counts["updated" if merged.fields else "unchanged"] += 1
            if merged.fields:
                self._update(merged)
                current[person.id] = merged.after
                records.append(self._record(merged.person, merged.fields, manner))
                if "active" in merged.fields:
                    switched[person.id] = merged.person
        if new:
            self._store.create_many(new)
        self._audit.record_all(records)
        return counts, switched

    def _tell(self, switched: Mapping[str, Person]) -> None:
        """Before it is kept: where a session that must end cannot be ended, nothing is kept."""
        for person in switched.values():
            kind = "activated" if person.active else "deactivated"
            self._events.publish(PersonChanged(person.id, kind))

    def _without(
        self, part: list[Parsed], erased: frozenset[Identifier], manner: Manner
    ) -> tuple[list[Parsed], Counter[str]]:
        """The rows to write, and how many were of erased people: left out, or brought back."""
        if manner.restore:
            return part, Counter(restored=self._erased.lift(sorted(erased, key=_value)))
        kept = [row for row in part if row.identifier not in erased]
        return kept, Counter(erased=len(part) - len(kept))

    def _update(self, merged: Merged) -> None:
        self._store.update(merged.person)
        if merged.address is not None:
            self._store.put_address(merged.person.id, merged.address)

    def _fresh(self, row: Parsed, manner: Manner, now: datetime) -> Person:
        return fresh(
            row,
            id=new_id(self._random, "per"),
            sub=self._random.token(18),
            source=manner.source,
            now=now,
        )

    def _first_address(self, row: Parsed, manner: Manner, now: datetime) -> Address | None:
        if row.email is None:
            return None
        verified_at = row.verified_at if manner.trusted else None
        return Address(new_id(self._random, "adr"), row.email, now, verified_at, verified_at)

    def _merge(self, person: Person, row: Parsed, manner: Manner) -> Merged:
        merged = self._merged(person, row, manner, held=False)
        if merged.replaces and self._holds.since(person.id) is not None:
            return self._merged(person, row, manner, held=True)
        return merged

    def _merged(self, person: Person, row: Parsed, manner: Manner, *, held: bool) -> Merged:
        return merge(
            person,
            row,
            address_id=new_id(self._random, "adr"),
            trusted=manner.trusted,
            source=manner.source,
            now=self._clock.now(),
            held=held,
        )

    def _record(self, person: Person, fields: tuple[str, ...], manner: Manner) -> AuditRecord:
        return self._audit.entry(
            AuditEvent.PERSON_UPDATED if fields else AuditEvent.PERSON_CREATED,
            person_id=person.id,
            realm=person.realm,
            actor=manner.actor,
            source="import",
            fields=" ".join(fields) or None,
        )


__all__ = [
    "DEFAULT_SOURCE",
    "Manner",
    "RowProblem",
    "SeedReport",
    "SeedRow",
    "Seeder",
    "Told",
    "report_of",
]
