"""One row for each attribute of a person that relying parties can see, or that a system may bring.

`sub` is none of them: it belongs to the token. Claims without a value are left out, as
OpenID Connect Core §5.3.2 asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from idp.kernel.identity import EXTRANET, SOL
from idp.people.eligibility import contact_address, shown_address
from idp.people.person import Person
from idp.people.profile import PROFILE
from idp.people.scim_paths import ScimPath, own
from idp.people.standard import STANDARD, address, phone_verified

Value = str | int | bool | dict[str, str] | None


@dataclass(frozen=True)
class Attribute:
    """A claim, the scope that gives it, and where it comes from.

    owner: who says what is right: `upstream`, `person`, `file` or `us`. column: its name in a CSV
    file. scim: its path in a SCIM User (`people.scim_paths`).
    """

    claim: str
    scope: str
    owner: str
    read: Callable[[Person, datetime], Value]
    column: str | None = None
    scim: str | None = None


def _only(realm: str) -> Callable[[Person, datetime], Value]:
    return lambda person, now: person.usuario if person.realm == realm else None


def _email(person: Person, now: datetime) -> Value:
    address = contact_address(person, now)
    return address.email if address else None


def _standard(column: str) -> Callable[[Person, datetime], Value]:
    return lambda person, now: person.standard.get(column)


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("ruc", "vuce", "upstream", lambda person, now: person.ruc, "ruc", own("ruc")),
    Attribute("usuario_sol", "vuce", "upstream", _only(SOL), "usuario", "userName"),
    Attribute("usuario_extranet", "vuce", "upstream", _only(EXTRANET), "usuario", "userName"),
    Attribute(
        "tipo_usuario",
        "vuce",
        "upstream",
        lambda person, now: person.tipo_usuario,
        scim=own("tipoUsuario"),
    ),
    Attribute("realm", "vuce", "us", lambda person, now: person.realm, "realm", "userType"),
    Attribute(
        "name", "profile", "upstream", lambda person, now: person.name, "name", "displayName"
    ),
    Attribute(
        "given_name",
        "profile",
        "upstream",
        lambda person, now: person.given_name,
        scim="name.givenName",
    ),
    Attribute(
        "family_name",
        "profile",
        "upstream",
        lambda person, now: person.family_name,
        scim="name.familyName",
    ),
    Attribute("preferred_username", "profile", "upstream", lambda person, now: person.usuario),
    Attribute(
        "updated_at",
        "profile",
        "us",
        lambda person, now: int(person.updated_at.timestamp()),
        scim="meta.lastModified",
    ),
    *(
        Attribute(one.claim, one.scope, "file", _standard(one.column), one.column, one.scim)
        for one in STANDARD
        if one.scope != "address" and one.column != "phone_number_verified"
    ),
    Attribute(
        "phone_number_verified",
        "phone",
        "file",
        lambda person, now: phone_verified(person.standard),
        "phone_number_verified",
        own("phoneNumberVerified"),
    ),
    Attribute(
        "address", "address", "file", lambda person, now: address(person.standard), scim="addresses"
    ),
    Attribute("email", "email", "person", _email, "email", 'emails[type eq "work"].value'),
    # The address in force was verified by definition: without one there is neither claim.
    Attribute(
        "email_verified", "email", "us", lambda person, now: bool(_email(person, now)) or None
    ),
)


@dataclass(frozen=True)
class Untold:
    """What no component is told, whatever its scopes; the rest as in `Attribute`.

    The fields of `people.profile` are such as well.
    """

    scim: str
    owner: str
    read: Callable[[Person, datetime], datetime | bool | None]
    column: str | None = None


def _of_email(name: str) -> Callable[[Person, datetime], datetime | None]:
    return lambda person, now: getattr(shown_address(person), name, None)


UNTOLD: tuple[Untold, ...] = (
    Untold("active", "us", lambda person, now: person.active, "active"),
    Untold(
        own("consentAt"),
        "person",
        lambda person, now: person.consent_at if person.consent else None,
        "consent_at",
    ),
    Untold(own("emailVerifiedAt"), "person", _of_email("verified_at"), "email_verified_at"),
    Untold(own("emailCountsFrom"), "us", _of_email("counts_from")),
    Untold(own("emailUndeliverableAt"), "us", _of_email("undeliverable_at")),
)

_BY_CLAIM = {attribute.claim: attribute for attribute in ATTRIBUTES}


def scim_columns() -> dict[str, ScimPath]:
    """Where a SCIM User has each column of a CSV file."""
    paths: list[tuple[str | None, str | None]] = [(one.column, one.scim) for one in ATTRIBUTES]
    paths += [(one.column, one.scim) for one in UNTOLD]
    paths += [(one.column, one.scim) for one in STANDARD]
    paths += [(one.name, one.scim) for one in PROFILE]
    return {column: ScimPath.of(path) for column, path in paths if column and path}


_SCIM_NAMES: dict[str, str] = {
    **{one.claim: ScimPath.of(one.scim).name for one in ATTRIBUTES if one.scim},
    **{column: path.name for column, path in scim_columns().items()},
}
SCOPES: frozenset[str] = frozenset(attribute.scope for attribute in ATTRIBUTES)


def claims(person: Person, scopes: frozenset[str], now: datetime) -> dict[str, object]:
    """The claims about a person that these scopes give at that moment; never `sub`."""
    found = (
        (attribute.claim, attribute.read(person, now))
        for attribute in ATTRIBUTES
        if attribute.scope in scopes
    )
    return {claim: value for claim, value in found if value not in (None, "")}


def claim(person: Person, name: str, now: datetime) -> object:
    """One claim about a person at that moment; None for one without a value, or none of ours."""
    attribute = _BY_CLAIM.get(name)
    value = attribute.read(person, now) if attribute else None
    return None if value == "" else value


def claim_scope(name: str) -> str | None:
    """The scope that gives a claim, or None for one that is none of ours."""
    attribute = _BY_CLAIM.get(name)
    return attribute.scope if attribute else None


def scim_names(fields: Iterable[str]) -> tuple[str, ...]:
    """The SCIM attributes that hold these columns, claims or fields of a person; what SCIM does not
    show is left out.
    """
    return tuple(sorted({_SCIM_NAMES[one] for one in fields if one in _SCIM_NAMES}))


def claim_names(scopes: frozenset[str] = SCOPES) -> tuple[str, ...]:
    """The names of the claims that these scopes can give, for discovery."""
    return tuple(attribute.claim for attribute in ATTRIBUTES if attribute.scope in scopes)
