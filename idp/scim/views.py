"""`/scim/v2`: parse, call one service, answer in SCIM's own words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request
from scim2_models import (
    NotFoundException,
    NotImplementedException,
    SCIMException,
)

from idp.clients.client import SCIM_READ, SCIM_WRITE, Client
from idp.clients.registry import ClientRegistry
from idp.kernel.errors import IdpError
from idp.kernel.ports import AccessTokens, TokenRefused
from idp.limits.service import Limits
from idp.scim import reading
from idp.scim.bulk import Bulk
from idp.scim.discovery import Discovery
from idp.scim.errors import refusal, told
from idp.scim.representation import Parameters, Shown
from idp.scim.schema import MAX_OPERATIONS
from idp.scim.searches import Searches
from idp.scim.service import Users
from idp.scim.versions import matches, tags
from idp.web.bearer import Challenges, presented

PREFIX = "/scim/v2"
PATHS = (f"{PREFIX}/",)
_TYPES = ("application/scim+json", "application/json")
_NO_STORE = {"Cache-Control": "no-store"}
View = Callable[..., Response]


@dataclass(frozen=True)
class Caller:
    """Whose request it is. reads: whether its token lets it read people as well."""

    client: Client
    reads: bool

    def asked(self) -> Parameters | None:
        """What of a User the answer is to have; None for who may not read them."""
        return reading.parameters(request.args) if self.reads else None


def blueprint(
    *,
    users: Users,
    searches: Searches,
    bulk: Bulk,
    discovery: Discovery,
    tokens: AccessTokens,
    clients: ClientRegistry,
    limits: Limits,
    challenges: Challenges,
    issuer: str,
) -> Blueprint:
    """Users, searches, bulk, and what describes them (RFC 7644 §3.2)."""
    bp = Blueprint("scim", __name__, url_prefix=PREFIX)
    bp.register_error_handler(SCIMException, answer_error)

    def identified(scope: str) -> Caller:
        """Whose request this is. Raises TokenRefused, IdpError rate_limited."""
        token = presented(request, issuer)
        if token is None:
            raise TokenRefused(401, "", "")
        program = tokens.check(token, scope)
        client = clients.get(program.client_id)
        if client is None:  # clients.yaml was read anew just now
            raise TokenRefused(401, "invalid_token", "There is no such client any more.")
        limits.hit("scim.client", client.client_id)
        return Caller(client, reads=SCIM_READ in program.scopes)

    def allowed(scope: str) -> Callable[[Callable[..., Response]], View]:
        """A view for clients with this scope; it is given the caller first."""

        def wrap(view: Callable[..., Response]) -> View:
            @wraps(view)
            def checked(**parts: Any) -> Response:
                try:
                    caller = identified(scope)
                except TokenRefused as refused:
                    return _refused(refused, challenges)
                return view(caller, **parts)

            return checked

        return wrap

    @bp.get("/Users")
    @allowed(SCIM_READ)
    def listed(caller: Caller) -> Response:
        return _answer(searches.search(caller.client, reading.query(request.args), in_url=True))

    @bp.post("/.search")
    @bp.post("/Users/.search")
    @allowed(SCIM_READ)
    def searched(caller: Caller) -> Response:
        return _answer(searches.search(caller.client, reading.search(_members()), in_url=False))

    @bp.post("/Users")
    @allowed(SCIM_WRITE)
    def created(caller: Caller) -> Response:
        user = reading.new_user(_members())
        return _user(users.create(caller.client, user, caller.asked()), 201)

    @bp.get("/Users/<person_id>")
    @allowed(SCIM_READ)
    def one(caller: Caller, person_id: str) -> Response:
        found = users.get(caller.client, person_id, reading.parameters(request.args))
        if matches(tags(request.headers.get("If-None-Match")), found.version):
            return Response("", 304, {**_NO_STORE, "ETag": found.version})
        return _user(found)

    @bp.put("/Users/<person_id>")
    @allowed(SCIM_WRITE)
    def replaced(caller: Caller, person_id: str) -> Response:
        user = reading.whole_user(_members())
        return _user(users.replace(caller.client, person_id, user, _if_match(), caller.asked()))

    @bp.patch("/Users/<person_id>")
    @allowed(SCIM_WRITE)
    def patched(caller: Caller, person_id: str) -> Response:
        patch = reading.patch(_members())
        return _user(users.patch(caller.client, person_id, patch, _if_match(), caller.asked()))

    @bp.delete("/Users/<person_id>")
    @allowed(SCIM_WRITE)
    def deleted(caller: Caller, person_id: str) -> Response:
        users.delete(caller.client, person_id, _if_match())
        return Response("", 204, _NO_STORE)

    @bp.post("/Bulk")
    @allowed(SCIM_WRITE)
    def many(caller: Caller) -> Response:
        asked = reading.bulk(_members())
        # Each operation is a request; more than are taken at all are refused as a whole.
        more = min(len(asked.operations or ()), MAX_OPERATIONS) - 1
        if more > 0:
            limits.hit_times(more, "scim.client", caller.client.client_id)
        return _answer(bulk.run(caller.client, asked))

    @bp.route("/Me", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def me() -> Response:
        # RFC 7644 §3.11: a program that acts for itself is nobody.
        raise NotImplementedException(detail="A client of ours acts for itself: use /Users.")

    @bp.get("/ServiceProviderConfig")
    def config() -> Response:
        _unfiltered()
        return _answer(discovery.config())

    @bp.get("/<any(Schemas, ResourceTypes):kind>")
    def described(kind: str) -> Response:
        _unfiltered()
        return _answer(discovery.all(kind))

    @bp.get("/<any(Schemas, ResourceTypes):kind>/<name>")
    def described_one(kind: str, name: str) -> Response:
        _unfiltered()
        found = discovery.one(kind, name)
        if found is None:
            raise NotFoundException
        return _answer(found)

    return bp


def answer_error(error: SCIMException | IdpError) -> Response:
    """The one writer of errors on this surface."""
    found = told(error)
    status = found.status or 400
    headers = dict(_NO_STORE)
    if isinstance(error, IdpError) and error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return _answer(found.model_dump(), status, headers)


def _refused(refused: TokenRefused, challenges: Challenges) -> Response:
    detail = refused.description or "An access token is needed."
    response = answer_error(refusal(refused.status, detail))
    told_why = [challenges.refused(refused)] if refused.error else challenges.bare()
    response.headers.extend(told_why)
    return response


def _unfiltered() -> None:
    """RFC 7644 §4: what describes the service takes no filter."""
    if "filter" in request.args:
        raise refusal(403, "A filter is not permitted here.")


def _members() -> dict[str, Any]:
    if request.mimetype not in _TYPES:
        raise refusal(415, "The body is application/scim+json.")
    return reading.members_of(request.get_data())


def _if_match() -> tuple[str, ...]:
    return tags(request.headers.get("If-Match"))


def _user(shown: Shown, status: int = 200) -> Response:
    headers = {"ETag": shown.version, "Location": shown.location}
    return _answer(shown.body, status, {**_NO_STORE, **headers})


def _answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, headers or _NO_STORE, mimetype="application/scim+json")
