"""A row of a people's file: its cells, what is wrong with them, and what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from idp.kernel.identity import (
    EXTRANET,
    SOL,
    Identifier,
    extranet_identifier,
    is_valid_ruc,
    normalise,
    sol_identifier,
)
from idp.kernel.times import LIMA, read_moment
from idp.people.email_address import InvalidEmail, normalise_email
from idp.people.profile import read_profile
from idp.people.standard import BY_COLUMN, YES_OR_NO, yes_or_no

_MOMENTS: Sequence[str] = (
    "email_verified_at",
    "consent_at",
    "consent_refused_at",
    "last_login_at",
    "withdrawn_at",
    "doubted_at",
)
_MAX_NAME = 300
_LOCAL = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
)
_NO_RUC = "not a RUC: 11 digits with its check digit"
_SHORTENED = re.compile(r"[0-9][.,][0-9]+E\+[0-9]{2}")


@dataclass(frozen=True)
class SeedRow:
    """One row of a file. line: where it stands there, from 1.

    Moments are ISO 8601 with an offset, or a spreadsheet's (`23/11/2026 09:30`), in Lima's time.
    email_verified_at counts only when the file's e-mails are trusted. consent_at: their yes to
    notifications; consent_refused_at: their no, and never both. A last_login_at says that the
    person used VUCE before, so that contingency is open to them. active: `false` closes it to whom
    VUCE does not count among its users; withdrawn_at: since when it says that there is no such
    person; doubted_at: as `Person` has it. standard: claims by the columns of `people.standard`;
    profile: the form's other fields by those of `people.profile`.
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
    active: str = ""
    withdrawn_at: str = ""
    consent_refused_at: str = ""
    doubted_at: str = ""
    standard: Mapping[str, str] = field(default_factory=dict)
    profile: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RowProblem:
    """What is wrong in a row, without repeating its content."""

    line: int
    column: str
    problem: str


@dataclass(frozen=True)
class Parsed:
    """What a row says, normalised. active: None where it says nothing of it."""

    line: int
    identifier: Identifier
    ruc: str | None
    usuario: str
    name: str
    email: str | None
    verified_at: datetime | None
    consent_at: datetime | None
    consent_refused_at: datetime | None
    last_login_at: datetime | None
    active: bool | None
    withdrawn_at: datetime | None
    doubted_at: datetime | None
    standard: Mapping[str, str]
    profile: Mapping[str, str]

    def lay_ahead(self, moment: datetime) -> bool:
        """Whether something of it was still to come at that moment: it was a problem then."""
        told = (
            self.verified_at,
            self.consent_at,
            self.consent_refused_at,
            self.last_login_at,
            self.withdrawn_at,
            self.doubted_at,
        )
        return any(one is not None and one > moment for one in told)


class RowReader:
    """Reads rows, one at a time. The patterns are of usuarios SOL and Extranet users."""

    def __init__(self, *, sol_user_pattern: str, extranet_user_pattern: str) -> None:
        self._sol_pattern = sol_user_pattern
        self._extranet_pattern = extranet_user_pattern

    def read(self, row: SeedRow, now: datetime) -> tuple[Parsed | None, list[RowProblem]]:
        """What it says, or everything that is wrong with it."""
        found: list[RowProblem] = []
        identifier = self._identifier(row, found)
        return _parsed(row, identifier, now, found)

    def read_known(
        self, row: SeedRow, identifier: Identifier, now: datetime
    ) -> tuple[Parsed | None, list[RowProblem]]:
        """The same of somebody who is known already: what names them is not judged anew."""
        found: list[RowProblem] = []
        if row.ruc and not is_valid_ruc(normalise(row.ruc)):
            found.append(RowProblem(row.line, "ruc", _NO_RUC))
        return _parsed(row, identifier, now, found)

    def _identifier(self, row: SeedRow, found: list[RowProblem]) -> Identifier | None:
        if row.realm not in (SOL, EXTRANET):
            found.append(RowProblem(row.line, "realm", f"neither {SOL} nor {EXTRANET}"))
            return None
        ruc = normalise(row.ruc)
        if (ruc or row.realm == SOL) and not is_valid_ruc(ruc):
            shortened = _SHORTENED.fullmatch(ruc)
            why = (
                "shortened by a spreadsheet: make the column text and export again"
                if shortened
                else _NO_RUC
            )
            found.append(RowProblem(row.line, "ruc", why))
            return None
        if row.realm == SOL:
            identifier = sol_identifier(row.ruc, row.usuario, self._sol_pattern)
        else:
            identifier = extranet_identifier(row.usuario, self._extranet_pattern)
        if identifier is None:
            found.append(RowProblem(row.line, "usuario", f"not a user of {row.realm}"))
        return identifier


