"""The OpenAPI 3.1 document, made from the table of operations."""

from __future__ import annotations

import re
from typing import Any

from idp.admin.api.operations import PREFIX, Operation
from idp.admin.api.schemas import SCHEMAS, TEXT, ref
from idp.clients.client import ADMIN_READ, ADMIN_SWITCH

_PROBLEM = {"content": {"application/problem+json": {"schema": ref("Problem")}}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same in every repeat of this very request; kept for a day. Needed unless "
    "If-Match is given.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 102},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The `etag` of the state that the change is meant for; 412 for another.",
    "schema": TEXT,
}


def document(operations: tuple[Operation, ...], *, console: str, issuer: str) -> dict[str, Any]:
    """console, issuer: URLs without a slash at their end."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    flow = {
        "tokenUrl": f"{issuer}/token",
        "scopes": {ADMIN_READ: "Look at it.", ADMIN_SWITCH: "Flip the flag, announce maintenance."},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "VUCE identity provider: console API",
            "version": "1",
            "description": "For monitoring systems. A member may be added to any answer; none is "
            "taken away within v1.",
        },
        "servers": [{"url": f"{console}{PREFIX}"}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "oauth2", "flows": {"clientCredentials": flow}}},
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.id,
        "summary": one.summary,
        "security": [{"token": [one.scope]}],
        "parameters": _parameters(one),
        "responses": {
            **{str(status): _answer(name) for status, name in one.answers.items()},
            "default": {"description": "What is wrong (RFC 9457).", **_PROBLEM},
        },
    }
    if one.takes:
        schema = {"schema": ref(one.takes)}
        found["requestBody"] = {"required": True, "content": {"application/json": schema}}
    return found


def _answer(name: str) -> dict[str, Any]:
    return {"description": name, "content": {"application/json": {"schema": ref(name)}}}


def _parameters(one: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": TEXT}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    found += [{"name": name, "in": "query", "schema": how} for name, how in one.query.items()]
    if one.takes:
        found.append(_KEY)
    if one.tagged:
        found.append(_IF_MATCH)
    return found
