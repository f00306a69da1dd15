"""Importing people: checked as a whole, written as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.identity import (
    EXTRANET,
    SOL,
    Identifier,
    extranet_identifier,
    is_valid_ruc,
    normalise,
    sol_identifier,
)
from idp.kernel.ids import new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random
from idp.kernel.times import read_moment
from idp.people.contact import InvalidEmail, normalise_email, same_email
from idp.people.person import Address, Person
from idp.people.ports import PersonStore
from idp.people.standard import BY_COLUMN, merged


@dataclass(frozen=True)
class SeedRow:
    """One row of a file. line: where it stands there, from 1. Moments are ISO 8601 with an offset.

    email_verified_at counts only when the file's e-mails are trusted; a last_login_at says that
    the person used VUCE before, so that contingency is open to them. standard: claims by the
    columns of `people.standard`.
    """

    line: int
    realm: str
    usuario: str
    ruc: str = ""
    name: str = ""
    email: str = ""
    email_verified_at: str = ""
    consent_at: str = ""
    last_login_at: str = ""
    standard: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RowProblem:
    """What is wrong in a row, without repeating its content."""

    line: int
    column: str
    problem: str


@dataclass(frozen=True)
class SeedReport:
    """What an import did; with any problem it did nothing."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True)
class _Parsed:
    identifier: Identifier
    ruc: str | None
    usuario: str
    name: str
    email: str | None
    verified_at: datetime | None
    consent_at: datetime | None
    last_login_at: datetime | None
    standard: Mapping[str, str]


