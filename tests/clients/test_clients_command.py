"""`idp clients check|list|secret`, as the command line runs them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from clients_texts import HASH, client, document

from idp.cli.main import main


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without a demo and no setting: a file that is named can be checked all the same."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IDP_ISSUER", raising=False)


def _write(text: str) -> str:
    Path("componentes.yaml").write_text(text, encoding="utf-8")
    return "componentes.yaml"


def test_clients_check_of_a_good_file_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    file = _write(document(client("a"), client("b")))
    assert main(["clients", "check", file]) == 0
    assert capsys.readouterr().out == "componentes.yaml: 2 componentes, sin problemas\n"


def test_clients_check_of_a_bad_file_tells_each_problem(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = _write(document(client(scope="profile", state_lifetime="5")))
    assert main(["clients", "check", file]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("componentes.yaml:5:12: clients[0].scope: falta `openid`")
    assert lines[1].startswith("componentes.yaml:7:21: clients[0].state_lifetime: ")
    assert lines[2:] == ["2 problemas"]


def test_clients_check_as_json_is_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    file = _write(document(client(scope="profile")))
    assert main(["clients", "check", file, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["clients"]) == (False, [])
    assert found["problems"][0] == {
        "file": "componentes.yaml",
        "line": 5,
        "column": 12,
        "path": "clients[0].scope",
        "message": "falta `openid`, que OpenID Connect exige",
        "instead": "openid profile",
    }


def test_clients_check_can_judge_as_production(capsys: pytest.CaptureFixture[str]) -> None:
    file = _write(document(client(redirect_uris="['http://localhost/c']")))
    assert main(["clients", "check", file]) == 0
    assert main(["--json", "clients", "check", file, "--production"]) == 3
    assert "producción" in capsys.readouterr().out


def test_clients_check_without_file_or_environment_tells_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["clients", "check"]) == 3
    assert "IDP_ISSUER" in capsys.readouterr().err


def test_clients_list_tells_the_components_and_never_a_hash(
    capsys: pytest.CaptureFixture[str],
) -> None:
    secrets = f"[{{hash: {HASH}, not_after: '2020-01-01T00:00:00Z'}}]"
    file = _write(document(client("a", secrets=secrets), client("b")))
    assert main(["clients", "list", file]) == 0
    text = capsys.readouterr().out
    assert "a  Uno" in text
    assert "2020-01-01T00:00:00+00:00 (vencido)" in text
    assert "https://uno.example.com/callback" in text
    assert main(["clients", "list", file, "--json"]) == 0
    as_json = capsys.readouterr().out
    assert [one["client_id"] for one in json.loads(as_json)] == ["a", "b"]
    assert json.loads(as_json)[0]["secrets"][0]["in_force"] is False
    assert "ab" * 32 not in text + as_json


def test_clients_list_of_a_bad_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clients", "list", _write("")]) == 3
    assert "vacío" in capsys.readouterr().out


def test_clients_secret_is_new_each_time_and_fits_the_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["clients", "secret", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["hash"] == "sha256:" + hashlib.sha256(first["secret"].encode()).hexdigest()
    assert main(["clients", "secret"]) == 0
    text = capsys.readouterr().out
    assert first["secret"] not in text
    line = text.splitlines()[-1]
    file = _write(document(client(secrets="\n    " + line)))
    assert main(["clients", "check", file]) == 0
