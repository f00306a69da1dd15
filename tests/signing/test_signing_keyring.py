"""What the keyring publishes, and how it follows its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from signing_tokens import header_of, retire

from idp.kernel.clock import FixedClock
from idp.signing.generate import ensure_generated, generate
from idp.signing.key import KeyState
from idp.signing.keyring import OVERLAP, Keyring
from idp.signing.store import METADATA, KeyringError

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def test_jwks_holds_public_keys_with_what_relying_parties_choose_by(keyring: Keyring) -> None:
    keys = keyring.jwks()["keys"]
    assert [(one["kty"], one["alg"], one["use"]) for one in keys] == [
        ("RSA", "RS256", "sig"),
        ("EC", "ES256", "sig"),
    ]
    assert keys[1]["crv"] == "P-256"
    assert len({one["kid"] for one in keys}) == 2
    assert not any(PRIVATE & set(one) for one in keys)


def test_jwks_is_a_copy_that_a_caller_cannot_spoil(keyring: Keyring) -> None:
    keyring.jwks()["keys"][0]["kid"] = "otro"
    assert keyring.jwks()["keys"][0]["kid"] != "otro"


def test_jwks_publishes_the_next_key_which_does_not_sign_yet(
    keys_dir: Path, clock: FixedClock
) -> None:
    coming = generate(keys_dir, "ES256", clock=clock)
    assert coming.state is KeyState.NEXT
    keyring = Keyring.load(keys_dir, clock=clock)
    kids = [one["kid"] for one in keyring.jwks()["keys"]]
    assert kids[-1] == coming.kid
    assert len(kids) == 3
    assert header_of(keyring.sign({}, alg="ES256"))["kid"] != coming.kid


def test_jwks_publishes_a_retired_key_until_the_overlap_ends(
    keys_dir: Path, clock: FixedClock
) -> None:
    old = retire(keys_dir, "ES256", clock.now())
    ensure_generated(keys_dir, clock=clock)
    keyring = Keyring.load(keys_dir, clock=clock)
    clock.advance(OVERLAP - 1)
    assert [one["kid"] for one in keyring.jwks()["keys"]][-1] == old.kid
    clock.advance(1)
    assert old.kid not in [one["kid"] for one in keyring.jwks()["keys"]]
    assert keyring.algorithms == ("RS256", "ES256")


def test_reload_takes_up_new_keys_and_keeps_the_old_ones_when_it_cannot(
    keys_dir: Path, clock: FixedClock
) -> None:
    keyring = Keyring.load(keys_dir, clock=clock)
    coming = generate(keys_dir, "RS256", clock=clock)
    keyring.reload()
    assert coming.kid in [one["kid"] for one in keyring.jwks()["keys"]]
    (keys_dir / METADATA).write_text("{", encoding="utf-8")
    with pytest.raises(KeyringError):
        keyring.reload()
    assert coming.kid in [one["kid"] for one in keyring.jwks()["keys"]]
    assert keyring.verify(keyring.sign({"sub": "a"}, alg="RS256")) == {"sub": "a"}
