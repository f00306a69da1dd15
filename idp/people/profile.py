"""What a person's form holds beside the address and the consent (the manual's Annex I).

One row for each field: its form, and whom it is for. Values are kept normalised; a field without a
value is not kept at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from idp.kernel.identity import EXTRANET, REALMS
from idp.kernel.texts import Text
from idp.people import ubigeo
from idp.people.person import Person
from idp.people.scim_paths import own

DOCUMENT_TYPES: Mapping[str, Text] = {
    "dni": Text("DNI"),
    "ce": Text("Carné de extranjería"),
    "pasaporte": Text("Pasaporte"),
    "otro": Text("Otro documento"),
}
_DOCUMENTS = {
    "dni": (r"[0-9]{8}", Text("Escriba los 8 dígitos del DNI.")),
    "ce": (
        r"[A-Z0-9]{9,12}",
        Text("Escriba el número del carné de extranjería, de 9 a 12 letras o dígitos."),
    ),
    "pasaporte": (
        r"[A-Z0-9]{5,12}",
        Text("Escriba el número del pasaporte, de 5 a 12 letras o dígitos."),
    ),
    "otro": (
        r"[A-Z0-9][A-Z0-9./-]{2,19}",
        Text("Escriba el número del documento, de 3 a 20 letras o dígitos."),
    ),
}
_DOCUMENT_FIRST = Text("Elija también el tipo de documento.")
_NO_SUCH_DOCUMENT = Text("Elija un tipo de documento de la lista.")
_PHONE = Text("Escriba un número de teléfono, por ejemplo 01 2071510 anexo 215.")
_MOBILE = Text("Escriba los 9 dígitos de un celular, por ejemplo 987654321.")
_DISTRICT = Text("Elija el departamento, la provincia y el distrito.")
_CONTROL = Text("Escriba solo letras, números y signos de puntuación.")
_LONG = Text("Escriba como máximo {n} caracteres.")


class InvalidValue(ValueError):
    """A value is not of its field's form; `text` says what is expected, never what was typed."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.msgid)
        self.text = text


@dataclass(frozen=True)
class ProfileField:
    """A field. name: that of its column in a CSV file as well. label: as the form shows it.

    read: the normalised value of a text that is not empty; raises InvalidValue. scim: its path in a
    SCIM User (`people.scim_paths`). realms: whose form has it.
    """

    name: str
    label: Text
    read: Callable[[str], str]
    scim: str
    realms: tuple[str, ...] = REALMS


def _line(most: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        found = " ".join(text.split())
        if any(unicodedata.category(sign)[0] == "C" for sign in found):
            raise InvalidValue(_CONTROL)
        if len(found) > most:
            raise InvalidValue(Text(_LONG.msgid, n=most))
        return found

    return read


def _phone(text: str) -> str:
    """Digits with what people write around them; an extension may follow."""
    found = " ".join(text.split())
    digits = sum(sign.isdigit() for sign in found)
    if not re.fullmatch(r"\+?[0-9 ()/-]+( ?(anexo|anx\.?|x) ?[0-9]{1,6})?", found, re.IGNORECASE):
        raise InvalidValue(_PHONE)
    if not (6 <= digits <= 21 and len(found) <= 40 and found.isascii()):
        raise InvalidValue(_PHONE)
    return found


def _mobile(text: str) -> str:
    """A Peruvian mobile number as nine digits; a foreign one with its `+`."""
    found = re.sub(r"[ ()-]", "", text)
    if re.fullmatch(r"(\+?51)?9[0-9]{8}", found):
        return found[-9:]
    if re.fullmatch(r"\+[1-9][0-9]{7,14}", found):
        return found
    raise InvalidValue(_MOBILE)


def _document_type(text: str) -> str:
    found = text.strip().lower()
    if found not in DOCUMENT_TYPES:
        raise InvalidValue(_NO_SUCH_DOCUMENT)
    return found


def _document_number(text: str) -> str:
    found = text.strip().upper().replace(" ", "")
    if not re.fullmatch(_DOCUMENTS["otro"][0], found):
        raise InvalidValue(_DOCUMENTS["otro"][1])
    return found


def _district(text: str) -> str:
    if not ubigeo.is_district(text.strip()):
        raise InvalidValue(_DISTRICT)
    return text.strip()


PROFILE: tuple[ProfileField, ...] = (
    ProfileField(
        "document_type",
        Text("Tipo de documento de identificación"),
        _document_type,
        own("document.type"),
    ),
    ProfileField(
        "document_number", Text("Número de documento"), _document_number, own("document.number")
    ),
    ProfileField("phone", Text("Teléfono"), _phone, 'phoneNumbers[type eq "work"].value'),
    ProfileField("mobile", Text("Celular"), _mobile, 'phoneNumbers[type eq "mobile"].value'),
    ProfileField("fax", Text("Fax"), _phone, 'phoneNumbers[type eq "fax"].value'),
    ProfileField("ubigeo", Text("Distrito"), _district, own("ubigeo")),
    ProfileField("street", Text("Dirección"), _line(200), own("street")),
    ProfileField("reference", Text("Referencia"), _line(200), own("reference")),
    ProfileField("area", Text("Área"), _line(100), own("area"), (EXTRANET,)),
    ProfileField("sub_area", Text("Sub-área"), _line(100), own("subArea"), (EXTRANET,)),
)
BY_NAME: Mapping[str, ProfileField] = {one.name: one for one in PROFILE}


def read_profile(told: Mapping[str, str], realm: str) -> tuple[dict[str, str], dict[str, Text]]:
    """The normalised values of what was told, and what is wrong, by field.

    Fields that the realm's form does not have are left out; empty texts mean no value.
    """
    values: dict[str, str] = {}
    problems: dict[str, Text] = {}
    for one in PROFILE:
        text = told.get(one.name, "")
        if realm not in one.realms or not text.strip():
            continue
        try:
            values[one.name] = one.read(text)
        except InvalidValue as error:
            problems[one.name] = error.text
    _check_document(values, problems)
    return values, problems


def _check_document(values: Mapping[str, str], problems: dict[str, Text]) -> None:
    kind, number = values.get("document_type"), values.get("document_number")
    if kind and number and not re.fullmatch(_DOCUMENTS[kind][0], number):
        problems["document_number"] = _DOCUMENTS[kind][1]
    elif number and not kind and "document_type" not in problems:
        problems["document_type"] = _DOCUMENT_FIRST
    elif kind and not number and "document_number" not in problems:
        problems["document_number"] = _DOCUMENTS[kind][1]


def own_document(person: Person) -> tuple[str, str] | None:
    """Type and number of a document that SUNAT vouches for: a RUC of 10 holds a person's DNI.

    The person cannot change it. None where SUNAT says nothing of it, as of a secondary user (who is
    somebody else than the RUC's owner; the principal's `tipo_usuario` is 0).
    """
    if person.ruc and person.ruc.startswith("10") and person.tipo_usuario == "0":
        return "dni", person.ruc[2:10]
    return None
