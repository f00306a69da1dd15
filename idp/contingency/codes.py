"""The codes that join two screens, as people type and read them."""

from __future__ import annotations

import re

from idp.kernel.errors import IdpError
from idp.kernel.texts import Text


def typed_code(text: str, digits: int) -> str:
    """What was typed, without the gaps that people copy.

    Raises IdpError("code_malformed", 422) for what cannot be a code: no guess, so it costs no try,
    and whoever presses every button with an empty field closes nothing.
    """
    code = re.sub(r"[\s.-]", "", text)
    if not (code.isascii() and code.isdigit() and len(code) == digits):
        raise IdpError("code_malformed", 422)
    return code


def spaced(code: str) -> str:
    """In groups that are easy to read out and to type: `482 913`, `4829 1370`."""
    half = len(code) // 2
    return f"{code[:half]} {code[half:]}"


def code_error(code: str, digits: int) -> Text | None:
    """What the page says beside the field of a code with so many digits; None for other errors."""
    match code:
        case "code_malformed" if digits == 6:
            return Text("Escriba los seis dígitos del código.")
        case "code_malformed":
            return Text("Escriba los ocho dígitos del código.")
        case "code_wrong":
            return Text("El código no es correcto o ya venció. Revíselo y escríbalo otra vez.")
        case "code_closed":
            return Text(
                "Se escribieron demasiados códigos equivocados y ya no se aceptan más para este "
                "enlace. Abra el enlace del correo en el navegador donde lo pidió, o pida otro."
            )
    return None
