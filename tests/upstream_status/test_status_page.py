"""`/status`: the same for everybody, cheap, and nothing internal on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from idp.kernel.errors import Unavailable
from idp.upstream_status.state import FlagState
from tests.support.world import START, World

SECRET = "el proveedor PALABRAINTERNA avisó"
OPERATOR = "operadorareservada"


@pytest.fixture
def down(world: World) -> Iterator[World]:
    """SUNAT's login forced down by somebody for a reason, with an end."""
    status = world.services.upstream_status
    until = world.clock.now() + timedelta(hours=2)
    status.set("sol", FlagState.FORCED_DOWN, reason=SECRET, who=OPERATOR, until=until)
    yield world
    status.set("sol", FlagState.AUTO, reason="fin", who="prueba")


def mode(world: World, realm: str = "sol") -> str:
    found = world.browser().get("/status.json").json["realms"]
    return str(next(one["mode"] for one in found if one["realm"] == realm))


def test_status_follows_the_flag_at_once(world: World) -> None:
    assert mode(world) == "sunat"
    status = world.services.upstream_status
    status.set("sol", FlagState.FORCED_DOWN, reason="r", who="w")
    assert (mode(world), mode(world, "extranet")) == ("contingencia", "sunat")
    page = world.browser().get("/status").text
    assert "Contingencia: se ingresa por correo electrónico desde las" in page
    assert "El ingreso con la Extranet de SUNAT funciona" in page
    status.set("sol", FlagState.AUTO, reason="r", who="w")
    assert mode(world) == "sunat"


@pytest.mark.parametrize("path", ["/status", "/status.json", "/status.atom", "/status?dias=90"])
def test_status_tells_nothing_internal_and_promises_no_hour(down: World, path: str) -> None:
    answer = down.browser().get(path)
    assert answer.status_code == 200
    for word in ("PALABRAINTERNA", OPERATOR, "forced", "12:00", "17:00"):
        assert word not in answer.text, word


def test_announced_end_of_maintenance_is_told_as_the_word_of_sunat(world: World) -> None:
    starts = START + timedelta(hours=5)
    window = world.services.switch.windows.plan(
        "sol", starts, starts + timedelta(hours=2), reason=SECRET, who=OPERATOR
    )
    answer = world.browser().get("/status")
    assert "Importador / Exportador: de las 15:00 h a las 17:00 h, según SUNAT." in answer.text
    assert "PALABRAINTERNA" not in answer.text
    told = world.browser().get("/status.json").json["maintenance"]
    assert [one["announced_by"] for one in told] == ["SUNAT"]
    world.services.switch.windows.cancel(window.id, reason="r", who="w")
    assert world.browser().get("/status.json").json["maintenance"] == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/status", "text/html; charset=utf-8"),
        ("/status.json", "application/json"),
        ("/status.atom", "application/atom+xml"),
    ],
)
def test_status_may_be_kept_for_seconds_by_anybody_and_sets_no_cookie(
    world: World, path: str, kind: str
) -> None:
    browser = world.browser()
    answer = browser.get(f"{path}?idioma=en")
    assert (answer.content_type, "Set-Cookie" in answer.headers) == (kind, False)
    assert answer.headers["Cache-Control"] == "public, max-age=5"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = browser.get(f"{path}?idioma=en", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = browser.head(f"{path}?idioma=en")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == answer.headers["ETag"]


def test_what_is_for_programs_depends_on_no_cookie_and_no_language(world: World) -> None:
    vary = {path: world.browser().get(path).headers["Vary"] for path in ("/status", "/status.json")}
    assert vary == {"/status": "Accept, Accept-Language, Cookie", "/status.json": "Accept"}


def test_program_gets_json_where_it_asks_for_it(world: World) -> None:
    browser = world.browser()
    answer = browser.get("/status", headers={"Accept": "application/json"})
    assert answer.json["realms"][0]["realm"] == "sol"
    assert "Accept" in answer.headers["Vary"]
    assert browser.get("/status", headers={"Accept": "text/html,*/*;q=0.8"}).text.startswith("<!do")
    assert browser.get("/status").text.startswith("<!do")


def test_any_page_may_read_what_is_for_programs(world: World) -> None:
    headers = {"Origin": "https://otra.example"}
    for path in ("/status.json", "/status.atom"):
        answer = world.browser().get(path, headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Origin" not in world.browser().get("/status").headers


def test_wrong_method_is_told_to_a_program_as_json(world: World) -> None:
    answer = world.browser().post("/status.json")
    assert (answer.status_code, answer.content_type) == (405, "application/json")
    assert world.browser().post("/status").status_code == 405


@pytest.mark.parametrize(("asked", "shown"), [("", 30), ("90", 90), ("7", 30), ("x" * 900, 30)])
def test_page_shows_thirty_days_or_ninety(world: World, asked: str, shown: int) -> None:
    assert f"Últimos {shown} días" in world.browser().get(f"/status?dias={asked}").text


def test_page_speaks_the_language_of_the_browser_and_of_its_links(world: World) -> None:
    browser = world.browser()
    page = browser.get("/status?dias=90&idioma=en")
    assert page.headers["Content-Language"] == "en"
    assert 'href="?dias=90&amp;idioma=qu"' in page.text
    assert browser.get("/status").headers["Content-Language"] == "es"
    spoken = browser.get("/status", headers={"Accept-Language": "qu"})
    assert spoken.headers["Content-Language"] == "qu"


@pytest.mark.parametrize("page", ["/", "/privacidad", "/ayuda", "/nada"])
def test_every_page_links_it(world: World, page: str) -> None:
    assert 'href="/status"' in world.browser().get(page).text


def test_status_answers_with_redis_and_sql_away(
    down: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = down.services
    assert mode(down) == "contingencia"

    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("away")

    with monkeypatch.context() as gone:
        gone.setattr(services.database, "connection", away)
        gone.setattr(services.redis, "guard", away)
        services.upstream_status.refresh()
        down.clock.advance(40)
        answer = down.browser().get("/status")
        told = down.browser().get("/status.json").json
    assert answer.status_code == 200
    assert 'id="desactualizado"' in answer.text
    assert "Contingencia: se ingresa por correo electrónico" in answer.text
    assert (told["current"], told["realms"][0]["mode"]) == (False, "contingencia")
