"""The life of a link, on a real Valkey."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.links import RedisLinks
from idp.adapters.sql.audit import SqlAuditStore
from idp.adapters.sql.database import Database
from idp.adapters.sql.spent_links import SqlSpentLinks
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.random import SystemRandom
from idp.links.link import Link, LinkState
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


def test_create_again_supersedes_the_older_link(links: Links, clock: FixedClock) -> None:
    old = sent(links, clock)
    new = sent(links, clock)
    assert code_of(links, old) == "link_superseded"
    assert links.consume(new, HERE).person_id == "per_1"


def test_assign_a_superseded_link_is_refused(links: Links) -> None:
    old = ask(links)
    ask(links)
    assert not links.assign(old.id, "per_1")


def test_assign_twice_keeps_the_first_person(links: Links) -> None:
    link = ask(links)
    assert links.assign(link.id, "per_1")
    assert links.assign(link.id, "per_1")
    assert not links.assign(link.id, "per_2")
    stored = links.get(link.id)
    assert stored is not None
    assert (stored.state, stored.person_id) == (LinkState.LIVE, "per_1")


def test_create_within_the_gap_says_how_long_to_wait(links: Links, clock: FixedClock) -> None:
    ask(links)
    clock.advance(45)
    with pytest.raises(IdpError) as caught:
        ask(links, gap=60)
    assert caught.value.code == "rate_limited"
    assert 15 <= (caught.value.retry_after or 0) <= 16
    clock.advance(16)
    ask(links, gap=60)


def test_create_a_sixth_for_one_identifier_is_refused_until_the_first_ends(
    links: Links, clock: FixedClock
) -> None:
    for number in range(5):
        ask(links, f"txn{number}")
        clock.advance(1)
    with pytest.raises(IdpError) as caught:
        ask(links, "txn5")
    assert 1_790 < (caught.value.retry_after or 0) <= 1_800
    ask(links, "txn4")  # asking again in the same login takes the older one's place
    ask(links, "txn5", who="somebody else")
    ask(links, "txn6", pool="brw_known")
    clock.advance(1_796)
    ask(links, "txn5")


def test_create_for_a_full_identifier_takes_from_the_greediest_origin(
    links: Links, clock: FixedClock
) -> None:
    greedy = []
    for number in range(5):
        greedy.append(ask(links, f"txn{number}", origin="greedy"))
        clock.advance(1)
    owner = ask(links, "owner", origin="owner")
    states = [stored.state for one in greedy if (stored := links.get(one.id))]
    assert states == [LinkState.SUPERSEDED, *[LinkState.ASKED] * 4]
    with pytest.raises(IdpError):
        ask(links, "txn9", origin="greedy")
    stored = links.get(owner.id)
    assert stored is not None
    assert stored.state is LinkState.ASKED


def test_create_from_many_origins_gains_no_more_than_the_cap(links: Links) -> None:
    for number in range(5):
        ask(links, f"txn{number}", origin=f"place {number}")
    with pytest.raises(IdpError):
        ask(links, "txn5", origin="place 5")


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
