"""The steps of the users' manual, as a person takes them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from sandbox.people import SandboxPerson
from tests.support.demo import Demo, link_of


def start_login(page: Page, demo: Demo, port: int) -> None:
    """First step: at the component, press Ingresar."""
    page.goto(demo.url(port, "/"))
    page.click("#ingresar")


def choose(page: Page, realm: str) -> None:
    """Choose who you are."""
    page.click(f"#elegir-{realm}")


def log_in_at_sunat(page: Page, person: SandboxPerson) -> None:
    """Type user and password at SUNAT's sandbox."""
    if person.realm == "sol":
        page.fill("#ruc", person.ruc)
    page.fill("#usuario", person.usuario)
    page.fill("#clave", person.password)
    page.click("#ingresar")


def ask_for_link(page: Page, person: SandboxPerson) -> None:
    """Second and third step: the form, the captcha, and *revise su correo*."""
    if person.realm == "sol":
        page.fill("#ruc", person.ruc)
    page.fill("#usuario", person.usuario)
    page.locator("altcha-widget input[type=checkbox]").click()
    page.wait_for_selector("[data-state=verified]")
    page.click("#enviar")
    # All that the page says: when the form stands there again, why.
    expect(page.locator("main")).to_contain_text("Revise su correo")
    expect(page.locator("h1")).to_have_text("Revise su correo")


def open_link(page: Page, demo: Demo, person: SandboxPerson, *, after: int) -> str:
    """Fourth step: the mail, its link, and the button. The link."""
    assert person.email is not None
    link = link_of(demo.wait_for_mail(person.email, after=after))
    page.goto(link)
    page.click("#ingresar")
    return link


def claims(page: Page, demo: Demo, port: int) -> dict[str, str]:
    """What the component was told: claims by name."""
    page.goto(demo.url(port, "/claims"))
    rows = page.locator("[id^=claim-]")
    found: dict[str, str] = {}
    for index in range(rows.count()):
        row = rows.nth(index)
        name = (row.get_attribute("id") or "").removeprefix("claim-")
        text = re.sub(r"\s+", " ", row.inner_text()).strip()
        found.setdefault(name, text)
    return found
