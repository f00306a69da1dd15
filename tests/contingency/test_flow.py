"""From the form to the proof, without pages: who is sent what, and what a link is good for."""

from __future__ import annotations

import contextlib

import pytest
from contingency_world import EXCLUDED, HERE, ISSUER, KNOWN, NOW, UNKNOWN, VISITOR, World

from idp.adapters.redis.transactions import transaction_key
from idp.contingency.service import DELIVER
from idp.contingency.visit import Gate, Visitor
from idp.jobs.registry import RetryLater
from idp.kernel.errors import IdpError
from idp.kernel.identity import Mode
from idp.kernel.ids import digest
from idp.links.ports import Outcome
from idp.mail.ports import RelayDeferred, RelayRefused

ELSEWHERE = digest("z" * 43)


def code_of(world: World, token: str, browser_hash: str | None = HERE) -> str:
    with pytest.raises(IdpError) as caught:
        world.entry.enter(token, browser_hash, None)
    return caught.value.code


def test_request_by_an_eligible_person_ends_in_a_proof_on_that_login(world: World) -> None:
    transaction = world.ask()
    world.work()
    assert world.entry.enter(world.mailed_token(), HERE, None) == transaction.id
    proof = world.transactions.load(transaction.id, HERE).proof
    assert proof is not None
    assert (proof.mode, proof.realm, proof.auth_time) == (Mode.CONTINGENCIA, "sol", NOW)
    person = world.people.get(proof.person_id)
    assert person is not None
    assert person.identifier == "20504774288:IMPORTA1"


def test_request_by_an_official_is_mailed_too(world: World) -> None:
    world.flag(up=False, realm="extranet")
    world.ask({"usuario": " ext0001 "}, transaction=world.park(realm="extranet"))
    world.work()
    assert [mail.to for mail in world.outbox.sent] == ["ext0001@example.com"]


@pytest.mark.parametrize("kind", EXCLUDED)
def test_request_by_an_excluded_person_mails_nobody_and_says_why_in_the_audit(
    world: World, kind: str
) -> None:
    world.ask(EXCLUDED[kind])
    world.work()
    assert world.outbox.sent == []
    refusal = world.events_of("link.not_eligible")
    expected = {
        "unknown": "new",
        "never logged in": "new",
        "no address": "no_address",
        "not verified": "unverified",
        "no consent": "no_consent",
    }
    assert [record.details["reason"] for record in refusal] == [expected[kind]]


def test_mail_names_who_where_and_until_when_and_its_link_is_the_issuers(world: World) -> None:
    transaction = world.ask()
    world.work()
    mail = world.outbox.sent[0]
    waiting = world.waiting_room.waiting(transaction.id, HERE)
    assert waiting is not None
    for part in (mail.content.text, mail.content.html):
        for words in (
            "IMPORTADORA SINTÉTICA S.A.C.", "20•••••••88", "Origen",
            "10:10 h del 23/11/2026", waiting.reference, f"{ISSUER}/ingreso/",
        ):  # fmt: skip
            assert words in part
    assert len(f"/ingreso/{world.mailed_token()}") < 120
    assert "20504774288" not in mail.content.text


def test_job_carries_no_address_no_link_and_nothing_typed(world: World) -> None:
    world.ask()
    name, payload, max_age = world.queue.held[0]
    # Longer than the link lives: a worker that comes too late says so.
    assert (name, max_age) == (DELIVER, 1_800 + 3_600)
    assert sorted(payload) == ["identifier", "link", "reference"]
    everything = str(payload)
    for secret in ("20504774288", "IMPORTA1", "@", "http", world.links.token_of(payload["link"])):
        assert secret not in everything


def test_job_is_alike_for_everybody(world: World) -> None:
    sizes = set()
    for number, typed in enumerate([KNOWN, *EXCLUDED.values()]):
        world.ask(typed, visitor=Visitor(f"198.51.{number}.0/24", None))
        _, payload, _ = world.queue.held[-1]
        sizes.add(tuple(len(value) for value in payload.values()))
    assert len(sizes) == 1


def test_redis_holds_nothing_that_was_typed(world: World) -> None:
    world.ask()
    client = world.redis.client
    readers = {
        "hash": client.hgetall, "string": client.get, "stream": client.xrange,
        "zset": lambda key: client.zrange(key, 0, -1),
    }  # fmt: skip
    for key in client.keys("*"):
        content = f"{key} {readers[client.type(key)](key)}"
        assert "20504774288" not in content
        assert "IMPORTA1" not in content


