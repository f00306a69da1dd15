"""OpenID Connect Back-Channel Logout 1.0: components are told when a session ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import dramatiq
import pytest

from idp.deliveries.logout_notices import GIVE_UP, NOTIFY
from idp.jobs.registry import RetryLater
from idp.kernel.identity import Mode, Proof
from idp.people.operations import Order
from idp.wiring import worker_broker
from tests.support.components import Party, clients_text, verified
from tests.support.world import ISSUER, World, build_world

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class Listener:
    """Components' back-channel endpoints: a path each; what came, and what is answered."""

    port: int = 0
    status: int = 200
    came: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)

    def tokens(self, path: str) -> list[str]:
        return [form["logout_token"][0] for at, _, form in self.came if at == path]


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.came.append((self.path, self.headers["Content-Type"], parse_qs(body)))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def told(tmp_path: Path, valkey: str, listener: Listener) -> Iterator[World]:
    """A provider whose components `renueva`, `gracia` and `par-a` have back-channel addresses."""
    base = f"http://127.0.0.1:{listener.port}"
    text = clients_text(
        renueva={"backchannel_logout_uri": f"{base}/renueva",
                 "backchannel_logout_session_required": True},
        gracia={"backchannel_logout_uri": f"{base}/gracia", "logout_token_typ": "JWT"},
        **{"par-a": {"backchannel_logout_uri": f"{base}/par-a"}},
    )  # fmt: skip
    world = build_world(tmp_path, valkey, clients=text)
    yield world
    world.services.stop()


def work(world: World) -> None:
    """Let a worker do what is queued."""
    broker = worker_broker(world.services)()
    queues = {"logout-notify", "tokens-revoke"}
    worker = dramatiq.Worker(broker, queues=queues, worker_threads=2, worker_timeout=50)
    worker.start()
    for queue in queues:
        broker.join(queue, timeout=10_000)
    worker.join()
    worker.stop()
    broker.client.close()


def used(world: World, browser: Any, *client_ids: str) -> dict[str, dict[str, Any]]:
    """Log in at these components; the claims that each was given."""
    found = {}
    for client_id in client_ids:
        party = Party(world, browser, client_id)
        found[client_id] = party.id_token(party.tokens(scope="openid")["id_token"]).claims
    return found


def log_out(party: Party) -> None:
    hint = party.tokens()["id_token"]
    assert party.browser.get("/logout", query_string={"id_token_hint": hint}).status_code == 200


def test_each_component_of_the_session_is_told(told: World, listener: Listener) -> None:
    """§2.4, §2.5: what the token says, to each in its own words."""
    party = Party.logged_in(told, "renueva")
    claims = used(told, party.browser, "renueva", "gracia", "par-a", "llave")
    log_out(party)
    work(told)
    assert {path for path, _, _ in listener.came} == {"/renueva", "/gracia", "/par-a"}
    assert {kind for _, kind, _ in listener.came} == {"application/x-www-form-urlencoded"}
    for client_id in ("renueva", "gracia", "par-a"):
        (text,) = listener.tokens(f"/{client_id}")
        token = verified(told, text)
        typ = "JWT" if client_id == "gracia" else "logout+jwt"
        assert token.header["typ"] == typ
        assert len(token.claims.pop("jti")) > 20
        now = int(told.clock.timestamp())
        assert token.claims == {
            "iss": ISSUER,
            "aud": client_id,
            "iat": now,
            "exp": now + 120,
            "sub": claims[client_id]["sub"],
            "sid": claims[client_id]["sid"],
            "events": {EVENT: {}},
        }


def test_component_that_was_not_used_is_not_told(told: World, listener: Listener) -> None:
    party = Party.logged_in(told, "renueva")
    log_out(party)
    work(told)
    assert [path for path, _, _ in listener.came] == ["/renueva"]


