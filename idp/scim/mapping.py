"""Between people and SCIM Users, by the tables of `people`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from scim2_models import InvalidValueException

from idp.kernel.identity import EXTRANET, SOL
from idp.people.attributes import ATTRIBUTES, UNTOLD, scim_columns
from idp.people.eligibility import shown_address
from idp.people.person import Person
from idp.people.ports import Listed
from idp.people.profile import BY_NAME as PROFILE
from idp.people.profile import own_document
from idp.people.provisioned import Wanted
from idp.people.rows import Parsed, RowProblem, SeedRow
from idp.people.scim_paths import EXTENSION, ScimPath
from idp.people.standard import BY_COLUMN as STANDARD
from idp.scim.schema import PHONE_TYPES, User

COLUMNS: Mapping[str, ScimPath] = scim_columns()
_VERIFIED = "phone_number_verified"
_SINGLE = {"emails": "work", "photos": "photo", "addresses": "work"}
_USER = str(User.__schema__)
_Read = Callable[[Person, datetime], Any]

# Plain attributes that are read as components are told them.
_READ: tuple[tuple[ScimPath, _Read], ...] = tuple(
    (ScimPath.of(one.scim), one.read)
    for one in ATTRIBUTES
    if one.scim and one.scope in ("vuce", "profile") and one.column not in STANDARD
    and one.scim not in ("userName", "meta.lastModified")
) + tuple((ScimPath.of(one.scim), one.read) for one in UNTOLD)  # fmt: skip


def user_name(person: Person) -> str:
    """`RUC:USUARIO` of Clave SOL, `EXT…` of the Extranet: the identifier as it is."""
    return person.identifier


def payload(listed: Listed, now: datetime) -> dict[str, Any]:
    """A person as a User's members, but `meta`."""
    person = listed.person
    found: dict[str, Any] = {"schemas": [_USER, EXTENSION], "id": person.id}
    if listed.external_id is not None:
        found["externalId"] = listed.external_id
    found["userName"] = user_name(person)
    for path, read in _READ:
        _put(found, path, read(person, now))
    texts = {**person.standard, **_profile(person)}
    for column, path in COLUMNS.items():  # in one order, however they are stored
        text = texts.get(column)
        _put(found, path, text == "true" if text and column == _VERIFIED else text)
    shown = shown_address(person)
    if shown is not None:
        _put(found, COLUMNS["email"], shown.email)
    for name in (*_SINGLE, "phoneNumbers"):
        if len(found.get(name, ())) == 1:
            found[name][0]["primary"] = True
    return found


def _put(found: dict[str, Any], path: ScimPath, value: Any) -> None:
    if value not in (None, ""):
        path.put(found, value)


def _profile(person: Person) -> Mapping[str, str]:
    own = own_document(person)
    if own is None:
        return person.profile
    return {**person.profile, "document_type": own[0], "document_number": own[1]}


def row(members: Mapping[str, Any], person: Person | None) -> SeedRow:
    """What a User's members say, as the row of a file would. person: who it is about, if known.

    Raises InvalidValueException for more values than a person has.
    """
    plain = _plain(members)
    cells = {column: _text(path.get(plain)) for column, path in COLUMNS.items()}
    realm, ruc, usuario = _named(members, cells["ruc"], person)
    return SeedRow(
        line=1,
        realm=realm,
        ruc=ruc,
        usuario=usuario,
        name=cells["name"],
        email=cells["email"],
        consent_at=cells["consent_at"],
        standard={one: cells[one] for one in STANDARD if cells[one]},
        profile={one: cells[one] for one in PROFILE if cells[one]},
    )


def _named(members: Mapping[str, Any], ruc: str, person: Person | None) -> tuple[str, str, str]:
    """Realm, RUC and user. The RUC of a user of Clave SOL stands in the userName."""
    if person is not None:
        return person.realm, ruc, person.usuario
    before, colon, after = str(members.get("userName") or "").partition(":")
    if not colon:
        return EXTRANET, ruc, before
    if ruc and ruc.strip() != before.strip():
        raise InvalidValueException(detail="ruc is not that of userName")
    return SOL, before, after


def told(row: SeedRow, person: Person | None) -> SeedRow:
    """What of a row says something new: SUNAT's words need not be of our form."""
    if person is None:
        return row
    name = "" if row.name == person.name else row.name
    return replace(row, name=name, ruc="" if row.ruc == (person.ruc or "") else row.ruc)


def wanted(
    parsed: Parsed, row: SeedRow, members: Mapping[str, Any], *, used_before: bool
) -> Wanted:
    """How the person is to be. parsed: what was told, row: all that was said."""
    return Wanted(
        name=parsed.name or row.name,
        ruc=parsed.ruc or row.ruc or None,
        standard=parsed.standard,
        profile=parsed.profile,
        email=parsed.email,
        consent_at=parsed.consent_at,
        active=members.get("active") is not False,
        used_before=used_before,
    )


def problem(found: RowProblem, say: Callable[[object], object]) -> str:
    """What is wrong with a row, by the attribute's name. say: in the language of the answer."""
    path = COLUMNS.get(found.column)
    if found.column in ("usuario", "realm") or path is None:
        name = "userName"
    else:
        name = path.name.removeprefix(f"{EXTENSION}:")
    return f"{name}: {say(found.problem)}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(members: Mapping[str, Any]) -> dict[str, Any]:
    """Members whose values are one of each type, as our paths look for them."""
    found = dict(members)
    for name, kind in _SINGLE.items():
        entries = found.get(name) or []
        if entries:
            found[name] = [{**_only(name, entries), "type": kind}]
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in found.get("phoneNumbers") or []:
        kind = str(one.get("type") or "work").lower()
        if kind not in PHONE_TYPES:
            raise InvalidValueException(
                detail=f"phoneNumbers.type: one of {', '.join(PHONE_TYPES)}"
            )
        kinds.setdefault(kind, []).append(one)
    found["phoneNumbers"] = [
        {**_only(f"phoneNumbers of type {kind}", entries), "type": kind}
        for kind, entries in kinds.items()
    ]
    return found


def _only(name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The one value, or of several the one that is marked as primary."""
    primary = [one for one in entries if one.get("primary")]
    if len(entries) > 1 and len(primary) != 1:
        raise InvalidValueException(detail=f"{name}: one value at most, or one that is primary")
    found = primary[0] if len(entries) > 1 else entries[0]
    if name != "addresses" and not found.get("value"):
        raise InvalidValueException(detail=f"{name}: a value is needed")
    return found
