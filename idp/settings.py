"""Settings: frozen, typed, read from the environment once at start.

Owns: the table of `IDP_*` variables, their parsing and their checks; every problem of the
environment is reported at once. Does not own: what spans rooms at start (clients.yaml, keys),
which one command in wiring checks. May import: kernel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idp.kernel.identity import (
    DEFAULT_EXTRANET_USER_PATTERN,
    DEFAULT_SOL_USER_PATTERN,
    EXTRANET,
    SOL,
)

DEVELOPMENT_SECRET = "development-only-secret-development-only"
_UPSTREAM_KEYS = {
    "realm", "driver", "label", "base_url", "path", "client_id", "client_secret", "grant_type",
    "timeout", "tip_origen", "pinned_keys",
}  # fmt: skip


class SettingsError(Exception):
    """The environment cannot be used; `problems` lists every reason, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Upstream:
    """Who proves the people of one realm while all is well.

    `timeout` is in seconds; `pinned_keys` maps a `kid` to a PEM public key (optional).
    """

    realm: str
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str = ""
    driver: str = "clientessol"
    path: str = "clientessol"
    grant_type: str = "authorization_code"
    timeout: float = 15.0
    tip_origen: str = "IT"
    pinned_keys: Mapping[str, str] = field(default_factory=dict, repr=False)


def _text(raw: str) -> str:
    return raw.strip()


def _seconds(raw: str) -> int:
    match = re.fullmatch(r"(\d+)\s*([smhd]?)", raw.strip())
    if not match:
        raise ValueError("a number of seconds, or with a unit: 600, 10m, 8h, 180d")
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


def _count(raw: str) -> int:
    if not raw.strip().isdigit():
        raise ValueError("a whole number")
    return int(raw)


def _path(raw: str) -> Path:
    return Path(raw.strip())


