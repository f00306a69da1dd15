"""`idp clients add`: what it writes, what it prints once, and what it leaves on record."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from clients_texts import REALMS, client, document

from idp.cli.main import main
from idp.clients import loader
from idp.clients.client import Client, NudgePolicy
from idp.clients.examples import NO_ISSUER
from idp.clients.examples.spring import SECURITY_CONFIG

Run = Callable[..., tuple[int, str, str]]
SPRING = "https://dos.pe/login/oauth2/code/vuce"
NOT_COMPLETE = (
    "aviso: el entorno no está completo; el archivo se juzga como en desarrollo "
    "(con --production, como en producción)\n"
)
ADD = ("add", "dos", "--name", "Dos", "--redirect-uri", SPRING)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is no installation's: a folder without a demo, and no setting."""
    monkeypatch.chdir(tmp_path)
    for name in [one for one in os.environ if one.startswith("IDP_")]:
        monkeypatch.delenv(name)
    found = tmp_path / "clients.yaml"
    found.write_text(document(client("uno")))
    found.chmod(0o640)
    return found


@pytest.fixture
def run(file: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str) -> tuple[int, str, str]:
        try:
            code = main(["clients", *words, "--file", str(file)])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def registered(file: Path, client_id: str = "dos") -> Client:
    found = loader.load(file, production=False, realms=REALMS)
    assert found.problems == ()
    return found.clients[client_id]


def test_add_without_nudge_writes_both_off(run: Run, file: Path) -> None:
    assert run(*ADD)[0] == 0
    assert registered(file).nudge == NudgePolicy(missing=True, yearly=True)
    assert "nudge" not in file.read_text()
    assert run("add", "tres", *ADD[2:], "--no-nudge")[0] == 0
    assert registered(file, "tres").nudge == NudgePolicy(missing=False, yearly=False)


def test_add_prints_the_secret_once_and_writes_its_hash_alone(run: Run, file: Path) -> None:
    code, out, err = run(*ADD)
    (line,) = [one for one in out.splitlines() if "client_secret " in one]
    secret = line.split()[1]
    assert (code, err, len(secret), out.count(secret)) == (0, NOT_COMPLETE, 43, 1)
    assert registered(file).secrets[0].sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_add_prints_both_files_of_a_spring_component(run: Run) -> None:
    code, out, _ = run(*ADD)
    assert code == 0
    assert SECURITY_CONFIG.rstrip() in out
    for line in (
        "            client-id: dos",
        "            client-secret: ${VUCE_CLIENT_SECRET}",
        '            redirect-uri: "{baseUrl}/login/oauth2/code/{registrationId}"',
        "            scope: openid, profile, email, vuce",
        f"            issuer-uri: {NO_ISSUER}",
    ):
        assert line in out.splitlines()


def test_add_as_json_is_for_programs(run: Run, file: Path) -> None:
    whole = ("--initiate-login-uri", "https://dos.pe/login", "--post-logout-redirect-uri",
             "https://dos.pe/salida")  # fmt: skip
    code, out, _ = run(*ADD, *whole, "--json")
    found = json.loads(out)
    assert (code, found["client_id"], found["file"]) == (0, "dos", str(file))
    assert hashlib.sha256(found["client_secret"].encode()).hexdigest() in file.read_text()
    files = found["configuration"]["files"]
    assert [one["file"] for one in files] == ["application.yml", "SecurityConfig.java"]
    assert found["client_secret"] not in files[0]["text"]
    assert (found["issuer"], len(found["notes"])) == (None, 1)
    assert NO_ISSUER in found["notes"][0]


def test_add_takes_every_field_that_it_names(run: Run, file: Path) -> None:
    words = (
        "add", "dos", "--name", "Gestión: «dos»", "--redirect-uri", "https://dos.pe/c",
        "--redirect-uri", "https://dos.pe/d", "--post-logout-redirect-uri", "https://dos.pe/",
        "--client-uri", "https://dos.pe/inicio", "--initiate-login-uri", "https://dos.pe/login",
        "--backchannel-logout-uri", "https://dos.pe/aviso", "--logout-token-typ", "JWT",
        "--scope", "openid vuce offline_access", "--realm", "extranet", "--refresh",
        "--auth-method", "client_secret_post",
    )  # fmt: skip
    assert run(*words)[0] == 0
    found = registered(file)
    assert found.client_name == "Gestión: «dos»"
    assert found.redirect_uris == ("https://dos.pe/c", "https://dos.pe/d")
    assert found.post_logout_redirect_uris == ("https://dos.pe/",)
    assert found.client_uri == "https://dos.pe/inicio"
    assert found.initiate_login_uri == "https://dos.pe/login"
    assert found.backchannel_logout_uri == "https://dos.pe/aviso"
    assert found.logout_token_typ == "JWT"
    assert found.scopes == {"openid", "vuce", "offline_access"}
    assert found.realms == ("extranet",)
    assert found.grant_types == ("authorization_code", "refresh_token")
    assert found.token_endpoint_auth_method == "client_secret_post"


