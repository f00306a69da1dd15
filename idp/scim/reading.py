"""Requests as scim2-models reads them; whatever is wrong becomes a SCIMException."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from scim2_models import (
    BulkRequest,
    Context,
    Error,
    InvalidFilterException,
    InvalidSyntaxException,
    PatchOp,
    ResponseParameters,
    SCIMException,
    SearchRequest,
)

from idp.scim.schema import PROVIDER, PersonUser

_MOST_IN_FILTER = 1_000
_QUERY = ("filter", "sortBy", "sortOrder", "startIndex", "count", "cursor")
_SHOWN = ("attributes", "excludedAttributes")
T = TypeVar("T")


def members_of(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises InvalidSyntaxException."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidSyntaxException(detail="The body is not JSON.") from error
    if not isinstance(found, dict):
        raise InvalidSyntaxException(detail="The body is not a JSON object.")
    return found


def new_user(members: object) -> Any:
    """What POST /Users says."""
    return _read(
        lambda: PersonUser.model_validate(members, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    )


def whole_user(members: object) -> Any:
    """What PUT says."""
    return _read(
        lambda: PersonUser.model_validate(members, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
    )


def patch(members: object) -> PatchOp[Any]:
    """What PATCH says."""
    return _read(
        lambda: PatchOp[PersonUser].model_validate(members, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
    )


def bulk(members: object) -> BulkRequest[Any]:
    """What POST /Bulk says; an operation that cannot be read stands there as its own failure."""
    return _read(
        lambda: BulkRequest[PersonUser].model_validate(
            members, scim_ctx=Context.BULK_REQUEST, scim_provider=PROVIDER
        )
    )


def search(members: Mapping[str, Any]) -> SearchRequest[Any]:
    """What POST /.search says."""
    asked = members.get("filter")
    if isinstance(asked, str) and len(asked) > _MOST_IN_FILTER:
        raise InvalidFilterException(detail=f"A filter has at most {_MOST_IN_FILTER} characters.")
    return _read(
        lambda: SearchRequest[PersonUser].model_validate(
            dict(members), scim_ctx=Context.SEARCH_REQUEST
        )
    )


def query(arguments: Mapping[str, str]) -> SearchRequest[Any]:
    """What GET /Users asks; parameters that SCIM does not know are nobody's."""
    return search({name: arguments[name] for name in (*_QUERY, *_SHOWN) if name in arguments})


def parameters(arguments: Mapping[str, str]) -> ResponseParameters[Any]:
    """Which attributes the answer to any other request is to have (RFC 7644 §3.9)."""
    asked = {name: arguments[name] for name in _SHOWN if name in arguments}
    return _read(lambda: ResponseParameters[PersonUser].model_validate(asked))


def _read(call: Callable[[], T]) -> T:
    try:
        return call()
    except ValidationError as error:
        raise SCIMException.from_error(Error.from_validation_errors(error)[0]) from error
    except (RecursionError, UnicodeError) as error:
        raise InvalidSyntaxException(detail="The request nests too deep, or is no text.") from error
