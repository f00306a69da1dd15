"""One mailbox that serves several people, and links of people who are joined or doubted meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contingency_world import COOKIE, EARLIER, HERE, TEMPLATES, VISITOR, World

from idp.adapters.sql.contact import SqlBrowserStore, SqlVerificationStore
from idp.adapters.sql.coverage import SqlUseStore
from idp.adapters.sql.identities import SqlIdentityStore, SqlMergeStore
from idp.adapters.sql.nudges import SqlNudgeStore
from idp.adapters.sql.people import SqlPersonStore
from idp.adapters.sql.privacy import SqlHolds
from idp.adapters.sql.retired_subs import SqlRetiredSubs
from idp.kernel.errors import IdpError
from idp.kernel.identity import Identifier, Mode, Proof
from idp.kernel.ids import digest
from idp.links.ports import Outcome
from idp.people.joining import Joining
from idp.people.operations import Operations, Order, Stores
from idp.people.person import Address, UpstreamFacts
from idp.people.rows import SeedRow
from idp.people.traces import Traces
from tests.support.vault import vault_beside

RUC = "20504774288"
FIRST, SECOND = Identifier("sol", f"{RUC}:IMPORTA1"), Identifier("sol", f"{RUC}:IMPORTA2")
SHARED = "importa1@example.com"
ORDER = Order(actor="ana", reason="caso 7")
ELSEWHERE = digest("b" * 43)


def typed(identifier: Identifier) -> dict[str, str]:
    ruc, _, user = identifier.value.partition(":")
    return {"ruc": ruc, "usuario": user}


@pytest.fixture
def world(world: World) -> World:
    """Two users of one company, whose name is one, at one mailbox."""
    row = SeedRow(
        1, "sol", "IMPORTA2", RUC, "IMPORTADORA SINTÉTICA S.A.C.", SHARED,
        EARLIER, EARLIER, EARLIER,
    )  # fmt: skip
    world.clock.advance(60)
    assert world.people.seed([row], trust_emails=True).created == 1
    world.clock.advance(60)
    return world


@pytest.fixture
def joining(world: World) -> Joining:
    database, vault = world.database, vault_beside(world.database)
    stores = Stores(
        persons=SqlPersonStore(database, vault),
        identities=SqlIdentityStore(database, vault),
        merges=SqlMergeStore(database, vault),
        retired=SqlRetiredSubs(database),
        holds=SqlHolds(database),
        verifications=SqlVerificationStore(database),
        browsers=SqlBrowserStore(database),
        traces=Traces(uses=SqlUseStore(database), told=SqlNudgeStore(database)),
    )
    operations = Operations(
        stores=stores,
        uow=world.database,
        audit=world.audit,
        clock=world.clock,
        events=world.events,
    )
    return Joining(operations, random=world.random, tell_owners=lambda kept, absorbed: None)


def ask(world: World, identifier: Identifier, **changes: Any) -> tuple[str, str]:
    """Ask for a link, which is mailed: its token, and its login."""
    login = world.ask(typed(identifier), visitor=replace(VISITOR, **changes))
    world.work()
    return world.mailed_token(), login.id


def person_id(world: World, identifier: Identifier) -> str:
    found = world.people.find(identifier)
    assert found is not None
    return found.id


@pytest.mark.parametrize("language", ["es", "en", "qu"])
def test_mails_to_a_shared_mailbox_name_the_user_whom_each_is_for(
    world: World, language: str
) -> None:
    for mine, other in ((FIRST, SECOND), (SECOND, FIRST)):
        ask(world, mine, language=language)
        mail = world.outbox.sent[-1]
        assert mail.to == SHARED
        for part in (mail.content.text, mail.content.html):
            assert f"20•••••••88 / {typed(mine)['usuario']}" in part
            assert typed(other)["usuario"] not in part
            assert RUC not in part


@pytest.mark.parametrize("language", ["es", "en", "qu"])
@pytest.mark.parametrize(
    "mail",
    sorted(
        path.name
        for path in (TEMPLATES / "mail").iterdir()
        # Operators are told of an upstream, not of a person.
        if path.name != "aviso-a-operadores"
    ),
)
def test_every_mail_names_the_user_in_every_language(mail: str, language: str) -> None:
    files = list((TEMPLATES / "mail" / mail / language).glob("body.*"))
    assert len(files) == 2
    for file in files:
        assert "{{ user }}" in file.read_text(encoding="utf-8")


def test_link_lets_in_only_the_person_it_was_sent_for(world: World) -> None:
    links = {one: ask(world, one) for one in (FIRST, SECOND)}
    for identifier, (token, login) in links.items():
        opened = world.entry.open(token, HERE)
        assert opened.user == f"20•••••••88 / {typed(identifier)['usuario']}"
        seen = world.entry.open(token, ELSEWHERE).elsewhere
        assert seen is not None
        assert seen.user == opened.user
        assert world.entry.enter(token, HERE, None) == login
        proof = world.transactions.load(login, HERE).proof
        assert proof is not None
        assert proof.person_id == person_id(world, identifier)


def test_link_of_an_absorbed_person_ends_and_the_next_one_is_judged_anew(
    world: World, joining: Joining
) -> None:
    token, login = ask(world, SECOND)
    world.clock.advance(1)
    merged = joining.merge(FIRST, SECOND, ORDER)
    assert world.entry.open(token, HERE).problem is Outcome.UNKNOWN
    assert world.entry.open(token, ELSEWHERE).problem is Outcome.UNKNOWN
    with pytest.raises(IdpError, match="link_unknown"):
        world.entry.enter(token, HERE, None)
    with pytest.raises(IdpError, match="link_unknown"):
        world.elsewhere.enter(token, ELSEWHERE, None, "123456")
    with pytest.raises(IdpError, match="code_wrong"):
        world.entry.go_on(login, HERE, "12345678", COOKIE)
    token, login = ask(world, SECOND)
    world.entry.enter(token, HERE, None)
    proof = world.transactions.load(login, HERE).proof
    assert proof is not None
    assert proof.person_id == merged.kept.id


def test_request_that_waits_while_its_person_is_absorbed_is_decided_for_the_kept_one(
    world: World, joining: Joining
) -> None:
    login = world.ask(typed(SECOND))
    joining.merge(FIRST, SECOND, ORDER)
    world.work()
    world.entry.enter(world.mailed_token(), HERE, None)
    proof = world.transactions.load(login.id, HERE).proof
    assert proof is not None
    assert proof.person_id == person_id(world, FIRST)


def test_login_proved_by_mail_ends_with_its_person(world: World, joining: Joining) -> None:
    token, login = ask(world, SECOND)
    world.entry.enter(token, HERE, None)
    joining.merge(FIRST, SECOND, ORDER)
    with pytest.raises(IdpError, match="transaction_unknown"):
        world.logins.establish(world.transactions.load(login, HERE), None)


def test_login_proved_by_sunat_while_its_person_is_absorbed_is_the_kept_ones(
    world: World, joining: Joining
) -> None:
    login = world.park()
    proof = Proof("sol", person_id(world, SECOND), Mode.SUNAT, world.clock.now())
    world.transactions.record_proof(login.id, HERE, proof)
    kept = joining.merge(FIRST, SECOND, ORDER).kept
    session = world.logins.establish(world.transactions.load(login.id, HERE), None).session
    assert (session.person_id, session.sub) == (kept.id, kept.sub)


def test_session_that_begins_too_late_for_its_person_is_none(
    world: World, joining: Joining, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = world.park()
    absorbed = person_id(world, SECOND)
    proof = Proof("sol", absorbed, Mode.SUNAT, world.clock.now())
    world.transactions.record_proof(login.id, HERE, proof)
    start = world.sessions.start

    def start_late(*args: Any, **named: Any) -> Any:
        joining.merge(FIRST, SECOND, ORDER)
        return start(*args, **named)

    monkeypatch.setattr(world.sessions, "start", start_late)
    with pytest.raises(IdpError, match="transaction_unknown"):
        world.logins.establish(world.transactions.load(login.id, HERE), None)
    assert world.sessions.of_person(absorbed) == []


def test_link_of_before_another_human_had_the_user_lets_nobody_in(world: World) -> None:
    facts = UpstreamFacts(
        realm="sol", identifier=FIRST, usuario="IMPORTA1", ruc=RUC, name="IMPORTADORA",
        given_name="ANA", family_name="SINTÉTICA",
    )  # fmt: skip
    world.people.record_upstream_login(facts)
    token, _ = ask(world, FIRST)
    other, other_login = ask(world, FIRST)
    world.entry.enter(other, HERE, None)
    world.clock.advance(1)
    world.people.record_upstream_login(replace(facts, given_name="LUIS"))
    with pytest.raises(IdpError, match="link_unknown"):
        world.entry.enter(token, HERE, None)
    with pytest.raises(IdpError, match="transaction_unknown"):
        world.logins.establish(world.transactions.load(other_login, HERE), None)
    sent = len(world.outbox.sent)
    world.ask(typed(FIRST))
    world.work()
    assert len(world.outbox.sent) == sent
    assert world.events_of("link.not_eligible")[-1].details["reason"] == "unverified"


def test_link_of_before_a_merge_was_undone_lets_nobody_in(world: World, joining: Joining) -> None:
    joining.merge(FIRST, SECOND, ORDER)
    world.clock.advance(60)
    token, _ = ask(world, SECOND)
    world.clock.advance(1)
    joining.unmerge(SECOND, ORDER)
    with pytest.raises(IdpError, match="link_unknown"):
        world.entry.enter(token, HERE, None)


@pytest.mark.parametrize("word", ["inactive", "withdrawn", "not theirs"])
def test_link_of_before_a_system_said_otherwise_lets_nobody_in(world: World, word: str) -> None:
    """VUCE's own system: they are no user of it, or the mailbox is not theirs (by SCIM)."""
    token, _ = ask(world, FIRST)
    store = SqlPersonStore(world.database, vault_beside(world.database))
    person = store.get(person_id(world, FIRST))
    assert person is not None
    if word == "not theirs":
        store.drop_address(person.addresses[0].id)
        store.put_address(person.id, Address("adr_new", "otro@example.com", world.clock.now()))
    elif word == "inactive":
        store.update(replace(person, active=False))
    else:
        store.update(replace(person, withdrawn_at=world.clock.now()))
    assert world.entry.open(token, HERE).problem is Outcome.UNKNOWN
    with pytest.raises(IdpError, match="link_unknown"):
        world.entry.enter(token, HERE, None)
    with pytest.raises(IdpError, match="link_unknown"):
        world.elsewhere.enter(token, ELSEWHERE, None, "123456")
