"""Tokens put together by hand, as somebody who attacks the keyring would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from idp.signing.key import KeyRecord, KeyState
from idp.signing.store import read_records, write_records


def encoded(part: dict[str, Any]) -> str:
    """A header or payload as base64url."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def header_of(token: str) -> dict[str, Any]:
    """The header of a token, unchecked."""
    part = token.split(".")[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def with_header(token: str, **changes: Any) -> str:
    """The token with its header changed (None: taken out) and its signature as it was."""
    header = {k: v for k, v in {**header_of(token), **changes}.items() if v is not None}
    return ".".join([encoded(header), *token.split(".")[1:]])


def signed_by_hmac(token: str, secret: bytes) -> str:
    """The token as HS256, keyed with something public (the classic confusion of algorithms)."""
    body = encoded({**header_of(token), "alg": "HS256"}) + "." + token.split(".")[1]
    mac = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return body + "." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def retire(keys_dir: Path, alg: str, at: datetime) -> KeyRecord:
    """Mark the active key of an algorithm retired; its row."""
    records = read_records(keys_dir)
    old = next(one for one in records if one.alg == alg and one.state is KeyState.ACTIVE)
    new = replace(old, state=KeyState.RETIRED, retired_at=at)
    write_records(keys_dir, tuple(new if one is old else one for one in records))
    return new
