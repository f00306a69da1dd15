"""`idp clients disable|enable`, and `add`, on an installation: on record, and felt at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.cli.main import main
from idp.kernel.clock import SystemClock
from idp.signing.generate import ensure_generated
from idp.signing.store import read_records, write_records
from tests.support.components import Party, refused
from tests.support.installation import environment_of
from tests.support.vault import make_data_keys
from tests.support.world import CLIENTS, World, build_world

Run = Callable[..., tuple[int, str, str]]
WHY = ("--reason", "secreto filtrado")
REFRESH = CLIENTS.replace(
    "client_id: mr\n", "client_id: mr\n    grant_types: [authorization_code, refresh_token]\n"
)

ES256 = """
  - client_id: moderno
    client_name: Moderno
    redirect_uris: [https://m.pe/c]
    scope: openid
    id_token_signed_response_alg: ES256
    token_endpoint_auth_method: none
"""


@pytest.fixture
def provider(tmp_path: Path, valkey: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """A provider, and the environment in which `idp` acts on it."""
    world = build_world(tmp_path, valkey, clients=REFRESH)
    for name in [one for one in os.environ if one.startswith("IDP_")]:
        monkeypatch.delenv(name)
    for name, value in environment_of(world.settings).items():
        monkeypatch.setenv(name, value)
    return world


@pytest.fixture
def run(provider: World, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*words: str) -> tuple[int, str, str]:
        try:
            code = main(["clients", *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def rows(world: World, event: AuditEvent) -> list[tuple[str | None, str | None, dict[str, str]]]:
    """Client, actor and details of each row of an event."""
    found = world.services.audit.search(AuditFilter(event=event))
    return [(one.client_id, one.actor, dict(one.details)) for one in found]


def test_disabled_component_lets_nobody_in_and_enabled_it_goes_on(
    provider: World, run: Run
) -> None:
    party = Party.logged_in(provider, "mr")
    answer, code = party.tokens(), party.code()
    assert run("disable", "mr", *WHY)[0] == 0
    assert provider.services.clients.reload()
    page = party.authorize()
    assert (page.status_code, 'id="error-code">client_disabled<' in page.text) == (403, True)
    refused(party.redeem(code), "invalid_client", (401,))
    refused(party.refresh(answer["refresh_token"]), "invalid_client", (401,))
    assert party.userinfo(answer["access_token"]).status_code == 401
    # The session is other components' as well.
    assert "code" in Party(provider, party.browser, "spa").answer(prompt="none")

    assert run("enable", "mr", "--reason", "secreto cambiado")[0] == 0
    assert provider.services.clients.reload()
    assert party.userinfo(answer["access_token"]).status_code == 200
    assert party.refresh(answer["refresh_token"]).status_code == 200
    assert "code" in party.answer(prompt="none")


def test_each_change_is_on_record_with_who_and_why(provider: World, run: Run) -> None:
    add = ("add", "nuevo", "--name", "Nuevo", "--redirect-uri", "https://nuevo.pe/c")
    assert run(*add, "--as", "ana")[0] == 0
    assert run("disable", "mr", *WHY, "--as", "luis")[0] == 0
    assert run("enable", "mr", "--reason", "ya está", "--as", "luis")[0] == 0
    assert rows(provider, AuditEvent.CLIENT_ADDED) == [("nuevo", "ana", {})]
    assert rows(provider, AuditEvent.CLIENT_DISABLED) == [
        ("mr", "luis", {"reason": "secreto filtrado"})
    ]
    assert rows(provider, AuditEvent.CLIENT_ENABLED) == [("mr", "luis", {"reason": "ya está"})]


def test_change_that_is_none_is_told_and_not_recorded(provider: World, run: Run) -> None:
    assert run("disable", "mr", *WHY)[0] == 0
    code, out, err = run("disable", "mr", *WHY)
    assert (code, err) == (0, "")
    assert "ya estaba deshabilitado" in out
    assert len(rows(provider, AuditEvent.CLIENT_DISABLED)) == 1


def test_file_of_another_installation_is_changed_and_not_recorded_here(
    provider: World, run: Run, tmp_path: Path
) -> None:
    other = tmp_path / "otro.yaml"
    other.write_bytes(provider.settings.clients_file.read_bytes())
    code, out, _ = run("disable", "mr", *WHY, "--file", str(other))
    assert (code, "no es el archivo de esta instalación" in out) == (0, True)
    assert b"disabled: true" in other.read_bytes()
    assert b"disabled" not in provider.settings.clients_file.read_bytes()
    assert rows(provider, AuditEvent.CLIENT_DISABLED) == []


def test_own_file_by_another_name_is_the_own_one(provider: World, run: Run, tmp_path: Path) -> None:
    link = tmp_path / "enlace.yaml"
    link.symlink_to(provider.settings.clients_file)
    assert run("disable", "mr", *WHY, "--file", str(link))[0] == 0
    assert len(rows(provider, AuditEvent.CLIENT_DISABLED)) == 1


def test_disable_without_a_database_is_done_and_says_what_is_missing(
    provider: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an emergency the file is what counts."""
    monkeypatch.setenv("IDP_DATABASE_URL", "postgresql+psycopg://nadie@127.0.0.1:1/nada")
    code, out, err = run("disable", "mr", *WHY)
    assert (code, "quedó deshabilitado" in out) == (0, True)
    assert "no quedó en la auditoría" in err
    assert b"disabled: true" in provider.settings.clients_file.read_bytes()


def test_disable_tells_what_goes_on_and_how_to_end_it(run: Run) -> None:
    out = run("disable", "mr", *WHY)[1]
    for said in ("en un segundo", "SIGHUP", "invalid_client", "JWT", "sesiones"):
        assert said in out
    assert "idp sessions revoke --client mr --reason" in out


def test_disable_as_json_is_for_programs(provider: World, run: Run) -> None:
    found = json.loads(run("disable", "mr", *WHY, "--json")[1])
    file = str(provider.settings.clients_file)
    assert found == {"client_id": "mr", "disabled": True, "changed": True, "file": file}


REFUSED = {
    "nobody": (("disable", "nadie", *WHY), 1, "no hay un componente nadie"),
    "no reason": (("disable", "mr"), 2, "--reason"),
    "no component": (("enable", *WHY), 2, "CLIENT_ID"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_switch_that_cannot_be_done_says_why(provider: World, run: Run, case: tuple) -> None:
    words, expected, why = case
    before = provider.settings.clients_file.read_bytes()
    code, out, err = run(*words)
    assert (code, out, why in err) == (expected, "", True)
    assert provider.settings.clients_file.read_bytes() == before


def test_algorithm_that_this_installation_has_no_key_for_is_refused(
    provider: World, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider would refuse the file as a whole from then on."""
    keys = tmp_path / "solo-rsa"
    ensure_generated(keys, clock=SystemClock(), algorithms=("RS256",))
    make_data_keys(keys)
    monkeypatch.setenv("IDP_KEYS_DIR", str(keys))
    file = provider.settings.clients_file
    file.write_text(file.read_text().replace("    id_token_signed_response_alg: ES256\n", ""))
    words = ("add", "fapi", "--name", "F", "--redirect-uri", "https://f.pe/c", "--profile",
             "fapi2", "--jwks-uri", "https://f.pe/j")  # fmt: skip
    code, _, err = run(*words)
    assert (code, "no hay llave para firmar con ES256" in err) == (1, True)


def test_check_knows_which_keys_there_are_as_the_provider_does(provider: World, run: Run) -> None:
    """A component that wants another algorithm would stop the next start."""
    for path in provider.settings.keys_dir.glob("es256-*.pem"):
        path.unlink()
    records = [one for one in read_records(provider.settings.keys_dir) if one.alg != "ES256"]
    write_records(provider.settings.keys_dir, tuple(records))
    file = provider.settings.clients_file
    file.write_text(file.read_text() + ES256)
    code, out, _ = run("check")
    assert (code, "no hay llave para firmar con ES256" in out) == (3, True)


@pytest.mark.parametrize("named", [True, False])
def test_leaked_key_is_on_record_however_the_folder_is_named(
    provider: World, capsys: pytest.CaptureFixture[str], named: bool
) -> None:
    folder = provider.settings.keys_dir
    kid = next(one.kid for one in read_records(folder) if one.alg == "ES256")
    where = ("--dir", str(folder / ".." / folder.name)) if named else ()
    assert main(["keys", "revoke", kid, "--reason", "fuga", *where]) == 0
    assert "aviso: el cambio" not in capsys.readouterr().err
    found = provider.services.audit.search(AuditFilter(event=AuditEvent.KEYS_REVOKED))
    assert [dict(one.details)["kid"] for one in found] == [kid]


def test_keys_before_the_database_are_made_and_the_reason_is_plain(
    provider: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The order in which a new installation is begun."""
    monkeypatch.setenv("IDP_DATABASE_URL", f"sqlite:///{tmp_path / 'nueva.sqlite3'}")
    assert main(["keys", "generate", "--alg", "ES256"]) == 0
    assert "la instalación aún no está completa" in capsys.readouterr().err
    monkeypatch.setenv("IDP_DATABASE_URL", "postgresql+psycopg://x@127.0.0.1:9/x")
    assert main(["keys", "generate", "--alg", "ES256"]) == 0
    assert "sql OperationalError" in capsys.readouterr().err
