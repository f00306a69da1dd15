"""Reading a request by its operation's row; what is wrong is told at once, with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NoReturn

from jsonschema import Draft202012Validator

from idp.admin.api.operations import Operation
from idp.admin.api.problems import Fault, Faulty
from idp.admin.api.schemas import MOMENT, SCHEMAS, Schema
from idp.audit.impersonal import names_somebody
from idp.kernel.errors import IdpError
from idp.kernel.times import read_moment

# RFC 9110 §8.8.3.
_TAG = re.compile(r'(?:W/)?"([!#-~\x80-\xff]*)"')
# A string of a structured field (RFC 9651 §3.3.3), or bare.
_KEY = re.compile(r'"([ !#-\[\]-~]{8,100})"|([!#-+\--:<-~]{8,100})')
_NOT = "is not one of its values"


def query(operation: Operation, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The parameters by name, with their defaults. Raises Faulty invalid_query."""
    found = {name: how["default"] for name, how in operation.query.items() if "default" in how}
    faults: list[Fault] = []
    seen: set[str] = set()
    for name, text in given:
        how = operation.query.get(name)
        if how is None or name in seen:
            faults.append(Fault(name[:100], "is not taken" if how is None else "is twice", False))
            continue
        seen.add(name)
        try:
            found[name] = _value(how, text)
        except ValueError as error:
            faults.append(Fault(name, str(error), False))
    if faults:
        raise Faulty("invalid_query", 400, faults)
    return found


def _value(how: Schema, text: str) -> Any:
    if how == MOMENT:
        moment = read_moment(text)
        if moment is None:
            raise ValueError("is no moment with its offset (RFC 3339)")
        return moment
    if how["type"] == "integer":
        number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1
        least, most = how.get("minimum", 0), how.get("maximum", number)
        if not least <= number <= most or number not in how.get("enum", (number,)):
            raise ValueError(_NOT)
        return number
    if how["type"] == "boolean":
        if text not in ("true", "false"):
            raise ValueError(_NOT)
        return text == "true"
    if text not in how.get("enum", (text,)) or not text.isprintable() or len(text) > 200:
        raise ValueError(_NOT)
    return text


def body(operation: Operation, raw: bytes) -> dict[str, Any]:
    """The members by name, moments read. Raises Faulty invalid_body."""
    assert operation.takes is not None
    found = _members(raw)
    faults = [
        Fault(_pointer(one.absolute_path), _told(one.validator, one.validator_value))
        for one in _validator(operation.takes).iter_errors(found)
    ]
    if not faults and isinstance(found, dict):
        faults = list(_words(found)) + list(_moments(operation.takes, found))
    if faults:
        raise Faulty("invalid_body", 400, faults[:20])
    return dict(found)


def key(header: str | None) -> str | None:
    """The Idempotency-Key. Raises IdpError idempotency_key_invalid."""
    if header is None:
        return None
    found = _KEY.fullmatch(header.strip())
    if found is None:
        raise IdpError("idempotency_key_invalid", 400)
    return found[1] or found[2]


def tags(header: str | None) -> tuple[str, ...]:
    """The tags of an If-Match or If-None-Match, without their quotes; `*` as such."""
    if header is None:
        return ()
    if header.strip() == "*":
        return ("*",)
    # What names no tag at all names none that counts either.
    return tuple(_TAG.findall(header)) or ("",)


def _members(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Faulty("invalid_body", 400, [Fault("", "is no JSON")]) from error


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[name])


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{str(one).replace('~', '~0').replace('/', '~1')}"[:100] for one in path)


def _told(rule: str, value: Any) -> str:
    """Never what was sent, which may be anything."""
    texts = {
        "required": f"needs {', '.join(value) if isinstance(value, list) else ''}",
        "additionalProperties": "has a member that is not taken",
        "enum": f"is one of {', '.join(map(str, value)) if isinstance(value, list) else ''}",
        "type": f"is of type {value}",
        "maxLength": f"is of {value} characters at most",
        "minLength": "says nothing",
        "minimum": f"is {value} at least",
        "maximum": f"is {value} at most",
    }
    return texts.get(rule, "is not what is taken here")


def _words(found: Mapping[str, Any]) -> Iterable[Fault]:
    for name, value in found.items():
        if isinstance(value, str) and not (value.strip() and value.isprintable()):
            yield Fault(f"/{name}", "is a text on one line")
        elif name == "reason" and (held := names_somebody(value)):
            yield Fault("/reason", f"must hold no {held}: the audit log keeps it")


def _moments(schema: str, found: dict[str, Any]) -> Iterable[Fault]:
    for name, how in SCHEMAS[schema]["properties"].items():
        text = found.get(name)
        if isinstance(text, str) and (how == MOMENT or MOMENT in how.get("anyOf", ())):
            found[name] = read_moment(text)
            if found[name] is None:
                yield Fault(f"/{name}", "is no moment with its offset (RFC 3339)")
