"""What becomes of a known person when a file speaks of them: pure, and the only place that says so.

SUNAT's word and the person's own are never overwritten. Among files the newest of the same source
is right; what another source said stays, and what the row of the person's present user says, where
several lead to them. What of a file does not count is a conflict, and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from idp.people.email_address import same_email
from idp.people.person import PERSON, SCIM, UPSTREAM, Address, Person
from idp.people.rows import Parsed
from idp.people.standard import merged


@dataclass(frozen=True)
class Merged:
    """person: as it becomes; the same object where nothing changes. fields: what changes.

    address: to be written, if any. conflicts: columns whose content does not count, and why.
    """

    person: Person
    fields: tuple[str, ...]
    address: Address | None
    conflicts: tuple[tuple[str, str], ...]

    @property
    def replaces(self) -> bool:
        """Whether an address that is there gives way to another."""
        one = self.address
        return one is not None and any(
            before.id == one.id and not same_email(before.email, one.email)
            for before in self.person.addresses
        )

    @property
    def after(self) -> Person:
        """The person with the address, as they stand once it is written."""
        if self.address is None:
            return self.person
        others = [one for one in self.person.addresses if one.id != self.address.id]
        return replace(self.person, addresses=(*others, self.address))


@dataclass(frozen=True)
class Voice:
    """Who speaks, and whose word gives way to it. name: how `said` calls it.

    SUNAT's word gives way to nobody's.
    """

    name: str
    over_files: bool = False
    over_person: bool = False

    def may_replace(self, sayer: str | None) -> bool:
        """Whether it may say otherwise than this one did; None: nobody is known to have."""
        if sayer in (None, self.name):
            return True
        if sayer == PERSON:
            return self.over_person
        return self.over_files and str(sayer).startswith(_FILE)


_FILE = "file:"


def file_of(source: str) -> str:
    """How `said` names a file's source."""
    return f"{_FILE}{source}"


def fresh(row: Parsed, *, id: str, sub: str, source: str, now: datetime) -> Person:
    """A person nobody knew, as a row has them; without the address."""
    answered_at = row.consent_refused_at or row.consent_at
    told = [name for name in ("name", "standard", "profile", "email") if getattr(row, name)]
    told += ["active"] if row.active is not None else []
    told += ["consent"] if answered_at is not None else []
    return Person(
        id=id,
        sub=sub,
        realm=row.identifier.realm,
        identifier=row.identifier.value,
        usuario=row.usuario,
        name=row.name,
        created_at=now,
        updated_at=now,
        ruc=row.ruc,
        last_login_at=row.last_login_at,
        imported_active=row.last_login_at is not None,
        consent=answered_at is not None and row.consent_refused_at is None,
        consent_at=answered_at,
        active=row.active is not False,
        withdrawn_at=row.withdrawn_at,
        doubted_at=row.doubted_at,
        standard=row.standard,
        profile=row.profile,
        said={name: file_of(source) for name in told},
    )


def merge(
    person: Person,
    row: Parsed,
    *,
    address_id: str,
    trusted: bool,
    source: str,
    now: datetime,
    held: bool = False,
) -> Merged:
    """A known person after a row. trusted: its e-mails were verified by who wrote the file. held:
    an obligation keeps the person's data, and so their address.
    """
    voice = Voice(file_of(source))
    found = _Merging(person, voice, other=row.identifier != person.key)
    found.name(row)
    found.ruc(row)
    found.mapping("standard", row.standard)
    found.mapping("profile", row.profile)
    found.consent(row)
    found.login(row)
    found.active(row)
    found.there(row)
    address, conflict = _address(person, row, address_id, trusted, now, held=held)
    conflicts = (*found.conflicts, *([conflict] if conflict else []))
    fields = (*sorted(found.changes), *(["address"] if address else []))
    if address:
        found.said["email"] = voice.name
    if fields:
        person = replace(person, **found.changes, said=found.said, updated_at=now)
    return Merged(person, fields, address, conflicts)


def who_said_name(person: Person) -> str | None:
    """Whose word a person's name is; None where nobody is known to have said it."""
    return person.said.get("name", None if person.first_login_at is None else UPSTREAM)


