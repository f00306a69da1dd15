"""Keys take turns, and no relying party with a cached key set meets an unknown `kid`."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.cli.main import main
from idp.kernel.clock import FixedClock
from idp.signing import rotation, store
from idp.signing.key import KeyState
from idp.signing.keyring import InvalidToken, Keyring
from idp.signing.rotation import NoSuchKey, NotYet, due, revoke, rotate

DAY = 86_400


def states(keys_dir: Path, alg: str = "ES256") -> list[str]:
    return sorted(str(one.state) for one in store.read_records(keys_dir) if one.alg == alg)


def kid_of(keys_dir: Path, state: KeyState, alg: str = "ES256") -> str:
    (found,) = (
        one.kid for one in store.read_records(keys_dir) if one.state is state and one.alg == alg
    )
    return found


def checks(token: str, jwks: dict[str, object]) -> bool:
    """Whether a relying party that holds this key set can check this token."""
    try:
        jwt.decode(token, KeySet.import_key_set(jwks), algorithms=["ES256", "RS256"])  # type: ignore[arg-type]
    except Exception:
        return False
    return True


def test_first_rotation_only_publishes(keys_dir: Path, clock: FixedClock) -> None:
    active = kid_of(keys_dir, KeyState.ACTIVE)
    (made,) = rotate(keys_dir, "ES256", clock=clock)
    assert made.state is KeyState.NEXT
    assert kid_of(keys_dir, KeyState.ACTIVE) == active
    assert made.kid in {key["kid"] for key in Keyring.load(keys_dir, clock=clock).jwks()["keys"]}


def test_next_key_waits_for_a_day(keys_dir: Path, clock: FixedClock) -> None:
    (made,) = rotate(keys_dir, "ES256", clock=clock)
    clock.advance(DAY - 1)
    with pytest.raises(NotYet) as refused:
        rotate(keys_dir, "ES256", clock=clock)
    assert refused.value.at == made.created_at + timedelta(days=1)
    assert states(keys_dir) == ["active", "next"]
    clock.advance(1)
    rotate(keys_dir, "ES256", clock=clock)
    assert kid_of(keys_dir, KeyState.ACTIVE) == made.kid
    assert states(keys_dir) == ["active", "next", "retired"]


def test_haste_is_possible(keys_dir: Path, clock: FixedClock) -> None:
    (made,) = rotate(keys_dir, "ES256", clock=clock)
    rotate(keys_dir, "ES256", clock=clock, force=True)
    assert kid_of(keys_dir, KeyState.ACTIVE) == made.kid


def test_relying_party_with_a_key_set_of_yesterday_checks_every_token(
    keys_dir: Path, clock: FixedClock
) -> None:
    """A year of weekly rotations; key sets are up to a day old, ID tokens live for 15 minutes."""
    rotate(keys_dir, "ES256", clock=clock)
    cached: list[dict[str, object]] = []
    for hour in range(0, 24 * 7 * 8, 8):
        keyring = Keyring.load(keys_dir, clock=clock)
        cached = [*cached, keyring.jwks()][-4:]  # the oldest is a day old
        token = keyring.sign({"sub": "s"}, alg="ES256")
        assert [checks(token, one) for one in cached] == [True] * len(cached), hour
        if hour % (24 * 7) == 0 and hour:
            rotate(keys_dir, "ES256", clock=clock)
            late = Keyring.load(keys_dir, clock=clock)
            assert checks(token, late.jwks()), "a token of just before"
            fresh = late.sign({"sub": "s"}, alg="ES256")
            assert all(checks(fresh, one) for one in cached), hour
        clock.advance(8 * 3_600)


def test_retired_key_is_published_for_a_week_and_checks_hints_for_a_year(
    keys_dir: Path, clock: FixedClock
) -> None:
    token = Keyring.load(keys_dir, clock=clock).sign({"sub": "s"}, alg="ES256")
    rotate(keys_dir, "ES256", clock=clock)
    clock.advance(DAY)
    rotate(keys_dir, "ES256", clock=clock)
    keyring = Keyring.load(keys_dir, clock=clock)
    clock.advance(7 * DAY - 1)
    assert checks(token, keyring.jwks())
    clock.advance(1)
    assert not checks(token, keyring.jwks())
    clock.advance(358 * DAY - 1)
    assert keyring.verify(token)["sub"] == "s"
    clock.advance(1)
    with pytest.raises(InvalidToken):
        keyring.verify(token)


def test_key_that_checks_nothing_any_more_is_forgotten(keys_dir: Path, clock: FixedClock) -> None:
    first = kid_of(keys_dir, KeyState.ACTIVE)
    rotate(keys_dir, "ES256", clock=clock)
    for _ in range(2):
        clock.advance(366 * DAY)
        rotate(keys_dir, "ES256", clock=clock)
    assert first not in {one.kid for one in store.read_records(keys_dir)}
    assert not list(keys_dir.glob(f"*{first}*"))
    Keyring.load(keys_dir, clock=clock)


def test_rotation_is_told_although_an_old_key_cannot_be_dropped(
    keys_dir: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(keys_dir, "ES256", clock=clock)
    clock.advance(DAY)

    def stuck(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(rotation, "_forget", stuck)
    states = [str(one.state) for one in rotate(keys_dir, "ES256", clock=clock)]
    assert states == ["retired", "active", "next"]


@pytest.mark.parametrize("prepared", [True, False])
def test_leaked_active_key_counts_no_more(
    keys_dir: Path, clock: FixedClock, prepared: bool
) -> None:
    if prepared:
        rotate(keys_dir, "ES256", clock=clock)
    before = Keyring.load(keys_dir, clock=clock)
    token, known = before.sign({"sub": "s"}, alg="ES256"), before.jwks()
    leaked = kid_of(keys_dir, KeyState.ACTIVE)
    file = next(keys_dir.glob(f"*{leaked}*"))
    revoke(keys_dir, leaked, clock=clock)
    keyring = Keyring.load(keys_dir, clock=clock)
    with pytest.raises(InvalidToken):
        keyring.verify(token)
    assert not checks(token, keyring.jwks())
    assert states(keys_dir) == ["active", "next", "revoked"]
    assert not file.exists()
    # With a next key at hand, even a cached key set checks what is signed now.
    assert checks(keyring.sign({"sub": "s"}, alg="ES256"), known) is prepared
    with pytest.raises(NoSuchKey):
        revoke(keys_dir, leaked, clock=clock)


@pytest.mark.parametrize("state", [KeyState.NEXT, KeyState.RETIRED])
def test_other_keys_can_leak_as_well(keys_dir: Path, clock: FixedClock, state: KeyState) -> None:
    rotate(keys_dir, "ES256", clock=clock)
    rotate(keys_dir, "ES256", clock=clock, force=True)
    active = kid_of(keys_dir, KeyState.ACTIVE)
    leaked = kid_of(keys_dir, state)
    revoke(keys_dir, leaked, clock=clock)
    assert kid_of(keys_dir, KeyState.ACTIVE) == active
    assert leaked not in {key["kid"] for key in Keyring.load(keys_dir, clock=clock).jwks()["keys"]}
    assert "next" in states(keys_dir)


def test_other_algorithms_are_left_alone(keys_dir: Path, clock: FixedClock) -> None:
    before = kid_of(keys_dir, KeyState.ACTIVE, "RS256")
    rotate(keys_dir, "ES256", clock=clock)
    rotate(keys_dir, "ES256", clock=clock, force=True)
    assert (states(keys_dir, "RS256"), kid_of(keys_dir, KeyState.ACTIVE, "RS256")) == (
        ["active"], before,
    )  # fmt: skip


def test_running_keyring_follows_the_folder(keys_dir: Path, clock: FixedClock) -> None:
    keyring = Keyring.load(keys_dir, clock=clock)
    keyring.start()
    try:
        (made,) = rotate(keys_dir, "ES256", clock=clock)
        rotate(keys_dir, "ES256", clock=clock, force=True)
        until = time.monotonic() + 10
        while _signs_with(keyring) != made.kid:
            assert time.monotonic() < until, "the keyring did not notice"
            time.sleep(0.02)
        (keys_dir / store.METADATA).write_text("{", encoding="utf-8")
        time.sleep(1)
        assert _signs_with(keyring) == made.kid
    finally:
        keyring.stop()


def _signs_with(keyring: Keyring) -> str:
    head = keyring.sign({}, alg="ES256").split(".")[0]
    import base64

    kid: str = json.loads(base64.urlsafe_b64decode(head + "==="))["kid"]
    return kid


def test_due_tells_what_to_do(keys_dir: Path, clock: FixedClock) -> None:
    def told() -> set[str | None]:
        records = store.read_records(keys_dir)
        return {due(one, records, clock.now()) for one in records if one.alg == "ES256"}

    assert told() == {"falta la llave siguiente"}
    rotate(keys_dir, "ES256", clock=clock)
    assert told() == {None}
    clock.advance(90 * DAY)
    assert told() == {None, "rotar desde 2026-05-30"}


def test_commands_rotate_and_revoke(
    keys_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(keys_dir.parent)
    where = ["--dir", str(keys_dir)]
    assert main(["keys", "rotate", *where]) == 0
    assert "desde mañana: idp keys rotate" in capsys.readouterr().out
    assert main(["keys", "rotate", *where]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["keys", "rotate", "--force", "--json", *where]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in rows] == ["retired", "active", "next"] * 2
    leaked = kid_of(keys_dir, KeyState.ACTIVE)
    assert main(["keys", "revoke", leaked, "--reason", "fuga", *where]) == 0
    assert "idp sessions revoke --all" in capsys.readouterr().out
    assert main(["keys", "revoke", leaked, "--reason", "fuga", *where]) == 1
    assert main(["keys", "list", *where]) == 0
    assert "publicada hasta" in capsys.readouterr().out


def test_lengths_fit_together() -> None:
    """What is signed last before a retirement expires while its key is still published."""
    from idp.settings import Settings

    longest = Settings.__dataclass_fields__["id_token_ttl"].default
    assert timedelta(seconds=longest) + rotation.PUBLISHED_AHEAD < rotation.OVERLAP