def test_new_login_of_the_same_person_tells_nobody(told: World, listener: Listener) -> None:
    """The session goes on in a new one; whoever leaves that one, leaves all."""
    party = Party.logged_in(told, "renueva")
    sid = used(told, party.browser, "gracia")["gracia"]["sid"]
    cookie = party.browser.get_cookie("idp_session")
    assert cookie is not None
    person = told.person()
    proof = Proof("sol", person.id, Mode.SUNAT, told.clock.now())
    new, _ = told.services.logins.sessions.start(person, proof, None, replaces=cookie.value)
    party.browser.set_cookie("idp_session", new, domain="localhost")
    work(told)
    assert listener.came == []
    log_out(party)
    work(told)
    assert verified(told, listener.tokens("/gracia")[0]).claims["sid"] == sid
    assert len(listener.came) == 2


def test_login_of_another_person_tells_of_the_first(told: World, listener: Listener) -> None:
    party = Party.logged_in(told, "renueva")
    used(told, party.browser, "gracia")
    cookie = party.browser.get_cookie("idp_session")
    assert cookie is not None
    other = told.person("20100070970", "OTRO1")
    proof = Proof("sol", other.id, Mode.SUNAT, told.clock.now())
    told.services.logins.sessions.start(other, proof, None, replaces=cookie.value)
    work(told)
    assert [path for path, _, _ in listener.came] == ["/gracia"]


@pytest.mark.parametrize(
    "status, again",
    [(200, False), (204, False), (400, False), (404, False), (429, True), (500, True), (503, True)],
)
def test_what_may_help_is_tried_again_with_the_same_jti(
    told: World, listener: Listener, status: int, again: bool
) -> None:
    """§2.8; a notice that is given up is on record."""
    listener.status = status
    payload, deliver = queued(told)
    for _ in range(2):
        if again:
            with pytest.raises(RetryLater, match=str(status)):
                deliver(payload)
        else:
            deliver(payload)
        told.clock.advance(30)
    seen = [verified(told, text).claims for text in listener.tokens("/renueva")]
    assert len({one["jti"] for one in seen}) == 1
    assert seen[1]["iat"] == seen[0]["iat"] + 30
    if again:
        told.clock.advance(GIVE_UP)
        deliver(payload)
    kind = "logout.notified" if status < 300 else "logout.undelivered"
    assert recorded(told)[-1] == kind


def test_component_that_is_away_is_tried_again(told: World, listener: Listener) -> None:
    payload, deliver = queued(told)
    text = told.settings.clients_file.read_text(encoding="utf-8")
    closed = text.replace(f"127.0.0.1:{listener.port}/renueva", "127.0.0.1:9/renueva")
    told.settings.clients_file.write_text(closed, encoding="utf-8")
    told.services.clients.reload()
    with pytest.raises(RetryLater, match="connect"):
        deliver(payload)


def queued(world: World) -> tuple[dict[str, str], Any]:
    """A notice for `renueva`, and the handler that delivers it."""
    handler = next(job.handler for job in world.services.jobs if job.name == NOTIFY)
    payload = {"client": "renueva", "sid": "ses_1", "sub": "s", "jti": "out_1"}
    return {**payload, "since": str(world.clock.timestamp())}, handler


def recorded(world: World) -> list[str]:
    """The audit events of notices, in their order."""
    from idp.adapters.sql.audit import SqlAuditStore
    from idp.audit.drain import drain
    from idp.audit.records import AuditFilter

    drain(world.services.audit_stream, SqlAuditStore(world.services.database))
    found = world.services.audit.search(AuditFilter(), 1_000)
    names = [str(one.event) for one in found]
    return [name for name in reversed(names) if name.startswith("logout.")]


def test_session_that_an_operator_ends_is_told_of(told: World, listener: Listener) -> None:
    """`idp sessions revoke --person`."""
    party, other = Party.logged_in(told, "renueva"), told.browser()
    told.log_in(other, told.person("20100070970", "OTRO1"))
    used(told, other, "gracia")
    tokens = party.tokens()
    person = told.person()
    found = told.services.provider.emergencies.person(person.id, reason="robo", actor="prueba")
    assert (found.sessions, found.grants) == (1, 1)
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert party.answer(prompt="none")["error"] == "login_required"
    assert "code" in Party(told, other, "gracia").answer(prompt="none")
    work(told)
    assert [path for path, _, _ in listener.came] == ["/renueva"]


