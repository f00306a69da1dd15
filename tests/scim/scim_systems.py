"""Systems that speak SCIM to the provider."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from idp.people.person import Person
from idp.people.scim_paths import EXTENSION
from tests.support.world import World

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

_OWN = """
    grant_types: [client_credentials]
    secrets: [{hash: "@hash@"}]
"""
CLIENTS = f"""
clients:
  - client_id: vuce
    client_name: VUCE, personas
    scope: scim:read scim:write{_OWN}
  - client_id: manda
    client_name: VUCE, con la última palabra
    scope: scim:read scim:write{_OWN}
    scim: {{wins: vuce, trust_logins: true}}
  - client_id: lector
    client_name: VUCE, reportes
    scope: scim:read{_OWN}
  - client_id: atado
    client_name: VUCE, con llave
    scope: scim:read{_OWN}
    dpop_bound_access_tokens: true
  - client_id: firmado
    client_name: VUCE, con token JWT
    scope: scim:read{_OWN}
    access_token_format: jwt
  - client_id: mixto
    client_name: Un componente que también actúa por sí mismo
    scope: openid scim:read
    redirect_uris: [http://localhost:9009/c]
    grant_types: [authorization_code, client_credentials]
    secrets: [{{hash: "@hash@"}}]
  - client_id: otro
    client_name: Otra API
    scope: api:leer{_OWN}
"""

_COUNTER = itertools.count(1)


def a_user(**members: Any) -> dict[str, Any]:
    """A new User of the Extranet whom nobody knows."""
    return {"schemas": [USER], "userName": f"EXT{next(_COUNTER):06d}", "active": True, **members}


def extension(**members: Any) -> dict[str, Any]:
    """Members of our extension, with the schemas that they need."""
    return {"schemas": [USER, EXTENSION], EXTENSION: members}


@dataclass
class System:
    """One of them, with its access token."""

    world: World
    client_id: str
    _tokens: dict[float, str] = field(default_factory=dict)

    def token(self, scope: str | None = None) -> str:
        form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        auth = (self.client_id, self.world.secret)
        answer = self.world.browser().post("/token", data=form, auth=auth)
        assert answer.status_code == 200, answer.json
        return str(answer.json["access_token"])

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> TestResponse:
        """A request below /scim/v2. headers: with underscores."""
        if token is None:
            hour = self.world.clock.timestamp() // 600  # it lives for fifteen minutes
            token = self._tokens.get(hour) or self._tokens.setdefault(hour, self.token())
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {token}"
        more: dict[str, Any] = {}
        if body is not None:
            more = {"json": body} if not isinstance(body, bytes) else {"data": body}
            more["content_type"] = "application/scim+json"
        return self.world.browser().open(f"/scim/v2{path}", method=method, headers=sent, **more)

    def create(self, **members: Any) -> dict[str, Any]:
        """A User that was not there; the answer."""
        answer = self.call("POST", "/Users", a_user(**members))
        assert answer.status_code == 201, answer.json
        found: dict[str, Any] = answer.json
        return found

    def get(self, user_id: str) -> dict[str, Any]:
        answer = self.call("GET", f"/Users/{user_id}")
        assert answer.status_code == 200, answer.json
        found: dict[str, Any] = answer.json
        return found

    def patch(self, user_id: str, *operations: dict[str, Any], **headers: str) -> TestResponse:
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self.call("PATCH", f"/Users/{user_id}", body, **headers)

    def search(self, **asked: Any) -> TestResponse:
        return self.call("POST", "/Users/.search", {"schemas": [SEARCH], **asked})

    def found(self, **asked: Any) -> list[str]:
        """The ids of those that a search finds."""
        answer = self.search(**asked)
        assert answer.status_code == 200, answer.json
        return [one["id"] for one in answer.json["Resources"]]


def person_of(world: World, user: dict[str, Any]) -> Person:
    """The person behind a User."""
    found = world.services.people.get(user["id"])
    assert found is not None
    return found


def replace(path: str, value: Any) -> dict[str, Any]:
    """An operation of a PATCH."""
    return {"op": "replace", "path": path, "value": value}
