"""The codes that join two screens, as people type and read them."""

from __future__ import annotations

import re

from idp.kernel.errors import IdpError


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


CODE_ERRORS = {
    "code_malformed": "Escriba las {digits} cifras del código.",
    "code_wrong": "El código no es correcto o ya venció. Revíselo y escríbalo otra vez.",
    "code_closed": "Se escribieron demasiados códigos equivocados y ya no se aceptan más para este "
    "enlace. Abra el enlace del correo en el navegador donde lo pidió, o pida otro.",
}
"""What the page says beside the field; `digits` is in words."""
