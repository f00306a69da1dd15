"""People as the rows of the file that would make them known: what `import` reads, this writes."""

from __future__ import annotations

from datetime import datetime

from idp.kernel.identity import EXTRANET
from idp.people.csv_file import COLUMNS
from idp.people.eligibility import contact_address
from idp.people.person import Address, Person


def cells(person: Person, now: datetime) -> list[str]:
    """The cells of a person's row, in the order of `COLUMNS`.

    email: the address in force, or else the one that was written down last.
    """
    address = contact_address(person, now) or _newest(person)
    known = {
        "realm": person.realm,
        "usuario": person.identifier if person.realm == EXTRANET else person.usuario,
        "ruc": person.ruc or "",
        "name": person.name,
        "email": address.email if address else "",
        "email_verified_at": _moment(address.verified_at if address else None),
        "consent_at": _moment(person.consent_at if person.consent else None),
        "last_login_at": _moment(person.last_login_at),
        "active": str(person.active).lower(),
        "withdrawn_at": _moment(person.withdrawn_at),
        **person.standard,
        **person.profile,
    }
    return [known.get(column, "") for column in COLUMNS]


def _newest(person: Person) -> Address | None:
    return max(person.addresses, key=lambda one: one.created_at, default=None)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
