"""Systems are told that a person changed: signed events that say who, and not what.

RFC 8417 (Security Event Tokens), RFC 8935 (push), RFC 9967 (SCIM's profile of them).
"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dramatiq
import pytest
from scim_systems import System, person_of, replace

from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.people import SqlPersonStore
from idp.audit.drain import drain
from idp.audit.records import AuditFilter
from idp.deliveries.person_notices import GIVE_UP, NOTIFY, SETTLED
from idp.jobs.registry import RetryLater
from idp.kernel.errors import Unavailable
from idp.people.scim_paths import EXTENSION
from idp.wiring import worker_broker
from tests.support.components import verified
from tests.support.world import ISSUER, World

PROV = "urn:ietf:params:scim:event:prov"


@dataclass
class Receiver:
    """Where systems are told: what came to which path, and what is answered."""

    port: int = 0
    status: int = 202
    answer: bytes = b""
    came: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def tokens(self, path: str = "/lector") -> list[str]:
        return [body for at, _, body in self.came if at == path]


@pytest.fixture(scope="module")
def listening() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.came.append((self.path, dict(self.headers), body))
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(found.answer)))
            self.end_headers()
            self.wfile.write(found.answer)

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
def receiver(listening: Receiver, provider: World) -> Iterator[Receiver]:
    """`lector` and `manda` are told."""
    base = f"http://127.0.0.1:{listening.port}"
    file = provider.settings.clients_file
    before = file.read_text()
    text = before.replace("wins: vuce,", f"wins: vuce, events_uri: '{base}/manda',")
    name = "client_id: lector\n"
    text = text.replace(name, f"{name}    scim: {{events_uri: '{base}/lector'}}\n")
    file.write_text(text)
    assert provider.services.clients.reload()
    listening.came.clear()
    listening.status, listening.answer = 202, b""
    yield listening
    file.write_text(before)
    provider.services.clients.reload()


def work(world: World) -> None:
    """Let a worker do what is queued."""
    broker = worker_broker(world.services)()
    worker = dramatiq.Worker(broker, queues={"person-notify"}, worker_threads=2, worker_timeout=50)
    worker.start()
    broker.join("person-notify", timeout=20_000)
    worker.join()
    worker.stop()
    broker.client.close()


def events(world: World, receiver: Receiver, path: str = "/lector") -> list[tuple[str, Any]]:
    """What a system was told: kind of event and its attributes."""
    found = [verified(world, one).claims["events"] for one in receiver.tokens(path)]
    return [
        (uri.removeprefix(f"{PROV}:"), said.get("attributes"))
        for one in found
        for uri, said in one.items()
    ]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice waits for its change to be kept; here it is by the time that anybody looks."""
    monkeypatch.setattr("idp.deliveries.person_notices._DELAY", 0)


@pytest.mark.usefixtures("at_once")
def test_event_is_signed_and_says_who_and_nothing_of_what(
    provider: World, receiver: Receiver
) -> None:
    person = provider.person("20504774288", "EVENTO1")
    work(provider)
    receiver.came.clear()
    provider.services.people.set_profile(person.id, {"mobile": "987654321", "ubigeo": "150101"})
    work(provider)
    assert {path for path, _, _ in receiver.came} == {"/lector", "/manda"}
    ((_, headers, text),) = [one for one in receiver.came if one[0] == "/lector"]
    assert headers["Content-Type"] == "application/secevent+jwt"
    assert headers["Accept"] == "application/json"
    token = verified(provider, text)  # with the keys of our JWKS
    assert token.header["typ"] == "secevent+jwt"
    claims = dict(token.claims)
    assert len(claims.pop("jti")) > 20
    txn = claims.pop("txn")
    now = int(provider.clock.timestamp())
    assert claims == {
        "iss": ISSUER,
        "aud": "lector",
        "iat": now,
        "toe": now,
        "sub_id": {"format": "scim", "uri": f"/Users/{person.id}"},
        "events": {f"{PROV}:patch:notice": {"attributes": ["phoneNumbers", f"{EXTENSION}:ubigeo"]}},
    }
    (other,) = [verified(provider, one).claims for one in receiver.tokens("/manda")]
    assert (other["aud"], other["txn"]) == ("manda", txn)
    assert other["jti"] != token.claims["jti"]
    # It is read back by what the event says.
    found = System(provider, "lector").call("GET", claims["sub_id"]["uri"])
    assert found.json["phoneNumbers"][0]["value"] == "987654321"