def test_deliver_again_after_a_crash_repeats_the_same_link(world: World) -> None:
    world.ask()
    payload = world.queue.held[0][1]
    accepted = world.links.accepted
    world.links.accepted = lambda *_, **__: (_ for _ in ()).throw(RuntimeError("killed"))  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        world.delivery(payload)
    first = world.mailed_token()
    world.links.accepted = accepted  # type: ignore[method-assign]
    world.clock.advance(30)
    world.delivery(payload)
    assert len(world.outbox.sent) == 2
    assert world.mailed_token() == first
    assert world.outbox.sent[0].message_id == world.outbox.sent[1].message_id


def test_deliver_again_after_acceptance_sends_nothing(world: World) -> None:
    world.ask()
    payload = world.queue.held[0][1]
    world.delivery(payload)
    world.delivery(payload)
    assert len(world.outbox.sent) == 1


def test_deliver_while_the_relay_defers_is_tried_again_and_prints_a_later_hour(
    world: World,
) -> None:
    world.ask()
    payload = world.queue.held[0][1]
    world.outbox.failure = RelayDeferred("451")
    with pytest.raises(RetryLater):
        world.delivery(payload)
    world.clock.advance(7 * 60)
    world.outbox.failure = None
    world.delivery(payload)
    assert "10:17 h del 23/11/2026" in world.outbox.sent[0].content.text
    assert [record.details["code"] for record in world.events_of("mail.deferred")] == ["451"]
    world.clock.advance(9 * 60 + 59)
    world.entry.enter(world.mailed_token(), HERE, None)


def test_deliver_when_the_link_hardly_makes_sense_any_more_sends_nothing(world: World) -> None:
    world.ask()
    world.clock.advance(28 * 60 + 1)
    world.work()
    assert world.outbox.sent == []
    assert [record.details["code"] for record in world.events_of("mail.refused")] == ["too_late"]


def test_deliver_to_a_refused_address_marks_it_undeliverable(world: World) -> None:
    world.outbox.failure = RelayRefused("550", recipient=True)
    world.ask()
    world.work()
    assert len(world.events_of("address.undeliverable")) == 1
    world.outbox.failure = None
    world.ask()
    world.work()
    assert world.outbox.sent == []
    assert world.events_of("link.not_eligible")[0].details["reason"] == "undeliverable"


def test_deliver_a_refused_message_leaves_the_address_alone(world: World) -> None:
    world.outbox.failure = RelayRefused("554", recipient=False)
    world.ask()
    world.work()
    assert world.events_of("address.undeliverable") == []
    assert len(world.events_of("mail.refused")) == 1


def test_deliver_with_a_foreign_seal_ends_without_a_mail(world: World) -> None:
    world.ask()
    payload = world.queue.held[0][1]
    world.delivery({**payload, "identifier": payload["identifier"][::-1]})
    assert world.outbox.sent == []
    assert world.events_of("link.not_eligible")[0].details["reason"] == "unreadable"


def test_enter_at_9_59_works_and_at_10_01_does_not(world: World) -> None:
    world.ask()
    world.work()
    early = world.mailed_token()
    world.ask()
    world.work()
    late = world.mailed_token()
    world.clock.advance(9 * 60 + 59)
    world.entry.enter(early, HERE, None)
    world.clock.advance(2)
    assert code_of(world, late) == "link_expired"


def test_enter_twice_is_refused_and_recorded(world: World) -> None:
    world.ask()
    world.work()
    world.entry.enter(world.mailed_token(), HERE, None)
    assert code_of(world, world.mailed_token()) == "link_used"
    assert [r.details["reason"] for r in world.events_of("link.refused")] == ["spent"]


@pytest.mark.parametrize("browser_hash", [ELSEWHERE, None], ids=["another", "none"])
def test_enter_in_another_browser_is_refused_and_leaves_the_link(
    world: World, browser_hash: str | None
) -> None:
    world.ask()
    world.work()
    token = world.mailed_token()
    assert world.entry.open(token, browser_hash).problem is Outcome.OTHER_BROWSER
    assert code_of(world, token, browser_hash) == "link_other_browser"
    world.entry.enter(token, HERE, None)


def test_open_in_another_browser_names_nobody(world: World) -> None:
    world.ask()
    world.work()
    opened = world.entry.open(world.mailed_token(), ELSEWHERE)
    assert (opened.name, opened.user) == ("", "")


def test_open_many_times_never_uses_the_link(world: World) -> None:
    world.ask()
    world.work()
    token = world.mailed_token()
    for browser in (None, ELSEWHERE, HERE) * 5:
        world.entry.open(token, browser)
    world.entry.enter(token, HERE, None)


def test_enter_after_the_flip_back_is_honoured(world: World) -> None:
    transaction = world.ask()
    world.work()
    world.flag(up=True)
    assert world.entry.open(world.mailed_token(), HERE).problem is None
    assert world.entry.enter(world.mailed_token(), HERE, None) == transaction.id


