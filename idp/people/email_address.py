"""An e-mail address as it is written: its one form, and when two of them are one."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

_MAX_EMAIL = 254


class InvalidEmail(ValueError):
    """The text is not an e-mail address that mail could be sent to."""


def normalise_email(typed: str) -> str:
    """The address as it is stored: domain in lower case, Unicode in NFC. Asks no DNS.

    Raises InvalidEmail.
    """
    try:
        found = validate_email(typed.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        # The library's sentence may repeat what was typed: it goes no further.
        raise InvalidEmail("not an e-mail address") from error
    if len(found.normalized) > _MAX_EMAIL or found.ascii_email is None:
        raise InvalidEmail("not an e-mail address")
    return found.normalized


def same_email(left: str, right: str) -> bool:
    """Whether two normalised addresses are one: no mail system in use tells them apart by case."""
    return left.casefold() == right.casefold()
