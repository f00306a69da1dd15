"""The people who ask: eligible ones, and strangers among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idp.kernel.identity import is_valid_ruc
from idp.people.rows import SeedRow

# Six of ten have their mailbox with one provider, as people do; the rest with these.
LARGE = "correo-grande.example"
DOMAINS = 40
OFFICE = 6
STRANGERS = 10


@dataclass(frozen=True)
class Asker:
    """One person. address: of the client, an office of OFFICE people behind each /24."""

    number: int
    ruc: str
    usuario: str
    email: str
    address: str
    eligible: bool


def crowd(people: int) -> list[Asker]:
    """So many people; every tenth is one whom nobody knows."""
    return [_asker(number) for number in range(people)]


def rows(askers: Iterable[Asker], *, lacking: str = "") -> list[SeedRow]:
    """The file that makes the eligible ones known. lacking: a column that all of them lack."""
    then = (datetime.now(UTC) - timedelta(days=60)).isoformat()
    known = [one for one in askers if one.eligible]

    def when(column: str) -> str:
        without = ("email", "email_verified_at") if lacking == "email" else (lacking,)
        return "" if column in without else then

    return [
        SeedRow(
            line=line,
            realm="sol",
            usuario=one.usuario,
            ruc=one.ruc,
            name=f"PERSONA {one.number}",
            email="" if lacking == "email" else one.email,
            email_verified_at=when("email_verified_at"),
            consent_at=when("consent_at"),
            last_login_at=when("last_login_at"),
        )
        for line, one in enumerate(known, 1)
    ]


def _asker(number: int) -> Asker:
    office = number // OFFICE
    return Asker(
        number=number,
        ruc=ruc(number),
        usuario=f"U{number:07}",
        email=f"p{number}@{_domain(number)}",
        address=f"10.{office // 250 % 250}.{office % 250}.{number % OFFICE + 1}",
        eligible=number % STRANGERS != 0,
    )


def _domain(number: int) -> str:
    # By the tens, so that neither strangers nor those put off (both by the last digit) lean on it.
    return LARGE if number // 10 % 10 < 6 else f"d{number % DOMAINS}.example"


def ruc(number: int) -> str:
    """The RUC of that number, with its check digit."""
    body = f"20{number:08}"
    return next(f"{body}{digit}" for digit in range(10) if is_valid_ruc(f"{body}{digit}"))
