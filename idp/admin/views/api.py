"""`/admin/api/v1`: parse, call one operation, answer in JSON.

A bearer token is all that counts here: what a cookie says is never looked at, so there is no form
to forge and nothing for a page of another origin to read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from idp.admin.api import reading
from idp.admin.api.call import Answer, Call
from idp.admin.api.document import document
from idp.admin.api.operations import DOCUMENT, OPERATIONS, PREFIX, Operation
from idp.admin.api.problems import problem
from idp.kernel.errors import IdpError
from idp.kernel.ports import AccessTokens, TokenRefused
from idp.limits.service import Limits
from idp.web.bearer import Challenges, presented

_NO_STORE = {"Cache-Control": "no-store"}
Handler = Callable[[Call], Answer]


def blueprint(
    *,
    handlers: Mapping[str, Handler],
    tokens: AccessTokens,
    limits: Limits,
    challenges: Challenges,
    console: str,
    issuer: str,
) -> Blueprint:
    """Every operation of the table, and its document. handlers: by the operation's id.

    console: the URL that proofs of possession are made for. Raises KeyError for an operation that
    nobody handles.
    """
    bp = Blueprint("api", __name__)
    described = json.dumps(document(OPERATIONS, console=console, issuer=issuer))

    def answered(one: Operation, handler: Handler) -> Callable[..., Response]:
        def view(**path: str) -> Response:
            try:
                client_id = _caller(one, tokens, console)
            except TokenRefused as refused:
                return _refused(refused, challenges)
            limits.hit(one.limit, client_id)
            return _response(handler(_call(one, client_id, path)))

        return view

    for one in OPERATIONS:
        bp.add_url_rule(
            PREFIX + one.path.replace("{", "<").replace("}", ">"),
            endpoint=one.id,
            view_func=answered(one, handlers[one.id]),
            methods=[one.method],
        )

    @bp.get(DOCUMENT)
    def openapi() -> Response:
        return Response(described, mimetype="application/json")

    return bp


def caller(tokens: AccessTokens, scope: str, console: str, *, redis_may_be_down: bool) -> str:
    """Whose request this is: a client_id. Raises TokenRefused, Unavailable("redis")."""
    token = presented(request, console)
    if token is None:
        raise TokenRefused(401, "", "")
    return tokens.check(token, scope, redis_may_be_down=redis_may_be_down).client_id


def _caller(one: Operation, tokens: AccessTokens, console: str) -> str:
    return caller(tokens, one.scope, console, redis_may_be_down=one.from_memory)


def _call(one: Operation, client_id: str, path: Mapping[str, str]) -> Call:
    asked = reading.query(one, request.args.items(multi=True))
    if one.takes is None:
        return Call(client_id, path, asked)
    if request.mimetype != "application/json":
        raise IdpError("unsupported_media_type", 415)
    return Call(
        client_id,
        path,
        asked,
        reading.body(one, request.get_data()),
        if_match=reading.tags(request.headers.get("If-Match")) if one.tagged else (),
        key=reading.key(request.headers.get("Idempotency-Key")),
    )


def _response(answer: Answer) -> Response:
    headers = {**_NO_STORE, **answer.headers}
    if answer.tag is not None:
        headers["ETag"] = answer.tag
        asked = reading.tags(request.headers.get("If-None-Match"))
        if request.method == "GET" and answer.tag.strip('"') in asked:
            return Response("", 304, headers)
    if answer.repeated:
        headers["Idempotency-Replayed"] = "true"
    return Response(_json(answer.body), answer.status, headers, mimetype="application/json")


def answer_error(error: IdpError) -> Response:
    """The one writer of errors on this surface."""
    headers = dict(_NO_STORE)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return Response(
        _json(problem(error)), error.status, headers, mimetype="application/problem+json"
    )


def _refused(refused: TokenRefused, challenges: Challenges) -> Response:
    response = answer_error(IdpError(refused.error or "unauthorized", refused.status))
    told_why = [challenges.refused(refused)] if refused.error else challenges.bare()
    response.headers.extend(told_why)
    return response


def _json(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False)
