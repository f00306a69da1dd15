"""One person at a browser: from the component to *revise su correo*, and later by the link."""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.server import REDIRECT_URI
from bench.surge.crowd import Asker

_VERIFIER = "v" * 43
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Answer:
    """An HTTP answer. seconds: what it took."""

    status: int
    location: str
    text: str
    headers: dict[str, str]
    seconds: float


@dataclass
class Visitor:
    """A browser: one connection, its cookies, its address as the proxy in front tells it."""

    port: int
    who: Asker
    cookies: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> Answer:
        """GET; redirects are not followed."""
        return self._send("GET", path, None)

    def post(self, path: str, form: dict[str, str]) -> Answer:
        """POST a form."""
        return self._send("POST", path, urlencode(form))

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, path: str, body: str | None) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"X-Forwarded-For": self.who.address}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={one}" for name, one in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        start = time.perf_counter()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self.requests += 1
        for raw in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(raw).items():
                self.cookies[name] = morsel.value
        return Answer(
            answer.status,
            answer.headers.get("Location") or "",
            text,
            dict(answer.headers.items()),
            time.perf_counter() - start,
        )


def form_of(visitor: Visitor) -> tuple[str, str]:
    """Begin at the component: the form's path and its CSRF token."""
    query = urlencode(
        {
            "response_type": "code",
            "client_id": "rs256",
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile vuce",
            "state": "s",
            "nonce": "n",
            "code_challenge": _CHALLENGE.decode(),
            "code_challenge_method": "S256",
        }
    )
    answer = visitor.get(f"/authorize?{query}")
    while answer.status == 303:
        path = answer.location
        answer = visitor.get(path)
    token = _TOKEN.search(answer.text)
    if answer.status != 200 or token is None:
        raise RuntimeError(f"no form: {answer.status} {path}")
    return path, token[1]


def ask(visitor: Visitor) -> tuple[Answer, str]:
    """Ask for a link: the answer to the form, and the path of the waiting page (empty without)."""
    path, token = form_of(visitor)
    typed = {"csrf_token": token, "ruc": visitor.who.ruc, "usuario": visitor.who.usuario}
    answer = visitor.post(path, typed)
    if answer.status == 303:
        visitor.get(answer.location)
        return answer, answer.location
    return answer, ""


def enter(visitor: Visitor, link: str, secret: str) -> bool:
    """Use the link in the browser that asked; whether tokens came of it."""
    path = urlsplit(link).path
    page = visitor.get(path)
    token = _TOKEN.search(page.text)
    if page.status != 200 or token is None:
        return False
    answer = visitor.post(path, {"csrf_token": token[1]})
    while answer.status == 303 and not answer.location.startswith(REDIRECT_URI):
        answer = visitor.get(answer.location)
    codes = parse_qs(urlsplit(answer.location).query).get("code")
    if not codes:
        return False
    basic = base64.b64encode(f"rs256:{secret}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=60)
    body = {
        "grant_type": "authorization_code",
        "code": codes[0],
        "redirect_uri": REDIRECT_URI,
        "code_verifier": _VERIFIER,
    }
    headers = {
        "Authorization": f"Basic {basic}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", "/token", urlencode(body), headers)
    answered = connection.getresponse()
    text = answered.read()
    connection.close()
    return answered.status == 200 and b"id_token" in text