class Seeder:
    """Checks rows and writes them; what persons or SUNAT said themselves is never overwritten."""

    def __init__(
        self,
        *,
        store: PersonStore,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        sol_user_pattern: str,
        extranet_user_pattern: str,
    ) -> None:
        self._store = store
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._sol_pattern = sol_user_pattern
        self._extranet_pattern = extranet_user_pattern

    def seed(self, rows: Iterable[SeedRow], *, trust_emails: bool, actor: str | None) -> SeedReport:
        """Write every row, or none when any has a problem.

        In parts, each a transaction of its own, so that nobody's login waits for a long file. One
        that was cut off is simply repeated: what is there stays as it is.
        """
        parsed, problems = self._parse(rows)
        if problems:
            return SeedReport(problems=tuple(problems))
        outcomes: Counter[str] = Counter()
        for start in range(0, len(parsed), _PART):
            with self._uow.transaction():
                outcomes.update(
                    self._write(row, trust_emails, actor) for row in parsed[start : start + _PART]
                )
        with self._uow.transaction():
            report = SeedReport(outcomes["created"], outcomes["updated"], outcomes["unchanged"])
            self._audit.record(
                AuditEvent.PEOPLE_IMPORTED,
                actor=actor,
                rows=len(parsed),
                trusted_emails=trust_emails,
                created=report.created,
                updated=report.updated,
                unchanged=report.unchanged,
            )
        return report

    def _parse(self, rows: Iterable[SeedRow]) -> tuple[list[_Parsed], list[RowProblem]]:
        parsed: list[_Parsed] = []
        problems: list[RowProblem] = []
        seen: dict[Identifier, int] = {}
        for row in rows:
            found: list[RowProblem] = []
            identifier = self._identifier(row, found)
            if identifier is not None and identifier in seen:
                problem = f"the same person as in line {seen[identifier]}"
                found.append(RowProblem(row.line, "usuario", problem))
            email = _email(row, found)
            standard = _standard(row, found)
            moments = [_moment(row, name, self._clock.now(), found) for name in _MOMENTS]
            problems.extend(found)
            if identifier is None or found:
                continue
            seen[identifier] = row.line
            ruc = normalise(row.ruc) or None
            usuario, name = normalise(row.usuario), row.name.strip()
            verified, consent, login = moments
            parsed.append(
                _Parsed(identifier, ruc, usuario, name, email, verified, consent, login, standard)
            )
        return parsed, problems

    def _identifier(self, row: SeedRow, found: list[RowProblem]) -> Identifier | None:
        identifier = None
        if row.realm not in (SOL, EXTRANET):
            found.append(RowProblem(row.line, "realm", f"neither {SOL} nor {EXTRANET}"))
            return None
        if (row.ruc.strip() or row.realm == SOL) and not is_valid_ruc(normalise(row.ruc)):
            found.append(RowProblem(row.line, "ruc", "not a RUC: 11 digits with its check digit"))
            return None
        if row.realm == SOL:
            identifier = sol_identifier(row.ruc, row.usuario, self._sol_pattern)
        else:
            identifier = extranet_identifier(row.usuario, self._extranet_pattern)
        if identifier is None:
            found.append(RowProblem(row.line, "usuario", f"not a user of {row.realm}"))
        return identifier

    def _write(self, row: _Parsed, trust_emails: bool, actor: str | None) -> str:
        now = self._clock.now()
        candidate = Person(
            id=new_id(self._random, "per"),
            sub=self._random.token(18),
            realm=row.identifier.realm,
            identifier=row.identifier.value,
            usuario=row.usuario,
            name=row.name,
            created_at=now,
            updated_at=now,
            ruc=row.ruc,
            last_login_at=row.last_login_at,
            imported_active=row.last_login_at is not None,
            consent=row.consent_at is not None,
            consent_at=row.consent_at,
            standard=row.standard,
        )
        person, created = self._store.get_or_create(candidate)
        fields = [] if created else self._complete(person, candidate, now)
        if self._write_address(person, row, row.verified_at if trust_emails else None, now):
            fields.append("address")
        if created or fields:
            self._audit.record(
                AuditEvent.PERSON_CREATED if created else AuditEvent.PERSON_UPDATED,
                person_id=person.id,
                realm=person.realm,
                actor=actor,
                source="import",
                fields=None if created else " ".join(fields),
            )
        return "created" if created else "updated" if fields else "unchanged"

    def _write_address(
        self, person: Person, row: _Parsed, verified_at: datetime | None, now: datetime
    ) -> bool:
        """Add the row's address; whether anything changed.

        Of the addresses that are there only one is touched, which nobody has verified: it takes
        the file's word for being verified, and gives way to another as long as its person was
        never here to type one.
        """
        if row.email is None:
            return False
        address = Address(new_id(self._random, "adr"), row.email, now, verified_at, verified_at)
        if person.addresses:
            present = person.addresses[0]
            alone = len(person.addresses) == 1 and present.verified_at is None
            same = same_email(present.email, row.email)
            if not alone or (not same and person.first_login_at) or (same and not verified_at):
                return False
            address = replace(address, id=present.id, created_at=present.created_at)
        self._store.put_address(person.id, address)
        return True

    def _complete(self, person: Person, row: Person, now: datetime) -> list[str]:
        """Fill in what nobody said yet; the names of the fields."""
        changes: dict[str, object] = {}
        if not person.name and row.name:
            changes["name"] = row.name
        if person.consent_at is None and row.consent_at is not None:
            changes |= {"consent": True, "consent_at": row.consent_at}
        if person.last_login_at is None and row.last_login_at is not None:
            changes |= {"imported_active": True, "last_login_at": row.last_login_at}
        standard = merged(person.standard, row.standard)
        if standard != person.standard:
            # Only files tell these: the newest is right.
            changes["standard"] = standard
        if changes:
            completed = replace(person, updated_at=now, **changes)  # type: ignore[arg-type]
            self._store.update(completed)
        return sorted(changes)


# Rows in one transaction: a fraction of a second.
_PART = 200
_MOMENTS: Sequence[str] = ("email_verified_at", "consent_at", "last_login_at")


def _email(row: SeedRow, found: list[RowProblem]) -> str | None:
    if not row.email.strip():
        if row.email_verified_at.strip():
            found.append(RowProblem(row.line, "email_verified_at", "verified, but no e-mail"))
        return None
    try:
        return normalise_email(row.email)
    except InvalidEmail as error:
        found.append(RowProblem(row.line, "email", str(error)))
        return None


def _standard(row: SeedRow, found: list[RowProblem]) -> dict[str, str]:
    values = {}
    for column, text in row.standard.items():
        value = BY_COLUMN[column].read(text.strip())
        if value is None:
            found.append(RowProblem(row.line, column, f"not {BY_COLUMN[column].form}"))
        else:
            values[column] = value
    return values


def _moment(row: SeedRow, column: str, now: datetime, found: list[RowProblem]) -> datetime | None:
    text = str(getattr(row, column)).strip()
    if not text:
        return None
    moment = read_moment(text)
    if moment is None:
        problem = "not a moment such as 2026-03-01T09:30:00-05:00"
    elif moment > now:
        problem = "lies ahead"
    else:
        return moment
    found.append(RowProblem(row.line, column, problem))
    return None
