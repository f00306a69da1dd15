"""docs/integrar.md's five minutes, walked: the commands, the component, a person's browser."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

import requests
from integrar_snippets import Key, Served

from idp.kernel.identity import Mode, Proof
from idp.upstream_status.state import FlagState

Snippets = dict[Key, str]
SECTION = "Cinco minutos con la demostración"
COMPONENT = "http://localhost:9000"


class Browser:
    """Follows redirects by hand, so that what answers in between can be looked at."""

    def __init__(self, provider: Served, mode: Mode) -> None:
        world = provider.world
        person = world.person()
        proof = Proof(person.realm, person.id, mode, world.clock.now())
        cookie, _ = world.services.logins.sessions.start(person, proof, None, replaces=None)
        self.sub = person.sub
        self._session = requests.Session()
        self._session.cookies.set("idp_session", cookie)

    def send(self, url: str, method: str = "GET") -> tuple[requests.Response, list[str]]:
        """The last answer, and every address on the way."""
        visited = [url]
        answer = self._session.request(method, url, allow_redirects=False, timeout=20)
        while answer.is_redirect:
            visited.append(urljoin(visited[-1], answer.headers["Location"]))
            answer = self._session.get(visited[-1], allow_redirects=False, timeout=20)
        return answer, visited


@contextmanager
def running(provider: Served, command: str, port: int, secret: str) -> Iterator[None]:
    """The component, by the guide's own command, until it is not needed any more."""
    process = subprocess.Popen(
        ["bash", "-euc", command],
        cwd=provider.folder,
        env=provider.environment(VUCE_CLIENT_SECRET=secret),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, "the component ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < deadline, "the component does not answer"
            time.sleep(0.1)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def two_json(text: str) -> tuple[Any, Any]:
    first, end = json.JSONDecoder().raw_decode(text)
    return first, json.loads(text[end:])


def test_snippet_demo_walk_ends_logged_in_and_sees_contingency(
    provider: Served, snippets: Snippets
) -> None:
    port = free_port()
    here = f"http://localhost:{port}"
    blocks = [
        snippets[SECTION, "sh", number].replace(COMPONENT, here).replace("9000", str(port))
        for number in range(6)
    ]
    add, read_secret, check, run, down, auto = blocks
    app = snippets["Python (Authlib)", "python", 0].replace(COMPONENT, here)

    printed = provider.shell(add)
    assert provider.here(app).rstrip() in printed
    (line,) = [one for one in printed.splitlines() if "client_secret  " in one]
    secret = line.split()[1]
    clients = provider.world.services.clients
    assert clients.reload()

    discovery, refusal = two_json(provider.shell(read_secret + check, said=secret + "\n"))
    assert discovery["issuer"] == provider.url
    assert refusal == json.loads(snippets[SECTION, "json", 0])
    _, wrong = two_json(provider.shell(read_secret + check, said="otro\n"))
    assert wrong["error"] == "invalid_client"

    essential = snippets["`acr`: cómo ingresó", "python", 0].replace(COMPONENT, here)
    (provider.folder / "app.py").write_text(provider.here(app + "\n\n" + essential))
    with running(provider, run, port, secret):
        by_sunat(provider, here)
        provider.shell(down)
        by_mail(provider, here)
        provider.shell(auto)
        refused_without_a_loop(provider, here)
    status = provider.world.services.upstream_status
    status.refresh()
    flag = status.flag("sol")
    assert flag is not None
    assert flag.state is FlagState.AUTO


def by_sunat(provider: Served, here: str) -> None:
    browser = Browser(provider, Mode.SUNAT)
    answer, visited = browser.send(f"{here}/login")
    assert [one.split("?")[0] for one in visited] == [
        f"{here}/login", f"{provider.url}/authorize", f"{here}/callback", f"{here}/",
    ]  # fmt: skip
    claims = answer.json()
    assert (claims["sub"], claims["acr"]) == (browser.sub, "urn:vuce:acr:sunat")
    assert (claims["ruc"], claims["email"]) == ("20131312955", "exporta1@example.com")
    assert browser.send(f"{here}/firmar")[0].text == "Puede firmar."
    _, left = browser.send(f"{here}/logout", "POST")
    assert left[-1].startswith((f"{provider.url}/login/", f"{provider.url}/upstream/")), left
    assert f"{here}/" in [one.split("?")[0] for one in left]


def by_mail(provider: Served, here: str) -> None:
    """The flag is down: the same `sub`, another `acr`, and not enough where SUNAT is needed."""
    provider.world.services.upstream_status.refresh()
    browser = Browser(provider, Mode.CONTINGENCIA)
    claims = browser.send(f"{here}/login")[0].json()
    assert (claims["sub"], claims["acr"]) == (browser.sub, "urn:vuce:acr:contingencia")
    page, visited = browser.send(f"{here}/firmar")
    assert visited[-1].startswith(f"{provider.url}/login/")
    assert (page.status_code, "Puede firmar" in page.text) == (200, False)


def refused_without_a_loop(provider: Served, here: str) -> None:
    """What comes back with an error is shown, and nobody is sent away again."""
    browser = Browser(provider, Mode.SUNAT)
    answer, visited = browser.send(f"{here}/callback?error=access_denied&state=cualquiera")
    assert (answer.status_code, len(visited)) == (400, 1)
    assert "Ingresar" in answer.text
