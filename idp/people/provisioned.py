"""What becomes of a person when VUCE's own system says how they are to be: pure, and whole.

The rules of a file hold (`people.merging`): SUNAT's word is never replaced, the person's own only
where that system was given the last word. Unlike a file it also says what is no longer so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from idp.kernel.identity import SOL
from idp.people.eligibility import shown_address
from idp.people.email_address import same_email
from idp.people.merging import Voice, too_old, who_said_name
from idp.people.person import PERSON, UPSTREAM, Address, Person
from idp.people.profile import own_document

_DOCUMENT = ("document_type", "document_number")


@dataclass(frozen=True)
class Wanted:
    """How a system wants a person to be; what it leaves empty is to be empty.

    used_before: whether that system's word that they used VUCE before counts.
    """

    name: str = ""
    ruc: str | None = None
    standard: Mapping[str, str] = field(default_factory=dict)
    profile: Mapping[str, str] = field(default_factory=dict)
    email: str | None = None
    consent_at: datetime | None = None
    active: bool = True
    used_before: bool = False


@dataclass(frozen=True)
class Provisioned:
    """person: as they become, without the addresses; the same object where nothing changes.

    fields: what changes, by columns. kept: what does not, since another's word counts. refused:
    what SUNAT says, and the system otherwise or not at all. address: to be added. dropped: those
    that it takes the place of.
    """

    person: Person
    fields: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    address: Address | None = None
    dropped: tuple[Address, ...] = ()

    @property
    def after(self) -> Person:
        """The person with the addresses, as they stand once all is written."""
        gone = {one.id for one in self.dropped}
        left = [one for one in self.person.addresses if one.id not in gone]
        return replace(
            self.person, addresses=(*left, self.address) if self.address else tuple(left)
        )


def provision(
    person: Person, wanted: Wanted, voice: Voice, *, address_id: str, now: datetime
) -> Provisioned:
    """A known person once a system has spoken. address_id: of an address that it brings."""
    found = _Provisioning(person, voice)
    found.name(wanted.name)
    found.ruc(wanted.ruc)
    found.mapping("standard", _settled(person.standard, wanted.standard))
    found.mapping("profile", found.without_own_document(wanted.profile))
    found.consent(wanted.consent_at, now)
    found.active(wanted.active)
    found.used_before(wanted.used_before)
    address, dropped = found.email(wanted.email, address_id, now)
    if not found.fields:
        return Provisioned(person, (), tuple(found.kept), tuple(found.refused))
    changed = replace(person, **found.changes, said=found.said, updated_at=now)
    return Provisioned(
        person=changed,
        fields=tuple(sorted(found.fields)),
        kept=tuple(found.kept),
        refused=tuple(found.refused),
        address=address,
        dropped=dropped,
    )


def _settled(before: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """What verified another telephone number says nothing of this one."""
    after, flag = dict(wanted), "phone_number_verified"
    same_number = after.get("phone_number") == before.get("phone_number")
    if not same_number and flag in before and after.get(flag) == before[flag]:
        del after[flag]
    return after


class _Provisioning:
    """What has been found so far, by columns."""

    def __init__(self, person: Person, voice: Voice) -> None:
        self.person = person
        self.voice = voice
        self.said = dict(person.said)
        self.changes: dict[str, Any] = {}
        self.fields: list[str] = []
        self.kept: list[str] = []
        self.refused: list[str] = []

    def name(self, wanted: str) -> None:
        if wanted == self.person.name:
            return
        sayer = who_said_name(self.person)
        if sayer == UPSTREAM:
            self.refused.append("name")
        elif self.voice.may_replace(sayer):
            self.changes["name"], self.said["name"] = wanted, self.voice.name
            self.fields.append("name")
        else:
            self.kept.append("name")

    def ruc(self, wanted: str | None) -> None:
        """Of an official whose RUC SUNAT never told. Of a user of Clave SOL it names the person."""
        if wanted == self.person.ruc:
            return
        fixed = self.person.realm == SOL
        # Nobody notes that a file said one: whoever was never here has it from there.
        sayer = self.said.get("ruc", UPSTREAM if self.person.first_login_at else None)
        if self.person.ruc is None or (not fixed and self.voice.may_replace(sayer)):
            self.changes["ruc"] = wanted
            self.fields.append("ruc")
            if not fixed:
                self.said["ruc"] = self.voice.name
        else:
            self.refused.append("ruc")

    def without_own_document(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """The form's fields that somebody may say; SUNAT vouches for some people's document."""
        own = own_document(self.person)
        if own is None:
            return dict(wanted)
        told = dict(zip(_DOCUMENT, own, strict=True))
        self.refused += [one for one in _DOCUMENT if wanted.get(one) != told[one]]
        before = self.person.profile
        rest = {one: value for one, value in wanted.items() if one not in _DOCUMENT}
        return {**rest, **{one: before[one] for one in _DOCUMENT if one in before}}

    def mapping(self, field: str, wanted: Mapping[str, str]) -> None:
        before = getattr(self.person, field)
        names = sorted({*before, *wanted})
        differing = [one for one in names if before.get(one) != wanted.get(one)]
        if not differing:
            return
        if self.voice.may_replace(self.said.get(field)):
            self.changes[field], self.said[field] = dict(wanted), self.voice.name
            self.fields += differing
        else:
            self.kept += differing

    def consent(self, wanted: datetime | None, now: datetime) -> None:
        """A yes of theirs, or a no: never the system's own. A system may bring the person's no, and
        take back what it brought itself; nothing turns a no of theirs into a yes.
        """
        person, mine = self.person, self.said.get("consent") == self.voice.name
        before = person.consent_at if person.consent else None
        if wanted == before:
            return
        answered = person.consent_at is not None and not mine
        if wanted is not None and (answered or too_old(person, wanted)):
            self.kept.append("consent_at")
            return
        self.changes |= {"consent": wanted is not None, "consent_at": wanted or now}
        self.said["consent"] = self.voice.name
        self.fields.append("consent_at")

    def active(self, wanted: bool) -> None:
        if wanted != self.person.active:
            self.changes["active"], self.said["active"] = wanted, self.voice.name
            self.fields.append("active")

    def used_before(self, wanted: bool) -> None:
        if wanted and not self.person.imported_active:
            self.changes["imported_active"] = True
            self.fields.append("imported_active")

    def email(
        self, wanted: str | None, address_id: str, now: datetime
    ) -> tuple[Address | None, tuple[Address, ...]]:
        """The address to add, and those to drop.

        Nobody but its owner proves an address: a new one counts for nothing yet, and no link goes
        to one that the system says is no longer theirs.
        """
        shown = shown_address(self.person)
        if (shown is None and wanted is None) or (
            shown is not None and wanted is not None and same_email(shown.email, wanted)
        ):
            return None, ()
        if shown is not None and not self.voice.may_replace(self._who_said_email()):
            self.kept.append("email")
            return None, ()
        self.said["email"] = self.voice.name
        self.fields.append("email")
        address = None if wanted is None else Address(address_id, wanted, now)
        return address, self.person.addresses

    def _who_said_email(self) -> str | None:
        """Of addresses from before that was kept: theirs, if they were ever here to type one."""
        return self.said.get("email", PERSON if self.person.first_login_at else None)
