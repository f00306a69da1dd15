"""Personal data, half hidden: enough for its owner to recognise, too little for anyone else."""

from __future__ import annotations

import re

from idp.kernel.identity import SOL, Identifier
from idp.people.person import Person

# Always three: the number of signs hidden is nobody's business.
_DOTS = "•••"


def mask_email(email: str) -> str:
    """`juan@empresa.pe` -> `j•••@e•••.pe`; something without an @ is hidden whole."""
    local, at, domain = email.rpartition("@")
    if not at or not local or not domain:
        return _DOTS
    host, dot, suffix = domain.rpartition(".")
    shown = f"{host[0]}{_DOTS}{dot}{suffix}" if host else _DOTS
    return f"{local[0]}{_DOTS}@{shown}"


def mask_mailbox(email: str) -> str:
    """`juan@empresa.pe` -> `j•••@empresa.pe`: for the owner, who is logged in and is asked whether
    it is still theirs; which company's mail it is decides that.
    """
    local, at, domain = email.rpartition("@")
    return f"{local[0]}{_DOTS}@{domain}" if at and local and domain else _DOTS


def mask_identifier(identifier: Identifier) -> str:
    """`20504774288:ADMIN` -> `20•••••••88 / AD•••`; `EXT0042` -> `EXT•••2`."""
    if identifier.realm == SOL:
        ruc, _, user = identifier.value.partition(":")
        return f"{_mask_ruc(ruc)} / {_mask_user(user)}"
    user = identifier.value
    return f"{user[:3]}{_DOTS}{user[-1] if len(user) > 5 else ''}"


def name_user(identifier: Identifier) -> str:
    """`20504774288:ADMIN` -> `20•••••••88 / ADMIN`; `EXT0042` as it is.

    For mails, and the pages behind their links: one mailbox may serve several users of one company,
    whose names are one and whose users begin alike.
    """
    if identifier.realm != SOL:
        return identifier.value
    ruc, _, user = identifier.value.partition(":")
    return f"{_mask_ruc(ruc)} / {user}"


def _mask_ruc(ruc: str) -> str:
    return f"{ruc[:2]}{'•' * 7}{ruc[-2:]}"


def _mask_user(user: str) -> str:
    return f"{user[: 2 if len(user) > 3 else 1]}{_DOTS}"


def mask_name(name: str) -> str:
    """`ANA QUISPE` -> `A••• Q•••`."""
    return " ".join(f"{word[0]}{_DOTS}" for word in name.split())


# Shorter ones are words of any sentence.
_TELLING = 4


def speaks_of(text: str, person: Person) -> bool:
    """Whether a text holds something that tells who the person is: identifier, RUC, document, user
    name, e-mail address, telephone, or name.
    """
    known = [
        person.identifier,
        person.usuario,
        person.ruc or "",
        (person.ruc or "")[2:10],
        person.name,
        person.family_name,
        *(one.email for one in person.addresses),
        *(person.profile.get(one, "") for one in ("document_number", "phone", "mobile", "fax")),
    ]
    folded = " ".join(text.split()).casefold()
    return any(
        re.search(rf"(?<!\w){re.escape(one.casefold())}(?!\w)", folded)
        for one in known
        if len(one) >= _TELLING
    )