class _Merging:
    """What has been found so far. voice: the file's source. other: whether the row is of another
    user of this person than the one in use: it only fills in what nobody told.
    """

    def __init__(self, person: Person, voice: Voice, *, other: bool) -> None:
        self.person = person
        self.voice = voice
        self.other = other
        self.said = dict(person.said)
        self.changes: dict[str, Any] = {}
        self.conflicts: list[tuple[str, str]] = []

    def name(self, row: Parsed) -> None:
        if not row.name or row.name == self.person.name:
            return
        before = who_said_name(self.person)
        if not self.person.name or (self.voice.may_replace(before) and not self.other):
            self.changes["name"], self.said["name"] = row.name, self.voice.name
        elif before != UPSTREAM:  # SUNAT's name is simply the better one
            self.conflicts.append(("name", self._why(before or self.voice.name)))

    def ruc(self, row: Parsed) -> None:
        if row.ruc and self.person.ruc is None:
            self.changes["ruc"] = row.ruc
        elif row.ruc and row.ruc != self.person.ruc:
            self.conflicts.append(("ruc", _kept(UPSTREAM)))

    def mapping(self, field: str, told: Mapping[str, str]) -> None:
        before = getattr(self.person, field)
        sayer = self.said.get(field)
        after, differing = _mapping(before, told, sayer, self.voice, adds=self.other)
        self.conflicts += [(one, self._why(sayer or self.voice.name)) for one in differing]
        if after is not before:
            self.changes[field] = after
            self.said.setdefault(field, self.voice.name)

    def consent(self, row: Parsed) -> None:
        """Their answer on notifications: a no never becomes a yes."""
        if row.consent_refused_at is not None:
            self._refused(row.consent_refused_at)
        if row.consent_at is None:
            return
        if self.person.consent_at is None and too_old(self.person, row.consent_at):
            self.conflicts.append(("consent_at", _BEFORE_DOUBT))
        elif self.person.consent_at is None:
            self._answer(True, row.consent_at)
        elif not self.person.consent:
            self.conflicts.append(("consent_at", "the person said no"))

    def _refused(self, moment: datetime) -> None:
        """Their no, which takes back a yes of the same source from before it."""
        answered_at = self.person.consent_at
        if answered_at is None:
            self._answer(False, moment)
        if answered_at is None or not self.person.consent:
            return
        # Of answers from before it was kept: theirs, if they were ever here to give one.
        sayer = self.said.get("consent", PERSON if self.person.first_login_at else None)
        if self.other or not self.voice.may_replace(sayer):
            why = self._why(sayer or self.voice.name)
            self.conflicts.append(("consent_refused_at", why))
        elif moment < answered_at:
            self.conflicts.append(("consent_refused_at", "the person said yes since"))
        else:
            self._answer(False, moment)

    def _answer(self, consent: bool, moment: datetime) -> None:
        self.changes |= {"consent": consent, "consent_at": moment}
        self.said["consent"] = self.voice.name

    def login(self, row: Parsed) -> None:
        if row.last_login_at and (self.person.last_login_at or _BEFORE) < row.last_login_at:
            self.changes["last_login_at"] = row.last_login_at
            if not self.person.imported_active:
                self.changes["imported_active"] = True

    def active(self, row: Parsed) -> None:
        """Whether VUCE counts them, which a file says as well."""
        if row.active is None or row.active == self.person.active:
            return
        # Before it was noted, only a system could say that somebody is none of its users.
        sayer = self.said.get("active", None if self.person.active else SCIM)
        if self.voice.may_replace(sayer) and not self.other:
            self.changes["active"], self.said["active"] = row.active, self.voice.name
        else:
            self.conflicts.append(("active", self._why(sayer or self.voice.name)))

    def there(self, row: Parsed) -> None:
        """What counts only for whom a file makes known: who was withdrawn or doubted stays so."""
        if row.withdrawn_at and self.person.withdrawn_at is None:
            self.conflicts.append(("withdrawn_at", _THERE))
        if row.doubted_at and not too_old(self.person, row.doubted_at):
            self.conflicts.append(("doubted_at", _KNOWN))

    def _why(self, sayer: str) -> str:
        return _OTHER_USER if self.other and sayer == self.voice.name else _kept(sayer)


_HELD = "an obligation keeps this person's data"
_THERE = "this person is there; active false closes contingency to them"
_KNOWN = "a file doubts only whom it makes known"
_OTHER_USER = "the row of another user of this person counts"
_BEFORE_DOUBT = "from before this user may have passed to another person"
_BEFORE = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _mapping(
    before: Mapping[str, str],
    told: Mapping[str, str],
    sayer: str | None,
    voice: Voice,
    *,
    adds: bool,
) -> tuple[Mapping[str, str], list[str]]:
    """What counts of what a file tells beside what there is, and which columns do not. adds: it
    changes nothing that is there.
    """
    if sayer == PERSON:
        # What they left empty is their word as well.
        return before, sorted(one for one in told if told[one] != before.get(one))
    if voice.may_replace(sayer) and not adds:
        after = merged(before, told)
        return (before if after == dict(before) else after), []
    new = {one: told[one] for one in told if one not in before}
    differing = sorted(one for one in told if one in before and told[one] != before[one])
    return ({**before, **new} if new else before), differing


def _address(
    person: Person, row: Parsed, address_id: str, trusted: bool, now: datetime, *, held: bool
) -> tuple[Address | None, tuple[str, str] | None]:
    """The address to write, and which column does not count and why, if one does not.

    Of the addresses that are there only one is touched, which nobody has verified: it takes the
    file's word for being verified, and gives way to another as long as its person was never here to
    type one.
    """
    if row.email is None:
        return None, None
    verified_at, conflict = row.verified_at if trusted else None, None
    if verified_at is not None and too_old(person, verified_at):
        verified_at, conflict = None, ("email_verified_at", _BEFORE_DOUBT)
    address = Address(address_id, row.email, now, verified_at, verified_at)
    if not person.addresses:
        return address, conflict
    same = any(same_email(one.email, row.email) for one in person.addresses)
    present = person.addresses[0]
    alone = len(person.addresses) == 1 and present.verified_at is None
    if same and not (alone and verified_at):
        return None, conflict if alone else None
    other_user = row.identifier != person.key
    if not alone or (not same and (person.first_login_at or other_user)):
        return None, ("email", "another address is in use, or the person typed another")
    if not same and person.said.get("email") == SCIM:
        return None, ("email", _kept(SCIM))
    if not same and held:
        return None, ("email", _HELD)
    return replace(address, id=present.id, created_at=present.created_at), None


def too_old(person: Person, moment: datetime) -> bool:
    """Whether what was given then may have been given by whoever had the user before."""
    return person.doubted_at is not None and moment <= person.doubted_at


def _kept(sayer: str) -> str:
    if sayer == UPSTREAM:
        return "SUNAT says otherwise"
    if sayer == PERSON:
        return "the person says otherwise"
    return f"{sayer.partition(':')[2] or sayer} said otherwise before"
