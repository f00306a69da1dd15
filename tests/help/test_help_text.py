"""The committed manual: whole, in the order of the one that it follows, and true of the code."""

from __future__ import annotations

import inspect
import re

import pytest

from idp.contingency.visit import LONGEST_RESEND, RESEND_AFTER
from idp.help.manual import facts, read_manual
from idp.links.ports import TRIES_EACH
from idp.people.service import People
from idp.people.verifications import MAX_TRIES
from idp.wiring import TEMPLATES
from tests.support.world import World

FOLDER = TEMPLATES / "ayuda"
SOURCE = "\n".join(one.read_text(encoding="utf-8") for one in sorted(FOLDER.glob("*.md")))
PAGES = {
    str(path.relative_to(TEMPLATES)): path.read_text(encoding="utf-8")
    for path in TEMPLATES.rglob("*.html")
}


def headings() -> dict[str, str]:
    return dict(re.findall(r"^#+ (.+) \{#([a-z0-9-]+)\}$", SOURCE, re.MULTILINE))


def test_every_heading_has_an_anchor_of_its_own(world: World) -> None:
    document = read_manual(FOLDER, facts(world.settings))
    anchors = [one.anchor for one in document.headings]
    assert len(anchors) == len(set(anchors)) == len(re.findall(r"^#+ ", SOURCE, re.MULTILINE))
    targets = {target for target, _ in document.links}
    assert {target.removeprefix("#") for target in targets} <= set(anchors)


def test_steps_come_in_the_order_of_the_manual_that_people_know() -> None:
    order = [
        "I. Primer paso",
        "II. Segundo",
        "III. Tercer",
        "IV. Cuarto",
        "Anexo I.",
        "Para usuarios",
    ]
    order += ["Para administrados", "Para todos"]
    places = [SOURCE.index(f"# {one}") for one in order]
    assert places == sorted(places)


@pytest.mark.parametrize("page", [name for name, text in PAGES.items() if "block help %}" in text])
def test_anchor_that_a_page_links_to_is_there(page: str) -> None:
    block = re.search(r"{% block help %}(.*?){% endblock %}", PAGES[page])
    assert block
    if page == "base.html":
        return
    anchors = re.findall(r'#([a-z-]+)$|"([a-z-]+)" (?:if|else)|else "([a-z-]+)"', block[1])
    found = {one for some in anchors for one in some if one} - {"extranet"}
    assert found, block[1]
    assert found <= set(headings().values())


def test_every_step_of_a_login_by_mail_has_a_place_in_the_manual() -> None:
    linked = {name for name, text in PAGES.items() if "block help %}" in text}
    rooms = ("contingencia/", "ingreso/", "cuenta/")
    # What is downloaded is no page.
    steps = {one for one, text in PAGES.items() if one.startswith(rooms) and "{% extends" in text}
    assert steps <= linked


def test_numbers_that_the_text_says_in_words_are_the_codes() -> None:
    assert "cinco códigos equivocados" in SOURCE
    assert "el código admite cinco intentos" in SOURCE
    assert TRIES_EACH == MAX_TRIES == 5
    assert "uno, dos, cuatro y hasta\n   ocho minutos" in SOURCE
    assert (RESEND_AFTER, LONGEST_RESEND) == (60, 480)
    assert "valen media hora" in SOURCE
    assert inspect.signature(People).parameters["verification_ttl"].default == 1800


def test_lengths_are_those_of_the_settings(world: World) -> None:
    values = facts(world.settings)
    assert (values["enlace"], values["plazo_correo"]) == ("10 minutos", "1 día")
    assert set(values) == set(re.findall(r"(?<!\{)\{([a-z_]+)\}", SOURCE))
