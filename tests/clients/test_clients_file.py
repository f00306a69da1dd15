"""The file on disk: checked whole, swapped in one step, and never written where anything is odd."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from clients_texts import HASH, REALMS, client, document

from idp.clients import clients_file, loader
from idp.clients.block import NewClient
from idp.clients.clients_file import ClientsFile, FileHasProblems, NotPossible
from idp.clients.edit import CannotEdit
from idp.clients.registry import ClientRegistry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "clients.yaml"
    found.write_text(document(client("uno"), client("tres")))
    return found


def opened(path: Path, **changes: object) -> ClientsFile:
    return ClientsFile(path, **{"production": False, "realms": REALMS, **changes})


def new(client_id: str = "dos", **changes: object) -> NewClient:
    usual = {
        "client_id": client_id, "client_name": "Dos", "scope": "openid", "secret_hash": HASH,
        "redirect_uris": ("https://dos.pe/c",),
    }  # fmt: skip
    return NewClient(**{**usual, **changes})


def test_add_gives_the_component_and_leaves_the_others_as_they_were(path: Path) -> None:
    before = path.read_bytes()
    added = opened(path).add(new())
    assert (added.client_id, added.realms, added.require_pkce) == ("dos", REALMS, True)
    assert path.read_bytes().startswith(before)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_change_keeps_mode_and_owner_and_leaves_nothing_beside(path: Path, mode: int) -> None:
    path.chmod(mode)
    found = path.stat()
    opened(path).add(new())
    after = path.stat()
    assert stat.S_IMODE(after.st_mode) == mode
    assert (after.st_uid, after.st_gid) == (found.st_uid, found.st_gid)
    assert after.st_ino != found.st_ino
    assert os.listdir(path.parent) == ["clients.yaml"]


def test_change_behind_a_symbolic_link_leaves_the_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "enlace.yaml"
    link.symlink_to(path)
    assert opened(link).set_disabled("uno", True)
    assert link.is_symlink()
    assert b"disabled: true" in path.read_bytes()


WRONG = {
    "id taken": ({"client_id": "tres"}, ["ya existe un componente tres"]),
    "uri": ({"redirect_uris": ("http://dos.pe/c",)}, ["redirect_uris[0]: http no protege"]),
    "two faults": ({"scope": "profile", "realms": ("luna",)}, ["scope: falta", "realms[0]: el"]),
    "no uri": ({"redirect_uris": ()}, ["redirect_uris: falta"]),
    "bad id": ({"client_id": "dos dos"}, ["client_id: «dos dos»"]),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_component_that_would_be_wrong_is_refused_field_by_field(path: Path, case: tuple) -> None:
    changes, reasons = case
    before = path.read_bytes()
    with pytest.raises(NotPossible) as refused:
        opened(path).add(new(**changes))
    assert len(refused.value.reasons) == len(reasons)
    for found, start in zip(refused.value.reasons, reasons, strict=True):
        assert found.startswith(start)
    assert path.read_bytes() == before


def test_what_production_refuses_is_not_added_there(path: Path) -> None:
    local = new(redirect_uris=("http://localhost:9000/c",))
    with pytest.raises(NotPossible, match="producción"):
        opened(path, production=True).add(local)
    assert opened(path).add(local).client_id == "dos"


def test_algorithm_without_a_key_is_not_added(path: Path) -> None:
    wanted = new(id_token_signed_response_alg="ES256")
    with pytest.raises(NotPossible, match="ES256"):
        opened(path, algorithms=("RS256",)).add(wanted)


# Valid files in which the edit would say something else than was wanted.
ODD: dict[str, tuple[str, Callable[[ClientsFile], object]]] = {
    "end of document": (document() + "...\n", lambda file: file.add(new())),
    "alias as id": (
        document(client("uno", client_name="&n tres"), client("*n")),
        lambda file: file.set_disabled("tres", True),
    ),
    "value shared by an anchor": (
        document(client("uno", disabled="&d false"), client("tres", disabled="*d")),
        lambda file: file.set_disabled("uno", True),
    ),
    "explicit key": (
        "clients:\n  - ? client_id\n    : uno\n    client_name: Uno\n    scope: api:a\n"
        f"    grant_types: [client_credentials]\n    secrets: [{{hash: {HASH}}}]\n",
        lambda file: file.set_disabled("uno", True),
    ),
}


@pytest.mark.parametrize("case", ODD.values(), ids=ODD.keys())
def test_file_that_the_edit_would_spoil_is_left_as_it_was(path: Path, case: tuple) -> None:
    text, change = case
    path.write_text(text)
    with pytest.raises(CannotEdit) as refused:
        change(opened(path))
    assert "a mano" in refused.value.instead
    assert path.read_text() == text


def test_file_that_is_wrong_already_tells_its_problems_and_is_left(path: Path) -> None:
    path.write_text(document(client(scope="profile")))
    with pytest.raises(FileHasProblems) as refused:
        opened(path).set_disabled("uno", True)
    assert [one.path for one in refused.value.problems] == ["clients[0].scope"]
    assert "disabled" not in path.read_text()


def test_disable_of_nobody_is_refused(path: Path) -> None:
    with pytest.raises(NotPossible, match="no hay un componente nadie"):
        opened(path).set_disabled("nadie", True)


def test_disable_twice_writes_once(path: Path) -> None:
    assert opened(path).set_disabled("tres", True)
    first = path.stat().st_ino
    assert not opened(path).set_disabled("tres", True)
    assert path.stat().st_ino == first


def test_many_commands_at_once_lose_nothing(path: Path) -> None:
    names = [f"c{number}" for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: opened(path).add(new(name)), names))
    registry = ClientRegistry(path, production=False, realms=REALMS)
    assert {one.client_id for one in registry.all()} == {"uno", "tres", *names}
    assert os.listdir(path.parent) == ["clients.yaml"]


def test_editor_that_saves_in_between_wins(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor takes no lock: its words must not be written over."""
    sync = os.fsync
    theirs = path.read_bytes() + b"# de Ana\n"

    def saved_meanwhile(handle: int) -> None:
        path.write_bytes(theirs)
        sync(handle)

    monkeypatch.setattr(clients_file.os, "fsync", saved_meanwhile)
    with pytest.raises(NotPossible, match="cambió mientras tanto"):
        opened(path).add(new())
    assert path.read_bytes() == theirs
    assert os.listdir(path.parent) == ["clients.yaml"]


