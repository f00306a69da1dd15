"""What the form brought: a well-formed identifier, or an error beside each field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from idp.kernel.identity import (
    DEFAULT_EXTRANET_USER_PATTERN,
    DEFAULT_SOL_USER_PATTERN,
    SOL,
    Identifier,
    extranet_identifier,
    is_valid_ruc,
    normalise,
    sol_identifier,
)

_LONGEST = 60
_MISSING_RUC = "Ingrese los 11 dígitos de su RUC."
_WRONG_RUC = "El RUC no es válido. Revise los 11 dígitos."
_MISSING_USER = "Ingrese su usuario."
_WRONG_SOL_USER = "El usuario SOL solo lleva letras y números, sin espacios."
_WRONG_EXTRANET_USER = "El usuario de Extranet empieza con EXT, por ejemplo EXT1234."

CAPTCHA_ERRORS = {
    "captcha_failed": "Marque la casilla «No soy un robot» y espere a que termine.",
    "captcha_expired": "La verificación venció. Marque otra vez «No soy un robot».",
    "captcha_unavailable": "El servicio que verifica «No soy un robot» no responde. Espere un "
    "minuto, márquela otra vez y envíe el formulario; si continúa, llame a la Mesa de Ayuda.",
}


@dataclass(frozen=True)
class Patterns:
    """What users look like; both are settings."""

    sol_user: str = DEFAULT_SOL_USER_PATTERN
    extranet_user: str = DEFAULT_EXTRANET_USER_PATTERN


@dataclass(frozen=True)
class Typed:
    """values: as typed, to show again. errors: by field. identifier: None when there are errors."""

    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    identifier: Identifier | None = None


EMPTY = Typed(values={"ruc": "", "usuario": ""})


def read(realm: str, form: Mapping[str, str], patterns: Patterns) -> Typed:
    """Check what was typed for this realm; looks at its form only, never at who exists."""
    values = {name: form.get(name, "")[:_LONGEST] for name in ("ruc", "usuario")}
    if realm == SOL:
        return _sol(values, patterns.sol_user)
    identifier = extranet_identifier(values["usuario"], patterns.extranet_user)
    if identifier is None:
        wrong = _WRONG_EXTRANET_USER if values["usuario"].strip() else _MISSING_USER
        return Typed(values, {"usuario": wrong})
    return Typed(values, identifier=identifier)


def _sol(values: Mapping[str, str], pattern: str) -> Typed:
    # People copy a RUC with spaces or hyphens in it; these carry no meaning.
    ruc = re.sub(r"[\s.-]", "", values["ruc"])
    user = normalise(values["usuario"])
    errors = {}
    if not is_valid_ruc(ruc):
        errors["ruc"] = _WRONG_RUC if ruc else _MISSING_RUC
    if not re.fullmatch(pattern, user):
        errors["usuario"] = _WRONG_SOL_USER if user else _MISSING_USER
    if errors:
        return Typed(values, errors)
    return Typed(values, identifier=sol_identifier(ruc, user, pattern))


def hinted(realm: str, login_hint: str) -> Typed:
    """The form as a component's hint fills it: `RUC`, `RUC:USUARIO` or `EXT…`; else empty.

    It is what the person would type, and is checked like it; a hint is never said to be wrong.
    """
    hint = login_hint.strip()[:_LONGEST]
    if realm != SOL:
        is_user = re.fullmatch(DEFAULT_EXTRANET_USER_PATTERN, normalise(hint))
        return Typed({"ruc": "", "usuario": hint}) if is_user else EMPTY
    ruc, _, user = hint.partition(":")
    return Typed({"ruc": ruc, "usuario": user}) if is_valid_ruc(ruc) else EMPTY


def ask_again_in(seconds: int) -> str:
    """That a link was asked for a moment ago, and when another may be."""
    wait = f"{seconds} segundos" if seconds < 90 else f"{-(-seconds // 60)} minutos"
    wait = "un segundo" if seconds == 1 else wait
    return f"Ya se pidió un enlace. Podrá pedir otro dentro de {wait}."


def come_back(seconds: int) -> str:
    """That it was too often, and when to try again."""
    minutes = -(-seconds // 60)
    wait = "un minuto" if minutes == 1 else f"{minutes} minutos"
    return f"Demasiados intentos. Vuelva a intentarlo dentro de {wait}."


def busy(seconds: int) -> str:
    """That so many wait for a mail that another would come too late, and when to try again."""
    minutes = -(-seconds // 60)
    wait = "un minuto" if minutes == 1 else f"{minutes} minutos"
    return (
        "Hay tantos pedidos que su correo llegaría demasiado tarde. "
        f"Vuelva a intentarlo dentro de {wait}; no tiene que escribir sus datos otra vez."
    )
