"""The life of a link, on a real Valkey."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.adapters.redis.audit_stream import STREAM
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.links import RedisLinks
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.spent_links import SqlSpentLinks
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.ids import digest
from idp.kernel.random import SystemRandom
from idp.links.link import Link, LinkState
from idp.links.ports import TRIES_EACH, TRIES_IN_ALL, Attempt, Outcome, Way
from idp.links.service import Links

HERE, THERE = "b" * 64, "c" * 64


@pytest.fixture
def audit(database: Database, clock: FixedClock) -> Audit:
    return Audit(store=SqlAuditStore(database), clock=clock, random=SystemRandom())


@pytest.fixture
def links(gateway: RedisGateway, clock: FixedClock, database: Database, audit: Audit) -> Links:
    random = SystemRandom()
    return Links(
        store=RedisLinks(gateway),
        spent=SqlSpentLinks(database),
        uow=database,
        audit=audit,
        clock=clock,
        random=random,
        key=b"l" * 32,
        ttl=600,
        max_age=1_800,
    )


def ask(links: Links, transaction: str = "txn", who: str = "who", **more: object) -> Link:
    return links.create(
        transaction_id=transaction,
        browser_hash=HERE,
        realm="sol",
        identifier_digest=who,
        sealed="sealed",
        client_id="origen",
        **more,
    )


def sent(links: Links, clock: FixedClock, transaction: str = "txn") -> str:
    link = ask(links, transaction)
    assert links.assign(link.id, "per_1")
    links.accepted(link.id, clock.now())
    return links.token_of(link.id)


def code_of(links: Links, token: str, browser: str = HERE) -> str:
    with pytest.raises(IdpError) as caught:
        links.consume(token, browser)
    return caught.value.code


def test_get_returns_what_was_created(links: Links) -> None:
    link = ask(links)
    assert links.get(link.id) == link


def test_token_of_a_link_is_the_same_each_time_and_short(links: Links) -> None:
    link = ask(links)
    token = links.token_of(link.id)
    assert token == links.token_of(link.id)
    assert len("/ingreso/" + token) < 120


def test_consume_at_9_59_works_and_at_10_01_does_not(links: Links, clock: FixedClock) -> None:
    early, late = sent(links, clock, "one"), sent(links, clock, "two")
    clock.advance(9 * 60 + 59)
    assert links.consume(early, HERE).person_id == "per_1"
    clock.advance(2)
    assert code_of(links, late) == "link_expired"


def test_consume_after_a_late_delivery_ends_with_the_total_bound(
    links: Links, clock: FixedClock
) -> None:
    link = ask(links)
    links.assign(link.id, "per_1")
    clock.advance(25 * 60)
    promised = links.promised_until(link)
    links.accepted(link.id, clock.now())
    stored = links.get(link.id)
    assert stored is not None
    assert promised == stored.expires_at == links.bound(link)
    clock.advance(4 * 60 + 59)
    assert links.consume(links.token_of(link.id), HERE).id == link.id


def test_expiry_is_never_before_the_hour_that_the_mail_printed(
    links: Links, clock: FixedClock
) -> None:
    link = ask(links)
    links.assign(link.id, "per_1")
    for _ in range(12):
        promised = links.promised_until(link)
        clock.advance(9)  # the relay takes its time
        links.accepted(link.id, clock.now())
        stored = links.get(link.id)
        assert stored is not None
        assert stored.expires_at >= promised
        clock.advance(150)


def test_consume_twice_refuses_the_second(links: Links, clock: FixedClock, audit: Audit) -> None:
    token = sent(links, clock)
    links.consume(token, HERE)
    assert code_of(links, token) == "link_used"
    assert [record.event for record in audit.search(AuditFilter())] == ["link.consumed"]


def test_consume_64_times_in_parallel_has_one_winner(
    links: Links, clock: FixedClock, audit: Audit
) -> None:
    token = sent(links, clock)

    def attempt(_: int) -> str:
        try:
            links.consume(token, HERE)
        except IdpError as error:
            return error.code
        return "won"

    with ThreadPoolExecutor(64) as pool:
        outcomes = list(pool.map(attempt, range(64)))
    assert outcomes.count("won") == 1
    assert outcomes.count("link_used") == 63
    assert len(audit.search(AuditFilter())) == 1


def test_consume_in_another_browser_leaves_it_whole(links: Links, clock: FixedClock) -> None:
    token = sent(links, clock)
    assert code_of(links, token, THERE) == "link_other_browser"
    assert links.consume(token, HERE).person_id == "per_1"


def test_consume_with_sql_away_gives_the_link_back(
    links: Links, clock: FixedClock, database: Database, audit: Audit
) -> None:
    token = sent(links, clock)

    def rename(old: str, new: str) -> None:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")

    rename("audit_log", "audit_log_away")
    with pytest.raises(Unavailable):
        links.consume(token, HERE)
    rename("audit_log_away", "audit_log")
    assert links.consume(token, HERE).person_id == "per_1"
    assert len(audit.search(AuditFilter())) == 1


def test_consume_after_redis_forgot_the_use_is_still_refused(
    links: Links, clock: FixedClock, gateway: RedisGateway
) -> None:
    token = sent(links, clock)
    key = next(one for one in gateway.client.keys("idp:links:*") if len(one) == 74)
    before = gateway.client.hgetall(key)
    links.consume(token, HERE)
    gateway.client.hset(key, mapping=before)  # a fail-over to a replica that lagged
    assert code_of(links, token) == "link_used"


def test_consume_a_link_that_nobody_was_meant_to_get_is_unknown(links: Links) -> None:
    link = ask(links)
    assert code_of(links, links.token_of(link.id)) == "link_unknown"
    assert links.by_token(links.token_of(link.id)) is None


def test_superseded_link_leaves_the_newer_one_whole(links: Links, clock: FixedClock) -> None:
    older = ask(links)
    links.assign(older.id, "per_1")
    old, new = links.token_of(older.id), sent(links, clock)
    links.supersede(older.id)
    assert code_of(links, old) == "link_superseded"
    assert links.consume(new, HERE).person_id == "per_1"


def test_assign_a_superseded_link_is_refused(links: Links) -> None:
    old = ask(links)
    links.supersede(old.id)
    assert not links.assign(old.id, "per_1")


def test_supersede_a_link_that_was_lost_brings_no_record_back(
    links: Links, gateway: RedisGateway
) -> None:
    links.supersede("lnk_lost")
    assert gateway.client.keys("*") == []


def test_withdrawn_link_is_refused_and_on_record_once(
    links: Links, clock: FixedClock, gateway: RedisGateway
) -> None:
    token = sent(links, clock)
    link = links.by_token(token)
    assert link is not None
    assert [links.withdraw(link.id) for _ in range(2)] == [True, False]
    assert code_of(links, token) == "link_withdrawn"
    assert links.problem(links.by_token(token), HERE) is Outcome.WITHDRAWN
    entries = [fields["record"] for _, fields in gateway.client.xrange(STREAM)]
    assert sum("link.withdrawn" in one for one in entries) == 1


@pytest.mark.parametrize("before", ["spent", "superseded", "lost"])
def test_withdrawing_a_link_that_is_over_changes_nothing(
    links: Links, clock: FixedClock, before: str
) -> None:
    token = sent(links, clock)
    link = links.by_token(token)
    assert link is not None
    if before == "spent":
        links.consume(token, HERE)
    elif before == "superseded":
        links.supersede(link.id)
    assert not links.withdraw("lnk_lost" if before == "lost" else link.id)
    found = links.by_token(token)
    assert found is not None
    assert found.state.value == ("live" if before == "lost" else before)


def test_withdrawn_link_is_meant_for_nobody_any_more(links: Links) -> None:
    link = ask(links)
    assert links.withdraw(link.id)
    assert not links.assign(link.id, "per_1")


def test_assign_twice_keeps_the_first_person(links: Links) -> None:
    link = ask(links)
    assert links.assign(link.id, "per_1")
    assert links.assign(link.id, "per_1")
    assert not links.assign(link.id, "per_2")
    stored = links.get(link.id)
    assert stored is not None
    assert (stored.state, stored.person_id) == (LinkState.LIVE, "per_1")


def test_create_a_sixth_from_one_origin_is_refused_until_the_first_ends(
    links: Links, clock: FixedClock
) -> None:
    for number in range(5):
        ask(links, f"txn{number}")
        clock.advance(1)
    for transaction in ("txn5", "txn4"):  # asking again in the same login counts as well
        with pytest.raises(IdpError) as caught:
            ask(links, transaction)
        assert 1_790 < (caught.value.retry_after or 0) <= 1_800
    ask(links, "txn5", who="somebody else")
    ask(links, "txn6", pool="brw_known")
    clock.advance(1_796)
    ask(links, "txn5")


def test_create_in_a_crowd_is_for_origins_that_hold_none(links: Links) -> None:
    for number in range(10):
        ask(links, f"txn{number}", origin=f"place {number % 2}")
    owner = ask(links, "owner", origin="owner")
    with pytest.raises(IdpError):
        ask(links, "again", origin="owner")
    # Nobody's asking ends anybody else's link.
    states = {stored.state for stored in (links.get(owner.id),) if stored}
    assert states == {LinkState.ASKED}


def test_create_from_many_origins_ends_at_the_most(links: Links) -> None:
    for number in range(40):
        ask(links, f"txn{number}", origin=f"place {number}")
    with pytest.raises(IdpError):
        ask(links, "txn40", origin="place 40")


def test_link_of_another_login_stays_whole_whoever_asks(links: Links, clock: FixedClock) -> None:
    token = sent(links, clock)
    for number in range(30):
        with contextlib.suppress(IdpError):
            ask(links, f"stranger{number}", origin=f"place {number % 4}")
    assert links.consume(token, HERE).person_id == "per_1"


@pytest.mark.parametrize("replaced", [True, False])
def test_link_given_back_lives_again_unless_a_newer_one_took_its_place(
    links: Links, clock: FixedClock, gateway: RedisGateway, replaced: bool
) -> None:
    old = sent(links, clock)
    store = RedisLinks(gateway)
    _, spent = store.consume(digest(old), Attempt(Way.BUTTON, HERE), clock.now())
    assert spent is not None
    if replaced:
        links.supersede(spent.id)
    store.give_back(digest(old))
    stored = links.get(spent.id)
    assert stored is not None
    assert stored.state is (LinkState.SUPERSEDED if replaced else LinkState.LIVE)


def test_create_is_refused_alike_whether_links_were_used_or_not(
    links: Links, clock: FixedClock
) -> None:
    for number in range(5):
        token = sent(links, clock, f"txn{number}")
        links.consume(token, HERE)
    with pytest.raises(IdpError) as caught:
        ask(links, "txn5")
    assert caught.value.code == "rate_limited"


def test_store_keeps_no_token(links: Links, clock: FixedClock, gateway: RedisGateway) -> None:
    token = sent(links, clock)
    for key in gateway.client.keys("*"):
        assert token not in key
        if gateway.client.type(key) == "hash":
            assert token not in str(gateway.client.hgetall(key))


def known_and_sent(links: Links, clock: FixedClock) -> str:
    link = ask(links)
    assert links.assign(link.id, "per_1", known=True)
    links.accepted(link.id, clock.now())
    return links.token_of(link.id)


def test_link_used_in_three_ways_at_once_is_used_once(links: Links, clock: FixedClock) -> None:
    token = known_and_sent(links, clock)
    ways = [
        (HERE, Way.BUTTON, ""),
        (THERE, Way.HERE, links.code(token, Way.HERE)),
        (HERE, Way.THERE, links.code(token, Way.THERE)),
    ] * 8

    def attempt(way: tuple[str, Way, str]) -> bool:
        with contextlib.suppress(IdpError):
            links.consume(token, *way)
            return True
        return False

    with ThreadPoolExecutor(24) as pool:
        assert sum(pool.map(attempt, ways)) == 1


def test_code_of_one_way_is_none_of_the_other(links: Links, clock: FixedClock) -> None:
    token = known_and_sent(links, clock)
    here, there = links.code(token, Way.HERE), links.code(token, Way.THERE)
    assert (len(here), len(there)) == (6, 8)
    for way, code in ((Way.HERE, there[:6]), (Way.THERE, here + "00"), (Way.HERE, "")):
        if code not in (here, there):
            with pytest.raises(IdpError) as caught:
                links.consume(token, HERE, way, code)
            assert caught.value.code == "code_wrong"


def test_wrong_codes_at_once_are_never_more_than_the_tries(links: Links, clock: FixedClock) -> None:
    token = known_and_sent(links, clock)
    wrong = str((int(links.code(token, Way.HERE)) + 1) % 10**6).zfill(6)

    def attempt(number: int) -> str:
        with pytest.raises(IdpError) as caught:
            links.consume(token, f"{number % 4:064}", Way.HERE, wrong)
        return caught.value.code

    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(attempt, range(64)))
    assert codes.count("code_wrong") == TRIES_IN_ALL
    assert codes.count("code_closed") == 64 - TRIES_IN_ALL


def test_asking_browser_is_told_of_its_own_wrong_codes_only(
    links: Links, clock: FixedClock
) -> None:
    token = known_and_sent(links, clock)
    for number in range(TRIES_IN_ALL):
        with pytest.raises(IdpError):
            links.consume(token, f"{number // 3:064}", Way.HERE, "")
    assert links.code_open(token, HERE)
    assert not links.code_open(token, THERE)
    # The tries of all are used up: not even the right code works, and the answer is as for a wrong
    # one until this browser's own are used up too.
    answers = []
    for _ in range(TRIES_EACH + 1):
        with pytest.raises(IdpError) as caught:
            links.consume(token, HERE, Way.THERE, links.code(token, Way.THERE))
        answers.append(caught.value.code)
    assert answers == ["code_wrong"] * TRIES_EACH + ["code_closed"]
    assert not links.code_open(token, HERE)
    assert links.consume(token, HERE).person_id == "per_1"


def test_codes_of_a_link_that_was_lost_bring_no_record_back(
    links: Links, gateway: RedisGateway
) -> None:
    link = ask(links)
    token = links.token_of(link.id)
    gateway.client.flushall()
    with pytest.raises(IdpError):
        links.consume(token, HERE, Way.THERE, "12345678")
    assert links.code_open(token, HERE, hit=True)
    assert gateway.client.keys("*") == []


def test_eight_digits_of_a_link_whose_browser_is_not_known_are_refused_by_the_store(
    links: Links, clock: FixedClock
) -> None:
    """The last line of defence: whoever asks, and however right the code is."""
    token = sent(links, clock)
    with pytest.raises(IdpError) as caught:
        links.consume(token, HERE, Way.THERE, links.code(token, Way.THERE))
    assert caught.value.code == "code_wrong"
    assert links.consume(token, HERE).person_id == "per_1"


def test_code_is_tried_by_as_many_commands_whatever_became_of_the_link(
    links: Links, clock: FixedClock, gateway: RedisGateway
) -> None:
    """What a try costs Redis must not tell that a mail left."""
    mailed, nobodys = sent(links, clock, "one"), links.token_of(ask(links, "two", "else").id)
    gateway.client.config_resetstat()

    def commands(token: str) -> dict[str, int]:
        gateway.client.config_resetstat()
        with pytest.raises(IdpError):
            links.consume(token, HERE, Way.THERE, "0")
        stats = gateway.client.info("commandstats")
        return {name: one["calls"] for name, one in stats.items() if "_h" in name}

    commands(mailed)
    assert commands(mailed) == commands(nobodys)


def test_forgetting_an_identifier_removes_its_links_in_every_pool_alone(
    links: Links, clock: FixedClock, gateway: RedisGateway
) -> None:
    for transaction, pool in (("t1", ""), ("t2", "brw_1")):
        ask(links, transaction, "who", pool=pool)
    other = ask(links, "t3", "else")
    assert links.forget("who") == 2
    assert links.forget("who") == 0
    assert links.get(other.id) is not None
    assert list(gateway.client.scan_iter("*who*")) == []
