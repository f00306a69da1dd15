"""What a silent login costs: counted where each cost arises, with counters that are proven."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import redis.connection
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import ECKey, RSAKey
from relying_party import RelyingParty
from sqlalchemy import Engine, event

from idp.kernel.identity import Mode
from idp.signing.keyring import Keyring
from tests.support.world import World

PEM_LOADERS = (
    "load_pem_private_key", "load_pem_public_key", "load_der_private_key", "load_der_public_key",
)  # fmt: skip


class CountingKey:
    """A private key that counts its signatures."""

    def __init__(self, key: Any, costs: Counter[str]) -> None:
        self._key = key
        self._costs = costs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._key, name)

    def sign(self, *args: Any) -> bytes:
        self._costs["signatures"] += 1
        signature: bytes = self._key.sign(*args)
        return signature


def count_signatures(costs: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (RSAKey, ECKey):
        plain = kind.get_op_key

        def counted(self: Any, operation: str, plain: Any = plain) -> Any:
            key = plain(self, operation)
            return CountingKey(key, costs) if operation == "sign" else key

        monkeypatch.setattr(kind, "get_op_key", counted)


def count_parsing(costs: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a library took the function by its name before us."""
    for name in PEM_LOADERS:
        plain = getattr(serialization, name)

        def counted(*args: Any, plain: Any = plain, **kwargs: Any) -> Any:
            costs["parsed keys"] += 1
            return plain(*args, **kwargs)

        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get(name) is plain:
                monkeypatch.setattr(module, name, counted)


def count_redis(costs: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each write to the socket waits for its answers: a command, a script, a whole pipeline."""
    plain = redis.connection.AbstractConnection.send_packed_command

    def counted(self: Any, command: Any, *args: Any, **kwargs: Any) -> Any:
        costs["redis"] += 1
        return plain(self, command, *args, **kwargs)

    monkeypatch.setattr(redis.connection.AbstractConnection, "send_packed_command", counted)


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Counted from here on, wherever in the process it happens."""
    costs: Counter[str] = Counter()
    count_signatures(costs, monkeypatch)
    count_parsing(costs, monkeypatch)
    count_redis(costs, monkeypatch)

    def counted(*args: Any) -> None:
        costs["sql"] += 1

    event.listen(Engine, "before_cursor_execute", counted)
    yield costs
    event.remove(Engine, "before_cursor_execute", counted)


@pytest.mark.parametrize("client_id", ["mr", "origen", "spa"])
@pytest.mark.parametrize("mode", list(Mode))
def test_silent_login_costs_three_round_trips_one_signature_and_no_sql(
    world: World, costs: Counter[str], client_id: str, mode: Mode
) -> None:
    component = RelyingParty.logged_in(world, client_id, mode)
    component.tokens()  # a new process connects and loads its scripts once
    world.clock.advance(31)  # so that the session's last use is written anew
    costs.clear()

    component.tokens()

    assert costs["redis"] <= 3
    assert dict(costs) == {"redis": costs["redis"], "signatures": 1}


def test_counter_of_redis_sees_commands_pipelines_and_scripts(
    world: World, costs: Counter[str]
) -> None:
    gateway = world.services.redis
    gateway.ping()
    script = gateway.script("return 1")
    script([], [])
    costs.clear()
    gateway.ping()
    gateway.pipeline(lambda pipe: [pipe.set("a", 1), pipe.set("b", 2)])
    script([], [])
    assert costs == {"redis": 3}


def test_counter_of_sql_sees_a_login(world: World, costs: Counter[str]) -> None:
    person = world.person()
    costs.clear()
    world.log_in(world.browser(), person)
    assert costs["sql"] >= 1


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_counter_of_signatures_sees_each(world: World, costs: Counter[str], alg: str) -> None:
    costs.clear()
    for _ in range(2):
        world.services.keyring.sign({"sub": "x"}, alg=alg)
    assert costs == {"signatures": 2}


def test_counter_of_parsing_sees_each_key_of_a_keyring(world: World, costs: Counter[str]) -> None:
    costs.clear()
    Keyring.load(world.settings.keys_dir, clock=world.clock)
    assert costs["parsed keys"] >= 2