def test_enter_when_its_login_is_over_is_refused_and_leaves_the_link(world: World) -> None:
    transaction = world.ask()
    world.work()
    world.redis.client.delete(transaction_key(transaction.id))
    assert code_of(world, world.mailed_token()) == "link_expired"
    assert world.events_of("link.consumed") == []


def test_link_of_one_login_does_nothing_for_another(world: World) -> None:
    asked = world.ask()
    other = world.park()
    world.work()
    world.entry.enter(world.mailed_token(), HERE, None)
    assert world.transactions.load(asked.id, HERE).proof is not None
    assert world.transactions.load(other.id, HERE).proof is None


def test_link_sent_by_a_stranger_gives_the_victim_no_session(world: World) -> None:
    # The stranger asks in their own browser with the victim's RUC; the victim clicks.
    world.ask()
    world.work()
    victim = digest("v" * 43)
    assert code_of(world, world.mailed_token(), victim) == "link_other_browser"


def test_resend_supersedes_the_older_link_and_keeps_the_reference(world: World) -> None:
    transaction = world.ask()
    world.work()
    old, reference = world.mailed_token(), world.waiting_room.waiting(transaction.id, HERE)
    world.clock.advance(61)
    visit = world.contingency.visit(transaction.id, HERE)
    assert world.contingency.resend(visit, HERE, VISITOR)
    world.work()
    assert code_of(world, old) == "link_superseded"
    waiting = world.waiting_room.waiting(transaction.id, HERE)
    assert waiting is not None and reference is not None
    assert waiting.reference == reference.reference
    world.entry.enter(world.mailed_token(), HERE, None)


