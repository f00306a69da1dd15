"""What still works while Redis or the database is away, and that all works again afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from relying_party import RelyingParty
from werkzeug.test import TestResponse

from tests.support.servers import OwnValkey
from tests.support.world import World, build_world

ALWAYS = ("/healthz", "/.well-known/openid-configuration", "/jwks.json", "/privacidad")


@pytest.fixture
def alone(tmp_path: Path, own_valkey: OwnValkey) -> Iterator[World]:
    """A provider on a Valkey that the test may stop."""
    world = build_world(tmp_path, own_valkey.url)
    yield world
    world.services.stop()


def page_503(response: TestResponse) -> None:
    assert response.status_code == 503
    assert response.mimetype == "text/html"
    assert '<html lang="es"' in response.text
    assert "El servicio no está disponible en este momento" in response.text
    assert 'id="error-code">temporarily_unavailable<' in response.text
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Cache-Control"] == "no-store"
    assert "redis" not in response.text.lower()


def json_503(response: TestResponse) -> None:
    assert response.status_code == 503
    assert response.json == {"error": "temporarily_unavailable"}
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Cache-Control"] == "no-store"


def checks(world: World) -> tuple[int, dict[str, str]]:
    response = world.browser().get("/readyz")
    found = response.json["checks"]
    return response.status_code, {name: found[name] for name in ("redis", "sql")}


def test_redis_stopped_and_started_needs_no_restart(alone: World, own_valkey: OwnValkey) -> None:
    party = RelyingParty.logged_in(alone)
    token, code = party.tokens()["access_token"], party.code()
    assert checks(alone) == (200, {"redis": "ok", "sql": "ok"})
    own_valkey.stop()

    page_503(party.authorize())
    page_503(RelyingParty(alone, alone.browser()).authorize())
    page_503(party.browser.get("/logout"))
    json_503(party.redeem(code))
    json_503(party.userinfo(token))
    assert checks(alone) == (503, {"redis": "unavailable", "sql": "ok"})
    for path in ALWAYS:
        assert alone.browser().get(path).status_code == 200
    # What needs no Redis is still judged: nobody is told to wait for what cannot work.
    stranger = RelyingParty(alone, alone.browser())
    assert stranger.authorize(client_id="nadie").status_code == 400
    assert party.redeem(code, auth=("mr", "x")).status_code == 401

    own_valkey.start()
    assert checks(alone) == (200, {"redis": "ok", "sql": "ok"})
    # This Valkey kept nothing, so that the session, code and token are gone, and no error.
    assert party.authorize().headers["Location"].startswith("/login/")
    assert party.redeem(code).json["error"] == "invalid_grant"
    assert party.userinfo(token).status_code == 401
    again = RelyingParty.logged_in(alone)
    assert again.userinfo(again.tokens()["access_token"]).status_code == 200


def test_redis_restarted_between_two_requests_fails_neither(
    alone: World, own_valkey: OwnValkey
) -> None:
    RelyingParty.logged_in(alone).tokens()
    own_valkey.stop()
    own_valkey.start()
    # The pooled connection is dead and the scripts are gone: the first request mends both.
    assert RelyingParty.logged_in(alone).tokens()["id_token"]


def test_redis_away_at_the_start_is_waited_for(tmp_path: Path, own_valkey: OwnValkey) -> None:
    own_valkey.stop()
    world = build_world(tmp_path, own_valkey.url)
    page_503(RelyingParty(world, world.browser()).authorize())
    own_valkey.start()
    assert RelyingParty.logged_in(world).tokens()["id_token"]
    world.services.stop()


def test_database_away_leaves_silent_logins_and_tokens_untouched(alone: World) -> None:
    party = RelyingParty.logged_in(alone)
    token = party.tokens()["access_token"]
    file = Path(alone.settings.database_url.removeprefix("sqlite:///"))
    kept = file.rename(file.with_suffix(".away"))
    file.mkdir()  # what stands there cannot be opened as a database
    alone.services.database.close()

    assert party.redeem(party.code()).status_code == 200
    json_503(party.userinfo(token))
    assert checks(alone) == (503, {"redis": "ok", "sql": "unavailable"})
    for path in ALWAYS:
        assert alone.browser().get(path).status_code == 200

    file.rmdir()
    kept.rename(file)
    assert party.userinfo(token).status_code == 200
    assert checks(alone) == (200, {"redis": "ok", "sql": "ok"})
