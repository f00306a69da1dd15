"""The demo's component against the real provider, over HTTP where it speaks to it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.kernel.identity import Mode
from idp.upstream_status.state import FlagState
from sandbox.rp.app import create_app
from sandbox.rp.config import Config
from sandbox.rp.notices import EVENT
from sandbox.sunat.server import build_server
from tests.support.world import World, build_world, query_of


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, module_valkey: str) -> Iterator[World]:
    """The provider, which really listens where its issuer says."""
    placeholder = build_server(create_app(config("http://localhost:1", "x")))
    port = placeholder.port
    placeholder.server_close()
    folder: Path = tmp_path_factory.mktemp("rp")
    world = build_world(folder, module_valkey, issuer=f"http://localhost:{port}")
    # The component judges ID tokens by the real hour.
    world.clock.advance(time.time() - world.clock.timestamp())
    server = build_server(world.app, port=port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield world
    server.shutdown()
    thread.join()
    server.server_close()
    world.services.stop()


def config(issuer: str, secret: str, *, form_post: bool = False) -> Config:
    return Config(
        name="Mercancías Restringidas", base_url="http://localhost:9001", issuer=issuer,
        client_id="mr", client_secret=secret, form_post=form_post,
    )  # fmt: skip


@dataclass
class Walk:
    """One person's browser, in front of the component and of the provider."""

    world: World
    component: FlaskClient
    provider: FlaskClient

    def begin(self, path: str = "/login", **named: Any) -> TestResponse:
        """Set out at the component; what the provider answers."""
        away = self.component.open(path, **named)
        assert away.status_code == 303, away.text
        parts = urlsplit(away.location)
        return self.provider.get(f"{parts.path}?{parts.query}")

    def back(self, answer: dict[str, str]) -> TestResponse:
        """Come back to the component with this answer."""
        return self.component.get("/callback?" + urlencode(answer))

    def log_in(self, path: str = "/login", **named: Any) -> TestResponse:
        return self.back(query_of(self.begin(path, **named).location))


@pytest.fixture
def walk(served: World, valkey: str) -> Walk:
    component = create_app(config(served.settings.issuer, served.secret)).test_client()
    provider = served.browser()
    served.log_in(provider, served.person())
    return Walk(served, component, provider)


def test_login_shows_who_it_is_and_by_which_way(walk: Walk) -> None:
    assert walk.log_in().location == "/"
    assert "Bandeja de trámites" in walk.component.get("/").text
    page = walk.component.get("/claims").text
    assert "Modo: <b>SUNAT</b>" in page
    for words in (walk.world.person().sub, "20131312955", "urn:vuce:acr:sunat"):
        assert words in page


def test_login_in_contingency_says_so(walk: Walk) -> None:
    status = walk.world.services.upstream_status
    status.set("sol", FlagState.FORCED_DOWN, reason="p", who="p")
    walk.world.log_in(walk.provider, walk.world.person(), Mode.CONTINGENCIA)
    walk.log_in()
    status.set("sol", FlagState.AUTO, reason="p", who="p")
    page = walk.component.get("/claims").text
    assert "Modo: <b>Contingencia</b>" in page
    assert walk.world.person().sub in page


def test_name_of_the_person_leads_to_their_data_and_names_the_component(walk: Walk) -> None:
    walk.log_in()
    found = re.search(r'<a id="usuario" href="([^"]+)"', walk.component.get("/").text)
    assert found
    assert found[1] == f"{walk.world.settings.issuer}/cuenta?client_id=mr"


def test_tramite_goes_on_where_it_was_with_what_was_typed(walk: Walk) -> None:
    typed = "dos contenedores, partida 0804"
    back = walk.log_in("/tramite/2", method="POST", data={"observaciones": typed})
    assert back.location == "/tramite/2"
    assert typed in walk.component.get("/tramite/2").text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""],
)
def test_login_leads_nowhere_else(walk: Walk, target: str) -> None:
    assert walk.log_in("/login?" + urlencode({"target_link_uri": target})).location == "/"


def test_login_that_others_initiate_comes_to_its_target(walk: Walk) -> None:
    """OpenID Connect Core §4."""
    query = {"iss": walk.world.settings.issuer, "target_link_uri": "http://localhost:9001/claims"}
    assert walk.log_in("/login?" + urlencode(query)).location == "/claims"
    wrong = walk.component.get("/login?iss=https://evil.example")
    assert (wrong.status_code, "wrong_issuer" in wrong.text) == (400, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "otro"}, "state_unknown"),
        ({"iss": "https://evil.example"}, "wrong_issuer"),
        ({"iss": None}, "wrong_issuer"),
        ({"code": "inventado"}, "token_refused"),
        ({"code": None, "error": "access_denied"}, "access_denied"),
    ],
    ids=str,
)
def test_answer_that_is_not_ours_is_refused_in_spanish(
    walk: Walk, change: dict[str, str | None], code: str
) -> None:
    changed = {**query_of(walk.begin().location), **change}
    response = walk.back({name: value for name, value in changed.items() if value is not None})
    assert response.status_code == 400
    assert "No se pudo completar el ingreso" in response.text
    assert f'id="error-code">{code}<' in response.text
    assert "Bandeja de trámites" not in walk.component.get("/").text


