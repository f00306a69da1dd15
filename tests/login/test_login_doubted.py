"""A user that passed to another human: what the one before proved begins no session any more."""

from __future__ import annotations

import pytest
from login_steps import follow, park, prove

from idp.kernel.identity import SOL, Identifier, Mode
from idp.oidc.emergencies import Emergencies
from idp.people.person import Person, UpstreamFacts
from tests.support.world import World, query_of


def at_sunat(world: World, given_name: str) -> Person:
    """A login at SUNAT of whoever has the user now, a minute after what was before."""
    world.clock.advance(60)
    return world.services.people.record_upstream_login(
        UpstreamFacts(
            realm=SOL,
            identifier=Identifier(SOL, "20131312955:VENTAS"),
            usuario="VENTAS",
            ruc="20131312955",
            name="EXPORTADORA DE PRUEBA S.A.",
            given_name=given_name,
            family_name="SINTÉTICA",
        )
    )


def test_proof_of_the_former_holder_begins_no_session(world: World) -> None:
    former, holder = world.browser(), world.browser()
    theirs, mine = park(world, former), park(world, holder)
    prove(world, former, theirs, at_sunat(world, "ANA"))
    prove(world, holder, mine, at_sunat(world, "LUIS"))
    assert former.get(theirs).status_code == 404
    assert former.get_cookie("idp_session", domain="localhost") is None
    assert "code" in query_of(follow(holder, mine)[-1])


def test_session_that_began_while_the_doubt_was_kept_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = world.browser()
    path = park(world, former)
    prove(world, former, path, at_sunat(world, "ANA"))
    start = world.services.logins.sessions.start

    def start_late(*args: object, **named: object) -> object:
        found = start(*args, **named)  # type: ignore[arg-type]
        at_sunat(world, "LUIS")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Emergencies, "doubted", lambda *_: None)
        patched.setattr(world.services.logins.sessions, "start", start_late)
        assert former.get(path).status_code == 404
    assert former.get_cookie("idp_session", domain="localhost") is None


def test_session_that_escaped_a_doubt_ends_with_the_new_holders_login(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    former, holder = world.browser(), world.browser()
    former.get("/cuenta")  # sets the browser cookie
    world.log_in(former, at_sunat(world, "ANA"), Mode.SUNAT)
    with monkeypatch.context() as patched:
        patched.setattr(Emergencies, "doubted", lambda *_: None)
        found = at_sunat(world, "LUIS")
    assert former.get("/cuenta").status_code == 200
    path = park(world, holder)
    prove(world, holder, path, found)
    assert "code" in query_of(follow(holder, path)[-1])
    assert former.get("/cuenta").status_code == 303
