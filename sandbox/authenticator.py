"""The app on a telephone that makes codes (RFC 6238): for whoever has none at hand."""

from __future__ import annotations

import argparse
import base64
import binascii
import sys
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

_STEP = 30


def configure(parser: argparse.ArgumentParser) -> None:
    """`sandbox authenticator KEY`."""
    parser.add_argument(
        "key", nargs="+", metavar="KEY", help="the page's text key, with its spaces"
    )


def code(key: str, now: float) -> str:
    """Six digits. Raises ValueError for a key that is not base32."""
    raw = base64.b32decode("".join(key.split()).upper())
    return TOTP(raw, 6, SHA1(), _STEP).generate(int(now)).decode()


def main(args: argparse.Namespace) -> int:
    """Print the code of this moment, and for how long it is that."""
    now = time.time()
    try:
        found = code("".join(args.key), now)
    except (ValueError, binascii.Error):
        print("authenticator: the key is not one: groups of A-Z and 2-7", file=sys.stderr)
        return 1
    print(f"{found}   (for {_STEP - int(now) % _STEP} s more)")
    return 0
