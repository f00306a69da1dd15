"""Reasons that somebody types for the audit log, which outlives whom they speak of."""

from __future__ import annotations

from idp.audit.impersonal import names_somebody
from idp.kernel.texts import Text
from idp.people.masking import speaks_of
from idp.people.person import Person

LONGEST = 200
_LEAST = 8
_SHORT = Text("Escriba para qué, en una frase.")
_NAMES = Text(
    "No escriba ahí ningún dato de la persona: el motivo se guarda más tiempo que sus datos."
)


def reason_problem(text: str, person: Person) -> Text | None:
    """Why this cannot stand in the log, or None."""
    if len(text.strip()) < _LEAST or len(text) > LONGEST or not text.isprintable():
        return _SHORT
    if names_somebody(text) or speaks_of(text, person):
        return _NAMES
    return None
