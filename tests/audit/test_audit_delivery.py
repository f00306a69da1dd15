"""Checkpoints leave the machine: each once at least, in their order, whatever is away meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from idp.audit.delivery import CONTENT_TYPE, Delivery, FileDestination, HttpDestination
from idp.audit.ports import Destination
from idp.kernel.ports import HttpFailure, HttpResponse
from tests.audit.sealed_log import SealedLog


class Auditors:
    """An `HttpClient` that posts to auditors who may be away."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.status: int | None = 204

    def post(self, url: str, body: bytes, *, content_type: str, **more: object) -> HttpResponse:
        assert (url, content_type) == ("https://auditors.example/in", CONTENT_TYPE)
        if self.status is None:
            raise HttpFailure("connect")
        self.got.append(body.decode())
        return HttpResponse(self.status, b"")


def delivery(log: SealedLog, *destinations: Destination) -> Delivery:
    return Delivery(store=log.checkpoints, destinations=destinations, clock=log.clock)


def test_file_gets_a_line_for_each_and_no_line_again(full: SealedLog, tmp_path: Path) -> None:
    file = tmp_path / "out.jws"
    sending = delivery(full, FileDestination(file))
    assert [sending.step(), sending.step()] == [False, False]
    assert file.read_text().splitlines() == full.copies
    full.write(1)
    full.sign()
    sending.step()
    assert file.read_text().splitlines() == full.copies


def test_folder_gets_a_file_for_each_that_is_never_written_again(
    full: SealedLog, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    # The second was cut off before anything was in it, the third after; the first had arrived.
    (folder / "000000000001.jws").write_text(full.copies[0] + "\n")
    (folder / "000000000002.jws").touch()
    (folder / "000000000003.jws").write_text(full.copies[2][:90])
    delivery(full, FileDestination(folder)).step()
    found = sorted(folder.iterdir())
    assert [one.read_text().strip() for one in found] == full.copies


def test_folder_that_holds_another_statement_of_that_number_keeps_it(
    full: SealedLog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "000000000001.jws").write_text("another")
    delivery(full, FileDestination(folder)).step()
    assert [one.read_text() for one in folder.iterdir()] == ["another"]
    assert "did not leave the machine" in caplog.text


def test_line_that_a_full_disk_cuts_off_is_written_again_whole(
    full: SealedLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out.jws"
    sending, write = delivery(full, FileDestination(file)), os.write
    with monkeypatch.context() as disk:
        disk.setattr("idp.audit.delivery.os.write", lambda to, data: write(to, data[:90]))
        sending.step()
    assert file.read_text() == full.copies[0][:90]
    assert len(full.checkpoints.left("file", 10)) == 3
    full.clock.advance(6)
    sending.step()
    lines = file.read_text().splitlines()
    assert lines == [full.copies[0][:90], *full.copies]
    full.copies = lines
    assert full.found(copies=True) == []


def test_volume_that_is_away_gets_all_when_it_is_back(full: SealedLog, tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    sending = delivery(full, FileDestination(folder / "out.jws"))
    sending.step()
    folder.mkdir()
    sending.step()
    assert list(folder.iterdir()) == []
    full.clock.advance(6)
    sending.step()
    assert (folder / "out.jws").read_text().splitlines() == full.copies


@pytest.mark.parametrize("status", [None, 500, 404, 302])
def test_address_that_does_not_take_it_is_tried_again_less_and_less_often(
    full: SealedLog, status: int | None
) -> None:
    auditors = Auditors()
    auditors.status = status
    sending = delivery(full, HttpDestination(auditors, "https://auditors.example/in"))  # type: ignore[arg-type]
    for _ in range(20):
        sending.step()
        full.clock.advance(1)
    tried = len(auditors.got)
    assert tried <= 3
    auditors.status = 200
    full.clock.advance(120)
    sending.step()
    assert auditors.got[tried:] == full.copies


def test_one_destination_that_is_away_holds_up_no_other(full: SealedLog, tmp_path: Path) -> None:
    auditors = Auditors()
    sending = delivery(
        full,
        FileDestination(tmp_path / "none" / "out.jws"),
        HttpDestination(auditors, "https://auditors.example/in"),  # type: ignore[arg-type]
    )
    sending.step()
    assert auditors.got == full.copies


def test_checkpoint_is_marked_as_outside_once(full: SealedLog, tmp_path: Path) -> None:
    now = full.clock.now()
    full.checkpoints.arrived(1, "file", now)
    full.clock.advance(5)
    full.checkpoints.arrived(1, "file", full.clock.now())
    assert [one.checkpoint.n for one in full.checkpoints.left("file", 10)] == [2, 3]
    assert len(full.checkpoints.left("url", 10)) == 3
    assert full.found(copies=True) == []
