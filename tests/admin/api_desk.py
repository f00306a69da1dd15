"""Programs that speak to the console's API."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.support.world import World

API = "/admin/api/v1"
URL = "http://localhost:8010"
_KEYS = itertools.count(1)
_OWN = """
    grant_types: [client_credentials]
    secrets: [{hash: "@hash@"}]
"""
CLIENTS = f"""
clients:
  - client_id: mr
    client_name: Mercancías Restringidas
    redirect_uris: [http://localhost:9001/callback]
    scope: openid
    secrets: [{{hash: "@hash@"}}]
  - client_id: vigia
    client_name: Monitoreo
    scope: admin:read{_OWN}
  - client_id: mando
    client_name: Automatización
    scope: admin:read admin:switch{_OWN}
  - client_id: firmado
    client_name: Monitoreo, con token JWT
    scope: admin:read{_OWN}
    access_token_format: jwt
  - client_id: atado
    client_name: Monitoreo, con llave
    scope: admin:read{_OWN}
    dpop_bound_access_tokens: true
  - client_id: ajeno
    client_name: Otra API
    scope: api:leer{_OWN}
"""


@dataclass
class Program:
    """One of them. token: what it bears; it gets one where it has none."""

    world: World
    app: Flask
    client_id: str
    token: str | None = None

    def bearer(self) -> dict[str, str]:
        if self.token is None:
            answer = self.world.browser().post(
                "/token",
                data={"grant_type": "client_credentials"},
                auth=(self.client_id, self.world.secret),
            )
            assert answer.status_code == 200, answer.text
            self.token = answer.json["access_token"]
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self._open("GET", path, None, headers)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        """With a key of its own, unless headers say something of either precondition."""
        if not headers.keys() & {"Idempotency_Key", "If_Match"}:
            headers["Idempotency_Key"] = f"clave-{next(_KEYS):08d}"
        return self._open("POST", path, body, headers)

    def flip(self, realm: str, state: str, **more: Any) -> TestResponse:
        headers = {name: more.pop(name) for name in ("Idempotency_Key", "If_Match") if name in more}
        said = {"state": state, "reason": "prueba", **more}
        return self.post(f"/upstreams/{realm}/flag", said, **headers)

    def state(self, realm: str = "sol") -> Any:
        return self.get(f"/upstreams/{realm}").json

    def _open(self, method: str, path: str, body: Any, headers: dict[str, str]) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        how = (
            {"json": body}
            if not isinstance(body, bytes)
            else {"data": body, "content_type": "application/json"}
        )
        return self.app.test_client().open(
            path if path.startswith("/admin") else f"{API}{path}",
            method=method,
            base_url=URL,
            headers={**self.bearer(), **sent},
            **(how if body is not None else {}),
        )


def is_problem(answer: TestResponse, status: int, code: str) -> Any:
    """That an answer says so, in the form of RFC 9457."""
    assert (answer.status_code, answer.json["code"]) == (status, code), answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json