# id: (words, whose configuration is printed, whether there is a secret)
KINDS = {
    "fapi": (("--redirect-uri", SPRING, "--profile", "fapi2", "--jwks-uri", "https://dos.pe/j"),
             "vuce.mjs", False),
    "public": (("--redirect-uri", SPRING, "--auth-method", "none"), "application.yml", False),
    "keys": (("--redirect-uri", SPRING, "--auth-method", "private_key_jwt", "--jwks-uri",
              "https://dos.pe/j", "--for", "apache"), "vuce.conf", False),
    "flask": (("--redirect-uri", SPRING, "--for", "flask"), "app.py", True),
    "service": (("--service", "--scope", "api:leer"), "token.sh", True),
}  # fmt: skip


@pytest.mark.parametrize("case", KINDS.values(), ids=KINDS.keys())
def test_add_of_each_kind_prints_what_that_kind_needs(run: Run, file: Path, case: tuple) -> None:
    words, name, secret = case
    code, out, _ = run("add", "dos", "--name", "Dos", *words, "--json")
    found = json.loads(out)
    assert (code, found["configuration"]["files"][0]["file"]) == (0, name)
    assert bool(found["client_secret"]) is secret
    assert bool(registered(file).secrets) is secret


NOTES = {
    "no way to begin anew": ((), "https://dos.pe/oauth2/authorization/vuce"),
    "another path": (("--redirect-uri", "https://dos.pe/c"), "redirectionEndpoint"),
    "no page to come back to": ((), "https://dos.pe/salida"),
    "no example": (("--for", "curl"), "no hay ejemplo de curl"),
}


@pytest.mark.parametrize("case", NOTES.values(), ids=NOTES.keys())
def test_add_tells_what_will_be_missed_later(run: Run, case: tuple) -> None:
    words, note = case
    uri = words if "--redirect-uri" in words else (*ADD[-2:], *words)
    out = run("add", "dos", "--name", "Dos", *uri)[1]
    assert any(one.startswith("nota: ") and note in one for one in out.splitlines())


def test_add_of_a_spring_component_with_an_address_of_its_own_writes_it(run: Run) -> None:
    out = run("add", "dos", "--name", "Dos", "--redirect-uri", "https://dos.pe/otra")[1]
    assert "            redirect-uri: https://dos.pe/otra" in out.splitlines()


REFUSED = {
    "taken": (("add", "uno", "--name", "Uno", "--redirect-uri", SPRING), 1, "ya existe"),
    "bad uri": (("add", "dos", "--name", "Dos", "--redirect-uri", "dos.pe"), 1, "redirect_uris[0]"),
    "service without scope": (("add", "dos", "--name", "Dos", "--service"), 1, "--scope"),
    "no name": (("add", "dos", "--redirect-uri", SPRING), 2, "--name"),
    "empty name": (("add", "dos", "--name", " "), 2, "--name"),
    "name of raw bytes": (("add", "dos", "--name", "D\udcf3s"), 2, "--name"),
    "service that renews": (("add", "d", "--name", "D", "--service", "--refresh"), 2, "--refresh"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_add_that_cannot_be_done_says_why_and_prints_no_secret(
    run: Run, file: Path, case: tuple
) -> None:
    words, expected, why = case
    before = file.read_bytes()
    code, out, err = run(*words)
    assert (code, out, why in err) == (expected, "", True)
    assert file.read_bytes() == before


def test_add_to_a_file_with_problems_tells_them_all(run: Run, file: Path) -> None:
    file.write_text(document(client(scope="profile"), client("tres", realms="[luna]")))
    code, out, err = run(*ADD)
    assert (code, out) == (3, "")
    assert "clients[0].scope" in err
    assert "clients[1].realms[0]" in err
    assert err.endswith("no se cambió nada\n")


def test_add_to_a_file_that_is_not_there_begins_one(run: Run, file: Path) -> None:
    file.unlink()
    assert run(*ADD)[0] == 0
    assert registered(file).client_name == "Dos"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_refusal_as_json_is_json(run: Run, file: Path) -> None:
    code, out, _ = run("add", "uno", *ADD[2:], "--json")
    found = json.loads(out)
    assert (code, found["ok"], "ya existe" in found["problems"][0]["message"]) == (1, False, True)
    file.write_text(document(client(scope="profile")))
    code, out, _ = run(*ADD, "--json")
    assert (code, json.loads(out)["problems"][0]["path"]) == (3, "clients[0].scope")


@pytest.mark.parametrize("said", ["option", "IDP_ENV"])
def test_file_is_judged_as_production_would_although_nothing_else_is_known(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """As by `sudo`, which drops the environment: what production refuses would stop its start."""
    local = (*ADD[:-1], "http://localhost:1/c")
    more = ("--production",) if said == "option" else ()
    if said == "IDP_ENV":
        monkeypatch.setenv("IDP_ENV", "production")
    code, _, err = run(*local, *more)
    assert (code, "producción" in err) == (1, True)
    assert "aviso" not in err


def test_secret_that_cannot_be_shown_is_said_and_the_component_is_there(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("idp.cli.context.Context.out", full)
    code, _, err = run(*ADD)
    assert (code, "idp clients secret" in err) == (0, True)
    assert registered(file).client_id == "dos"


@pytest.mark.parametrize("path", ["/", "/login"])
def test_flask_example_whose_paths_meet_is_told(run: Run, path: str) -> None:
    told = run(*ADD[:-1], f"https://dos.pe{path}", "--for", "flask")[1]
    assert f"app.py usa {path} para otra cosa" in told
