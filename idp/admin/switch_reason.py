"""Reasons that operators type: the audit log keeps them longer than anybody's data."""

from __future__ import annotations

from idp.audit.impersonal import names_somebody
from idp.kernel.texts import Text

LONGEST = 200
_NONE = Text("Escriba el motivo.")
_LONG = Text("Escriba el motivo en una línea de hasta {most} letras.", most=LONGEST)
_NAMED = {
    "e-mail addresses": Text("No escriba ningún correo en el motivo: la auditoría lo conserva."),
    "a RUC": Text("No escriba ningún RUC en el motivo: la auditoría lo conserva."),
}


def reason_problem(text: str) -> Text | None:
    """Why this cannot stand as a reason, or None. text: without what surrounds it."""
    if not text:
        return _NONE
    if len(text) > LONGEST or not text.isprintable():
        return _LONG
    return _NAMED.get(names_somebody(text) or "")
