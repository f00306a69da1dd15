"""The registry: what it answers, and how it follows the file."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clients_texts import REALMS, client, document

from idp.clients.registry import ClientRegistry, ClientsFileError, Reload

DEADLINE = 10.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "clients.yaml"
    found.write_text(document(client("a"), client("b")), encoding="utf-8")
    return found


@pytest.fixture
def registry(path: Path) -> Iterator[ClientRegistry]:
    found = ClientRegistry(path, production=False, realms=REALMS, poll=0.02)
    yield found
    found.stop()


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


def test_registry_answers_clients_in_the_order_of_the_file(registry: ClientRegistry) -> None:
    assert [one.client_id for one in registry.all()] == ["a", "b"]
    found = registry.get("b")
    assert found is not None
    assert found.client_name == "Uno"
    assert registry.get("c") is None
    assert registry.problems == ()


def test_registry_without_a_usable_file_refuses_to_start(path: Path) -> None:
    path.write_text("clients: [", encoding="utf-8")
    with pytest.raises(ClientsFileError) as caught:
        ClientRegistry(path, production=False, realms=REALMS)
    assert len(caught.value.problems) == 1
    assert "clients.yaml:1:" in str(caught.value)


def test_component_that_no_key_signs_for_is_a_problem_of_its_line(path: Path) -> None:
    path.write_text(
        document(client("a"), client("b", id_token_signed_response_alg="ES256")), encoding="utf-8"
    )
    with pytest.raises(ClientsFileError) as caught:
        ClientRegistry(path, production=False, realms=REALMS, algorithms=lambda: ("RS256",))
    [problem] = caught.value.problems
    assert "clients[1].id_token_signed_response_alg" in problem
    assert "idp keys generate --alg ES256" in problem


def test_reload_asks_anew_which_keys_there_are(path: Path) -> None:
    path.write_text(document(client("a")), encoding="utf-8")
    algorithms = ["RS256"]
    registry = ClientRegistry(
        path, production=False, realms=REALMS, algorithms=lambda: tuple(algorithms)
    )
    path.write_text(document(client("a", id_token_signed_response_alg="ES256")), encoding="utf-8")
    assert not registry.reload()
    algorithms.append("ES256")
    assert registry.reload()


def test_reload_tells_what_changed(registry: ClientRegistry, path: Path) -> None:
    told: list[Reload] = []
    registry.on_reload = told.append
    path.write_text(document(client("b", client_name="Dos"), client("c")), encoding="utf-8")
    assert registry.reload()
    assert (told[0].added, told[0].removed, told[0].changed) == (("c",), ("a",), ("b",))
    assert (told[0].ok, told[0].clients, len(told[0].digest)) == (True, 2, 64)
    assert registry.get("a") is None


def test_reload_of_an_invalid_file_keeps_the_last_good_one_and_says_so(
    registry: ClientRegistry, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Reload] = []
    registry.on_reload = told.append
    path.write_text(document(client("c", scope="profile")), encoding="utf-8")
    with caplog.at_level(logging.ERROR):
        assert registry.reload() is False
    assert [one.client_id for one in registry.all()] == ["a", "b"]
    assert [one.path for one in registry.problems] == ["clients[0].scope"]
    assert (told[0].ok, told[0].clients) == (False, 2)
    assert told[0].problems == registry.problems
    assert "clients[0].scope" in caplog.text
    path.write_text(document(client("c")), encoding="utf-8")
    assert registry.reload()
    assert registry.problems == ()


def test_reload_survives_a_listener_that_fails(registry: ClientRegistry, path: Path) -> None:
    def fail(_: Reload) -> None:
        raise RuntimeError("no")

    registry.on_reload = fail
    path.write_text(document(client("c")), encoding="utf-8")
    assert registry.reload()
    assert registry.get("c") is not None


def test_watcher_follows_a_file_written_in_place(registry: ClientRegistry, path: Path) -> None:
    registry.start()
    path.write_text(document(client("nuevo")), encoding="utf-8")
    _until(lambda: registry.get("nuevo") is not None)


def test_watcher_follows_a_file_renamed_over_with_the_same_time_and_size(
    registry: ClientRegistry, path: Path
) -> None:
    registry.start()
    before = path.stat()
    other = path.with_name("other")
    other.write_text(document(client("a"), client("c")), encoding="utf-8")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(other, path)
    _until(lambda: registry.get("c") is not None)


def test_watcher_keeps_the_last_good_one_while_the_file_is_missing_or_broken(
    registry: ClientRegistry, path: Path
) -> None:
    registry.start()
    path.unlink()
    _until(lambda: bool(registry.problems))
    assert "no existe" in registry.problems[0].message
    path.write_text("clients:\n\t- x", encoding="utf-8")
    _until(lambda: any("tabulador" in one.message for one in registry.problems))
    assert registry.get("a") is not None
    path.write_text(document(client("de-vuelta")), encoding="utf-8")
    _until(lambda: registry.get("de-vuelta") is not None)
    assert registry.problems == ()


def test_watcher_at_its_ordinary_pace_follows_within_a_second(path: Path) -> None:
    registry = ClientRegistry(path, production=False, realms=REALMS)
    seen = threading.Event()
    registry.on_reload = lambda _: seen.set()
    registry.start()
    try:
        path.write_text(document(client("c")), encoding="utf-8")
        written = time.monotonic()
        assert seen.wait(DEADLINE)
        # One second, and what a busy machine adds.
        assert time.monotonic() - written < 2
    finally:
        registry.stop()


def test_watcher_does_not_read_a_file_that_rests(registry: ClientRegistry) -> None:
    told: list[Reload] = []
    registry.on_reload = told.append
    names = {one.name for one in threading.enumerate()}
    registry.start()
    registry.start()
    _until(lambda: "clients-file" in {one.name for one in threading.enumerate()} - names)
    registry.stop()
    registry.stop()
    assert told == []
    assert "clients-file" not in {one.name for one in threading.enumerate()}


def test_reload_while_others_ask_never_shows_half_a_file(
    registry: ClientRegistry, path: Path
) -> None:
    """Two clients that come and go together: no reader may see one without the other."""
    stop, torn = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            names = {one.client_id for one in registry.all()}
            if names not in ({"a", "b"}, {"c", "d"}):
                torn.append(names)

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for one in readers:
        one.start()
    for turn in range(20):
        names = ("c", "d") if turn % 2 == 0 else ("a", "b")
        path.write_text(document(*map(client, names)), encoding="utf-8")
        assert registry.reload()
    stop.set()
    for one in readers:
        one.join()
    assert torn == []
