"""No relying party with a cached key set meets a `kid` that it does not know, whenever we rotate."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from signing_tokens import header_of

from idp.kernel.clock import FixedClock
from idp.settings import SettingsError, load
from idp.signing.generate import ensure_generated
from idp.signing.key import KeyState
from idp.signing.keyring import Keyring
from idp.signing.rotation import CACHED, LONGEST_TOKEN, NotYet, revoke, rotate
from idp.signing.store import read_records
from tests.support.installation import environment_of
from tests.support.world import START, World

HOUR = 3_600
# What may happen, and the hours that go by before it. Rotations are refused when it is too soon.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["rotate", "rotate", "look", "next leaks", "retired leaks"]),
        st.one_of(st.integers(0, 30), st.sampled_from([23, 24, 143, 144, 168, 169, 2_160])),
    ),
    min_size=3,
    max_size=14,
)


@dataclass
class Witness:
    """Everything that was published and signed, and when."""

    key_sets: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    tokens: list[tuple[datetime, str]] = field(default_factory=list)

    def look(self, folder: Path, clock: FixedClock) -> None:
        keyring = Keyring.load(folder, clock=clock)
        self.key_sets.append((clock.now(), keyring.jwks()))
        self.tokens.append((clock.now(), keyring.sign({"sub": "s"}, alg="ES256")))

    def must_fit(self, life: timedelta, cached: timedelta) -> list[tuple[str, dict[str, Any]]]:
        """Each token with each key set that a relying party may hold while the token is valid: it
        reads at `read`, and checks until `read + cached` what is valid until `signed + life`.
        """
        return [
            (token, key_set)
            for signed, token in self.tokens
            for read, key_set in self.key_sets
            if read <= signed + life and signed <= read + cached
        ]


def leak(folder: Path, state: KeyState, clock: FixedClock) -> str | None:
    """Revoke a key that does not sign; its kid, or None when there is none of that state."""
    found = [one.kid for one in read_records(folder) if one.state is state]
    if found:
        revoke(folder, found[0], clock=clock)
    return found[0] if found else None


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("overlap") / "keys"
    ensure_generated(folder, clock=FixedClock(START), algorithms=("ES256",))
    return folder


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_cached_key_set_knows_every_valid_token(first: Path, steps: list[tuple[str, int]]) -> None:
    """For the longest life of a token and the longest cache that the overlap is made for."""
    witness, clock, forged = Witness(), FixedClock(START), set()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "keys"
        shutil.copytree(first, folder)
        for step, hours in steps:
            clock.advance(hours * HOUR)
            witness.look(folder, clock)
            if step == "rotate":
                with suppress(NotYet):
                    rotate(folder, "ES256", clock=clock)
            elif step != "look":
                state = KeyState.NEXT if step == "next leaks" else KeyState.RETIRED
                forged.add(leak(folder, state, clock))
            witness.look(folder, clock)
    pairs = witness.must_fit(LONGEST_TOKEN, CACHED)
    assert len(pairs) >= len(witness.tokens)
    for token, key_set in pairs:
        kid = header_of(token)["kid"]
        assert kid in forged or kid in {one["kid"] for one in key_set["keys"]}


@settings(max_examples=10, deadline=None)
@given(steps=STEPS)
def test_key_set_of_the_moment_checks_the_token_of_the_moment(
    first: Path, steps: list[tuple[str, int]]
) -> None:
    """A relying party that never cached, and one that reads again at an unknown `kid`."""
    clock = FixedClock(START)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "keys"
        shutil.copytree(first, folder)
        for step, hours in steps:
            clock.advance(hours * HOUR)
            rotate(folder, "ES256", clock=clock, force=True)
            if step == "next leaks":
                revoke(folder, Keyring.load(folder, clock=clock).active.record.kid, clock=clock)
            keyring = Keyring.load(folder, clock=clock)
            key_set = keyring.jwks()
            assert len({one["kid"] for one in key_set["keys"]}) == len(key_set["keys"])
            token = keyring.sign({"sub": "s"}, alg="ES256")
            found = jwt.decode(token, KeySet.import_key_set(key_set), algorithms=["ES256"])  # type: ignore[arg-type]
            assert found.claims == {"sub": "s"}


def test_forced_rotation_is_what_the_wait_protects_from(first: Path, tmp_path: Path) -> None:
    """The simulation sees an unknown `kid` where there is one."""
    folder, clock, witness = tmp_path / "keys", FixedClock(START), Witness()
    shutil.copytree(first, folder)
    witness.look(folder, clock)
    for _ in range(2):
        rotate(folder, "ES256", clock=clock, force=True)
        clock.advance(HOUR)
    witness.look(folder, clock)
    unknown = 0
    for token, key_set in witness.must_fit(LONGEST_TOKEN, CACHED):
        try:
            jwt.decode(token, KeySet.import_key_set(key_set), algorithms=["ES256"])  # type: ignore[arg-type]
        except (JoseError, ValueError):
            unknown += 1
    assert unknown == 1


def test_key_set_may_be_cached_for_less_than_a_key_is_published_ahead(world: World) -> None:
    answer = world.browser().get("/jwks.json")
    (told,) = (
        int(one.partition("=")[2])
        for one in answer.headers["Cache-Control"].replace(" ", "").split(",")
        if one.startswith("max-age=")
    )
    assert 0 < told <= CACHED.total_seconds()


def test_world_serves_what_its_keyring_publishes_before_and_after_a_rotation(world: World) -> None:
    keyring, folder = world.services.keyring, world.settings.keys_dir
    (made,) = rotate(folder, "ES256", clock=world.clock)
    keyring.reload()
    served = world.browser().get("/jwks.json").get_json()
    assert served == keyring.jwks() == keyring.jwks()
    assert made.kid in {one["kid"] for one in served["keys"]}
    assert keyring.algorithms == ("RS256", "ES256")
    assert {one["use"] for one in served["keys"]} == {"sig"}


def test_no_setting_lets_a_token_outlive_its_published_key(world: World) -> None:
    most = int(LONGEST_TOKEN.total_seconds())
    environ = environment_of(world.settings)
    for name in ("IDP_ACCESS_TOKEN_TTL", "IDP_ID_TOKEN_TTL"):
        assert load({**environ, name: str(most)})
        with pytest.raises(SettingsError, match=name):
            load({**environ, name: str(most + 1)})


def test_default_tokens_end_within_the_overlap(world: World) -> None:
    for life in (world.settings.id_token_ttl, world.settings.access_token_ttl):
        assert timedelta(seconds=life) <= LONGEST_TOKEN
