"""`idp keys list|generate`, as the command line runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from idp.cli.main import main


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without a demo: the keys are named by --dir."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IDP_ISSUER", raising=False)


def test_keys_generate_makes_what_is_missing_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "generate", "--dir", "llaves", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [(one["alg"], one["state"]) for one in made] == [
        ("RS256", "active"),
        ("ES256", "active"),
    ]
    assert main(["keys", "generate", "--dir", "llaves"]) == 0
    assert "no falta ninguna" in capsys.readouterr().out
    assert len(list(Path("llaves").glob("*.pem"))) == 2


def test_keys_generate_one_more_is_the_next(
    keys_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "generate", "--dir", str(keys_dir), "--alg", "ES256"]) == 0
    assert "next" in capsys.readouterr().out


def test_keys_list_tells_each_key_and_no_private_part(
    keys_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "list", "--dir", str(keys_dir)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["RS256" in lines[0], "ES256" in lines[1]] == [True, True]
    assert "desde 2026-03-01 12:00 UTC" in lines[0]
    assert main(["keys", "list", "--dir", str(keys_dir), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert set(rows[0]) == {
        "kid", "alg", "state", "file", "created_at", "published_since", "activated_at",
        "retired_at", "reason", "rotate_at", "due",
    }  # fmt: skip
    assert rows[0]["due"] == "falta la llave siguiente"


def test_keys_list_of_keys_that_others_may_read_is_refused(
    keys_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in keys_dir.glob("*.pem"):
        path.chmod(0o644)
    assert main(["keys", "list", "--dir", str(keys_dir)]) == 3
    told = capsys.readouterr()
    assert told.err.count("chmod 600") == 2
    assert told.out.count("active") == 2


def test_keys_list_without_keys_says_how_to_make_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "list", "--dir", "no-hay"]) == 3
    assert "idp keys generate" in capsys.readouterr().err


def test_keys_generate_where_it_may_not_write_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "archivo").write_bytes(b"")
    assert main(["keys", "generate", "--dir", str(tmp_path / "archivo" / "llaves")]) == 3
    assert "no se puede usar la carpeta" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("rotate",), ("revoke", "x", "--reason", "fuga")])
@pytest.mark.parametrize("there", [True, False])
def test_folder_that_holds_no_keys_is_left_as_it_is(
    tmp_path: Path, there: bool, words: tuple[str, ...]
) -> None:
    folder = tmp_path / "otra"
    if there:
        folder.mkdir(mode=0o755)
    assert main(["keys", *words, "--dir", str(folder)]) == 3
    assert folder.exists() is there
    if there:
        assert folder.stat().st_mode & 0o777 == 0o755


def test_keys_revoke_wants_a_reason(keys_dir: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["keys", "revoke", "x", "--reason", " ", "--dir", str(keys_dir)])
    assert ended.value.code == 2


def test_keys_revoke_tells_what_is_due_of_the_whole_folder(
    keys_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["keys", "generate", "--alg", "ES256", "--dir", str(keys_dir)]) == 0
    capsys.readouterr()
    assert main(["keys", "list", "--dir", str(keys_dir), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    (active,) = [one for one in rows if (one["alg"], one["state"]) == ("ES256", "active")]
    words = ("keys", "revoke", active["kid"], "--reason", "fuga", "--dir", str(keys_dir))
    assert main([*words, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [one["due"] for one in rows if one["state"] == "active"] == [None]
