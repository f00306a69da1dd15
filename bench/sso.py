"""An SSO login as a component sees it: /authorize with a session, then /token."""

from __future__ import annotations

import base64
import hashlib
import http.client
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.server import REDIRECT_URI, Running
from idp.kernel.identity import SOL, Identifier, Mode, Proof
from idp.people.person import UpstreamFacts

_VERIFIER = "v" * 43
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=")


@dataclass(frozen=True)
class Figures:
    """cpu, p50, p99: milliseconds per login; cpu is the server's own."""

    cpu: float
    p50: float
    p99: float


def log_in(running: Running) -> str:
    """A session of a person; the Cookie header."""
    services = running.services
    identifier = Identifier(SOL, "20131312955:EXPORTA1")
    person = services.people.record_upstream_login(
        UpstreamFacts(
            realm=SOL,
            identifier=identifier,
            usuario="EXPORTA1",
            ruc="20131312955",
            tipo_usuario="0",
            name="EXPORTADORA",
        )
    )
    proof = Proof(SOL, person.id, Mode.SUNAT, services.clock.now())
    cookie, _ = services.logins.sessions.start(person, proof, None, replaces=None)
    return f"idp_session={cookie}"


def measure(running: Running, client_id: str, flows: int) -> Figures:
    """One login after another over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    cookie = log_in(running)
    for _ in range(20):
        _one(connection, cookie, client_id, running.secret)
    taken = []
    before = running.cpu_seconds()
    for _ in range(flows):
        start = time.perf_counter()
        _one(connection, cookie, client_id, running.secret)
        taken.append((time.perf_counter() - start) * 1_000)
    cpu = (running.cpu_seconds() - before) / flows * 1_000
    connection.close()
    taken.sort()
    return Figures(cpu, taken[len(taken) // 2], taken[int(len(taken) * 0.99)])


def _one(connection: http.client.HTTPConnection, cookie: str, client_id: str, secret: str) -> None:
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile vuce",
            "state": "s",
            "nonce": "n",
            "code_challenge": _CHALLENGE.decode(),
            "code_challenge_method": "S256",
        }
    )
    connection.request("GET", f"/authorize?{query}", headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    location = answer.headers["Location"] or ""
    (code,) = parse_qs(urlsplit(location).query)["code"]
    body = urlencode(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": _VERIFIER,
        }
    )
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    headers = {
        "Authorization": f"Basic {basic}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", "/token", body, headers)
    answer = connection.getresponse()
    if answer.status != 200 or b"id_token" not in answer.read():
        raise RuntimeError(f"/token answered {answer.status}")
