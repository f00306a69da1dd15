"""`login_hint` fills the form with what the person would type, and never more."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.contingency.form import hinted
from idp.kernel.identity import EXTRANET, SOL
from idp.upstream_status.state import FlagState
from tests.support.world import build_world

ORIGEN = "http://localhost:9002/callback"


@pytest.mark.parametrize(
    ("realm", "hint", "ruc", "usuario"),
    [
        (SOL, "20131312955", "20131312955", ""),
        (SOL, "20131312955:EXPORTA1", "20131312955", "EXPORTA1"),
        (SOL, " 20131312955 ", "20131312955", ""),
        (SOL, "20131312950", "", ""),
        (SOL, "alguien@example.com", "", ""),
        (SOL, "EXT0001", "", ""),
        (SOL, "", "", ""),
        (EXTRANET, "EXT0001", "", "EXT0001"),
        (EXTRANET, "20131312955", "", ""),
        (EXTRANET, "alguien@example.com", "", ""),
    ],
)
def test_hint_fills_what_it_names(realm: str, hint: str, ruc: str, usuario: str) -> None:
    assert dict(hinted(realm, hint).values) == {"ruc": ruc, "usuario": usuario}
    assert hinted(realm, hint).errors == {}


def test_hint_of_the_component_is_in_the_form_and_escaped(tmp_path: Path, valkey: str) -> None:
    world = build_world(tmp_path, valkey)
    browser = world.browser()
    status = world.services.upstream_status
    status.set("sol", FlagState.FORCED_DOWN, reason="prueba", who="prueba")
    hint = '20131312955:A"><b>'
    parked = world.authorize(browser, client_id="origen", redirect_uri=ORIGEN, login_hint=hint)
    page = browser.get(browser.get(parked.location).location).text
    assert 'value="20131312955"' in page
    assert "A&#34;&gt;&lt;b&gt;" in page
    world.services.stop()
