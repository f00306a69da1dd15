"""The environment: every problem at once, each named, and no value of a secret repeated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from idp.settings import DEVELOPMENT_SECRET, SettingsError, load

GOOD = {
    "IDP_ISSUER": "https://login.example.com",
    "IDP_SECRET_KEY": "k" * 40,
    "IDP_DATABASE_URL": "postgresql+psycopg://idp:hidden-word@db/idp",
    "IDP_REDIS_URL": "rediss://:hidden-word@redis:6379/0",
    "IDP_SMTP_URL": "smtp+starttls://idp:hidden-word@relay:587",
    "IDP_MAIL_FROM": "VUCE <no-responder@example.com>",
    "IDP_SOL_BASE_URL": "https://api-seguridad.example.com",
    "IDP_SOL_CLIENT_ID": "vuce",
    "IDP_SOL_CLIENT_SECRET": "hidden-word",
    "PATH": "/usr/bin",
}


def problems(**changes: str | None) -> list[str]:
    merged = {**GOOD, **changes}
    with pytest.raises(SettingsError) as raised:
        load({name: value for name, value in merged.items() if value is not None})
    return raised.value.problems


def test_load_reads_what_production_needs() -> None:
    settings = load(GOOD)
    assert (settings.issuer, settings.production) == ("https://login.example.com", True)
    assert [one.realm for one in settings.upstreams] == ["sol"]
    assert (settings.upstreams[0].label, settings.upstreams[0].path) == ("Clave SOL", "clientessol")


def test_load_of_both_realms_gives_each_its_own_wire_format() -> None:
    extranet = {
        name.replace("_SOL_", "_EXTRANET_"): value
        for name, value in GOOD.items()
        if "_SOL_" in name
    }
    _, found = load({**GOOD, **extranet}).upstreams
    assert (found.realm, found.path, found.tip_origen) == ("extranet", "clientesextranet", "ET")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("600", 600), ("90s", 90), ("10m", 600), ("8h", 28_800), ("180d", 15_552_000), (" 5 m ", 300)],
)
def test_times_take_units(text: str, seconds: int) -> None:
    assert load({**GOOD, "IDP_SESSION_TTL": text}).session_ttl == seconds


def test_lists_and_paths_are_read() -> None:
    settings = load(
        {**GOOD, "IDP_OUTBOUND_ALLOW": "10.0.0.0/8, host:443 ,", "IDP_KEYS_DIR": " /etc/keys "}
    )
    assert settings.outbound_allow == ("10.0.0.0/8", "host:443")
    assert settings.keys_dir == Path("/etc/keys")
    addresses = load({**GOOD, "IDP_ADMIN_EMAILS": " a@b.example, c@d.example ,a@b.example,"})
    assert addresses.admin_emails == ("a@b.example", "c@d.example")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"IDP_LINKTTL": "5m"}, "IDP_LINKTTL: unknown variable"),
        ({"IDP_ISSUER": None}, "IDP_ISSUER: missing"),
        ({"IDP_ISSUER": "login.example.com"}, "IDP_ISSUER: expected an http(s) URL"),
        ({"IDP_ISSUER": "https://login.example.com/"}, "without a slash"),
        ({"IDP_ISSUER": "https://login.example.com?x=1"}, "host and port alone"),
        ({"IDP_ISSUER": "https://login.example.com/idp"}, "host and port alone"),
        ({"IDP_ISSUER": "https://a@login.example.com"}, "host and port alone"),
        ({"IDP_ISSUER": "https://Login.example.com"}, "lower case"),
        ({"IDP_ISSUER": "https://login.example.com:443"}, "no port"),
        ({"IDP_ISSUER": "https://login example.com"}, "IDP_ISSUER: expected an http(s) URL"),
        ({"IDP_ISSUER": "https://["}, "IDP_ISSUER: expected an http(s) URL"),
        ({"IDP_MAIL_FROM": "VUCE"}, "IDP_MAIL_FROM: expected one address"),
        ({"IDP_MAIL_FROM": "a@b.example\nBcc: c@d.example"}, "IDP_MAIL_FROM: expected one address"),
        ({"IDP_MAIL_FROM": "a@b.example, c@d.example"}, "IDP_MAIL_FROM: expected one address"),
        ({"IDP_ADMIN_EMAILS": "turno"}, "IDP_ADMIN_EMAILS: expected one address"),
        ({"IDP_ADMIN_EMAILS": "a@b.example;c@d.example"}, "IDP_ADMIN_EMAILS: expected one address"),
        ({"IDP_ADMIN_EMAILS": "T <a@b.example>"}, "IDP_ADMIN_EMAILS: expected addresses alone"),
        ({"IDP_ADMIN_EMAILS": ",".join(f"a{n}@b.example" for n in range(21))}, "20 addresses"),
        ({"IDP_SMTP_URL": "http://relay"}, "IDP_SMTP_URL: expected smtp://"),
        ({"IDP_SMTP_URL": "smtp://idp:hidden-word@relay"}, "where there are credentials"),
        ({"IDP_SMTP_URL": "smtps://idp@relay"}, "both a user and a password"),
        ({"IDP_SMTP_URL": "smtp://relay:mail"}, "IDP_SMTP_URL: expected smtp://"),
        ({"IDP_SMTP_URL": "smtp://relay.example.com:25"}, "IDP_SMTP_URL: production needs smtp+st"),
        ({"IDP_SMTP_URL": "smtps://a.example smtp://10.0.0.7"}, "10.0.0.7 is beyond this machine"),
        ({"IDP_SMTP_URL": "smtp://127.0.0.1.example.com"}, "127.0.0.1.example.com is beyond"),
        ({"IDP_MAIL_DOMAIN_BUDGET": "9"}, "IDP_MAIL_DOMAIN_BUDGET: must be from 60"),
        ({"IDP_DATABASE_URL": "mysql://db/idp"}, "IDP_DATABASE_URL: expected sqlite:///FILE"),
        ({"IDP_DATABASE_URL": "sqlite://"}, "IDP_DATABASE_URL: expected sqlite:///FILE"),
        ({"IDP_REDIS_URL": "localhost:6379"}, "IDP_REDIS_URL: expected redis://"),
        ({"IDP_REDIS_URL": "redis://h/name"}, "IDP_REDIS_URL: expected redis://"),
        ({"IDP_REDIS_URL": "unix://"}, "IDP_REDIS_URL: expected redis://"),
        ({"IDP_OUTBOUND_ALLOW": "10.0.0.0/8,intranet"}, "IDP_OUTBOUND_ALLOW: expected HOST:PORT"),
        ({"IDP_OUTBOUND_PROXY": "socks5://p:1"}, "IDP_OUTBOUND_PROXY: expected http://"),
        ({"IDP_OUTBOUND_CA_FILE": "/nonexistent"}, "IDP_OUTBOUND_CA_FILE: expected a file of CA"),
        ({"IDP_SMTP_CA_FILE": __file__}, "IDP_SMTP_CA_FILE: expected a file of CA"),
        ({"IDP_SUNAT_LOGOUT_URL": "javascript:x"}, "IDP_SUNAT_LOGOUT_URL: expected an http(s)"),
        ({"IDP_BIND": "127.0.0.1:70000"}, "IDP_BIND: expected HOST:PORT"),
        ({"IDP_SESSION_TTL": "99999999999"}, "IDP_SESSION_TTL: expected a number of seconds"),
        ({"IDP_SESSION_TTL": "999999999d"}, "IDP_SESSION_TTL: expected a hundred years"),
        ({"IDP_LINK_TTL": "59"}, "IDP_LINK_TTL: must be from 60"),
        ({"IDP_PERSON_RETENTION": "29d"}, "IDP_PERSON_RETENTION: 0 (never), or at least"),
        ({"IDP_IMPORTED_RETENTION": "1"}, "IDP_IMPORTED_RETENTION: 0 (never), or at least"),
        ({"IDP_ERASED_RETENTION": "1h"}, "IDP_ERASED_RETENTION: 0 (never), or at least"),
        (
            {"IDP_PERSON_RETENTION": "30d", "IDP_SESSION_TTL": "31d"},
            "IDP_PERSON_RETENTION: must exceed IDP_SESSION_TTL",
        ),
        ({"IDP_REPLACED_RETENTION": "2d"}, "IDP_REPLACED_RETENTION: must be from"),
        ({"IDP_SPENT_LINK_RETENTION": "0"}, "IDP_SPENT_LINK_RETENTION: must be from"),
        ({"IDP_THREADS": "²"}, "IDP_THREADS: expected a whole number"),
        ({"IDP_PROCESSES": "300"}, "IDP_PROCESSES: must be from 1 to 256"),
        ({"IDP_ISSUER": "http://login.example.com"}, "IDP_ISSUER: production needs https"),
        ({"IDP_ENV": "prod"}, "IDP_ENV: expected one of development, production"),
        ({"IDP_SECRET_KEY": "short"}, "IDP_SECRET_KEY: at least 32 characters"),
        ({"IDP_SECRET_KEY": DEVELOPMENT_SECRET}, "development secret is refused"),
        ({"IDP_LINK_TTL": "ten"}, "IDP_LINK_TTL: expected a number of seconds"),
        ({"IDP_LINK_TTL": "0"}, "IDP_LINK_TTL: must be from 60 to"),
        ({"IDP_LINK_TTL": "1h"}, "IDP_LINK_TTL: must not exceed IDP_LINK_MAX_AGE"),
        ({"IDP_THREADS": "many"}, "IDP_THREADS: expected a whole number"),
        ({"IDP_THREADS": "0"}, "IDP_THREADS: must be from 1 to 512"),
        ({"IDP_BIND": "8000"}, "IDP_BIND: expected HOST:PORT"),
        ({"IDP_CAPTCHA": "none"}, "IDP_CAPTCHA: production needs a captcha"),
        ({"IDP_CAPTCHA": "recaptchá"}, "IDP_CAPTCHA: expected one of"),
        ({"IDP_SOL_USER_PATTERN": "["}, "IDP_SOL_USER_PATTERN: expected a regular expression"),
        ({"IDP_LOG_LEVEL": "loud"}, "IDP_LOG_LEVEL: expected one of"),
        ({"IDP_SOL_BASE_URL": None}, "upstream sol: missing base_url"),
        ({"IDP_SOL_BASE_URL": "http://api.example.com"}, "production needs an https base_url"),
        ({"IDP_SOL_BASE_URL": "ftp://x"}, "base_url must be an http(s) URL"),
        ({"IDP_SOL_BASE_URL": "https://["}, "base_url must be an http(s) URL"),
        ({"IDP_SOL_BASE_URL": "https://a@b"}, "base_url must be an http(s) URL without user"),
        ({"IDP_SOL_PATH": "a/../b"}, "path must be one segment"),
        ({"IDP_SOL_TIMEOUT": "soon"}, "timeout must be a number of seconds"),
        ({"IDP_SOL_TIMEOUT": "3600"}, "at most 60"),
        ({"IDP_SOL_DRIVER": "oidc"}, "driver must be clientessol"),
        ({"IDP_SOL_PROBE_FORM": "["}, "probe_form must be a regular expression"),
        ({"IDP_SOL_PROBE_REDIRECTS": "6"}, "probe_redirects must be a number from 0 to 5"),
        ({"IDP_PROBE_INTERVAL": "5"}, "IDP_PROBE_INTERVAL: must be from 10 to 120"),
        ({"IDP_PROBE_FAILURES": "1"}, "IDP_PROBE_FAILURES: must be from 2"),
        ({"IDP_UPSTREAMS_FILE": "/nonexistent.json"}, "IDP_UPSTREAMS_FILE: /nonexistent.json"),
    ],
)
def test_load_of_a_wrong_value_names_it(changes: dict[str, str | None], said: str) -> None:
    found = problems(**changes)
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.0.1", "[::1]", "LOCALHOST:8026"])
def test_production_hands_mail_in_clear_to_this_machine_only(host: str) -> None:
    assert load({**GOOD, "IDP_SMTP_URL": f"smtp://{host}"}).production
    away = {**GOOD, "IDP_ENV": "development", "IDP_SMTP_URL": "smtp://mail.example.com"}
    assert not load(away).production


def test_load_tells_every_problem_at_once_and_no_secret() -> None:
    found = problems(
        IDP_ENV="x", IDP_REDIS_URL=None, IDP_LINK_TTL="x", IDP_SOL_CLIENT_ID=None, IDP_NADA="1"
    )
    assert sorted(one.partition(":")[0] for one in found) == [
        "IDP_ENV", "IDP_LINK_TTL", "IDP_NADA", "IDP_REDIS_URL", "upstream sol",
    ]  # fmt: skip
    assert "hidden-word" not in "\n".join(found)


def test_places_may_hold_what_folders_hold() -> None:
    settings = load(
        {
            **GOOD,
            "IDP_DATABASE_URL": "sqlite:////srv/año nuevo/idp.sqlite3",
            "IDP_REDIS_URL": "unix:///srv/año nuevo/valkey.sock",
        }
    )
    assert "año nuevo" in settings.database_url
    assert "año nuevo" in settings.redis_url


def test_settings_never_show_a_secret() -> None:
    settings = load(GOOD)
    assert "hidden-word" not in repr(settings)
    assert GOOD["IDP_SECRET_KEY"] not in repr(settings)


def test_development_allows_what_production_does_not() -> None:
    settings = load(
        {
            **GOOD, "IDP_ENV": "development", "IDP_ISSUER": "http://localhost:8000",
            "IDP_SECRET_KEY": DEVELOPMENT_SECRET, "IDP_CAPTCHA": "none",
            "IDP_SOL_BASE_URL": "http://localhost:8100",
        }
    )  # fmt: skip
    assert not settings.production


ROW = {"realm": "sol", "base_url": "https://a.example", "client_id": "v", "client_secret": "s"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "IDP_UPSTREAMS_FILE"),
        ('{"realm": "sol"}', "expected a list of objects"),
        ("[1]", "expected a list of objects"),
        ([{**ROW, "colour": "red"}], "upstream sol: unknown key colour"),
        ([{**ROW, "client_id": 5}], "upstream sol: client_id must be a text"),
        ([{**ROW, "timeout": None}], "timeout must be a number"),
        ([{**ROW, "pinned_keys": ["x"]}], "pinned_keys must map"),
        ([{**ROW, "extra_fields": {"a": 1}}], "extra_fields must map"),
        ([ROW, ROW], "upstream sol: named twice"),
        ([{**ROW, "realm": ["sol"]}], "realm must be a text"),
        ([{**ROW, "realm": "a/b"}], "realm must be lower-case letters"),
        ([], "no upstream is named"),
    ],
)
def test_upstreams_file_that_is_wrong_is_said(tmp_path: Path, content: Any, said: str) -> None:
    file = tmp_path / "upstreams.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    none: dict[str, str | None] = {name: None for name in GOOD if "_SOL_" in name}
    found = problems(**none, IDP_UPSTREAMS_FILE=str(file))
    assert said in "\n".join(found)


def test_upstreams_file_names_any_realm(tmp_path: Path) -> None:
    file = tmp_path / "upstreams.json"
    file.write_text(json.dumps([{**ROW, "realm": "otra", "timeout": 5}]))
    environ = {name: value for name, value in GOOD.items() if "_SOL_" not in name}
    (found,) = load({**environ, "IDP_UPSTREAMS_FILE": str(file)}).upstreams
    assert (found.realm, found.label, found.timeout) == ("otra", "otra", 5.0)


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, "http://localhost:8010"),
        ({"IDP_ADMIN_BIND": "[::1]:9000"}, "http://localhost:9000"),
        ({"IDP_ADMIN_URL": "https://consola.example.com"}, "https://consola.example.com"),
        (
            {"IDP_ADMIN_URL": "https://consola.example.com", "IDP_ADMIN_BIND": "0.0.0.0:8010"},
            "https://consola.example.com",
        ),
    ],
)
def test_console_of_production_is_behind_tls_or_on_this_machine(
    changes: dict[str, str], url: str
) -> None:
    assert load({**GOOD, **changes}).console_url == url


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"IDP_ADMIN_BIND": "0.0.0.0:8010"}, "IDP_ADMIN_URL: missing"),
        ({"IDP_ADMIN_URL": "http://consola.example.com"}, "a proxy that ends TLS"),
        (
            {"IDP_ADMIN_URL": "http://localhost:8010", "IDP_ADMIN_BIND": "10.0.0.1:8010"},
            "a proxy that ends TLS",
        ),
        ({"IDP_ADMIN_URL": "https://login.example.com:8443"}, "a host of its own"),
        ({"IDP_ADMIN_URL": "https://consola.example.com/admin"}, "scheme, host and port alone"),
        ({"IDP_ADMIN_SESSION_IDLE": "5s"}, "must be from 60"),
    ],
)
def test_console_of_production_elsewhere_is_refused(changes: dict[str, str], said: str) -> None:
    (found,) = problems(**changes)
    assert found.startswith("IDP_ADMIN_")
    assert said in found