@pytest.mark.parametrize("typed", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_wait_for_another_link_doubles_and_has_an_end(world: World, typed: dict[str, str]) -> None:
    transaction = world.ask(typed)
    waits = []
    for _ in range(4):
        visit = world.contingency.visit(transaction.id, HERE)
        with pytest.raises(IdpError) as caught:
            world.contingency.resend(visit, HERE, VISITOR)
        waits.append(caught.value.retry_after)
        waiting = world.waiting_room.waiting(transaction.id, HERE)
        assert waiting is not None
        assert (waiting.again_at - world.clock.now()).total_seconds() == waits[-1]
        world.clock.advance(float(waits[-1] or 0))
        # Before a login that nobody goes on with ends.
        visit = world.contingency.visit(transaction.id, HERE)
        assert world.contingency.resend(visit, HERE, VISITOR)
    assert waits == [60, 120, 240, 480]


@pytest.mark.parametrize("typed", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_resend_within_a_minute_says_when(world: World, typed: dict[str, str]) -> None:
    transaction = world.ask(typed)
    world.clock.advance(20)
    visit = world.contingency.visit(transaction.id, HERE)
    with pytest.raises(IdpError) as caught:
        world.contingency.resend(visit, HERE, VISITOR)
    assert caught.value.code == "rate_limited"
    assert 40 <= (caught.value.retry_after or 0) <= 41


def test_open_expired_in_the_asking_browser_offers_another(world: World) -> None:
    transaction = world.ask()
    world.work()
    world.clock.advance(601)
    opened = world.entry.open(world.mailed_token(), HERE)
    assert (opened.problem, opened.resend_transaction) == (Outcome.EXPIRED, transaction.id)
    elsewhere = world.entry.open(world.mailed_token(), ELSEWHERE)
    assert elsewhere.resend_transaction is None
    visit = world.contingency.visit(transaction.id, HERE)
    assert world.contingency.resend(visit, HERE, VISITOR)
    world.work()
    world.entry.enter(world.mailed_token(), HERE, None)


def test_request_too_often_from_one_place_does_not_silence_the_owner_elsewhere(
    world: World,
) -> None:
    stranger = Visitor("192.0.2.0/24", None)
    with pytest.raises(IdpError) as caught:
        for _ in range(6):
            world.ask(visitor=stranger)
    assert caught.value.code == "rate_limited"
    assert caught.value.retry_after is not None
    world.work()
    world.ask()
    world.work()
    world.entry.enter(world.mailed_token(), HERE, None)
    assert [record.details["limit"] for record in world.events_of("limit.hit")] == [
        "contingency.person"
    ]


@pytest.mark.parametrize("typed", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_request_beyond_the_crowd_is_refused_for_known_and_unknown_alike(
    world: World, typed: dict[str, str]
) -> None:
    for number in range(10):
        world.ask(typed, visitor=Visitor(f"198.51.{number}.0/24", None))
        world.work()
    world.clock.advance(15 * 60)
    # Somewhere else a first one is still to be had, so that nobody is silenced by others.
    world.ask(typed, visitor=Visitor("198.51.100.0/24", None))
    with pytest.raises(IdpError) as caught:
        world.ask(typed, visitor=Visitor("198.51.100.0/24", None))
    assert (caught.value.code, caught.value.retry_after) == ("rate_limited", 900)


def test_request_of_a_recognised_browser_has_its_own_allowance(world: World) -> None:
    class Recognised:
        def recognise(self, cookie: str | None) -> str | None:
            return "brw_1" if cookie == "known" else None

    for number in range(40):
        world.clock.advance(1)
        world.ask(visitor=Visitor(f"198.51.{number}.0/24", None))
    world.contingency._allowance._browsers = Recognised()
    world.ask(visitor=Visitor("198.51.100.0/24", "known"))
    with pytest.raises(IdpError):
        world.ask(visitor=Visitor("198.51.100.0/24", "forged"))


def test_request_again_and_again_in_one_login_sends_no_more_than_the_crowd(world: World) -> None:
    transaction = world.park()
    for _ in range(20):
        for place in range(8):
            with contextlib.suppress(IdpError):
                world.ask(transaction=transaction, visitor=Visitor(f"198.51.{place}.0/24", None))
        world.clock.advance(61)
    # Ten, and one for each place that had none by then.
    assert 10 <= len(world.queue.held) <= 16


def test_request_sent_twice_by_a_double_click_asks_once_and_is_no_error(world: World) -> None:
    transaction = world.ask()
    again = world.ask(transaction=world.transactions.load(transaction.id, HERE))
    assert again.id == transaction.id
    assert len(world.queue.held) == 1
    world.clock.advance(60)
    world.ask(transaction=world.transactions.load(transaction.id, HERE))
    assert len(world.queue.held) == 2


def test_resend_pressed_impatiently_uses_up_nothing(world: World) -> None:
    transaction = world.ask()
    visit = world.contingency.visit(transaction.id, HERE)
    for _ in range(20):
        with pytest.raises(IdpError) as caught:
            world.contingency.resend(visit, HERE, VISITOR)
        assert caught.value.retry_after == 60
    world.clock.advance(60)
    assert world.contingency.resend(visit, HERE, VISITOR)


def test_visit_while_the_upstream_is_up_is_recovered(world: World) -> None:
    transaction = world.park()
    world.flag(up=True)
    assert world.contingency.visit(transaction.id, HERE).gate is Gate.RECOVERED


def test_visit_of_a_component_without_contingency_goes_elsewhere(world: World) -> None:
    from contingency_world import component

    world.components.clients["origen"] = component(allowed=False)
    transaction = world.park()
    assert world.contingency.visit(transaction.id, HERE).gate is Gate.ELSEWHERE


def test_visit_from_another_browser_is_refused(world: World) -> None:
    transaction = world.park()
    with pytest.raises(IdpError) as caught:
        world.contingency.visit(transaction.id, ELSEWHERE)
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({}, {"ruc", "usuario"}),
        ({"ruc": "20512333798", "usuario": "A"}, {"ruc"}),
        ({"ruc": "20504774288", "usuario": "con espacio"}, {"usuario"}),
        ({"ruc": "\uff120504774288", "usuario": "A"}, {"ruc"}),
        ({"ruc": "20504774288", "usuario": "A" * 21}, {"usuario"}),
    ],
    ids=["nothing", "check digit", "space", "full-width digits", "too long"],
)
def test_request_malformed_says_what_beside_each_field_and_asks_for_nothing(
    world: World, typed: dict[str, str], fields: set[str]
) -> None:
    visit = world.contingency.visit(world.park().id, HERE)
    result = world.contingency.request(visit, HERE, typed, VISITOR)
    assert set(result.errors) == fields
    assert result.values["ruc"] == typed.get("ruc", "")
    assert world.queue.held == []


def test_audit_and_stream_hold_no_personal_data(world: World) -> None:
    for typed in (KNOWN, *EXCLUDED.values()):
        world.ask(typed, visitor=Visitor("198.51.100.0/24", "cookie"))
    world.work()
    world.entry.open(world.mailed_token(), HERE)
    world.entry.enter(world.mailed_token(), HERE, None)
    everything = " ".join(record.to_json() for record in world.records())
    for personal in (
        "20504774288",
        "IMPORTA1",
        "example.com",
        "SINTÉTICA",
        "198.51",
        "20999999990",
    ):
        assert personal not in everything


def test_two_first_requests_of_one_login_at_once_mail_the_link_that_counts(world: World) -> None:
    parked = world.park()
    # Both pages were loaded before either form arrived.
    visits = [world.contingency.visit(parked.id, HERE) for _ in range(2)]
    for visit in visits:
        assert not world.contingency.request(visit, HERE, KNOWN, VISITOR).errors
    world.clock.advance(20)
    world.work()
    assert len(world.outbox.sent) == 1
    assert world.entry.enter(world.mailed_token(), HERE, None) == parked.id
