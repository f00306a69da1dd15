"""The table of settings, each with its parser, its default and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any

from idp.kernel.identity import DEFAULT_EXTRANET_USER_PATTERN, DEFAULT_SOL_USER_PATTERN
from idp.settings import parsers, places
from idp.settings.upstreams import Upstream


def _var(
    parse: Callable[[str], Any], doc: str, default: Any = MISSING, *, secret: bool = False
) -> Any:
    metadata = {"parse": parse, "doc": doc}
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting; the variable of `issuer` is `IDP_ISSUER`, and so on."""

    issuer: str = _var(places.issuer, "The provider's issuer URL; every link is built from it.")
    env: str = _var(
        parsers.one_of("development", "production"),
        "`production` refuses what is unsafe.",
        "production",
    )
    secret_key: str = _var(
        parsers.text, "At least 32 characters; the keys of each purpose are derived.", secret=True
    )
    database_url: str = _var(
        places.database, "`sqlite:///…` or `postgresql+psycopg://…`: the durable data.", secret=True
    )
    redis_url: str = _var(
        places.redis,
        "`redis://`, `rediss://` or `unix://`: sessions, links, limits, queue.",
        secret=True,
    )
    clients_file: Path = _var(parsers.path, "The components: clients.yaml.", Path("clients.yaml"))
    keys_dir: Path = _var(parsers.path, "The signing keys.", Path("keys"))
    data_keys_file: Path | None = _var(
        parsers.path,
        "The keys that personal data is kept under; `data-keys.json` in the folder of the signing "
        "keys by default. Without them nobody is found: back them up, apart from the database.",
        None,
    )
    upstreams_file: Path | None = _var(
        parsers.path, "JSON list of upstreams (realm, driver, base_url, client_id, …).", None
    )
    smtp_url: str = _var(
        places.smtp,
        "`smtp://`, `smtp+starttls://` or `smtps://`: the relay. Several stand with spaces between "
        "them, the preferred first; `?per_minute=600` caps one.",
        secret=True,
    )
    mail_from: str = _var(places.mailbox, "Sender of every mail, e.g. `VUCE <no-responder@…>`.")
    mail_budget: int = _var(
        parsers.count, "Mails an hour at most; more wait, login links least.", 240_000
    )
    mail_domain_budget: int = _var(
        parsers.count, "Mails an hour at most to one e-mail domain; more wait.", 144_000
    )
    campaign_budget: int = _var(
        parsers.count,
        "Mails an hour at most of `idp users campaign`; never more than an eighth of the two "
        "before.",
        6_000,
    )
    campaign_rest: int = _var(
        parsers.seconds,
        "Whom a campaign asked, no other asks for so long.",
        30 * 86_400,
    )
    captcha: str = _var(
        parsers.one_of("altcha", "recaptcha", "hcaptcha", "turnstile", "none"),
        "*No soy un robot*: `altcha` (our own), or a vendor; `none` only in development.",
        "altcha",
    )
    captcha_site_key: str = _var(parsers.text, "The vendor's public key for our site.", "")
    captcha_secret: str = _var(parsers.text, "The vendor's secret.", "", secret=True)
    altcha_cost: int = _var(parsers.count, "PBKDF2 rounds of one captcha try.", 5_000)

    link_ttl: int = _var(
        parsers.seconds, "Life of a link after the last hand-over to a relay.", 600
    )
    link_max_age: int = _var(parsers.seconds, "Total bound of a link's life.", 1_800)
    links_on_recovery: str = _var(
        parsers.one_of("honour", "end"),
        "Links on their way when SUNAT is back: `honour` (they serve until they end), or `end` "
        "(their pages lead to SUNAT, with the same request).",
        "honour",
    )
    session_ttl: int = _var(parsers.seconds, "Longest life of a session.", 28_800)
    session_idle: int = _var(parsers.seconds, "A session unused for so long ends.", 1_800)
    contingency_session_ttl: int = _var(
        parsers.seconds, "Longest life of a session that began by mail.", 3_600
    )
    transaction_ttl: int = _var(parsers.seconds, "Life of an untouched login.", 600)
    transaction_touched_ttl: int = _var(
        parsers.seconds,
        "Life of a login that somebody goes on with; one with a link outlives it.",
        3_600,
    )
    code_ttl: int = _var(parsers.seconds, "Life of an authorization code.", 60)
    access_token_ttl: int = _var(parsers.seconds, "Life of an access token.", 900)
    id_token_ttl: int = _var(parsers.seconds, "Life of an ID token.", 900)
    refresh_token_ttl: int = _var(
        parsers.seconds, "Longest life of a refresh token with `offline_access`.", 30 * 86_400
    )
    pushed_request_ttl: int = _var(
        parsers.seconds, "A request pushed to /par must be begun within so long.", 90
    )
    client_keys_ttl: int = _var(
        parsers.seconds, "The keys behind a component's jwks_uri are remembered for so long.", 600
    )
    address_cooloff: int = _var(
        parsers.seconds, "A changed address counts for contingency after so long.", 86_400
    )
    nudge_again: int = _var(
        parsers.seconds,
        "Who could not use the contingency is told again, if nothing changed, after so long; so is "
        "who put off the question below.",
        90 * 86_400,
    )
    address_confirm: int = _var(
        parsers.seconds,
        "After so long a person is asked whether their address is still theirs.",
        365 * 86_400,
    )
    known_browser_after: int = _var(parsers.seconds, "A browser is known after so long.", 86_400)
    known_browser_ttl: int = _var(
        parsers.seconds, "A browser stays known for so long.", 180 * 86_400
    )
    merge_undo: int = _var(
        parsers.seconds,
        "Persons who were joined can be parted for so long; until then it is kept, sealed, what "
        "both were.",
        90 * 86_400,
    )
    audit_retention: int = _var(
        parsers.seconds, "Audit rows are kept for so long.", 5 * 365 * 86_400
    )
    audit_personal_retention: int = _var(
        parsers.seconds,
        "The network address and the browser of a login, sealed beside the audit log, are kept for "
        "so long.",
        180 * 86_400,
    )
    audit_keys_dir: Path | None = _var(
        parsers.path,
        "The key that signs checkpoints of the audit log; `audit` in the folder of the signing "
        "keys by default.",
        None,
    )
    audit_checkpoints_file: Path | None = _var(
        parsers.path,
        "Where those checkpoints go: a file that is only appended to, or a folder that gets a file "
        "each; on another machine's disk, best one that lets nothing be changed.",
        None,
    )
    audit_checkpoints_url: str | None = _var(
        places.web_page, "An address that they are sent to (POST, `application/jose`).", None
    )
    audit_checkpoint_every: int = _var(
        parsers.seconds,
        "A checkpoint is made after so long, if the log has grown; after a flip at once.",
        300,
    )
    audit_checkpoint_rows: int = _var(
        parsers.count, "And after so many rows, if that is sooner.", 10_000
    )
    coverage_retention: int = _var(
        parsers.seconds, "A day's figures of coverage are kept for so long.", 2 * 365 * 86_400
    )
    person_retention: int = _var(
        parsers.seconds,
        "Who has not logged in for so long is forgotten, with all that is kept of them (`0`: "
        "never). Should they come back, they are somebody new, with another `sub`.",
        5 * 365 * 86_400,
    )
    imported_retention: int = _var(
        parsers.seconds,
        "Who never logged in is forgotten so long after the last file that told anything new of "
        "them (`0`: never).",
        2 * 365 * 86_400,
    )
    unverified_retention: int = _var(
        parsers.seconds,
        "An address that nobody verified is kept for so long (`0`: for ever).",
        365 * 86_400,
    )
    replaced_retention: int = _var(
        parsers.seconds, "An address is kept for so long after another took its place.", 30 * 86_400
    )
    spent_link_retention: int = _var(
        parsers.seconds,
        "That a link was used is kept for so long; at least as long as a Redis fail-over may give "
        "links back.",
        30 * 86_400,
    )
    refresh_retention: int = _var(
        parsers.seconds,
        "What became of refresh tokens can be seen for so long after their end.",
        30 * 86_400,
    )
    import_retention: int = _var(
        parsers.seconds, "How an import went is kept for so long.", 365 * 86_400
    )
    erased_retention: int = _var(
        parsers.seconds,
        "For so long no import brings back whoever was erased (`0`: never): only keyed hashes of "
        "their identifiers are kept for it.",
        10 * 365 * 86_400,
    )

    sol_user_pattern: str = _var(
        parsers.pattern, "What a usuario SOL looks like.", DEFAULT_SOL_USER_PATTERN
    )
    extranet_user_pattern: str = _var(
        parsers.pattern, "What an Extranet user looks like.", DEFAULT_EXTRANET_USER_PATTERN
    )
    outbound_allow: tuple[str, ...] = _var(
        places.each(places.destination),
        "Private addresses that we may call: `host:port` or CIDR, comma-separated.",
        (),
    )
    outbound_proxy: str | None = _var(places.proxy, "HTTP proxy for every outbound call.", None)
    outbound_ca_file: Path | None = _var(parsers.ca_file, "CA bundle for outbound TLS.", None)
    smtp_ca_file: Path | None = _var(parsers.ca_file, "CA bundle for the relay's TLS.", None)
    trusted_proxies: int = _var(
        parsers.count, "Proxies in front whose X-Forwarded-* we believe.", 0
    )
    bind: str = _var(places.listen, "Where `idp serve` listens.", "127.0.0.1:8000")
    admin_bind: str = _var(places.listen, "Where `idp console` listens.", "127.0.0.1:8010")
    admin_url: str | None = _var(
        places.issuer,
        "The console's own URL, on a host of its own; `http://localhost:PORT` by default, for an "
        "`IDP_ADMIN_BIND` on this machine.",
        None,
    )
    admin_session_ttl: int = _var(
        parsers.seconds, "Longest life of a session at the console.", 28_800
    )
    admin_session_idle: int = _var(
        parsers.seconds, "A session at the console unused for so long ends.", 900
    )
    metrics_allow: tuple[str, ...] = _var(
        places.each(places.network),
        "Networks (CIDR, comma-separated) from where `/metrics` on the console's listener is read "
        "without a token of scope `admin:read`.",
        (),
    )
    flag_policy: str = _var(
        parsers.one_of("manual", "assisted", "automatic"),
        "What the prober may do while an upstream's flag is automatic, unless chosen otherwise for "
        "it: advise, ask first, or act.",
        "manual",
    )
    flip_approval: str = _var(
        parsers.one_of("none", "second"),
        "`second`: flips wait for another person's yes, but for those to down.",
        "none",
    )
    flag_override_file: Path = _var(
        parsers.path,
        "Where `idp upstream … --local` flips the flag of this machine while the database is away.",
        Path("flag-override.json"),
    )
    probe_interval: int = _var(
        parsers.seconds, "`idp prober` goes each upstream's login path every so often.", 20
    )
    probe_slow: int = _var(parsers.seconds, "A step of it that takes longer counts as failed.", 10)
    probe_failures: int = _var(
        parsers.count, "Failed probes in a row that make an upstream unhealthy.", 5
    )
    probe_window: int = _var(
        parsers.count, "Of the last so many probes `IDP_PROBE_WINDOW_FAILURES` are enough, too.", 10
    )
    probe_window_failures: int = _var(
        parsers.count, "Failed probes among `IDP_PROBE_WINDOW` that make an upstream unhealthy.", 6
    )
    probe_recoveries: int = _var(
        parsers.count, "Good probes in a row, at least, that make an upstream healthy again.", 4
    )
    probe_quiet: int = _var(
        parsers.seconds, "An upstream is healthy again after so long without a failed probe.", 180
    )
    probe_live_failures: int = _var(
        parsers.count,
        "So many logins that the upstream failed within a minute, and more than it served, make "
        "two failed probes in a row enough (`0`: never).",
        3,
    )
    probe_dwell: int = _var(
        parsers.seconds, "The prober decides about an upstream once in so long at most.", 300
    )
    probe_deadline: int = _var(
        parsers.seconds,
        "By the policy `assisted`, what the prober proposes is done unless it is refused within so "
        "long.",
        600,
    )
    probe_retention: int = _var(
        parsers.seconds, "What probes found is kept for so long.", 30 * 86_400
    )
    threads: int = _var(parsers.count, "Threads per server process.", 8)
    processes: int = _var(parsers.count, "Server processes.", 1)
    worker_threads: int = _var(parsers.count, "Mail worker threads.", 4)
    log_level: str = _var(
        parsers.one_of("debug", "info", "warning", "error"), "Least level logged.", "info"
    )
    help_desk_phone: str = _var(
        parsers.text, "Shown on every page and mail.", "207-1510 / 713-4646"
    )
    help_desk_email: str = _var(
        parsers.text, "Shown on every page and mail.", "vuceayuda@mincetur.gob.pe"
    )
    admin_emails: tuple[str, ...] = _var(
        places.addresses,
        "Who is told by mail what happens to the upstreams: addresses, comma-separated.",
        (),
    )
    privacy_contact: str = _var(
        parsers.text,
        "The e-mail address for requests about personal data; the help desk's unless set.",
        "",
    )
    sunat_logout_url: str | None = _var(
        places.web_page, "Where a person ends SUNAT's own session; shown after logging out.", None
    )
    manual_dir: Path | None = _var(
        parsers.manual_folder,
        "The folder that `make manual` built: pictures and PDF of `/ayuda`, else text alone.",
        None,
    )
    upstreams: tuple[Upstream, ...] = field(default=(), metadata={"derived": True})

    @property
    def data_keys(self) -> Path:
        """Where the keys of personal data are."""
        return self.data_keys_file or self.keys_dir / "data-keys.json"

    @property
    def audit_keys(self) -> Path:
        """Where the audit key is."""
        return self.audit_keys_dir or self.keys_dir / "audit"

    @property
    def console_url(self) -> str:
        """Where people reach the console."""
        return self.admin_url or f"http://localhost:{self.admin_bind.rpartition(':')[2]}"

    @property
    def privacy_email(self) -> str:
        """Where to write about personal data."""
        return self.privacy_contact or self.help_desk_email

    @property
    def production(self) -> bool:
        """Whether the unsafe is refused."""
        return self.env == "production"
