"""Spanish, English and Quechua: who is answered in which, and that no sentence loses its places."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from idp.kernel.texts import Text, minutes
from idp.upstream_status.state import FlagState
from idp.web.i18n import LANGUAGES, catalogues, say, supported
from tests.support.world import World, csrf_of

ROOT = Path(__file__).resolve().parents[2]
OTHERS = [one for one in LANGUAGES if one != "es"]
_PLACES = re.compile(r"%\(\w+\)s|\{\w+\}|<[^>]+>")


def _collect() -> Any:
    spec = importlib.util.spec_from_file_location("collect", ROOT / "locales" / "collect.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COLLECT = _collect()


def texts(message: Any) -> list[tuple[str, str]]:
    """Pairs of source and translation, each plural form for itself."""
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    return [(ids[min(index, len(ids) - 1)], one) for index, one in enumerate(said) if one]


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_the_places_of_their_source(language: str) -> None:
    for message in (one for one in COLLECT.read(language) if one.id):
        for source, said in texts(message):
            assert sorted(_PLACES.findall(source)) == sorted(_PLACES.findall(said)), source


@pytest.mark.parametrize("language", OTHERS)
def test_catalogue_has_the_sentences_of_the_sources_and_no_others(language: str) -> None:
    ids = {message.id for message in COLLECT.read(language) if message.id}
    assert ids == set(COLLECT.sources()), "run: make locales"


def test_english_lacks_nothing() -> None:
    assert [one.id for one in COLLECT.read("en") if one.id and not texts(one)] == []


def test_quechua_says_what_a_login_by_mail_needs() -> None:
    said = {message.id for message in COLLECT.read("qu") if texts(message)}
    for sentence in ("Revise su correo", "Enviar correo electrónico", "Ingresar", "No fui yo"):
        assert sentence in said


def test_sentence_with_an_hour_is_said_in_each_language() -> None:
    """Its article is Spanish; a sentence that fell back to Spanish would lack it."""
    hours = re.compile(r"{% trans (\w+)=\w+ \| las_lima\w* %}(.+?){% endtrans %}")
    found = [
        text.replace(f"{{{{ {place} }}}}", f"%({place})s")
        for path in (ROOT / "templates").rglob("*.html")
        for place, text in hours.findall(path.read_text(encoding="utf-8"))
    ]
    assert len(found) >= 4
    for language in OTHERS:
        said = {message.id for message in COLLECT.read(language) if texts(message)}
        assert [one for one in found if one not in said] == [], language


# Operators read Spanish, as the console does.
SPANISH_ALONE = {"aviso-a-operadores"}
MAILS = sorted(
    one.name for one in (ROOT / "templates" / "mail").iterdir() if one.name not in SPANISH_ALONE
)


@pytest.mark.parametrize("name", ["subject.txt", "body.txt", "body.html"])
@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("mail", MAILS)
def test_mail_has_the_same_places_in_each_language(mail: str, language: str, name: str) -> None:
    folder = ROOT / "templates" / "mail" / mail
    places = [
        set(re.findall(r"{{ ([\w.]+)", (folder / one / name).read_text()))
        for one in ("es", language)
    ]
    assert places[0] == places[1]


def test_text_is_its_spanish_sentence_and_is_said_in_another_language() -> None:
    english = catalogues(ROOT / "locales")["en"].gettext
    text = Text("Demasiados intentos. Vuelva a intentarlo dentro de {wait}.", wait=minutes(5))
    assert text == "Demasiados intentos. Vuelva a intentarlo dentro de 5 minutos."
    assert say(english, text) == "Too many attempts. Try again in 5 minutes."
    assert say(english, "Importador / Exportador") == "Importador / Exportador"


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["en-US"], "en"),
        (["QU-pe", "en"], "qu"),
        (["fr", "pt-BR"], None),
        (["xx-not-real", "es-PE"], "es"),
        ([""], None),
        # Quechua of Ayacucho and of Cusco, as browsers and components may name them (ISO 639-3).
        (["quz-PE", "en"], "qu"),
        (["quy"], "qu"),
    ],
)
def test_supported_is_the_first_that_we_speak(tags: list[str], language: str | None) -> None:
    assert supported(tags) == language


def lang(browser: FlaskClient, path: str = "/", **headers: str) -> str:
    page = browser.get(path, headers=headers)
    found = re.search(r'<html lang="(\w+)">', page.text)
    assert found
    assert page.headers["Content-Language"] == found[1]
    return found[1]


def test_page_is_in_the_language_that_the_browser_accepts(world: World) -> None:
    accepts = "Accept-Language"
    assert lang(world.browser()) == "es"
    assert lang(world.browser(), **{accepts: "en-GB,en;q=0.9,es;q=0.5"}) == "en"
    assert lang(world.browser(), **{accepts: "fr,de"}) == "es"
    assert lang(world.browser(), **{accepts: "qu-PE,es;q=0.8"}) == "qu"
    assert lang(world.browser(), **{accepts: ";;;,=;q=x"}) == "es"
    assert lang(world.browser(), **{accepts: "quz-PE, en;q=0.5"}) == "qu"


def test_page_is_not_in_a_language_that_the_browser_refuses(world: World) -> None:
    accepts = "Accept-Language"
    # RFC 9110 §12.4.2: q=0 is "not acceptable".
    assert lang(world.browser(), **{accepts: "fr, en;q=0"}) == "es"
    assert lang(world.browser(), **{accepts: "en;q=0, qu;q=0.1"}) == "qu"
    assert lang(world.browser(), **{accepts: "en;q=0.0, *"}) == "es"


def test_language_that_was_chosen_stays(world: World) -> None:
    browser = world.browser()
    assert lang(browser, "/?idioma=en") == "en"
    assert lang(browser, **{"Accept-Language": "qu"}) == "en"
    assert lang(browser, "/privacidad?idioma=qu") == "qu"
    assert lang(browser) == "qu"
    assert lang(browser, "/?idioma=xx") == "qu"


def test_every_page_links_to_itself_in_the_other_languages(world: World) -> None:
    page = world.browser().get("/privacidad").text
    assert 'href="?idioma=en" lang="en"' in page
    assert 'href="?idioma=qu" lang="qu"' in page
    assert "idioma=es" not in page


@pytest.mark.parametrize("path", ["//elsewhere.example/x", "/nada/%ff%00", '/"><mark>'])
def test_page_of_an_odd_address_links_nowhere_else(world: World, path: str) -> None:
    page = world.browser().get(path)
    assert "elsewhere" not in page.text
    assert "<mark>" not in page.text


def test_ui_locales_of_the_request_hold_for_the_whole_login(world: World) -> None:
    world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="p", who="p")
    browser = world.browser()
    path = str(world.authorize(browser, ui_locales="fr en es").location)
    chooser = browser.get(path)
    assert "Choose your type of user." in chooser.text
    browser.post(f"{path}/elegir", data={"csrf_token": csrf_of(chooser.text), "realm": "sol"})
    form_path = str(browser.get(path).location)
    form = browser.get(form_path)
    assert "Enter the 11 digits of your RUC" in form.text
    data = {"csrf_token": csrf_of(form.text), "ruc": "1", "usuario": "A1"}
    assert "The RUC is not valid." in browser.post(form_path, data=data).text


def test_choice_of_the_person_outweighs_the_component(world: World) -> None:
    browser = world.browser()
    browser.get("/?idioma=qu")
    path = str(world.authorize(browser, ui_locales="en").location)
    assert lang(browser, path) == "qu"
    assert lang(browser, f"{path}?idioma=es") == "es"
    assert lang(browser, path) == "es"


def test_ui_locales_of_one_login_say_nothing_about_the_next(world: World) -> None:
    browser = world.browser()
    for asked, found in (("en", "en"), ("qu", "qu"), ("es", "es"), ("en", "en"), (None, "es")):
        path = str(world.authorize(browser, ui_locales=asked).location)
        assert lang(browser, path) == found, asked


def test_ui_locales_hold_on_the_pages_of_their_login_and_not_beyond_its_end(world: World) -> None:
    browser = world.browser()
    path = str(world.authorize(browser, ui_locales="en").location)
    assert lang(browser, path) == "en"
    assert lang(browser, "/nada") == "en"
    world.log_in(browser, world.person())
    assert browser.get(path).status_code == 303
    assert lang(browser) == "es"


@pytest.mark.parametrize("path", ["/authorize?client_id=nadie&", "/logout?", "/?"])
def test_ui_locales_on_any_page_hold_for_that_page_alone(path: str, world: World) -> None:
    browser = world.browser()
    assert lang(browser, f"{path}ui_locales=xx+qu+en") == "qu"
    assert lang(browser) == "es"
    assert browser.get_cookie("idp_language", domain="localhost") is None


def test_error_page_is_in_the_browsers_language(world: World) -> None:
    page = world.browser().get("/nada", headers={"Accept-Language": "en"})
    assert page.status_code == 404
    assert "We did not find the page" in page.text


def test_discovery_names_the_languages(world: World) -> None:
    found = world.browser().get("/.well-known/openid-configuration").get_json()
    assert found["ui_locales_supported"] == ["es", "en", "qu"]
