"""Standard claims that a file brings (OpenID Connect Core §5.1): one row each.

Nobody types them here and SUNAT does not tell them, so the file that was imported last is right.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from urllib.parse import urlsplit

from idp.people.scim_paths import own

# What a column's text is stored as, or None for a text that it cannot hold.
Reader = Callable[[str], str | None]


@dataclass(frozen=True)
class Standard:
    """A column. claim: what relying parties call it, `address.…` for a member of `address`.

    read: checks and normalises. form: what it must be, for whoever mends the file. scim: its path
    in a SCIM User (`people.scim_paths`).
    """

    column: str
    claim: str
    scope: str
    read: Reader
    form: str
    scim: str


def _line(limit: int) -> Reader:
    def read(text: str) -> str | None:
        return text if len(text) <= limit and text.isprintable() else None

    return read


def _like(pattern: str) -> Reader:
    compiled = re.compile(pattern)
    return lambda text: text if compiled.fullmatch(text) else None


def _url(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        good = parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        return None
    return text if good and len(text) <= 500 and text.isascii() and text.isprintable() else None


def _birthdate(text: str) -> str | None:
    """Core §5.1: a day, a day without its year (0000), or a year alone."""
    if re.fullmatch(r"[0-9]{4}", text):
        return text if 1850 <= int(text) <= 2200 else None
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        # 2000 is a leap year: any day without its year exists in it.
        found = date.fromisoformat(text.replace("0000-", "2000-", 1))
    except ValueError:
        return None
    return text if found.year >= 1850 else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _zone(text: str) -> str | None:
    return text if text in _zones() else None


_YES = frozenset({"true", "1", "sí", "si", "yes", "verdadero"})
_NO = frozenset({"false", "0", "no", "falso"})


def yes_or_no(text: str) -> str | None:
    """`true` or `false`, as people and spreadsheets of either language write them."""
    found = text.lower()
    return "true" if found in _YES else "false" if found in _NO else None


YES_OR_NO = "true or false"
_NAME, _HTTPS = "at most 100 printable characters", "an address such as https://example.com/ana"

STANDARD: tuple[Standard, ...] = (
    Standard("middle_name", "middle_name", "profile", _line(100), _NAME, "name.middleName"),
    Standard("nickname", "nickname", "profile", _line(100), _NAME, "nickName"),
    Standard("profile", "profile", "profile", _url, _HTTPS, "profileUrl"),
    Standard("picture", "picture", "profile", _url, _HTTPS, 'photos[type eq "photo"].value'),
    Standard("website", "website", "profile", _url, _HTTPS, own("website")),
    Standard("gender", "gender", "profile", _line(30), "at most 30 printable characters",
             own("gender")),
    Standard("birthdate", "birthdate", "profile", _birthdate, "1990-12-31, 0000-12-31 or 1990",
             own("birthdate")),
    Standard("zoneinfo", "zoneinfo", "profile", _zone, "a zone such as America/Lima", "timezone"),
    Standard(
        "locale", "locale", "profile", _like(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?"),
        "a language such as es-PE", "locale",
    ),
    Standard(
        "phone_number", "phone_number", "phone", _like(r"\+[1-9][0-9]{6,14}"),
        "a number such as +5112071510", 'phoneNumbers[type eq "other"].value',
    ),
    Standard(
        "phone_number_verified", "phone_number_verified", "phone", yes_or_no, YES_OR_NO,
        own("phoneNumberVerified"),
    ),
    Standard("street_address", "address.street_address", "address", _line(200),
             "at most 200 printable characters", 'addresses[type eq "work"].streetAddress'),
    Standard("locality", "address.locality", "address", _line(100), _NAME,
             'addresses[type eq "work"].locality'),
    Standard("region", "address.region", "address", _line(100), _NAME,
             'addresses[type eq "work"].region'),
    Standard("postal_code", "address.postal_code", "address", _line(20),
             "at most 20 printable characters", 'addresses[type eq "work"].postalCode'),
    Standard("country", "address.country", "address", _line(100), _NAME,
             'addresses[type eq "work"].country'),
)  # fmt: skip

BY_COLUMN: Mapping[str, Standard] = {one.column: one for one in STANDARD}
_ADDRESS = tuple(one for one in STANDARD if one.scope == "address")


def merged(before: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """What counts after a newer file, whose every word is right; what verified another number
    says nothing of this one.
    """
    found = {**before, **told}
    if found.get("phone_number") != before.get("phone_number"):
        found.pop("phone_number_verified", None)
        if "phone_number_verified" in told:
            found["phone_number_verified"] = told["phone_number_verified"]
    return found


def address(standard: Mapping[str, str]) -> dict[str, str] | None:
    """The `address` claim (Core §5.1.1), with its members in one text as well; None without any."""
    members = {
        one.claim.removeprefix("address."): standard[one.column]
        for one in _ADDRESS
        if standard.get(one.column)
    }
    if not members:
        return None
    town = " ".join(members[one] for one in ("postal_code", "locality") if one in members)
    lines = (members.get("street_address"), town, members.get("region"), members.get("country"))
    return {"formatted": "\n".join(one for one in lines if one), **members}


def phone_verified(standard: Mapping[str, str]) -> bool | None:
    """`phone_number_verified`: told only beside a number, and false unless the file says so."""
    if not standard.get("phone_number"):
        return None
    return standard.get("phone_number_verified") == "true"
