"""Reading the environment, and what makes a set of settings unfit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any
from urllib.parse import urlsplit

from idp.kernel.errors import StartError
from idp.settings import places
from idp.settings.parsers import LONGEST
from idp.settings.table import Settings
from idp.settings.upstreams import read_upstreams, upstream_variables

DEVELOPMENT_SECRET = "development-only-secret-development-only"

# The least and the most of each number; a link's life is told to people in minutes.
_BOUNDS: dict[str, tuple[int, int]] = {
    "link_ttl": (60, LONGEST),
    "link_max_age": (60, LONGEST),
    "session_ttl": (60, LONGEST),
    "session_idle": (60, LONGEST),
    "contingency_session_ttl": (60, LONGEST),
    "transaction_ttl": (60, LONGEST),
    "transaction_touched_ttl": (60, LONGEST),
    "code_ttl": (5, 600),
    # For as long as a retired key stays published (signing.rotation.LONGEST_TOKEN).
    "access_token_ttl": (5, 518_400),
    "id_token_ttl": (5, 518_400),
    "known_browser_ttl": (60, LONGEST),
    "merge_undo": (60, LONGEST),
    "audit_retention": (86_400, LONGEST),
    "audit_personal_retention": (86_400, LONGEST),
    "audit_checkpoint_every": (10, 86_400),
    "audit_checkpoint_rows": (100, 10_000_000),
    "admin_session_ttl": (60, LONGEST),
    "admin_session_idle": (60, LONGEST),
    # A notice to the old address may be on its way for three days (account.service).
    "replaced_retention": (3 * 86_400, LONGEST),
    # Links are in Redis for a day (adapters.redis.links).
    "spent_link_retention": (2 * 86_400, LONGEST),
    "refresh_retention": (3_600, LONGEST),
    "import_retention": (86_400, LONGEST),
    "threads": (1, 512),
    "processes": (1, 256),
    "worker_threads": (1, 256),
    "altcha_cost": (1, 1_000_000),
    "mail_budget": (60, 10_000_000),
    "mail_domain_budget": (60, 10_000_000),
    "campaign_budget": (1, 10_000_000),
    "campaign_rest": (86_400, LONGEST),
    "coverage_retention": (86_400, LONGEST),
    "trusted_proxies": (0, 10),
    # Sooner SUNAT cuts whoever asks; later the prober is taken for dead (upstream_status.notices).
    "probe_interval": (10, 120),
    "probe_slow": (1, 60),
    # One failed probe happens daily; beyond a hundred the prober remembers none (probing).
    "probe_failures": (2, 100),
    "probe_window": (2, 100),
    "probe_window_failures": (2, 101),
    "probe_recoveries": (1, 100),
    "probe_quiet": (0, 1_800),
    "probe_dwell": (0, 86_400),
    "probe_deadline": (60, 86_400),
    "probe_retention": (86_400, LONGEST),
}


# Where 0 means for ever: the least of any other number.
_LEAST_UNLESS_NEVER: dict[str, int] = {
    "person_retention": 30 * 86_400,
    "imported_retention": 30 * 86_400,
    "unverified_retention": 86_400,
    "erased_retention": 30 * 86_400,
}


class SettingsError(StartError):
    """The environment cannot be used; a problem names its variable, never its value."""


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from `IDP_*` variables.

    Raises SettingsError with every problem found: unknown names, missing or malformed values,
    and what production does not allow.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    known = {f"IDP_{one.name.upper()}": one for one in fields(Settings) if "parse" in one.metadata}
    known_upstream = upstream_variables()
    for name in sorted(environ):
        if name.startswith("IDP_") and name not in known.keys() | known_upstream:
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
    values["upstreams"] = read_upstreams(environ, values.get("upstreams_file"), problems)
    if not problems:
        settings = Settings(**values)
        problems = check(settings)
        if not problems:
            return settings
    raise SettingsError(problems)


def _retention(settings: Settings) -> list[str]:
    """Nobody is forgotten while a login of theirs may still be in use."""
    found = [
        f"IDP_{name.upper()}: 0 (never), or at least {least}"
        for name, least in _LEAST_UNLESS_NEVER.items()
        if 0 < getattr(settings, name) < least
    ]
    if 0 < settings.person_retention <= settings.session_ttl:
        found.append("IDP_PERSON_RETENTION: must exceed IDP_SESSION_TTL")
    return found


def _captcha(settings: Settings) -> list[str]:
    """A vendor's captcha needs the keys that the vendor gave for this site."""
    if settings.captcha in ("altcha", "none"):
        return []
    return [
        f"IDP_{name.upper()}: missing; IDP_CAPTCHA={settings.captcha} needs it"
        for name in ("captcha_site_key", "captcha_secret")
        if not getattr(settings, name)
    ]


def _console(settings: Settings) -> list[str]:
    """What production does not allow of the console: a password in clear, the issuer's host."""
    url, bind = urlsplit(settings.console_url), places.host_of(settings.admin_bind)
    here = places.is_this_machine(bind)
    if settings.admin_url is None and not here:
        return ["IDP_ADMIN_URL: missing; IDP_ADMIN_BIND is reached from other machines"]
    problems = []
    if url.scheme != "https" and not (here and places.is_this_machine(url.hostname or "")):
        problems.append(
            "IDP_ADMIN_URL: production needs https beyond this machine: a proxy that ends TLS in "
            "front of IDP_ADMIN_BIND, or an SSH tunnel to it and http://localhost:PORT"
        )
    if url.hostname == urlsplit(settings.issuer).hostname:
        problems.append("IDP_ADMIN_URL: the console needs a host of its own, not IDP_ISSUER's")
    return problems


def _audit(settings: Settings) -> list[str]:
    """What leaves the machine for auditors goes there unread, in production."""
    url = settings.audit_checkpoints_url
    if url is None or url.startswith("https://"):
        return []
    return ["IDP_AUDIT_CHECKPOINTS_URL: production needs https"]


def check(settings: Settings) -> list[str]:
    """Every problem of a complete set of settings, a line each."""
    problems = []
    if len(settings.secret_key) < 32:
        problems.append("IDP_SECRET_KEY: at least 32 characters")
    if not settings.upstreams:
        problems.append("IDP_UPSTREAMS_FILE (or IDP_SOL_*, IDP_EXTRANET_*): no upstream is named")
    problems.extend(
        f"IDP_{name.upper()}: must be from {least} to {most}"
        for name, (least, most) in _BOUNDS.items()
        if not least <= getattr(settings, name) <= most
    )
    problems.extend(_retention(settings))
    problems.extend(_captcha(settings))
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
    problems.extend(
        "IDP_SMTP_URL: production needs smtp+starttls:// or smtps://: mails carry login links, and "
        f"{host} is beyond this machine"
        for host in places.relays_in_clear(settings.smtp_url)
    )
    problems.extend(_console(settings))
    problems.extend(_audit(settings))
    for one in settings.upstreams:
        if not one.base_url.startswith("https://"):
            problems.append(f"upstream {one.realm}: production needs an https base_url")
    return problems
