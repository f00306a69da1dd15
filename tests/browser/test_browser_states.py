"""Access for all, in every state that a page can be in; and no page without a state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from idp.captcha.vendors import REMOTE
from tests.browser import (
    states_account,
    states_console,
    states_contingency,
    states_desk,
    states_login,
    states_nudge,
    states_switch,
)
from tests.browser.looking import LOOKS, sound
from tests.browser.site import Site, running_site
from tests.browser.states import STATES

pytestmark = pytest.mark.browser
MODULES = (
    states_account,
    states_console,
    states_contingency,
    states_desk,
    states_login,
    states_nudge,
    states_switch,
)
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
# One of each kind of page is looked at in high contrast and forced colours too.
EVERY_LOOK = {"form with errors", "link elsewhere, known", "account with errors", "chooser"}
OTHER_LANGUAGES = (
    "waiting",
    "link elsewhere",
    "account",
    "error 429",
    "form with ALTCHA",
    "privacy",
    "nudge",
    "help",
    "status in contingency",
)

Contexts = Callable[..., BrowserContext]


@pytest.fixture(autouse=True)
def _calm() -> None:
    """No demo is needed here."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, module_valkey: str) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), module_valkey) as found:
        yield found


@pytest.fixture
def site(running: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    running.patch = monkeypatch
    running.fresh()
    return running


def pages() -> set[str]:
    """The templates that are pages, not parts of some."""
    found = {path: path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")}
    return {
        str(path.relative_to(TEMPLATES))
        for path, text in found.items()
        if "{% extends" in text or "<html" in text
        if path.name != "base.html" and path.parent.parent.parent != TEMPLATES / "mail"
    }


def test_every_page_has_a_state() -> None:
    assert pages() == {template for template, _ in STATES.values()}
    assert len(pages()) > 20
    assert EVERY_LOOK | set(OTHER_LANGUAGES) <= set(STATES)


def test_look_at_a_page_can_fail_in_the_dark_alone(new_context: Contexts) -> None:
    page = new_context().new_page()
    dark = "@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }"
    page.set_content(
        f'<html lang="es"><title>x</title><style>{dark}</style><main><h1>x</h1><p>Texto</p></main></html>'
    )
    sound(page, ("light",))
    with pytest.raises(AssertionError, match="dark.*color-contrast"):
        sound(page, ("light", "dark"))


@pytest.mark.parametrize("name", STATES)
def test_page_in_this_state_is_open_to_all(name: str, site: Site, new_context: Contexts) -> None:
    template, reach = STATES[name]
    page = new_context().new_page()
    shown = reach(site, page, lambda: new_context().new_page()) or page
    assert site.shown[-1] == template
    sound(shown, LOOKS if name in EVERY_LOOK else ("light", "dark"))


@pytest.mark.parametrize("language", ["en", "qu"])
@pytest.mark.parametrize("name", OTHER_LANGUAGES)
def test_page_in_another_language_is_open_to_all(
    name: str, language: str, site: Site, new_context: Contexts
) -> None:
    template, reach = STATES[name]

    def browser() -> BrowserContext:
        context = new_context()
        context.add_cookies([{"name": "idp_language", "value": language, "url": site.base}])
        return context

    page = browser().new_page()
    shown = reach(site, page, lambda: browser().new_page()) or page
    assert site.shown[-1] == template
    expect(shown.locator("html")).to_have_attribute("lang", language)
    sound(shown, ("light",))


@pytest.mark.parametrize("kind", ["altcha", *REMOTE])
def test_captcha_speaks_the_language_of_its_page_or_spanish(
    kind: str, site: Site, new_context: Contexts
) -> None:
    context = new_context()
    context.route("https://**", lambda route: route.abort())
    page = context.new_page()
    site.captcha(kind)
    states_contingency.form(site, page, lambda: page)
    widget = page.locator("altcha-widget" if kind == "altcha" else f".{REMOTE[kind].css_class}")
    for language, spoken in (("es", "es"), ("en", "en"), ("qu", "es")):
        page.goto(f"{page.url.partition('?')[0]}?idioma={language}")
        if kind == "altcha":
            expect(widget).to_have_attribute("language", spoken)
        elif kind == "turnstile":
            expect(widget).to_have_attribute("data-language", spoken)
        else:
            expect(page.locator(f'script[src$="hl={spoken}"]')).to_have_count(1)
        assert widget.evaluate("one => one.closest('[lang]').lang") == spoken
