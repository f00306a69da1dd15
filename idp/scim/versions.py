"""Versions of a resource, as weak entity tags (RFC 7644 §3.14, RFC 9110 §8.8.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scim2_models import PreconditionFailedException

from idp.kernel.ids import keyed_digest

_ANY = "*"


def version_of(key: bytes, members: Mapping[str, Any]) -> str:
    """The tag of what a representation says, whatever changed it. Keyed: a tag tells nothing of
    the person, although it travels to logs.
    """
    text = json.dumps(members, sort_keys=True, ensure_ascii=False, default=str)
    return f'W/"{keyed_digest(key, text)[:24]}"'


def tags(header: str | None) -> tuple[str, ...]:
    """The tags of If-Match or If-None-Match, compared weakly: without their `W/`. Of a header that
    names none, one that is nobody's: a condition that says nothing is not met (RFC 9110 §13.1.1).
    """
    if header is None:
        return ()
    found = tuple(one.strip().removeprefix("W/") for one in header.split(",") if one.strip())
    return found or ("",)


def matches(header: tuple[str, ...], version: str) -> bool:
    """Whether a version is among those."""
    return _ANY in header or version.removeprefix("W/") in header


def demand(if_match: tuple[str, ...], version: str) -> None:
    """Raise PreconditionFailedException unless the version is one of those, where any are named."""
    if if_match and not matches(if_match, version):
        raise PreconditionFailedException