def test_reader_never_sees_half_a_file(path: Path) -> None:
    wrong, ended = [], threading.Event()

    def read() -> None:
        while not ended.is_set():
            found = clients_file.loader.load(path, production=False, realms=REALMS)
            wrong.extend(found.problems)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(40):
            opened(path).set_disabled("uno", number % 2 == 0)
    finally:
        ended.set()
        reader.join()
    assert wrong == []


EMPTY = {
    "no file": None,
    "nothing": "",
    "comments alone": "# Componentes\n",
    "no list": "# Componentes\nclients:\n",
    "empty list": "# Componentes\nclients: []   # aún ninguno\n",
    "null, no newline": "clients: null",
}


@pytest.mark.parametrize("text", EMPTY.values(), ids=EMPTY.keys())
def test_first_component_of_an_installation_is_added(path: Path, text: str | None) -> None:
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text)
    assert opened(path).add(new()).client_id == "dos"
    assert opened(path).add(new(client_id="tres")).client_id == "tres"
    found = loader.load(path, production=False, realms=REALMS)
    assert (found.problems, list(found.clients)) == ((), ["dos", "tres"])
    for comment in ("# Componentes", "# aún ninguno"):
        assert (comment in path.read_text()) is (comment in (text or ""))


@pytest.mark.parametrize("text", ["clients: {}\n", "otra: cosa\n", "clients: [\n", "- uno\n"])
def test_file_that_is_something_else_is_not_begun(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(FileHasProblems):
        opened(path).add(new())
    assert path.read_text() == text


def test_rest_of_a_command_that_was_cut_off_is_no_obstacle(path: Path) -> None:
    path.with_name(f".{path.name}.{os.getpid()}").write_text("clients:")
    assert opened(path).add(new()).client_id == "dos"
