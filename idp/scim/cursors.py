"""Cursors (RFC 9865): where a page ended, so that the next one begins behind it whatever moves."""

from __future__ import annotations

import base64
import binascii
import json
import re

from scim2_models import InvalidCursorException

from idp.kernel.times import read_moment
from idp.people.ports import Order, Place

_ID = re.compile(r"[a-z0-9_]{1,40}")


def written(place: Place, order: Order) -> str:
    """A cursor. It holds no personal data, and needs no secret: it only says where to go on."""
    parts = [int(order.by_change), int(order.descending), place.updated_at.isoformat(), place.id]
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode("ascii")


def read(cursor: str, order: Order) -> Place | None:
    """The place of a cursor, None for the empty one, which asks for the first page.

    Raises InvalidCursorException for what is none of ours, or of another order.
    """
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        by_change, descending, moment, person_id = json.loads(raw)
        at = read_moment(moment)
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise InvalidCursorException from error
    same = [by_change, descending] == [int(order.by_change), int(order.descending)]
    if at is None or not same or not isinstance(person_id, str) or not _ID.fullmatch(person_id):
        raise InvalidCursorException
    return Place(at, person_id)