@pytest.mark.usefixtures("at_once")
def test_whatever_a_person_says_here_is_told(provider: World, receiver: Receiver) -> None:
    """Contact, consent, profile, the proof of an address; and what SUNAT says."""
    people = provider.services.people
    person = provider.person("20504774288", "EVENTO2")
    change = people.set_contact(person.id, email="ana@empresa.example", consent=True)
    pending = people.pending_verification(person.id)
    assert change.changed
    assert pending is not None
    people.confirm_address(person.id, code=pending.code)
    people.set_contact(person.id, email="otra@empresa.example", consent=True)  # nobody sees it yet
    people.set_profile(person.id, {})  # says nothing new
    people.mark_undeliverable(person.id, pending.address.id, code="5.1.1")
    people.set_consent(person.id, consent=False)
    provider.person("20504774288", "EVENTO2")  # a login without news
    work(provider)
    verified_at = f"{EXTENSION}:emailVerifiedAt"
    assert sorted(events(provider, receiver)) == sorted([
        ("create:notice", [
            "displayName", f"{EXTENSION}:ruc", f"{EXTENSION}:tipoUsuario", "userName"
        ]),
        ("patch:notice", [f"{EXTENSION}:consentAt"]),
        ("patch:notice", ["emails"]),
        ("patch:notice", ["emails", verified_at]),
        ("patch:notice", ["emails"]),
        ("patch:notice", [f"{EXTENSION}:consentAt"]),
    ])  # fmt: skip
    for text in receiver.tokens():
        assert "empresa.example" not in json.dumps(verified(provider, text).claims)


@pytest.mark.usefixtures("at_once")
def test_what_a_system_says_is_told_to_the_others(provider: World, receiver: Receiver) -> None:
    manda, vuce = System(provider, "manda"), System(provider, "vuce")
    made = manda.create(displayName="LUIS", externalId="P-1")
    work(provider)  # each while it is so
    manda.patch(made["id"], replace("active", False), replace("nickName", "Lu"))
    work(provider)
    manda.patch(made["id"], replace("active", True))
    manda.patch(made["id"], replace("externalId", "P-2"))  # its own business
    work(provider)
    manda.call("DELETE", f"/Users/{made['id']}")
    work(provider)
    assert sorted(events(provider, receiver)) == [
        ("activate", None),
        ("create:notice", ["displayName", "userName"]),
        ("deactivate", None),
        ("delete", None),
        ("patch:notice", ["nickName"]),
    ]
    assert receiver.tokens("/manda") == []
    vuce.create()
    work(provider)
    assert [kind for kind, _ in events(provider, receiver, "/manda")] == ["create:notice"]


def test_events_are_announced_where_somebody_is_told(provider: World, receiver: Receiver) -> None:
    """RFC 9967 §4."""
    config = provider.browser().get("/scim/v2/ServiceProviderConfig").json
    assert config["securityEvents"] == {
        "asyncRequest": "none",
        "eventUris": [
            f"{PROV}:activate", f"{PROV}:create:notice", f"{PROV}:deactivate", f"{PROV}:delete",
            f"{PROV}:patch:notice",
        ],
    }  # fmt: skip


def queued(world: World) -> tuple[dict[str, str], Any]:
    """A notice for `lector`, and the handler that delivers it."""
    handler = next(job.handler for job in world.services.jobs if job.name == NOTIFY)
    person = world.person("20504774288", "EVENTO4")
    payload = {
        "client": "lector", "person": person.id, "kind": "changed", "attributes": "emails",
        "jti": "set_1", "txn": "txn_1", "since": str(world.clock.timestamp()),
    }  # fmt: skip
    return payload, handler


def persons(world: World) -> SqlPersonStore:
    return SqlPersonStore(world.services.database, world.services.vault)


def recorded(world: World, payload: dict[str, str]) -> tuple[str, dict[str, Any]]:
    services = world.services
    drain(services.audit_stream, SqlAuditStore(services.database))
    (found,) = services.audit.search(AuditFilter(person_id=payload["person"]), 1)
    return str(found.event), dict(found.details)


