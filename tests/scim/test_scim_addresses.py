"""An address that a system names: nobody but its owner proves it, and the one before is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from scim_systems import PATCH, System, a_user, person_of, replace

from idp.adapters.redis.sessions import RedisSessions
from idp.adapters.sql.people import SqlPersonStore
from idp.jobs.registry import KEPT_WITHIN, RetryLater
from idp.kernel.errors import Unavailable
from idp.kernel.identity import Mode
from idp.mail.message import OutgoingMessage
from idp.people.eligibility import Eligibility, contact_address, eligibility
from idp.people.person import Person
from idp.people.rows import SeedRow
from idp.people.scim_paths import EXTENSION
from idp.scim.mails import REPLACED
from tests.support.world import World

OLD, NEW = "ana@empresa.example", "nueva@empresa.example"


@pytest.fixture
def told(provider: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """What is put into the queue."""
    found: list[tuple[str, dict[str, str]]] = []

    def enqueue(_: Any, name: str, payload: dict[str, str], **__: Any) -> None:
        found.append((name, payload))

    monkeypatch.setattr(type(provider.services.queue), "enqueue", enqueue)
    return found


def proved(world: World, usuario: str) -> Person:
    """Somebody who may enter in contingency."""
    people = world.services.people
    person = world.person("20504774288", usuario)
    people.set_contact(person.id, email=OLD, consent=True)
    pending = people.pending_verification(person.id)
    assert pending is not None
    people.confirm_address(person.id, code=pending.code)
    found = people.get(person.id)
    assert found is not None
    assert eligibility(found, world.clock.now()) is Eligibility.ELIGIBLE
    return found


def posted(
    world: World, told: list[tuple[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> list[OutgoingMessage]:
    """The mails that the worker makes of it."""
    found: list[OutgoingMessage] = []
    handler = next(one.handler for one in world.services.jobs if one.name == REPLACED)
    relay = handler._posting._relay  # type: ignore[attr-defined]

    def send(_: Any, message: OutgoingMessage) -> SimpleNamespace:
        found.append(message)
        return SimpleNamespace(told={"relay": "prueba", "attempt": "0"})

    monkeypatch.setattr(type(relay), "send", send)
    for name, payload in told:
        if name == REPLACED:
            handler(payload)
    return found


def test_another_address_closes_contingency_and_tells_the_one_before(
    manda: System, told: list[tuple[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = manda.world
    person = proved(world, "CORREO1")
    told.clear()
    answer = manda.patch(person.id, replace('emails[type eq "work"].value', NEW))
    assert answer.json["emails"] == [{"value": NEW, "type": "work", "primary": True}]
    assert "emailVerifiedAt" not in answer.json[EXTENSION]
    after = person_of(world, answer.json)
    assert eligibility(after, world.clock.now()) is Eligibility.UNVERIFIED
    assert [one.email for one in after.addresses] == [NEW]
    (payload,) = [payload for name, payload in told if name == REPLACED]
    assert OLD not in str(payload)
    (mail,) = posted(world, told, monkeypatch)
    assert mail.to == OLD
    assert "n•••@e•••.example" in mail.content.text
    assert NEW not in mail.content.text
    assert "Modificación de Datos" in mail.content.text
    # The person proves it in their own session, as any other.
    people = world.services.people
    people.set_contact(person.id, email=NEW, consent=True)
    pending = people.pending_verification(person.id)
    assert pending is not None
    people.confirm_address(person.id, code=pending.code)
    found = people.get(person.id)
    assert found is not None
    current = contact_address(found, world.clock.now())
    assert current is not None
    assert current.email == NEW
    assert manda.get(person.id)[EXTENSION]["emailVerifiedAt"]


def test_address_that_is_taken_away_is_told_too(
    manda: System, told: list[tuple[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = proved(manda.world, "CORREO2")
    answer = manda.patch(person.id, {"op": "remove", "path": "emails"})
    assert "emails" not in answer.json
    (mail,) = posted(manda.world, told, monkeypatch)
    assert (mail.to, "retiró" in mail.content.text) == (OLD, True)
    assert eligibility(person_of(manda.world, answer.json), manda.world.clock.now()) is (
        Eligibility.NO_ADDRESS
    )


@pytest.mark.parametrize(
    ("language", "word"), [("en-US", "Dear"), ("qu-PE", "Mesa"), ("fr", "Est")]
)
def test_mail_speaks_the_language_that_is_known_of_them(
    manda: System, told: list[tuple[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch,
    language: str, word: str,
) -> None:  # fmt: skip
    person = proved(manda.world, f"CORREO{language[:2].upper()}")
    manda.patch(person.id, replace("locale", language), replace("emails", [{"value": NEW}]))
    (mail,) = posted(manda.world, told, monkeypatch)
    assert word in mail.content.text


def test_word_of_the_person_on_their_address_stands(
    vuce: System, told: list[tuple[str, dict[str, str]]]
) -> None:
    person = proved(vuce.world, "CORREO3")
    told.clear()
    answer = vuce.patch(person.id, replace("emails", [{"value": NEW}]))
    assert answer.json["emails"][0]["value"] == OLD
    assert answer.json[EXTENSION]["emailVerifiedAt"]
    assert told == []


def test_owner_of_an_address_that_was_never_proved_is_nobody_to_tell(
    vuce: System, told: list[tuple[str, dict[str, str]]]
) -> None:
    made = vuce.create(emails=[{"value": OLD}])
    told.clear()
    assert vuce.patch(made["id"], replace("emails", [{"value": NEW}])).status_code == 200
    assert REPLACED not in [name for name, _ in told]


def test_no_change_without_its_notice(manda: System, monkeypatch: pytest.MonkeyPatch) -> None:
    person = proved(manda.world, "CORREO4")
    token = manda.token()

    def away(*_: Any, **__: Any) -> None:
        raise Unavailable("redis")

    monkeypatch.setattr(type(manda.world.services.queue), "enqueue", away)
    body = {"Operations": [replace("emails", [{"value": NEW}])],
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}  # fmt: skip
    assert manda.call("PATCH", f"/Users/{person.id}", body, token=token).status_code == 503
    assert manda.get(person.id)["emails"][0]["value"] == OLD


def test_notice_of_a_change_that_was_not_kept_is_none(
    manda: System, told: list[tuple[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = proved(manda.world, "CORREO5")
    told.clear()
    vault = manda.world.services.vault
    old = person.addresses[0]
    bound = f"{REPLACED}:{person.id}:{old.id}"
    since = str(manda.world.clock.timestamp() - KEPT_WITHIN)
    payload = {"person": person.id, "previous": old.id, "address": "adr_x", "since": since,
               "sealed": vault.seal(old.email, bound)}  # fmt: skip
    told += [(REPLACED, payload), (REPLACED, {**payload, "person": "per_x"})]
    assert posted(manda.world, told, monkeypatch) == []


def test_notice_waits_for_its_change_to_be_kept(
    manda: System, told: list[tuple[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that hesitates longer than the queue costs nobody the notice."""
    world = manda.world
    person = proved(world, "CORREO7")
    told.clear()

    def early(*_: Any) -> None:
        # The worker comes while the change is still under way.
        with pytest.raises(RetryLater):
            posted(world, told, monkeypatch)

    with monkeypatch.context() as patched:
        patched.setattr(SqlPersonStore, "drop_address", early)
        manda.patch(person.id, replace("emails", [{"value": NEW}]))
    assert [name for name, _ in told].count(REPLACED) == 1


