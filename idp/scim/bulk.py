"""Many operations in one request (RFC 7644 §3.7), each for itself: what fails undoes no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scim2_models import (
    BulkRequest,
    Error,
    InvalidPathException,
    InvalidValueException,
    PayloadTooLargeException,
    SCIMException,
)

from idp.clients.client import Client
from idp.kernel.errors import IdpError
from idp.scim.errors import told
from idp.scim.representation import Shown
from idp.scim.schema import MAX_OPERATIONS
from idp.scim.service import Users
from idp.scim.versions import tags

_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_REFERENCE = "bulkId:"


class Bulk:
    """Runs the operations of a request in their order. base: the URL of `/scim/v2`."""

    def __init__(self, *, users: Users, base: str) -> None:
        self._users = users
        self._base = base

    def run(self, client: Client, asked: BulkRequest[Any]) -> dict[str, Any]:
        """The BulkResponse. Raises PayloadTooLargeException for more operations than are taken."""
        operations = asked.operations or []
        if len(operations) > MAX_OPERATIONS:
            raise PayloadTooLargeException(
                detail=f"A bulk request has at most {MAX_OPERATIONS} operations."
            )
        made: dict[str, str] = {}
        results: list[dict[str, Any]] = []
        errors = 0
        for operation in operations:
            result = self._one(client, operation, made)
            results.append(result)
            errors += "response" in result
            # §3.7.3: no further ones are tried, nor told of.
            if asked.fail_on_errors and errors >= asked.fail_on_errors:
                break
        return {"schemas": [_RESPONSE], "Operations": results}

    def _one(self, client: Client, operation: Any, made: dict[str, str]) -> dict[str, Any]:
        result = {"method": str(operation.method) if operation.method else None,
                  "bulkId": operation.bulk_id}  # fmt: skip
        person_id: str | None = None
        try:
            if operation.response is not None:  # could not even be read
                raise SCIMException.from_error(operation.response)
            person_id = _target(operation, made)
            shown = self._do(client, operation, person_id)
        except (SCIMException, IdpError) as error:
            found = told(error)
            location = f"{self._base}/Users/{person_id}" if person_id else None
            result |= {"location": location, "status": str(found.status)}
            result["response"] = _body(found)
        else:
            if shown is None:
                result |= {"location": f"{self._base}/Users/{person_id}", "status": "204"}
            else:
                if operation.bulk_id:
                    made[operation.bulk_id] = shown.id
                status = "200" if person_id else "201"
                result |= {
                    "location": shown.location, "version": shown.version, "status": status
                }  # fmt: skip
        return {name: value for name, value in result.items() if value is not None}

    def _do(self, client: Client, operation: Any, person_id: str | None) -> Shown | None:
        if person_id is None:
            return self._users.create(client, operation.data)
        version = tags(operation.version)
        if operation.method == "PUT":
            return self._users.replace(client, person_id, operation.data, version)
        if operation.method == "PATCH":
            return self._users.patch(client, person_id, operation.data, version)
        self._users.delete(client, person_id, version)
        return None


def _target(operation: Any, made: Mapping[str, str]) -> str | None:
    """Whom an operation is about: None for a new User. `bulkId:…`: one made before (§3.7.2)."""
    path = str(operation.path or "")
    endpoint, _, rest = path.lstrip("/").partition("/")
    if endpoint.lower() != "users" or (operation.method == "POST") is not (not rest):
        raise InvalidPathException(detail="path: /Users for POST, /Users/<id> for the others")
    if not rest.startswith(_REFERENCE):
        return rest or None
    found = made.get(rest.removeprefix(_REFERENCE))
    if found is None:
        raise InvalidValueException(detail="No operation before this one made that bulkId.")
    return found


def _body(error: Error) -> dict[str, Any]:
    found: dict[str, Any] = error.model_dump()
    return found
