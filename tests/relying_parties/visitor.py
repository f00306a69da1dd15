"""A person's browser in front of the component, the provider and SUNAT: pages, forms, cookies."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import urljoin

import requests
from altcha import Challenge, Payload, solve_challenge

from sandbox.people import SandboxPerson

_FORM = re.compile(r"<form([^>]*)>(.*?)</form>", re.DOTALL)
_TAG = re.compile(r"<(input|button|altcha-widget)\b([^>]*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w-]+)=\"([^\"]*)\"")


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(text)}


class Visitor:
    """One browser."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.headers["Accept"] = "text/html,*/*;q=0.8"
        self.page = requests.Response()

    def go(self, url: str, **options: Any) -> requests.Response:
        """Open a page and follow where it leads."""
        self.page = self.session.get(url, timeout=30, **options)
        return self.page

    def send(self, url: str) -> requests.Response:
        """Send an empty form, and follow where it leads."""
        self.page = self.session.post(url, timeout=30)
        return self.page

    def json(self, url: str) -> dict[str, Any]:
        """What a page of the component says, without being led elsewhere."""
        answer = self.go(url, allow_redirects=False)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return dict(answer.json())

    def press(self, button: str, **typed: str) -> requests.Response:
        """Send the form of the present page that has this button."""
        for head, body in _FORM.findall(self.page.text):
            tags = [(tag, _attributes(rest)) for tag, rest in _TAG.findall(body)]
            if not any(tag == "button" and found.get("id") == button for tag, found in tags):
                continue
            data = {one["name"]: one.get("value", "") for t, one in tags if "name" in one}
            data |= {one["name"]: solved(one["challenge"]) for _, one in tags if "challenge" in one}
            url = urljoin(self.page.url, _attributes(head).get("action", ""))
            self.page = self.session.post(url, data={**data, **typed}, timeout=30)
            return self.page
        raise AssertionError(f"no form with #{button}: {self.page.url} {self.page.text}")

    def href(self, link: str) -> str:
        """Where a link of the present page leads."""
        for rest in re.findall(r"<a\b([^>]*)>", self.page.text):
            found = _attributes(rest)
            if found.get("id") == link:
                return urljoin(self.page.url, found["href"])
        raise AssertionError(f"no link #{link}: {self.page.url}")

    def identify(self, button: str, person: SandboxPerson) -> None:
        """Type RUC and user, and at SUNAT the password as well."""
        typed = {"usuario": person.usuario}
        if person.realm == "sol":
            typed["ruc"] = person.ruc
        if button == "ingresar":
            typed["clave"] = person.password
        self.press(button, **typed)


def solved(challenge: str) -> str:
    """The answer of *No soy un robot*."""
    found = Challenge.from_dict(json.loads(challenge))
    solution = solve_challenge(found)
    assert solution is not None
    return str(Payload(found, solution).to_base64())
