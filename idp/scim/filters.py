"""Filters (RFC 7644 §3.4.2.2) that sealed data can answer: whole values, and moments of change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scim2_models import InvalidFilterException, ScimFilter, SensitiveException
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator

from idp.kernel.identity import EXTRANET, SOL, Identifier, normalise
from idp.kernel.ids import storable
from idp.kernel.times import read_moment
from idp.people.email_address import InvalidEmail, normalise_email
from idp.people.ports import Selection

_MOST = 1_000
_NOBODY = Selection(id="")
_SUPPORTED = (
    "id, userName, externalId, emails.value and active with eq; meta.lastModified with eq, gt, ge, "
    "lt and le; and, between them"
)
_MOMENTS = ("eq", "gt", "ge", "lt", "le")
# Personal data that must not stand in a URL (RFC 7644 §7.5.2).
_SENSITIVE = frozenset({"emails", "emails.value"})


def selection(asked: ScimFilter[Any] | None, *, in_url: bool = False) -> Selection:
    """Whom a filter means. in_url: it came in a URL, which logs keep.

    Raises InvalidFilterException for what cannot be looked for, SensitiveException.
    """
    if asked is None:
        return Selection()
    if len(asked) > _MOST:
        raise InvalidFilterException(detail=f"A filter has at most {_MOST} characters.")
    found = Selection()
    for node in _terms(asked.ast):
        found = _also(found, node, in_url=in_url)
    return found


def _terms(node: FilterNode) -> tuple[FilterNode, ...]:
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        return tuple(one for term in node.terms for one in _terms(term))
    return (node,)


def _also(found: Selection, node: FilterNode, *, in_url: bool) -> Selection:
    if not isinstance(node, Comparison) or node.attr_path.uri not in _CORE:
        raise _unsupported()
    name = ".".join(
        one for one in (node.attr_path.attr, node.attr_path.sub_attr) if one is not None
    ).lower()
    if name in _SENSITIVE and in_url:
        raise SensitiveException(
            detail="An e-mail address does not belong in a URL: use POST /Users/.search."
        )
    if name == "meta.lastmodified":
        return _modified(found, node)
    read = _EXACT.get(name)
    if read is None or node.op != CompareOperator.eq:
        raise _unsupported()
    told = read(node.value)
    field = next(iter(told))
    if getattr(found, field) not in (None, told[field]):
        return _NOBODY  # two values of one attribute, which nobody has
    return replace(found, **told)


# The URN of the core schema may stand in front of its attributes.
_CORE = (None, "urn:ietf:params:scim:schemas:core:2.0:User")


def _modified(found: Selection, node: Comparison) -> Selection:
    moment = read_moment(node.value) if isinstance(node.value, str) else None
    if str(node.op) not in _MOMENTS:
        raise _unsupported()
    if moment is None:
        raise InvalidFilterException(
            detail="meta.lastModified is compared with a moment such as 2026-03-01T14:30:00Z."
        )
    return replace(found, modified=(*found.modified, (str(node.op), moment)))


def _text(field: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, str):
            raise _unsupported()
        # What no database can hold names nobody.
        return {field: value} if value and storable(value) == value else {"id": ""}

    return read


def _identifier(value: Any) -> dict[str, Any]:
    if not isinstance(value, str):
        raise _unsupported()
    if storable(value) != value:
        return {"id": ""}
    text = normalise(value)
    realm = SOL if ":" in text else EXTRANET
    return {"identifier": Identifier(realm, text)}


def _email(value: Any) -> dict[str, Any]:
    if storable(value) != value:
        return {"id": ""}
    try:
        return {"email": normalise_email(str(value))}
    except InvalidEmail:
        return {"id": ""}


def _active(value: Any) -> dict[str, Any]:
    if not isinstance(value, bool):
        raise _unsupported()
    return {"active": value}


_EXACT: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "id": _text("id"),
    "username": _identifier,
    "externalid": _text("external_id"),
    "emails": _email,
    "emails.value": _email,
    "active": _active,
}


def _unsupported() -> InvalidFilterException:
    return InvalidFilterException(detail=f"Supported in a filter: {_SUPPORTED}.")