@pytest.mark.parametrize(
    ("status", "answer", "again", "reason"),
    [
        (202, b"", False, None),
        (200, b"ok", False, None),
        (400, b'{"err": "invalid_audience", "description": "x"}', False,
         "status 400 invalid_audience"),
        (400, b'{"err": "secreto"}', False, "status 400"),
        (404, b"[" * 9_000, False, "status 404"),
        (302, b"", False, "status 302"),
        (401, b"", True, "status 401"),
        (429, b"", True, "status 429"),
        (503, b"{}", True, "status 503"),
    ],
)  # fmt: skip
def test_what_may_help_is_tried_again_with_the_same_jti(
    provider: World, receiver: Receiver, status: int, answer: bytes, again: bool, reason: str | None
) -> None:
    """RFC 8935 §2.2-2.4; what is given up is on record."""
    receiver.status, receiver.answer = status, answer
    payload, deliver = queued(provider)
    for _ in range(2):
        if again:
            with pytest.raises(RetryLater, match=str(status)):
                deliver(payload)
        else:
            deliver(payload)
        provider.clock.advance(30)
    seen = [verified(provider, text).claims for text in receiver.tokens()]
    assert [one["jti"] for one in seen] == ["set_1", "set_1"]
    assert (seen[0]["toe"], seen[1]["iat"] - seen[0]["iat"]) == (seen[1]["toe"], 30)
    if again:
        provider.clock.advance(GIVE_UP)
        deliver(payload)
    kind = "person.change_undelivered" if reason else "person.change_notified"
    details = {"notice": "set_1", **({"reason": reason} if reason else {})}
    assert recorded(provider, payload) == (kind, details)


@pytest.mark.parametrize("kind", ["deleted", "deactivated", "activated", "created", "changed"])
def test_what_is_not_so_is_told_to_nobody(provider: World, receiver: Receiver, kind: str) -> None:
    """A notice is queued before its change is kept, which it may never be."""
    payload, deliver = queued(provider)
    payload["kind"] = kind
    person, store = provider.services.people.get(payload["person"]), persons(provider)
    assert person is not None
    if kind == "activated":
        store.update(dataclasses.replace(person, active=False))
    if kind in ("created", "changed"):
        payload["person"] = "per_rolled_back"
    with pytest.raises(RetryLater, match="not so yet"):
        deliver(payload)
    provider.clock.advance(SETTLED)
    deliver(payload)
    assert receiver.came == []
    if kind == "deleted":
        store.update(dataclasses.replace(person, withdrawn_at=provider.clock.now()))
    if kind in ("activated", "deactivated"):
        store.update(dataclasses.replace(person, active=kind == "activated"))
    payload["person"] = person.id
    deliver(payload)
    assert len(receiver.came) == 1
    store.update(dataclasses.replace(person, active=True))  # for whoever comes next


def test_deletion_that_was_taken_back_is_told_to_nobody(
    provider: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[dict[str, str]] = []

    def enqueue(_: Any, name: str, payload: dict[str, str], **__: Any) -> None:
        if name == NOTIFY:
            put.append(payload)

    monkeypatch.setattr(type(provider.services.queue), "enqueue", enqueue)
    person = provider.person("20504774288", "EVENTO5")
    put.clear()
    with pytest.raises(LookupError), provider.services.database.transaction():
        provider.services.personal.erasing.erase(person, actor="ana", reason="lo pidió")
        raise LookupError
    assert provider.services.people.get(person.id) == person
    assert [one["kind"] for one in put] == ["deleted", "deleted"]
    deliver = next(job.handler for job in provider.services.jobs if job.name == NOTIFY)
    provider.clock.advance(SETTLED)
    for payload in put:
        deliver(payload)
    assert receiver.came == []


def test_system_that_is_away_is_tried_again_and_who_left_is_not_told(
    provider: World, receiver: Receiver
) -> None:
    payload, deliver = queued(provider)
    file = provider.settings.clients_file
    here = f"127.0.0.1:{receiver.port}/lector"
    file.write_text(file.read_text().replace(here, "127.0.0.1:9/lector"))
    provider.services.clients.reload()
    with pytest.raises(RetryLater, match="connect"):
        deliver(payload)
    gone = file.read_text().replace("client_id: lector", "client_id: lector\n    disabled: true")
    file.write_text(gone)
    provider.services.clients.reload()
    deliver(payload)
    deliver({**payload, "client": "nadie"})
    job = next(one for one in provider.services.jobs if one.name == NOTIFY)
    assert job.given_up is not None
    job.given_up(payload)
    assert recorded(provider, payload)[1] == {"notice": "set_1", "reason": "too late"}
    assert receiver.came == []


def test_change_is_kept_though_nobody_can_be_told(
    provider: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who missed an event finds the change by `meta.lastModified`."""

    def away(*_: Any, **__: Any) -> None:
        raise Unavailable("redis")

    monkeypatch.setattr(type(provider.services.queue), "enqueue", away)
    person = provider.person("20504774288", "EVENTO3")
    assert provider.services.people.set_profile(person.id, {"mobile": "987654321"})
    user = System(provider, "lector").get(person.id)
    assert user["phoneNumbers"][0]["value"] == "987654321"
    assert person_of(provider, user).profile == {"mobile": "987654321"}