def _parsed(
    row: SeedRow, identifier: Identifier | None, now: datetime, found: list[RowProblem]
) -> tuple[Parsed | None, list[RowProblem]]:
    name = _name(row, found)
    email = _email(row, found)
    standard = _standard(row, found)
    profile = _profile(row, found)
    active = _active(row, found)
    moments = {column: _moment(row, column, now, found) for column in _MOMENTS}
    if row.consent_at.strip() and row.consent_refused_at.strip():
        found.append(RowProblem(row.line, "consent_refused_at", "both a yes and a no"))
    if identifier is None or found:
        return None, found
    parsed = Parsed(
        line=row.line,
        identifier=identifier,
        ruc=normalise(row.ruc) or None,
        usuario=normalise(row.usuario),
        name=name,
        email=email,
        verified_at=moments["email_verified_at"],
        consent_at=moments["consent_at"],
        consent_refused_at=moments["consent_refused_at"],
        last_login_at=moments["last_login_at"],
        active=active,
        withdrawn_at=moments["withdrawn_at"],
        doubted_at=moments["doubted_at"],
        standard=standard,
        profile=profile,
    )
    return parsed, []


def _name(row: SeedRow, found: list[RowProblem]) -> str:
    name = " ".join(row.name.split())
    if len(name) > _MAX_NAME or not name.isprintable():
        found.append(RowProblem(row.line, "name", f"not at most {_MAX_NAME} printable characters"))
    return name


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


def _active(row: SeedRow, found: list[RowProblem]) -> bool | None:
    text = row.active.strip()
    value = yes_or_no(text)
    if text and value is None:
        found.append(RowProblem(row.line, "active", f"not {YES_OR_NO}"))
    return None if value is None else value == "true"


def _standard(row: SeedRow, found: list[RowProblem]) -> dict[str, str]:
    values = {}
    for column, text in row.standard.items():
        value = BY_COLUMN[column].read(text.strip())
        if value is None:
            found.append(RowProblem(row.line, column, f"not {BY_COLUMN[column].form}"))
        else:
            values[column] = value
    return values


def _profile(row: SeedRow, found: list[RowProblem]) -> dict[str, str]:
    if not row.profile:
        return {}
    values, problems = read_profile(row.profile, row.realm)
    found += [RowProblem(row.line, column, why) for column, why in problems.items()]
    return values


def _moment(row: SeedRow, column: str, now: datetime, found: list[RowProblem]) -> datetime | None:
    text = str(getattr(row, column)).strip()
    if not text:
        return None
    moment = read_moment(text) or _local(text)
    if moment is None:
        problem = "not a moment such as 2026-03-01T09:30:00-05:00"
    elif moment > now:
        problem = "lies ahead"
    else:
        return moment
    found.append(RowProblem(row.line, column, problem))
    return None


def _local(text: str) -> datetime | None:
    """A moment as spreadsheets and databases write it, without a zone: Lima's."""
    for form in _LOCAL:
        try:
            return datetime.strptime(text, form).replace(tzinfo=LIMA).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None