def test_joining_tells_of_the_absorbed_and_undoing_it_of_the_kept(
    told: World, listener: Listener
) -> None:
    """`idp users merge|unmerge`: each component of whoever is no more, or may have been another,
    by the `sub` and the `sid` that it was given.
    """
    before, after = told.person(usuario="VIEJO"), told.person(usuario="NUEVO")
    kept, absorbed = told.browser(), told.browser()
    told.log_in(kept, before)
    told.log_in(absorbed, after)
    stays = used(told, kept, "renueva")["renueva"]
    ended = used(told, absorbed, "renueva", "par-a")
    identities, order = told.services.identities, Order(actor="ana", reason="caso 7")
    identities.merge(before.key, after.key, order)
    work(told)
    assert {path for path, _, _ in listener.came} == {"/renueva", "/par-a"}
    for client_id, claims in ended.items():
        assert named(told, listener, client_id) == [(claims["sub"], claims["sid"])]
    listener.came.clear()
    identities.unmerge(after.key, order)
    work(told)
    assert [path for path, _, _ in listener.came] == ["/renueva"]
    assert named(told, listener, "renueva") == [(stays["sub"], stays["sid"])]


def named(world: World, listener: Listener, client_id: str) -> list[tuple[str, str]]:
    """Of whom a component was told: `sub` and `sid`."""
    found = [verified(world, text).claims for text in listener.tokens(f"/{client_id}")]
    return [(one["sub"], one["sid"]) for one in found]


def test_component_whose_tokens_an_operator_ends_is_told(told: World, listener: Listener) -> None:
    """`idp sessions revoke --client`: sessions here go on."""
    party = Party.logged_in(told, "renueva")
    tokens, gracia = party.tokens(), Party(told, party.browser, "gracia").tokens()
    found = told.services.provider.emergencies.client("renueva", reason="fuga", actor="prueba")
    assert (found.sessions, found.grants) == (1, 1)
    work(told)
    assert [path for path, _, _ in listener.came] == ["/renueva"]
    assert party.userinfo(tokens["access_token"]).status_code == 401
    assert party.userinfo(gracia["access_token"]).status_code == 200
    assert "code" in party.answer(prompt="none")


def test_everything_that_an_operator_ends_is_over(told: World, listener: Listener) -> None:
    """`idp sessions revoke --all`: offline access and codes as well."""
    party = Party.logged_in(told, "renueva")
    tokens, code = party.tokens(scope="openid offline_access"), party.code()
    found = told.services.provider.emergencies.everybody(reason="fuga", actor="prueba")
    assert found.sessions == 1
    assert found.tokens >= 2
    assert party.redeem(code).json["error"] == "invalid_grant"
    assert party.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert party.answer(prompt="none")["error"] == "login_required"
    work(told)
    assert [path for path, _, _ in listener.came] == ["/renueva"]


def test_person_who_is_erased_is_out_everywhere_and_components_are_told(
    told: World, listener: Listener
) -> None:
    """`idp users erase --yes`: nothing that was given to a component outlives the person."""
    party = Party.logged_in(told, "renueva")
    tokens, offline = party.tokens(), party.tokens(scope="openid offline_access")
    code, person = party.code(), told.person()
    done = told.services.personal.erasing.erase(person, actor="prueba", reason="lo pidió")
    assert done.ended >= 4
    for given in (tokens, offline):
        assert party.userinfo(given["access_token"]).status_code == 401
        assert party.refresh(given["refresh_token"]).json["error"] == "invalid_grant"
    assert party.redeem(code).json["error"] == "invalid_grant"
    assert party.answer(prompt="none")["error"] == "login_required"
    work(told)
    assert [path for path, _, _ in listener.came] == ["/renueva"]
    assert told.person().sub != person.sub
