"""One person at a browser: from the component to *revise su correo*, and later by the link."""

from __future__ import annotations

import base64
import hashlib
import html
import http.client
import re
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.server import REDIRECT_URI
from bench.surge.captcha import solved
from bench.surge.crowd import Asker
from idp.captcha.altcha import FIELD

_VERIFIER = "v" * 43
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(_VERIFIER.encode()).digest()).rstrip(b"=")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_CHALLENGE_OF = re.compile(r'<altcha-widget[^>]* challenge="([^"]+)"')


class Form(NamedTuple):
    """The form that asks for a link. challenge: ALTCHA's JSON, empty without captcha."""

    path: str
    token: str
    challenge: str


@dataclass
class Answer:
    """An HTTP answer. headers: names in lower case. seconds: what it took."""

    status: int
    location: str
    text: str
    headers: dict[str, str]
    seconds: float


@dataclass
class Visitor:
    """A browser: one connection, its cookies, its address as the proxy in front tells it.
    requests: over its own connection.
    """

    port: int
    who: Asker
    cookies: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str, line: http.client.HTTPConnection | None = None) -> Answer:
        """GET; redirects are not followed. line: a connection in place of the browser's own."""
        return self._send("GET", path, None, line)

    def post(self, path: str, form: dict[str, str]) -> Answer:
        """POST a form."""
        return self._send("POST", path, urlencode(form))

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self,
        method: str,
        path: str,
        body: str | None,
        line: http.client.HTTPConnection | None = None,
    ) -> Answer:
        # What goes over somebody else's line is counted there.
        self.requests += line is None
        line = line or self._own()
        headers = {"X-Forwarded-For": self.who.address}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={one}" for name, one in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        start = time.perf_counter()
        line.request(method, path, body, headers)
        answer = line.getresponse()
        text = answer.read().decode()
        for raw in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(raw).items():
                self.cookies[name] = morsel.value
        return Answer(
            answer.status,
            answer.headers.get("Location") or "",
            text,
            {name.lower(): one for name, one in answer.headers.items()},
            time.perf_counter() - start,
        )

    def _own(self) -> http.client.HTTPConnection:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        return self._connection


def form_of(visitor: Visitor) -> Form:
    """Begin at the component and come to the form."""
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
    challenge = _CHALLENGE_OF.search(answer.text)
    return Form(path, token[1], html.unescape(challenge[1]) if challenge else "")


def ask(visitor: Visitor) -> tuple[Answer, str]:
    """Ask for a link: the answer to the form, and the path of the waiting page (empty without)."""
    form = form_of(visitor)
    typed = {"csrf_token": form.token, "ruc": visitor.who.ruc, "usuario": visitor.who.usuario}
    if form.challenge:
        typed[FIELD] = solved(form.challenge)
    answer = visitor.post(form.path, typed)
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
