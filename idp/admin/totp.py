"""Codes of an authenticator app (RFC 6238): six digits, every 30 seconds, SHA-1 as apps know it."""

from __future__ import annotations

import base64
import binascii

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

_STEP = 30
_DIGITS = 6
_HASH = SHA1()  # noqa: S303  (an HMAC of it, which stands)
# The clock of a telephone may be a step off, either way.
_STEPS = (0, -1, 1)


def secret_of(raw: bytes) -> str:
    """20 bytes in base32, as apps take them."""
    return base64.b32encode(raw[:20]).decode("ascii")


def counter_of(secret: str, typed: str, now: float) -> int | None:
    """The counter whose code was typed at `now` (epoch seconds); None for a wrong one."""
    digits = "".join(typed.split())
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    codes, current = HOTP(_key(secret), _DIGITS, _HASH), int(now // _STEP)
    for step in _STEPS:
        try:
            codes.verify(digits.encode(), current + step)
        except InvalidToken:
            continue
        return current + step
    return None


def code_at(secret: str, now: float) -> str:
    """What the app shows at that moment."""
    return TOTP(_key(secret), _DIGITS, _HASH, _STEP).generate(int(now)).decode("ascii")


def enrolment_uri(secret: str, account: str, issuer: str) -> str:
    """What an app reads (`otpauth://…`)."""
    return TOTP(_key(secret), _DIGITS, _HASH, _STEP).get_provisioning_uri(account, issuer)


def drawn(uri: str) -> str:
    """The QR of a text, as SVG without style and script."""
    return segno.make(uri, error="m", micro=False).svg_inline(
        omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )


def in_groups(secret: str) -> str:
    """A secret for the eye: groups of four."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _key(secret: str) -> bytes:
    try:
        return base64.b32decode(secret)
    except binascii.Error as error:
        raise ValueError("not a secret in base32") from error
