"""The provider's processes, and components added to its clients.yaml."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import requests

from sandbox.people import PEOPLE, SandboxPerson
from tests.browser.conftest import Demo, link_of
from tests.relying_parties.visitor import Visitor

PERSON = next(one for one in PEOPLE if one.realm == "sol" and one.eligible)
OFFICIAL = next(one for one in PEOPLE if one.realm == "extranet" and one.eligible)
SUNAT, CONTINGENCY = "urn:vuce:acr:sunat", "urn:vuce:acr:contingencia"


class Stack:
    """The running demo, seen as a component's developer sees it."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self.issuer = demo.places.issuer

    def register(self, block: Mapping[str, Any], secret: str) -> None:
        """Add a component to clients.yaml, and wait until the provider knows it."""
        entry = {**block, "secrets": [{"hash": "sha256:" + sha256(secret.encode()).hexdigest()}]}
        file = self._demo.places.state / "clients.yaml"
        with file.open("a", encoding="utf-8") as out:
            # JSON is YAML.
            out.write(f"\n  - {json.dumps(entry, ensure_ascii=False)}\n")
        self._wait_until_known(block["client_id"], block["redirect_uris"][0])

    def add(self, client_id: str, *words: str) -> dict[str, Any]:
        """Register a component by `idp clients add`; what it printed for the developer."""
        options = ("--name", f"Componente {client_id}", *words)
        printed = json.loads(self._demo.idp("clients", "add", client_id, *options, "--json"))
        redirect_uri = words[words.index("--redirect-uri") + 1]
        self._wait_until_known(client_id, redirect_uri)
        return dict(printed)

    def _wait_until_known(self, client_id: str, redirect_uri: str) -> None:
        asked = {"client_id": client_id, "redirect_uri": redirect_uri}
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            answer = requests.get(
                f"{self.issuer}/authorize", params=asked, allow_redirects=False, timeout=10
            )
            # A known client is told by a redirect that a response_type is missing.
            if answer.is_redirect:
                return
            time.sleep(0.1)
        raise AssertionError(answer.text)

    def flag(self, state: str, realm: str = "sol") -> None:
        self._demo.flag(state, realm)

    def mails(self, person: SandboxPerson) -> int:
        return len(self._demo.mails(person.email or ""))

    def link(self, person: SandboxPerson, *, after: int) -> str:
        return link_of(self._demo.wait_for_mail(person.email or "", after=after))

    def login_sunat(self, visitor: Visitor, person: SandboxPerson) -> None:
        """From the page where one says who one is, through SUNAT, back to the component."""
        visitor.press(f"elegir-{person.realm}")
        visitor.identify("ingresar", person)

    def login_contingency(self, visitor: Visitor, person: SandboxPerson) -> None:
        """The same through the mail, in the same browser."""
        before = self.mails(person)
        visitor.press(f"elegir-{person.realm}")
        visitor.identify("enviar", person)
        visitor.go(self.link(person, after=before))
        visitor.press("ingresar")