def test_answer_of_one_login_does_not_fit_another(walk: Walk) -> None:
    first = query_of(walk.begin().location)
    second = query_of(walk.begin().location)
    mixed = walk.back({**first, "state": second["state"]})
    assert "token_refused" in mixed.text


def test_answer_is_taken_once(walk: Walk) -> None:
    answer = query_of(walk.begin().location)
    assert walk.back(answer).status_code == 303
    assert "state_unknown" in walk.back(answer).text


def test_answer_in_another_browser_is_refused(walk: Walk) -> None:
    answer = query_of(walk.begin().location)
    other = walk.component.application.test_client()
    assert "state_unknown" in other.get("/callback?" + urlencode(answer)).text


def test_login_by_form_post_arrives(walk: Walk) -> None:
    settings = config(walk.world.settings.issuer, walk.world.secret, form_post=True)
    walk.component = create_app(settings).test_client()
    page = walk.begin()
    assert page.status_code == 200
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    assert walk.component.post("/callback", data=fields).location == "/"


def test_logout_ends_the_session_at_the_provider_too(walk: Walk) -> None:
    walk.log_in()
    away = walk.component.post("/logout")
    parts = urlsplit(away.location)
    ended = walk.provider.get(f"{parts.path}?{parts.query}")
    assert ended.location.startswith("http://localhost:9001/")
    assert walk.begin().location.startswith("/login/")
    assert "Ingresar" in walk.component.get("/").text


def test_provider_that_is_away_is_said(walk: Walk) -> None:
    lonely = create_app(config("http://localhost:1", "x")).test_client()
    response = lonely.get("/login")
    assert response.status_code == 503
    assert "El servicio de ingreso no responde" in response.text


@pytest.mark.parametrize(("path", "status"), [("/nada", 404), ("/tramite/99", 404)])
def test_page_that_is_not_there_is_said(walk: Walk, path: str, status: int) -> None:
    response = walk.component.get(path)
    assert (response.status_code, "No encontramos lo que busca" in response.text) == (status, True)


def event(world: World, seq: int, mode: str, *, typ: str = "secevent+jwt", **changes: Any) -> str:
    """What the provider tells, or somebody makes of it."""
    claims = {
        "iss": world.settings.issuer, "aud": "mr", "iat": 1_795_448_552, "toe": 1_795_448_550,
        "jti": f"sol-{seq}", "events": {EVENT: {"realm": "sol", "mode": mode, "seq": seq}},
    } | changes  # fmt: skip
    return world.services.keyring.sign(claims, alg="RS256", typ=typ)


def told(walk: Walk, token: str) -> tuple[int, Any]:
    answer = walk.component.post(
        "/avisos/estado", data=token, content_type="application/secevent+jwt"
    )
    return answer.status_code, answer.json if answer.is_json else None


def test_component_shows_what_it_was_told_of_the_way_to_log_in(walk: Walk) -> None:
    assert "se ingresa" not in walk.component.get("/").text
    assert told(walk, event(walk.world, 3, "contingencia")) == (202, None)
    words = "Importador / Exportador: se ingresa por correo electrónico (contingencia) desde las 10:42 h"
    assert words in walk.component.get("/").text


def test_component_counts_a_second_or_a_late_event_no_more(walk: Walk) -> None:
    for seq, mode in ((4, "sunat"), (4, "contingencia"), (3, "contingencia")):
        assert told(walk, event(walk.world, seq, mode)) == (202, None)
    page = walk.component.get("/").text
    assert "se ingresa con SUNAT" in page
    assert "contingencia" not in page


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "origen"}, "invalid_audience"),
        ({"iss": "https://evil.example"}, "invalid_issuer"),
        ({"typ": "JWT"}, "invalid_request"),
        ({"events": {}}, "invalid_request"),
        ({"events": {EVENT: {"realm": "sol"}}}, "invalid_request"),
    ],
    ids=str,
)
def test_component_refuses_an_event_that_is_not_for_it(
    walk: Walk, changes: dict[str, Any], code: str
) -> None:
    assert told(walk, event(walk.world, 9, "sunat", **changes)) == (400, {"err": code})
    assert "se ingresa" not in walk.component.get("/").text


def test_component_refuses_an_event_of_nobody(walk: Walk) -> None:
    good = event(walk.world, 9, "sunat")
    for token in ("", "x.y.z", good[:-8] + "AAAAAAAA", good.rpartition(".")[0] + "."):
        assert told(walk, token) == (400, {"err": "authentication_failed"})
