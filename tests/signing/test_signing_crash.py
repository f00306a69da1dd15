"""A change of keys that is cut off before any of its steps on disk leaves a folder that serves."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from signing_crash import COMMANDS, perform

from idp.kernel.clock import FixedClock
from idp.kernel.files import write_private
from idp.signing import store
from idp.signing.generate import ensure_generated
from idp.signing.key import KeyRecord, KeyState
from idp.signing.keyring import InvalidToken, Keyring
from idp.signing.rotation import NoSuchKey, NotYet, rotate
from idp.signing.store import METADATA

DAY = 86_400
YEAR = 366 * DAY
WHOLE = {
    "rotate": {"active": 1, "next": 1, "retired": 1},
    "revoke": {"active": 1, "next": 1, "retired": 1, "revoked": 1},
}


@pytest.fixture
def grown(tmp_path: Path, clock: FixedClock) -> Path:
    """ES256 keys of every state; the next is ready to sign, the retired one to be forgotten."""
    folder = tmp_path / "keys"
    ensure_generated(folder, clock=clock, algorithms=("ES256",))
    rotate(folder, "ES256", clock=clock)
    clock.advance(DAY)
    rotate(folder, "ES256", clock=clock)
    clock.advance(YEAR)
    return folder


def crashed(command: str, folder: Path, kid: str, clock: FixedClock, out: Path) -> list[Path]:
    """A folder for each step that the command was cut off at, and one that it ended in."""
    program = Path(__file__).with_name("signing_crash.py")
    subprocess.run(
        [sys.executable, program, command, kid, clock.now().isoformat(), folder, out],
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": "."},
    )
    return [out / str(step) for step in range(len(list(out.iterdir())))]


def states(folder: Path) -> dict[str, int]:
    return dict(Counter(str(one.state) for one in store.read_records(folder)))


def active(folder: Path) -> KeyRecord:
    (found,) = (one for one in store.read_records(folder) if one.state is KeyState.ACTIVE)
    return found


def again(command: str, folder: Path, kid: str, clock: FixedClock) -> None:
    """Repeat the command as an operator would; what was done already is refused."""
    try:
        perform(command, folder, kid, clock)
    except (NotYet, NoSuchKey):
        return


@pytest.mark.parametrize("command", COMMANDS)
def test_change_cut_off_anywhere_leaves_a_keyring_that_signs(
    grown: Path, tmp_path: Path, clock: FixedClock, command: str
) -> None:
    before = Keyring.load(grown, clock=clock)
    known = before.jwks()
    folders = crashed(command, grown, before.active.record.kid, clock, tmp_path / "out")
    assert len(folders) > 5, "the steps were not seen"
    for folder in folders:
        keyring = Keyring.load(folder, clock=clock)
        assert keyring.verify(keyring.sign({"sub": "s"}, alg="ES256")) == {"sub": "s"}
        assert keyring.active.record.kid in {one["kid"] for one in known["keys"]}, folder


@pytest.mark.parametrize("command", COMMANDS)
def test_change_cut_off_anywhere_is_whole_after_the_next_ones(
    grown: Path, tmp_path: Path, clock: FixedClock, command: str
) -> None:
    kid = active(grown).kid
    for folder in crashed(command, grown, kid, clock, tmp_path / "out"):
        again(command, folder, kid, clock)
        again("rotate", folder, kid, clock)  # makes up for a next key that is missing
        there = {one.name for one in folder.iterdir()}
        named = {one.file for one in store.read_records(folder) if one.state != KeyState.REVOKED}
        assert there == named | {METADATA}, folder
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
        assert active(folder).kid == Keyring.load(folder, clock=clock).active.record.kid


def test_rotation_cut_off_is_as_before_or_as_after(
    grown: Path, tmp_path: Path, clock: FixedClock
) -> None:
    before = {one.kid: one.state for one in store.read_records(grown)}
    ready = next(kid for kid, state in before.items() if state is KeyState.NEXT)
    kid = active(grown).kid
    for folder in crashed("rotate", grown, kid, clock, tmp_path / "out"):
        found = {one.kid: one.state for one in store.read_records(folder)}
        assert found == before or (found[kid], found[ready]) == (
            KeyState.RETIRED,
            KeyState.ACTIVE,
        )
        again("rotate", folder, kid, clock)
        assert active(folder).kid == ready, "repeated, it neither rotates twice nor not at all"
    assert states(tmp_path / "out" / "0") == WHOLE["rotate"]


def test_revocation_cut_off_is_ended_by_repeating_it(
    grown: Path, tmp_path: Path, clock: FixedClock
) -> None:
    keyring = Keyring.load(grown, clock=clock)
    leaked = keyring.active.record
    token = keyring.sign({"sub": "s"}, alg="ES256")
    for folder in crashed("revoke", grown, leaked.kid, clock, tmp_path / "out"):
        again("revoke", folder, leaked.kid, clock)
        assert not (folder / leaked.file).exists()
        with pytest.raises(InvalidToken):
            Keyring.load(folder, clock=clock).verify(token)
        again("rotate", folder, leaked.kid, clock)
        assert states(folder) == WHOLE["revoke"]


def test_key_torn_by_a_power_cut_is_removed(grown: Path, clock: FixedClock) -> None:
    records = store.read_records(grown)
    store.write_records(grown, records, pending=("es256-torn.pem",))
    write_private(grown / "es256-torn.pem", b"-----BEGIN PRIV")
    assert Keyring.load(grown, clock=clock).active.record == active(grown)
    assert ensure_generated(grown, clock=clock, algorithms=("ES256",)) == ()
    assert not (grown / "es256-torn.pem").exists()


def test_key_that_only_an_operator_can_have_left_is_never_removed(
    grown: Path, clock: FixedClock
) -> None:
    (grown / "es256-copia.pem").write_bytes(b"-----BEGIN PRIVATE KEY-----")
    rotate(grown, "ES256", clock=clock)
    assert (grown / "es256-copia.pem").exists()


def test_first_key_cut_off_is_made_by_repeating(tmp_path: Path, clock: FixedClock) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    store.write_records(folder, (), pending=("es256-torn.pem",))
    (made,) = ensure_generated(folder, clock=clock, algorithms=("ES256",))
    assert Keyring.load(folder, clock=clock).active.record == made
