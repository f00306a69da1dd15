"""Who a person is: realms, identifiers, modes, and the proof that a login leaves.

A *realm* is a kind of user with its identifier; a *mode* is how the person was proved and decides
`acr` and `amr`. The patterns of SOL and Extranet users are assumptions: callers take them from
settings and pass them in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SOL = "sol"
EXTRANET = "extranet"
REALMS = (SOL, EXTRANET)

DEFAULT_SOL_USER_PATTERN = r"[A-Z0-9]{1,20}"
DEFAULT_EXTRANET_USER_PATTERN = r"EXT[A-Z0-9]{1,17}"

_RUC_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_RUC_PREFIXES = ("10", "15", "16", "17", "20")


class Mode(StrEnum):
    """How a person was proved."""

    SUNAT = "sunat"
    CONTINGENCIA = "contingencia"


ACR = {
    Mode.SUNAT: "urn:vuce:acr:sunat",
    Mode.CONTINGENCIA: "urn:vuce:acr:contingencia",
}
AMR: dict[Mode, tuple[str, ...]] = {Mode.SUNAT: ("pwd",), Mode.CONTINGENCIA: ("otp",)}


@dataclass(frozen=True)
class Identifier:
    """What names a person within a realm.

    `value` is `RUC:USUARIO` in the realm `sol` and the user name (`EXT…`) in `extranet`,
    trimmed and in upper case.
    """

    realm: str
    value: str


@dataclass(frozen=True)
class Proof:
    """That a person was proved, recorded on a transaction.

    `auth_time` is when (aware, UTC); `mode` is how; `known_browser`: whether the browser was
    already known as this very person's.
    """

    realm: str
    person_id: str
    mode: Mode
    auth_time: datetime
    known_browser: bool = False


def normalise(typed: str) -> str:
    """What a person typed, as identifiers are compared: no outer spaces, upper case."""
    return typed.strip().upper()


def is_valid_ruc(ruc: str) -> bool:
    """Whether an 11-digit RUC has a known prefix (10, 15, 16, 17, 20) and the right check digit.

    The check digit is (11 - sum(d_i * w_i) mod 11) mod 10 with w = 5,4,3,2,7,6,5,4,3,2.
    """
    if len(ruc) != 11 or not (ruc.isascii() and ruc.isdigit()) or ruc[:2] not in _RUC_PREFIXES:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(ruc[:10], _RUC_WEIGHTS, strict=True))
    return int(ruc[10]) == (11 - total % 11) % 10


def sol_identifier(
    ruc: str, user: str, pattern: str = DEFAULT_SOL_USER_PATTERN
) -> Identifier | None:
    """The identifier of a Clave SOL user, or None when the RUC or the user is malformed."""
    ruc, user = normalise(ruc), normalise(user)
    if not is_valid_ruc(ruc) or not re.fullmatch(pattern, user):
        return None
    return Identifier(SOL, f"{ruc}:{user}")


def extranet_identifier(
    user: str, pattern: str = DEFAULT_EXTRANET_USER_PATTERN
) -> Identifier | None:
    """The identifier of an Extranet user, or None when it is malformed."""
    user = normalise(user)
    return Identifier(EXTRANET, user) if re.fullmatch(pattern, user) else None
