"""The relay that the surge plays: its greylisting and its journal."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.surge.post import Post
from bench.surge.sink import Sink

LATE, OTHER = "p1@x.example", "p2@x.example"


def said(sink: Sink, address: str) -> str:
    envelope = SimpleNamespace(rcpt_tos=[])
    return asyncio.run(sink.handle_RCPT(None, None, envelope, address, None))[:3]


def test_greylisting_lasts_and_outlives_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, now = tmp_path / "journal", [1_000.0]
    monkeypatch.setattr("bench.surge.sink.time.time", lambda: now[0])
    sink = Sink(journal, latency=0, greylist=75)
    assert (said(sink, OTHER), said(sink, LATE)) == ("250", "451")
    now[0] += 70
    sink = Sink(journal, latency=0, greylist=75)
    assert said(sink, LATE) == "451"
    now[0] += 4
    assert said(sink, LATE) == "451"
    now[0] += 2
    assert said(sink, LATE) == "250"


def test_greylisting_takes_several_tries_however_late_they_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000.0]
    monkeypatch.setattr("bench.surge.sink.time.time", lambda: now[0])
    sink, answers = Sink(tmp_path / "journal", latency=0, greylist=75), []
    for _ in range(4):
        answers.append(said(sink, LATE))
        now[0] += 100
    assert answers == ["451", "451", "451", "250"]


def test_post_reads_on_and_leaves_half_a_line(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    post = Post(journal)
    post.look()
    mail = json.dumps({"at": 5.0, "to": OTHER, "id": "i", "link": "https://x/ingreso/a"})
    journal.write_text(json.dumps({"at": 1.0, "to": LATE, "put_off": True}) + "\n" + mail[:20])
    post.look()
    assert (post.put_offs, post.mails) == ({LATE: 1}, [])
    with journal.open("a") as file:
        file.write(mail[20:] + "\n")
    post.look()
    assert [one["at"] for one in post.mails] == [5.0]
    assert post.arrived(OTHER) == 5.0
    assert post.arrived(LATE) is None
