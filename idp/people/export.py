"""People as the rows of the file that would make them known: what `import` reads, this writes.

Whom such a file makes known in an empty directory may do nothing there that they could not do here.
"""

from __future__ import annotations

from datetime import datetime

from idp.kernel.identity import EXTRANET
from idp.people.csv_file import COLUMNS
from idp.people.eligibility import contact_address
from idp.people.person import Address, Person


def cells(person: Person, now: datetime) -> list[str]:
    """The cells of a person's row, in the order of `COLUMNS`.

    email: the address in force, or else the one that was written down last; verified only where
    mail reaches the one in force: one that cools off or is undeliverable would count at once where
    the file is taken. last_login_at: only where it opens contingency here too.
    """
    in_force = contact_address(person, now)
    address = in_force or _newest(person)
    counts = in_force if in_force and in_force.undeliverable_at is None else None
    known_here = person.first_login_at is not None or person.imported_active
    known = {
        "realm": person.realm,
        "usuario": person.identifier if person.realm == EXTRANET else person.usuario,
        "ruc": person.ruc or "",
        "name": person.name,
        "email": address.email if address else "",
        "email_verified_at": _moment(counts.verified_at if counts else None),
        "consent_at": _moment(person.consent_at if person.consent else None),
        "consent_refused_at": _moment(None if person.consent else person.consent_at),
        "last_login_at": _moment(person.last_login_at if known_here else None),
        "active": str(person.active).lower(),
        "withdrawn_at": _moment(person.withdrawn_at),
        "doubted_at": _moment(person.doubted_at),
        **person.standard,
        **person.profile,
    }
    return [known.get(column, "") for column in COLUMNS]


def _newest(person: Person) -> Address | None:
    return max(person.addresses, key=lambda one: one.created_at, default=None)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
