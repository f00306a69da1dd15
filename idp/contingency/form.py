"""What the form brought: a well-formed identifier, or an error beside each field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from idp.kernel.errors import IdpError
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
from idp.kernel.texts import Text, minutes, seconds

_LONGEST = 60
_MISSING_RUC = Text("Ingrese los 11 dígitos de su RUC.")
_WRONG_RUC = Text("El RUC no es válido. Revise los 11 dígitos.")
_MISSING_USER = Text("Ingrese su usuario.")
_WRONG_SOL_USER = Text("El usuario SOL solo lleva letras y números, sin espacios.")
_WRONG_EXTRANET_USER = Text("El usuario de Extranet empieza con EXT, por ejemplo EXT1234.")

CAPTCHA_ERRORS = {
    "captcha_failed": Text("Marque la casilla «No soy un robot» y espere a que termine."),
    "captcha_expired": Text("La verificación venció. Marque otra vez «No soy un robot»."),
    "captcha_unavailable": Text(
        "El servicio que verifica «No soy un robot» no responde. Espere un minuto, márquela otra "
        "vez y envíe el formulario; si continúa, llame a la Mesa de Ayuda."
    ),
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


def ask_again_in(wait: int) -> Text:
    """That a link was asked for a moment ago, and when another may be (seconds)."""
    told = seconds(wait) if wait < 90 else minutes(-(-wait // 60))
    return Text("Ya se pidió un enlace. Podrá pedir otro dentro de {wait}.", wait=told)


def refused(error: IdpError) -> dict[str, str]:
    """Why no link was asked for, by the field that it stands beside, and when to try again."""
    if error.code in CAPTCHA_ERRORS:
        return {"captcha": CAPTCHA_ERRORS[error.code]}
    return {"enviar": why_not(error, come_back)}


def why_not(error: IdpError, too_often: Callable[[int], Text]) -> Text:
    """Why no link was asked for, in words; too_often: those for a limit, of seconds."""
    if error.code == "login_too_old":
        return TOO_OLD
    wait = error.retry_after or 1
    if error.code == "mail_busy":
        return busy(wait)
    return crowded(wait) if error.message == "many_people" else too_often(wait)


def crowded(wait: int) -> Text:
    """That too many ask at once, which is nobody's own doing, and when to try again (seconds)."""
    return Text(
        "En este momento muchas personas piden un enlace. Vuelva a intentarlo dentro de {wait}; no "
        "tiene que escribir sus datos otra vez.",
        wait=minutes(-(-wait // 60)),
    )


def come_back(wait: int) -> Text:
    """That it was too often, and when to try again (seconds)."""
    return Text(
        "Demasiados intentos. Vuelva a intentarlo dentro de {wait}.", wait=minutes(-(-wait // 60))
    )


TOO_OLD = Text(
    "Este ingreso empezó hace demasiado tiempo para pedir otro enlace. Vuelva al componente de la "
    "VUCE y comience otra vez."
)


def busy(wait: int) -> Text:
    """That so many wait for a mail that another would come too late, and when to try again."""
    return Text(
        "Hay tantas solicitudes que su correo llegaría demasiado tarde. Vuelva a intentarlo dentro "
        "de {wait}; no tiene que escribir sus datos otra vez.",
        wait=minutes(-(-wait // 60)),
    )
