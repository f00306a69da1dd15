"""What was typed, on its way to the worker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.contingency.sealing import SealBroken, Sealing
from idp.kernel.identity import Identifier
from idp.kernel.random import SystemRandom

SEALING = Sealing(key=b"s" * 32, random=SystemRandom())


@given(st.sampled_from(["sol", "extranet"]), st.text("ABC0123456789:", min_size=1, max_size=40))
def test_unseal_returns_what_was_sealed(realm: str, value: str) -> None:
    assert SEALING.unseal(SEALING.seal(Identifier(realm, value))) == Identifier(realm, value)


def test_seal_twice_differs_and_has_one_length() -> None:
    seals = {SEALING.seal(Identifier("sol", "20504774288:A" + "B" * n)) for n in (0, 0, 19)}
    assert len(seals) == 3
    assert len({len(seal) for seal in seals}) == 1


@given(st.text() | st.binary().map(lambda raw: raw.hex()))
def test_unseal_rubbish_is_refused(text: str) -> None:
    with pytest.raises(SealBroken):
        SEALING.unseal(text)


def test_unseal_with_another_key_is_refused() -> None:
    other = Sealing(key=b"t" * 32, random=SystemRandom())
    with pytest.raises(SealBroken):
        other.unseal(SEALING.seal(Identifier("sol", "20504774288:A")))