def test_address_that_its_owner_replaced_long_ago_is_not_told_again(
    manda: System, told: list[tuple[str, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mailbox may be anybody's by now; the one in force and the one that cools off are told."""
    world, people = manda.world, manda.world.services.people
    person = proved(world, "CORREO8")
    for email in ("segunda@empresa.example", "tercera@empresa.example"):
        world.clock.advance(2 * 86_400)
        people.set_contact(person.id, email=email, consent=True)
        pending = people.pending_verification(person.id)
        assert pending is not None
        people.confirm_address(person.id, code=pending.code)
    found = people.get(person.id)
    assert found is not None
    assert len(found.addresses) == 3
    told.clear()
    answer = manda.patch(person.id, replace("emails", [{"value": NEW}]))
    assert [one.email for one in person_of(world, answer.json).addresses] == [NEW]
    mails = posted(world, told, monkeypatch)
    assert sorted(one.to for one in mails) == ["segunda@empresa.example", "tercera@empresa.example"]


def test_address_that_an_obligation_keeps_is_neither_replaced_nor_removed(
    manda: System, told: list[tuple[str, dict[str, str]]]
) -> None:
    """`idp users hold`: the rest may change, and `active: false` closes contingency all the same."""
    world = manda.world
    person = proved(world, "CORREO6")
    erasing = world.services.personal.erasing
    erasing.hold(person.id, actor="ana", reason="proceso 456")
    told.clear()
    path, user = f"/Users/{person.id}", manda.get(person.id)
    for method, body in [
        ("PATCH", {"schemas": [PATCH], "Operations": [replace("emails", [{"value": NEW}])]}),
        ("PATCH", {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "emails"}]}),
        ("PUT", {name: value for name, value in user.items() if name != "emails"}),
    ]:
        answer = manda.call(method, path, body)
        assert (answer.status_code, answer.json["scimType"]) == (409, "mutability"), method
        assert "obligation" in answer.json["detail"]
    assert manda.get(person.id) == user
    assert told == []
    off = manda.patch(person.id, replace("active", False), replace("nickName", "Ana"))
    assert (off.status_code, off.json["nickName"]) == (200, "Ana")
    assert eligibility(person_of(world, user), world.clock.now()) is Eligibility.INACTIVE
    assert manda.call("DELETE", path).status_code == 204
    again = a_user(userName=user["userName"])
    assert manda.call("POST", "/Users", again).json["scimType"] == "mutability"
    erasing.release(person.id, actor="ana", reason="terminó el proceso 456")
    back = manda.call("POST", "/Users", again)
    assert (back.status_code, "emails" in back.json) == (201, False)


@pytest.mark.parametrize(
    "word", ["inactive", "deleted", "not theirs", "something else", "inactive in a file"]
)
def test_session_by_mail_ends_with_what_it_stood_on(manda: System, word: str) -> None:
    """A system or a file closes contingency; whom SUNAT proved stays, and so does anybody else's session."""
    world = manda.world
    person = proved(world, f"SESION{len(word)}")
    other = proved(world, f"OTRO{len(word)}")
    for one, mode in [
        (person, Mode.CONTINGENCIA),
        (person, Mode.SUNAT),
        (other, Mode.CONTINGENCIA),
    ]:
        world.log_in(world.browser(), one, mode)
    if word == "deleted":
        manda.call("DELETE", f"/Users/{person.id}")
    elif word == "inactive in a file":
        row = SeedRow(1, "sol", person.usuario, "20504774288", active="false")
        assert world.services.people.seed([row]).updated == 1
    else:
        manda.patch(person.id, {
            "inactive": replace("active", False),
            "not theirs": {"op": "remove", "path": "emails"},
            "something else": replace("nickName", "Ana"),
        }[word])  # fmt: skip
    sessions = world.services.logins.sessions
    left = {one.session.mode for one in sessions.of_person(person.id)}
    by_mail = {Mode.CONTINGENCIA} if word == "something else" else set()
    assert left == {Mode.SUNAT} | by_mail
    assert len(sessions.of_person(other.id)) == 1


@pytest.mark.parametrize("word", ["inactive", "deleted", "not theirs"])
def test_word_that_ends_a_session_is_not_taken_while_the_session_cannot_end(
    manda: System, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, sessions = manda.world, manda.world.services.logins.sessions
    person = proved(world, f"TERCO{len(word)}")
    world.log_in(world.browser(), person, Mode.CONTINGENCIA)

    def say() -> int:
        if word == "deleted":
            return manda.call("DELETE", f"/Users/{person.id}").status_code
        inactive = replace("active", False)
        no_address = {"op": "remove", "path": "emails"}
        return manda.patch(person.id, inactive if word == "inactive" else no_address).status_code

    def away(*_: object, **__: object) -> None:
        raise Unavailable("redis")

    before = world.services.people.get(person.id)
    with monkeypatch.context() as patch:
        patch.setattr(RedisSessions, "of_person", away)
        assert say() == 503
    assert world.services.people.get(person.id) == before
    assert say() in (200, 204)
    assert sessions.of_person(person.id) == []
