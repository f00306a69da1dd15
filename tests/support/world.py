"""The whole provider in one process, on a real Valkey and a real database, with our own clock."""

from __future__ import annotations

import atexit
import base64
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shutil import copy, copytree, rmtree
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.adapters.sql.database import Database
from idp.admin.passwords import Cost
from idp.app import create_app
from idp.clients.secrets import new_secret
from idp.kernel.clock import FixedClock
from idp.kernel.identity import SOL, Identifier, Mode, Proof
from idp.kernel.random import SystemRandom
from idp.people.person import Person, UpstreamFacts
from idp.settings import Settings, Upstream
from idp.signing.audit_keys import AuditKeyFolder
from idp.signing.generate import ensure_generated
from idp.upstream_status.drill_choice import Ending
from idp.wiring import Services, build_services
from tests.support.vault import make_data_keys

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ISSUER = "http://localhost:8000"
# Of the console's passwords: tests hash by the dozen.
CHEAP = Cost(memory=8, passes=1, lanes=1)
REDIRECT_URI = "http://localhost:9001/callback"
VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)

# Only `avisa` stops a login for a nudge: the others' logins are about something else.
CLIENTS = """
clients:
  - client_id: mr
    client_name: Mercancías Restringidas
    client_uri: http://localhost:9001/
    redirect_uris: [http://localhost:9001/callback]
    post_logout_redirect_uris: [http://localhost:9001/]
    scope: openid profile email vuce
    token_endpoint_auth_method: client_secret_basic
    secrets: [{hash: "@hash@"}]
    realms: [sol, extranet]
    nudge: {missing: false, yearly: false}
  - client_id: origen
    client_name: Origen
    redirect_uris: [http://localhost:9002/callback]
    initiate_login_uri: "http://localhost:9002/login?desde=vuce"
    scope: openid profile email vuce
    token_endpoint_auth_method: client_secret_post
    secrets: [{hash: "@hash@"}]
    id_token_signed_response_alg: ES256
    realms: [sol]
    nudge: {missing: false, yearly: false}
  - client_id: spa
    client_name: Consulta
    redirect_uris: [http://localhost:9003/callback]
    scope: openid vuce
    token_endpoint_auth_method: none
    allowed_origins: [http://localhost:9003]
    realms: [sol, extranet]
    nudge: {missing: false, yearly: false}
  - client_id: estricto
    client_name: Gestión de Autorizaciones
    redirect_uris: [http://localhost:9004/callback]
    scope: openid vuce
    token_endpoint_auth_method: client_secret_basic
    secrets: [{hash: "@hash@"}]
    realms: [sol, extranet]
    contingency: {allowed: false}
  - client_id: avisa
    client_name: Permisos de Internamiento
    client_uri: http://localhost:9006/
    redirect_uris: [http://localhost:9006/callback]
    initiate_login_uri: http://localhost:9006/login
    scope: openid email vuce
    token_endpoint_auth_method: client_secret_basic
    secrets: [{hash: "@hash@"}]
    realms: [sol, extranet]
"""


