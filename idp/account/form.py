"""The fields of "Modificación de Datos": their names on the page, what was typed, what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.kernel.texts import Text
from idp.people import ubigeo
from idp.people.person import Person
from idp.people.profile import DOCUMENT_TYPES, PROFILE, own_document

# By the fields of `people.profile`: their names (and ids) in the form.
NAMES: Mapping[str, str] = {
    "document_type": "tipo_documento",
    "document_number": "numero_documento",
    "phone": "telefono",
    "mobile": "celular",
    "fax": "fax",
    "ubigeo": "distrito",
    "street": "direccion",
    "reference": "referencia",
    "area": "area",
    "sub_area": "sub_area",
}
_CHAIN = ("departamento", "provincia", "distrito")
_MOST = 500
_INCOMPLETE = Text("Elija la provincia y el distrito, o deje los tres en blanco.")


@dataclass(frozen=True)
class Typed:
    """What a person typed, as it came.

    places: department, province and district as chosen, each a code or empty. choosing: they only
    want the next list of places; nothing is to be saved.
    """

    email: str
    consent: bool
    profile: Mapping[str, str]
    places: tuple[str, str, str]
    choosing: bool = False


@dataclass(frozen=True)
class Shown:
    """What the fields hold: what was typed, or else what is known."""

    profile: Mapping[str, str]
    places: tuple[str, str, str]


def read(form: Mapping[str, str]) -> Typed:
    """A posted form. Texts beyond any field's length are cut: their field says so."""
    department, province, district = (form.get(name, "").strip()[:6] for name in _CHAIN)
    profile = {name: form.get(NAMES[name], "")[:_MOST] for name in NAMES}
    # A district of another province is one that an earlier list left behind.
    if not (province.startswith(department) and len(province) == 4 and department):
        province = ""
    if not (province and district.startswith(province)):
        district = ""
    return Typed(
        email=form.get("email", "")[:_MOST],
        consent="consent" in form,
        profile={**profile, "ubigeo": district},
        places=(department, province, district),
        choosing="elegir" in form,
    )


def kept(form: Mapping[str, str]) -> dict[str, str]:
    """What of a posted form `read` needs to read the same again."""
    names = ("email", "consent", *NAMES.values(), *_CHAIN)
    return {name: form[name][:_MOST] for name in names if name in form}


def incomplete(typed: Typed) -> dict[str, Text]:
    """The problem of a place that was begun and not chosen to the end."""
    return {"ubigeo": _INCOMPLETE} if typed.places[0] and not typed.places[2] else {}


def known(person: Person) -> Shown:
    """What the fields hold before anybody types."""
    code = person.profile.get("ubigeo", "")
    return Shown(person.profile, (code[:2], code[:4], code))


def fields(person: Person, shown: Shown) -> dict[str, Any]:
    """What the template needs of the profile: each field's label and value, and the lists."""
    own = own_document(person)
    places = shown.places
    rows = {
        one.name: {
            "id": NAMES[one.name],
            "label": one.label,
            "value": shown.profile.get(one.name, ""),
        }
        for one in PROFILE
        if person.realm in one.realms
    }
    return {
        "rows": rows,
        "own_document": (DOCUMENT_TYPES[own[0]], own[1]) if own else None,
        "document_types": list(DOCUMENT_TYPES.items()),
        "departments": ubigeo.within(""),
        "provinces": ubigeo.within(places[0]) if len(places[0]) == 2 else (),
        "districts": ubigeo.within(places[1]) if len(places[1]) == 4 else (),
        "places": places,
    }
