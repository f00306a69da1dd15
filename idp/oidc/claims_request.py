"""The `claims` request parameter (OpenID Connect Core §5.5)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.kernel.identity import ACR, Mode

_SUNAT, _CONTINGENCY = ACR[Mode.SUNAT], ACR[Mode.CONTINGENCIA]


@dataclass(frozen=True)
class ClaimsRequest:
    """What is asked for one by one.

    userinfo, id_token: names of claims, essential or not: what we have is given, what we have not
    is left out (§5.5.1). acr_required: the one authentication context that will do. impossible:
    an essential `acr` with none of the values that may be had for the asking. subject: the `sub`
    that it must be about.
    """

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    acr_required: str | None = None
    impossible: bool = False
    subject: str | None = None


def parse(text: str | None) -> ClaimsRequest:
    """Read the parameter. Raises InvalidRequestError for what is no such request.

    Members and claims that we do not know are ignored (§5.5).
    """
    if text is None:
        return ClaimsRequest()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("claims is not JSON.") from error
    members = [_member(found, name) for name in ("userinfo", "id_token")]
    userinfo, id_token = members
    required, impossible = _acr(id_token.get("acr"))
    return ClaimsRequest(
        userinfo=tuple(userinfo),
        id_token=tuple(id_token),
        acr_required=required,
        impossible=impossible,
        subject=_subject(members),
    )


def _member(found: object, name: str) -> dict[str, Any]:
    member = found.get(name) if isinstance(found, dict) else found
    if member is None and isinstance(found, dict):
        return {}
    if not isinstance(member, dict) or not all(
        row is None or isinstance(row, dict) for row in member.values()
    ):
        raise InvalidRequestError("claims is not of the form that OpenID Connect Core 5.5 gives.")
    return member


def _acr(row: dict[str, Any] | None) -> tuple[str | None, bool]:
    """§5.5.1.1: essential with values must be met; anything less is a wish."""
    if not row or row.get("essential") is not True:
        return None, False
    values = row.get("values") if isinstance(row.get("values"), list) else [row.get("value")]
    wanted = {one for one in values or () if isinstance(one, str)}
    if not wanted:
        return None, False
    if _SUNAT not in wanted:
        # Contingency is nothing that can be asked for.
        return None, True
    return (None if _CONTINGENCY in wanted else _SUNAT), False


def _subject(members: list[dict[str, Any]]) -> str | None:
    """§5.5.1: a `sub` with a value must be the one that answers."""
    for member in members:
        row = member.get("sub")
        if row and isinstance(row.get("value"), str):
            return str(row["value"])
    return None