@dataclass
class World:
    """The services, an application over them, and the short ways that tests need."""

    services: Services
    app: Flask
    clock: FixedClock
    secret: str

    @property
    def settings(self) -> Settings:
        return self.services.settings

    def browser(self) -> FlaskClient:
        """A browser of its own: an empty cookie jar."""
        return self.app.test_client()

    def person(self, ruc: str = "20131312955", usuario: str = "EXPORTA1") -> Person:
        """A person who logged in at SUNAT once."""
        return self.services.people.record_upstream_login(
            UpstreamFacts(
                realm=SOL,
                identifier=Identifier(SOL, f"{ruc}:{usuario}"),
                usuario=usuario,
                ruc=ruc,
                tipo_usuario="0",
                name="EXPORTADORA DE PRUEBA S.A.",
            )
        )

    def log_in(self, browser: FlaskClient, person: Person, mode: Mode = Mode.SUNAT) -> str:
        """Give the browser a session without a login's pages; its sid."""
        proof = Proof(person.realm, person.id, mode, self.clock.now())
        cookie, session = self.services.logins.sessions.start(person, proof, None, replaces=None)
        browser.set_cookie("idp_session", cookie, domain="localhost")
        return session.sid

    def end_drills(self) -> None:
        """No drill goes on, whatever the clock says next."""
        drills = self.services.drills
        for one in drills.list(200):
            if one.ended_at is None:
                drills._end(one, Ending.OPERATOR, "prueba", "otra prueba")
        drills.refresh()

    def authorize(self, browser: FlaskClient, **changes: Any) -> TestResponse:
        """GET /authorize; a parameter set to None is left out."""
        return browser.get("/authorize", query_string=authorization_params(**changes))

    def token(self, code: str, **changes: Any) -> TestResponse:
        """POST /token by client_secret_basic of `mr`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
        }
        auth = changes.pop("auth", ("mr", self.secret))
        form.update(changes)
        sent = {name: value for name, value in form.items() if value is not None}
        return self.app.test_client().post("/token", data=sent, auth=auth)


def authorization_params(**changes: Any) -> dict[str, str]:
    """A good request of `mr`, changed."""
    params = {
        "response_type": "code",
        "client_id": "mr",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid profile email vuce",
        "state": "st",
        "nonce": "no",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    params.update(changes)
    return {name: value for name, value in params.items() if value is not None}


def query_of(location: str) -> dict[str, str]:
    """The parameters of a URL."""
    return dict(parse_qsl(urlsplit(location).query))


def csrf_of(page: str) -> str:
    """The token in a page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form of ours"
    return found[1]


def settings_for(folder: Path, redis_url: str, **changes: Any) -> Settings:
    """Settings of a test, on a database of its own."""
    settings = Settings(
        issuer=ISSUER,
        env="development",
        secret_key="t" * 40,
        database_url=f"sqlite:///{folder / 'idp.sqlite3'}",
        redis_url=redis_url,
        clients_file=folder / "clients.yaml",
        keys_dir=folder / "keys",
        smtp_url="smtp://127.0.0.1:9",
        mail_from="VUCE <no-responder@example.com>",
        captcha="none",
        upstreams=tuple(
            Upstream(
                realm=realm,
                base_url="http://localhost:9100",
                path=path,
                client_id=f"vuce-{realm}",
                client_secret="sandbox-sunat-secret",
                label=label,
                tip_origen=origin,
            )
            for realm, path, label, origin in (
                ("sol", "clientessol", "Clave SOL", "IT"),
                ("extranet", "clientesextranet", "Extranet de SUNAT", "ET"),
            )
        ),
        outbound_allow=("127.0.0.0/8", "::1/128"),
    )
    return replace(settings, **changes)


@cache
def _template() -> Path:
    """Keys and an empty database of today's tables: made once for a process, since they take long."""
    folder = Path(mkdtemp(prefix="world"))
    atexit.register(rmtree, folder, ignore_errors=True)
    ensure_generated(folder / "keys", clock=FixedClock(START))
    make_data_keys(folder / "keys")
    AuditKeyFolder(folder / "keys" / "audit", clock=FixedClock(START)).generate()
    database = Database(settings_for(folder, "").database_url)
    database.upgrade()
    database.close()
    return folder


def build_world(folder: Path, redis_url: str, *, clients: str = CLIENTS, **changes: Any) -> World:
    """A world in this folder, of which what is there already stays."""
    clock = FixedClock(START)
    secret, hashed = new_secret(SystemRandom())
    (folder / "clients.yaml").write_text(clients.replace("@hash@", hashed), encoding="utf-8")
    for made in _template().iterdir():
        if not (folder / made.name).exists():
            (copytree if made.is_dir() else copy)(made, folder / made.name)
    settings = settings_for(folder, redis_url, **changes)
    services = build_services(settings, clock=clock, password_cost=CHEAP)
    if "database_url" in changes:
        services.database.upgrade()
    services.upstream_status.refresh()
    return World(services, create_app(settings, services), clock, secret)


__all__ = [
    "CHALLENGE", "CLIENTS", "ISSUER", "REDIRECT_URI", "START", "VERIFIER", "World", "authorization_params",
    "build_world", "csrf_of", "parse_qs", "query_of", "settings_for",
]  # fmt: skip
