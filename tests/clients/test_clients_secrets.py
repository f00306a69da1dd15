"""Client secrets: made, compared, replaced without an outage."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from idp.clients.client import Client, Secret
from idp.clients.secrets import PLACEHOLDER, PREFIX, new_secret, secret_matches
from idp.kernel.clock import FixedClock
from idp.kernel.random import SeededRandom

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _client(*secrets: Secret) -> Client:
    return Client(client_id="a", client_name="A", redirect_uris=(), secrets=secrets)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def test_new_secret_has_256_bits_and_its_own_hash() -> None:
    random = SeededRandom()
    secret, hashed = new_secret(random)
    assert len(secret) == 43
    assert hashed == "sha256:" + _hash(secret)
    assert new_secret(random)[0] != secret


MATCHES = {
    "right": ("viejo", True),
    "the other": ("nuevo", True),
    "wrong": ("otro", False),
    "empty": ("", False),
    "the hash itself": (_hash("viejo"), False),
    "hash with prefix": (PREFIX + _hash("viejo"), False),
    "lone surrogate": ("\ud800", False),
}


@pytest.mark.parametrize("case", MATCHES.values(), ids=MATCHES.keys())
def test_secret_matches_any_current_secret_and_nothing_else(case: tuple[str, bool]) -> None:
    presented, expected = case
    client = _client(Secret(_hash("viejo")), Secret(_hash("nuevo")))
    assert secret_matches(client, presented, NOW) is expected


def test_secret_matches_without_secrets_is_false() -> None:
    assert secret_matches(_client(), "", NOW) is False


def test_secret_matches_until_not_after_and_the_new_one_goes_on() -> None:
    clock = FixedClock(NOW)
    client = _client(Secret(_hash("viejo"), NOW + timedelta(hours=1)), Secret(_hash("nuevo")))
    clock.advance(3600)
    assert secret_matches(client, "viejo", clock.now())
    clock.advance(1)
    assert not secret_matches(client, "viejo", clock.now())
    assert secret_matches(client, "nuevo", clock.now())


def test_placeholder_is_the_hash_of_nothing_that_can_be_typed() -> None:
    client = _client(Secret(PLACEHOLDER))
    for guess in ("", "0", PLACEHOLDER, PREFIX + PLACEHOLDER, "sandbox"):
        assert not secret_matches(client, guess, NOW)


def test_client_as_text_hides_the_hash() -> None:
    assert _hash("viejo") not in repr(_client(Secret(_hash("viejo"))))