def _list(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw.strip() not in allowed:
            raise ValueError("one of " + ", ".join(allowed))
        return raw.strip()

    return parse


def _pattern(raw: str) -> str:
    try:
        re.compile(raw)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from error
    return raw


def _issuer(raw: str) -> str:
    parts = urlsplit(raw.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("an http(s) URL without query or fragment (OpenID Connect Discovery §3)")
    if raw.strip().endswith("/"):
        raise ValueError("a URL without a slash at its end")
    return raw.strip()


def _var(
    parse: Callable[[str], Any], doc: str, default: Any = MISSING, *, secret: bool = False
) -> Any:
    metadata = {"parse": parse, "doc": doc}
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting; the variable of `issuer` is `IDP_ISSUER`, and so on."""

    issuer: str = _var(_issuer, "The provider's issuer URL; every link is built from it.")
    env: str = _var(
        _one_of("development", "production"), "`production` refuses what is unsafe.", "production"
    )
    secret_key: str = _var(
        _text, "At least 32 characters; the keys of each purpose are derived.", secret=True
    )
    database_url: str = _var(
        _text, "`sqlite:///…` or `postgresql+psycopg://…`: the durable data.", secret=True
    )
    redis_url: str = _var(
        _text, "`redis://`, `rediss://` or `unix://`: sessions, links, limits, queue.", secret=True
    )
    clients_file: Path = _var(_path, "The components: clients.yaml.", Path("clients.yaml"))
    keys_dir: Path = _var(_path, "The signing keys.", Path("keys"))
    upstreams_file: Path | None = _var(
        _path, "JSON list of upstreams (realm, driver, base_url, client_id, …).", None
    )
    smtp_url: str = _var(
        _text, "`smtp://`, `smtp+starttls://` or `smtps://`: the relay.", secret=True
    )
    mail_from: str = _var(_text, "Sender of every mail, e.g. `VUCE <no-responder@…>`.")
    captcha: str = _var(_one_of("altcha", "none"), "`none` only in development.", "altcha")
    altcha_cost: int = _var(_count, "PBKDF2 rounds of one captcha try.", 5_000)

    link_ttl: int = _var(_seconds, "Life of a link after the last hand-over to a relay.", 600)
    link_max_age: int = _var(_seconds, "Total bound of a link's life.", 1_800)
    session_ttl: int = _var(_seconds, "Longest life of a session.", 28_800)
    session_idle: int = _var(_seconds, "A session unused for so long ends.", 1_800)
    contingency_session_ttl: int = _var(
        _seconds, "Longest life of a session that began by mail.", 3_600
    )
    transaction_ttl: int = _var(_seconds, "Life of an untouched login.", 600)
    transaction_touched_ttl: int = _var(
        _seconds, "Life of a login that somebody goes on with.", 3_600
    )
    code_ttl: int = _var(_seconds, "Life of an authorization code.", 60)
    access_token_ttl: int = _var(_seconds, "Life of an access token.", 900)
    id_token_ttl: int = _var(_seconds, "Life of an ID token.", 900)
    address_cooloff: int = _var(
        _seconds, "A changed address counts for contingency after so long.", 86_400
    )
    known_browser_after: int = _var(_seconds, "A browser is known after so long.", 86_400)
    known_browser_ttl: int = _var(_seconds, "A browser stays known for so long.", 180 * 86_400)
    audit_retention: int = _var(_seconds, "Audit rows are kept for so long.", 5 * 365 * 86_400)

    sol_user_pattern: str = _var(
        _pattern, "What a usuario SOL looks like.", DEFAULT_SOL_USER_PATTERN
    )
    extranet_user_pattern: str = _var(
        _pattern, "What an Extranet user looks like.", DEFAULT_EXTRANET_USER_PATTERN
    )
    outbound_allow: tuple[str, ...] = _var(
        _list, "Private addresses that we may call: `host:port` or CIDR, comma-separated.", ()
    )
    outbound_proxy: str | None = _var(_text, "HTTP proxy for every outbound call.", None)
    outbound_ca_file: Path | None = _var(_path, "CA bundle for outbound TLS.", None)
    smtp_ca_file: Path | None = _var(_path, "CA bundle for the relay's TLS.", None)
    trusted_proxies: int = _var(_count, "Proxies in front whose X-Forwarded-* we believe.", 0)
    bind: str = _var(_text, "Where `idp serve` listens.", "127.0.0.1:8000")
    threads: int = _var(_count, "Threads per server process.", 8)
    processes: int = _var(_count, "Server processes.", 1)
    worker_threads: int = _var(_count, "Mail worker threads.", 4)
    log_level: str = _var(
        _one_of("debug", "info", "warning", "error"), "Least level logged.", "info"
    )
    help_desk_phone: str = _var(_text, "Shown on every page and mail.", "207-1510 / 713-4646")
    help_desk_email: str = _var(_text, "Shown on every page and mail.", "vuceayuda@mincetur.gob.pe")
    sunat_logout_url: str | None = _var(
        _text, "Where a person ends SUNAT's own session; shown after logging out.", None
    )
    upstreams: tuple[Upstream, ...] = field(default=(), metadata={"derived": True})

    @property
    def production(self) -> bool:
        """Whether the unsafe is refused."""
        return self.env == "production"

    def upstream(self, realm: str) -> Upstream | None:
        """The upstream of a realm, or None."""
        return next((one for one in self.upstreams if one.realm == realm), None)


def variables() -> list[tuple[str, str, str]]:
    """The table of variables for the documentation: name, default, what it is."""
    rows = []
    for one in fields(Settings):
        if "parse" in one.metadata:
            default = "required" if one.default is MISSING else str(one.default)
            rows.append((f"IDP_{one.name.upper()}", default, one.metadata["doc"]))
    return rows


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from `IDP_*` variables.

    Raises SettingsError with every problem found: unknown names, missing or malformed values,
    and what production does not allow.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    known = {f"IDP_{one.name.upper()}": one for one in fields(Settings) if "parse" in one.metadata}
    upstream_names = {
        f"IDP_{realm.upper()}_{key.upper()}" for realm in (SOL, EXTRANET) for key in _UPSTREAM_KEYS
    }
    for name in sorted(environ):
        if name.startswith("IDP_") and name not in known and name not in upstream_names:
            problems.append(f"{name}: unknown variable")
    for name, one in known.items():
        raw = environ.get(name, "")
        if not raw.strip():
            if one.default is MISSING:
                problems.append(f"{name}: missing; {one.metadata['doc']}")
            continue
        try:
            values[one.name] = one.metadata["parse"](raw)
        except ValueError as error:
            problems.append(f"{name}: expected {error}")
    values["upstreams"] = _upstreams(environ, values.get("upstreams_file"), problems)
    if not problems:
        settings = Settings(**values)
        problems = check(settings)
        if not problems:
            return settings
    raise SettingsError(problems)


def check(settings: Settings) -> list[str]:
    """Every problem of a complete set of settings, a line each."""
    problems = []
    if len(settings.secret_key) < 32:
        problems.append("IDP_SECRET_KEY: at least 32 characters")
    if not settings.upstreams:
        problems.append("IDP_UPSTREAMS_FILE (or IDP_SOL_*, IDP_EXTRANET_*): no upstream is named")
    if settings.link_ttl > settings.link_max_age:
        problems.append("IDP_LINK_TTL: must not exceed IDP_LINK_MAX_AGE")
    if not settings.production:
        return problems
    if settings.secret_key == DEVELOPMENT_SECRET:
        problems.append("IDP_SECRET_KEY: the development secret is refused in production")
    if not settings.issuer.startswith("https://"):
        problems.append("IDP_ISSUER: production needs https")
    if settings.captcha == "none":
        problems.append("IDP_CAPTCHA: production needs a captcha")
    for one in settings.upstreams:
        if not one.base_url.startswith("https://"):
            problems.append(f"upstream {one.realm}: production needs an https base_url")
    return problems


def _upstreams(
    environ: Mapping[str, str], path: Path | None, problems: list[str]
) -> tuple[Upstream, ...]:
    rows: list[dict[str, Any]] = []
    if path is not None:
        try:
            rows = list(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            problems.append(f"IDP_UPSTREAMS_FILE: {path}: {error}")
    for realm in (SOL, EXTRANET):
        prefix = f"IDP_{realm.upper()}_"
        named = {
            key: environ[prefix + key.upper()]
            for key in _UPSTREAM_KEYS
            if environ.get(prefix + key.upper())
        }
        if named:
            defaults = {"path": "clientesextranet", "tip_origen": "ET"} if realm == EXTRANET else {}
            rows.append({**defaults, **named, "realm": realm})
    return tuple(one for one in (_upstream(row, problems) for row in rows) if one is not None)


def _upstream(row: Mapping[str, Any], problems: list[str]) -> Upstream | None:
    name = f"upstream {row.get('realm', '?')}"
    unknown = set(row) - _UPSTREAM_KEYS
    missing = {"realm", "base_url", "client_id", "client_secret"} - set(row)
    if unknown or missing:
        problems.extend(f"{name}: unknown key {key}" for key in sorted(unknown))
        problems.extend(f"{name}: missing {key}" for key in sorted(missing))
        return None
    if urlsplit(str(row["base_url"])).scheme not in ("http", "https"):
        problems.append(f"{name}: base_url must be an http(s) URL")
        return None
    try:
        timeout = float(row.get("timeout", 15.0))
    except ValueError:
        problems.append(f"{name}: timeout must be a number of seconds")
        return None
    label = row.get("label") or {SOL: "Clave SOL", EXTRANET: "Extranet de SUNAT"}.get(
        row["realm"], row["realm"]
    )
    return Upstream(**{**row, "timeout": timeout, "label": label})
