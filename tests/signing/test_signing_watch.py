"""A running keyring follows its folder, and nothing that it finds there breaks it."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from signing_tokens import header_of

from idp.kernel.clock import FixedClock
from idp.signing import keyring as module
from idp.signing.key import KeyState
from idp.signing.keyring import InvalidToken, Keyring
from idp.signing.rotation import revoke, rotate
from idp.signing.store import METADATA, read_records

REFUSED = "keys refused"


@pytest.fixture
def running(keys_dir: Path, clock: FixedClock) -> Iterator[Keyring]:
    found = Keyring.load(keys_dir, clock=clock)
    found.start()
    yield found
    found.stop()


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for what the watcher does; fail after ten seconds."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def kids(keyring: Keyring) -> set[str]:
    return {one["kid"] for one in keyring.jwks()["keys"]}


def refusals(caplog: pytest.LogCaptureFixture) -> int:
    return sum(REFUSED in one.message for one in caplog.records)


def test_running_keyring_follows_a_rotation_and_a_revocation(
    running: Keyring, keys_dir: Path, clock: FixedClock
) -> None:
    token = running.sign({"sub": "s"}, alg="ES256")
    old = header_of(token)["kid"]
    (made,) = rotate(keys_dir, "ES256", clock=clock)
    until(lambda: made.kid in kids(running), "the next key was not published")
    rotate(keys_dir, "ES256", clock=clock, force=True)
    until(lambda: header_of(running.sign({}, alg="ES256"))["kid"] == made.kid, "did not sign")
    assert running.verify(token) == {"sub": "s"}
    revoke(keys_dir, old, clock=clock)
    until(lambda: old not in kids(running), "the leaked key is still published")
    with pytest.raises(InvalidToken):
        running.verify(token)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_text("{", encoding="utf-8"),
        lambda path: path.write_bytes(path.read_bytes()[:100]),
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
        lambda path: path.write_text('{"keys": []}', encoding="utf-8"),
    ],
    ids=["broken", "half-written", "empty", "gone", "without keys"],
)
def test_state_file_that_cannot_be_used_changes_nothing_until_it_can(
    running: Keyring,
    keys_dir: Path,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Path], object],
) -> None:
    whole, before = (keys_dir / METADATA).read_bytes(), kids(running)
    spoil(keys_dir / METADATA)
    until(lambda: refusals(caplog) > 0, "nothing was logged")
    assert kids(running) == before
    assert running.verify(running.sign({"sub": "s"}, alg="RS256")) == {"sub": "s"}
    (keys_dir / METADATA).write_bytes(whole)
    (made,) = rotate(keys_dir, "ES256", clock=clock)
    until(lambda: made.kid in kids(running), "the watcher is dead")


def test_key_that_is_copied_after_the_state_file_is_waited_for_and_told_once(
    running: Keyring,
    keys_dir: Path,
    tmp_path: Path,
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when the folder is copied to another machine in alphabetical order."""
    monkeypatch.setattr(module, "_LET_PASS", 0)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(keys_dir, elsewhere)
    (made,) = rotate(elsewhere, "ES256", clock=clock)
    shutil.copy2(elsewhere / METADATA, keys_dir / METADATA)
    until(lambda: refusals(caplog) > 0, "nothing was logged")
    assert made.kid not in kids(running)
    again = threading.Event()
    read = running.reload
    monkeypatch.setattr(running, "reload", lambda: (again.set(), read()))
    assert again.wait(10), "the folder was given up"
    # Whole at once: a half copied key would be another problem, and told as well.
    (elsewhere / made.file).replace(keys_dir / made.file)
    until(lambda: made.kid in kids(running), "the key that came later was not seen")
    assert refusals(caplog) == 1


def test_change_between_reading_and_watching_is_not_missed(
    keys_dir: Path, clock: FixedClock
) -> None:
    keyring = Keyring.load(keys_dir, clock=clock)
    (made,) = rotate(keys_dir, "ES256", clock=clock)
    keyring.start()
    try:
        until(lambda: made.kid in kids(keyring), "the change was missed")
    finally:
        keyring.stop()


def test_reload_is_logged_only_when_keys_changed(
    running: Keyring, keys_dir: Path, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (keys_dir / METADATA).touch()
    (made,) = rotate(keys_dir, "ES256", clock=clock)
    until(lambda: made.kid in kids(running), "the change was missed")
    until(lambda: "keys reloaded" in caplog.messages, "nothing was logged")
    assert caplog.messages.count("keys reloaded") == 1


def test_keyring_starts_and_stops_as_often_as_asked(keys_dir: Path, clock: FixedClock) -> None:
    keyring = Keyring.load(keys_dir, clock=clock)
    keyring.stop()
    for _ in range(2):
        keyring.start()
        keyring.start()
        assert sum(one.name == "keyring" for one in threading.enumerate()) == 1
        keyring.stop()
        assert not any(one.name == "keyring" for one in threading.enumerate())
        keyring.stop()


def test_readers_meet_whole_keyrings_only_while_it_is_reloaded(
    keys_dir: Path, clock: FixedClock
) -> None:
    """What is signed is always published at the next look, and by a key that checks it."""
    keyring = Keyring.load(keys_dir, clock=clock)
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            token = keyring.sign({"sub": "s"}, alg="ES256")
            try:
                keyring.verify(token)
            except InvalidToken as error:
                wrong.append(error)
            if header_of(token)["kid"] not in kids(keyring):
                wrong.append(token)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for one in readers:
        one.start()
    for _ in range(12):
        rotate(keys_dir, "ES256", clock=clock, force=True)
        keyring.reload()
    done.set()
    for one in readers:
        one.join()
    assert wrong == []
    states = [one.state for one in read_records(keys_dir) if one.alg == "ES256"]
    assert states.count(KeyState.RETIRED) == 11


def test_reloads_at_once_end_with_the_newest_keys(keys_dir: Path, clock: FixedClock) -> None:
    keyring = Keyring.load(keys_dir, clock=clock)
    for _ in range(6):
        threads = [threading.Thread(target=keyring.reload) for _ in range(4)]
        for one in threads:
            one.start()
        rotate(keys_dir, "ES256", clock=clock, force=True)
        last = threading.Thread(target=keyring.reload)
        last.start()
        for one in [*threads, last]:
            one.join()
        assert {one.record for one in keyring.keys} == set(read_records(keys_dir))
