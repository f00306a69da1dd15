"""`/ayuda`: always there, with what `make manual` built where that is installed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.app import create_app
from idp.help.built import look
from idp.settings import parsers
from tests.support.pictures import png
from tests.support.world import World


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """As `make manual` leaves it, with two pictures."""
    (tmp_path / "imagenes").mkdir()
    (tmp_path / "imagenes" / "elegir.png").write_bytes(png(1140, 600))
    (tmp_path / "imagenes" / "otra.png").write_bytes(b"not a picture")
    (tmp_path / "manual.pdf").write_bytes(b"%PDF-1.4 x")
    (tmp_path / "mesa-de-ayuda.html").write_text("for officials")
    return tmp_path


@pytest.fixture
def app(world: World, built: Path) -> Flask:
    return create_app(replace(world.settings, manual_dir=built), world.services)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def test_page_is_the_text_alone_where_nothing_was_built(world: World) -> None:
    page = world.browser().get("/ayuda")
    assert page.status_code == 200
    assert 'id="revise-su-correo"' in page.text
    assert "<img" not in page.text
    assert "manual.pdf" not in page.text
    assert world.browser().get("/ayuda/imagenes/elegir.png").status_code == 404
    assert world.browser().get("/ayuda/manual.pdf").status_code == 404


def test_page_shows_what_was_built(browser: FlaskClient) -> None:
    page = browser.get("/ayuda").text
    (picture,) = re.findall(r'<img src="([^"]+)" alt="[^"]+" width="760" height="400"', page)
    assert picture.startswith("/ayuda/imagenes/elegir.png?v=")
    kept = browser.get(picture)
    assert (kept.status_code, kept.content_type) == (200, "image/png")
    assert "immutable" in kept.headers["Cache-Control"]
    assert browser.get(picture.partition("?")[0]).headers["Cache-Control"] == "no-cache"
    assert browser.get("/ayuda/manual.pdf").content_type == "application/pdf"


@pytest.mark.parametrize(
    "path", ["imagenes/otra.png", "imagenes/..%2fmanual.png", "mesa-de-ayuda.html", "imagenes/"]
)
def test_nothing_else_of_the_folder_is_served(browser: FlaskClient, path: str) -> None:
    assert browser.get(f"/ayuda/{path}").status_code == 404


def test_page_is_there_when_redis_and_the_database_are_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise AssertionError("the help asked for what may be away")

    monkeypatch.setattr(world.services.redis.client.connection_pool, "get_connection", away)
    monkeypatch.setattr(world.services.database, "transaction", away)
    browser = world.browser()
    browser.set_cookie("idp_session", "s" * 43, domain="localhost")
    assert browser.get("/ayuda").status_code == 200


@pytest.mark.parametrize("language", ["en", "qu"])
def test_manual_is_said_to_be_spanish_on_a_page_in_another_language(
    world: World, language: str
) -> None:
    page = world.browser().get(f"/ayuda?idioma={language}").text
    assert f'<html lang="{language}">' in page
    assert '<div class="manual" lang="es">' in page


@pytest.mark.parametrize("path", ["/", "/privacidad", "/nada", "/logout"])
def test_every_page_links_to_the_help_in_a_tab_of_its_own(world: World, path: str) -> None:
    page = world.browser().get(path).text
    (link,) = re.findall(r'<a [^>]*href="/ayuda[^>]*>.*?</a>', page)
    assert 'target="_blank" rel="noopener"' in link
    assert "(se abre en otra pestaña)" in link
    assert 'href="/ayuda"' not in world.browser().get("/ayuda").text


def test_setting_names_a_folder_that_make_manual_made(built: Path, tmp_path: Path) -> None:
    assert parsers.manual_folder(f" {built} ") == built
    with pytest.raises(ValueError, match="make manual"):
        parsers.manual_folder(str(tmp_path / "imagenes"))
    assert look(None).pictures == {}
