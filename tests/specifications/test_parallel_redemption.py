"""Single use under parallel redemption: of 32 that try at once, exactly one wins, 1,000 times.

Where it is decided (a script in Valkey, a statement in SQL), and by HTTP in front of it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.adapters.redis.access_tokens import RedisAccessTokens
from idp.adapters.redis.codes import RedisCodes
from idp.adapters.redis.connection import RedisGateway
from idp.adapters.redis.pushed import RedisPushedRequests
from idp.adapters.redis.spent_ids import RedisSpentIds
from idp.adapters.sql.database import Database
from idp.adapters.sql.refresh_tokens import SqlRefreshTokens
from idp.audit.log import Audit
from idp.audit.records import AuditRecord
from idp.kernel.clock import FixedClock
from idp.oidc.ports import Family, PushedRequest, Redemption, Refusal, Refused
from idp.oidc.records import CodeRecord, Grant
from tests.support.components import Party, Proof
from tests.support.world import World, query_of

ROUNDS, PARALLEL = 1_000, 32


@pytest.fixture
def race() -> Iterator[Callable[[Callable[[], object]], Counter[object]]]:
    """Calls something 32 times at once; what came back, counted."""
    barrier = threading.Barrier(PARALLEL)

    def one(attempt: Callable[[], object]) -> object:
        barrier.wait(30)
        return attempt()

    with ThreadPoolExecutor(PARALLEL) as pool:
        yield lambda attempt: Counter(pool.map(one, [attempt] * PARALLEL))


Race = Callable[[Callable[[], object]], Counter[object]]


@pytest.fixture
def entry(clock: FixedClock) -> AuditRecord:
    from typing import cast

    from idp.audit.ports import AuditStore
    from idp.kernel.random import SeededRandom

    log = Audit(store=cast(AuditStore, None), clock=clock, random=SeededRandom(1))
    return log.entry("code.issued", sid="ses_1")


def code(grant: str, clock: FixedClock) -> CodeRecord:
    return CodeRecord(
        client_id="mr", scope="openid", grant_id=grant, sub="s", sid="sid", session="ses_1",
        redirect_uri="https://mr.example/", nonce=None, code_challenge="c",
        expires_at=clock.timestamp() + 60,
    )  # fmt: skip


def test_code_is_redeemed_once(
    gateway: RedisGateway, clock: FixedClock, entry: AuditRecord, race: Race
) -> None:
    """RFC 6749 §4.1.2; and the others revoke what the winner was given."""
    codes = RedisCodes(gateway, marker_ttl=600, session_ttl=600)
    access = RedisAccessTokens(gateway, mark_ttl=600)
    for number in range(ROUNDS):
        codes.issue(f"c{number}", code(f"g{number}", clock), None, None, entry)
        attempt = Redemption(
            code_digest=f"c{number}", client_id="mr", redirect_uri="https://mr.example/",
            challenge="c", access_digest=f"a{number}", access_ttl=600, jkt=None,
            now=clock.timestamp(),
        )  # fmt: skip

        def redeem(attempt: Redemption = attempt) -> object:
            found = codes.redeem(attempt, entry)
            return found.why if isinstance(found, Refused) else "redeemed"

        assert race(redeem) == {"redeemed": 1, Refusal.REPLAYED: PARALLEL - 1}
        assert access.get(f"a{number}", clock.timestamp()) is None


def test_pushed_request_is_answered_once(
    gateway: RedisGateway, clock: FixedClock, entry: AuditRecord, race: Race
) -> None:
    """RFC 9126 §7.3: by one code, however many tabs it was begun in."""
    codes, pushed = (
        RedisCodes(gateway, marker_ttl=600, session_ttl=600),
        RedisPushedRequests(gateway),
    )
    for number in range(ROUNDS):
        pushed.add(f"p{number}", PushedRequest("mr", (), clock.timestamp() + 90), 90)
        tries = iter(range(PARALLEL))

        def answer(number: int = number, tries: Iterator[int] = tries) -> bool:
            name = f"{number}-{next(tries)}"
            return codes.issue(name, code(name, clock), None, f"p{number}", entry)

        assert race(answer) == {True: 1, False: PARALLEL - 1}


def test_jti_counts_once(gateway: RedisGateway, race: Race) -> None:
    """RFC 7523 §3(7), RFC 9449 §11.1."""
    spent = RedisSpentIds(gateway)
    for number in range(ROUNDS):
        assert race(lambda jti=f"j{number}": spent.spend("dpop", jti, 60)) == {  # type: ignore[misc]
            True: 1,
            False: PARALLEL - 1,
        }


def test_refresh_token_is_rotated_once(
    database: Database, database_url: str, clock: FixedClock, race: Race
) -> None:
    """RFC 9700 §4.14.2."""
    store, now = SqlRefreshTokens(database), clock.now()
    # SQLite lets one writer in at a time: fewer rounds show as much.
    for number in range(ROUNDS if database_url.startswith("postgresql") else 200):
        grant = Grant(client_id="mr", scope="openid", grant_id=f"g{number}", sub="s")
        family = Family(grant=grant, created_at=now, expires_at=now + timedelta(days=1))
        store.add(family, f"t{number}")
        tries = iter(range(PARALLEL))

        def rotate(number: int = number, tries: Iterator[int] = tries) -> bool:
            return store.rotate(f"t{number}", f"t{number}-{next(tries)}", now, 0)

        assert race(rotate) == {True: 1, False: PARALLEL - 1}


def test_code_and_refresh_token_by_http(provider: World, race: Race) -> None:
    renueva = Party.logged_in(provider, "renueva")
    for _ in range(10):
        code = renueva.code()
        assert race(lambda code=code: renueva.redeem(code).status_code) == {  # type: ignore[misc]
            200: 1,
            400: PARALLEL - 1,
        }
        token = renueva.tokens()["refresh_token"]
        assert race(lambda token=token: renueva.refresh(token).status_code) == {  # type: ignore[misc]
            200: 1,
            400: PARALLEL - 1,
        }


def test_assertion_and_proof_by_http(provider: World, race: Race) -> None:
    llave, atado = (Party.logged_in(provider, one) for one in ("llave", "atado"))
    for _ in range(5):
        assertion = llave.by_assertion()
        seen = race(
            lambda fields=assertion: llave.post("/revoke", {"token": "x"}, **fields).status_code
        )  # type: ignore[misc]
        assert seen == {200: 1, 401: PARALLEL - 1}
        uri = atado.push(prompt="none").json["request_uri"]
        answers = race(
            lambda uri=uri: "code" in query_of(atado.begin(uri).headers.get("Location", ""))  # type: ignore[misc]
        )
        assert answers == {True: 1, False: PARALLEL - 1}
        token = atado.redeem(
            atado.code(), headers={"DPoP": Proof().make(provider, "POST", "/token")}
        ).json["access_token"]
        proof = Proof().make(provider, "GET", "/userinfo", token)
        used = race(lambda token=token, proof=proof: atado.userinfo(token, proof).status_code)  # type: ignore[misc]
        assert used == {200: 1, 401: PARALLEL - 1}
