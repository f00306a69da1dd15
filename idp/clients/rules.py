"""What the JSON Schema cannot say: a row per rule, read like the table of docs/clients-yaml.md.

Each rule gets one client as it stands in the file and reports what it finds. Values of a wrong
type were reported by the schema; here they read as missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from idp.clients import admin_rules, protocol_rules, scim_rules, status_rules
from idp.clients.problem import Path
from idp.clients.raw import Raw
from idp.clients.report import Report, shown
from idp.clients.secrets import PLACEHOLDER, PREFIX
from idp.clients.shape import HASH_HINT, suggestion
from idp.clients.uris import origin_faults, uri_faults
from idp.kernel.times import read_moment

ALGORITHMS = ("RS256", "ES256")
SCOPES = ("openid", "profile", "email", "phone", "address", "vuce", "offline_access")
# Of an API that VUCE's own programs call, such as `scim:read`: the API says what it means.
_API_SCOPE = re.compile(r"[a-z][a-z0-9.-]*:[a-z0-9._:-]+")


def check(
    data: object,
    report: Report,
    *,
    production: bool,
    realms: tuple[str, ...],
    algorithms: tuple[str, ...] = ALGORITHMS,
) -> None:
    """Report what each rule finds in each client, and client_ids that stand twice."""
    clients = data.get("clients") if isinstance(data, dict) else None
    first: dict[str, int] = {}
    found = clients if isinstance(clients, list) else []
    known = [str(one["client_id"]) for one in found if isinstance(one, dict) and "client_id" in one]
    for index, one in enumerate(found):
        if not isinstance(one, dict) or report.full:
            continue
        raw = Raw(one, ("clients", index), report, production, realms, algorithms)
        _unique(raw, first)
        others = (protocol_rules, scim_rules, status_rules, admin_rules)
        for rule in (*RULES, *(rule for one in others for rule in one.RULES)):
            rule(raw)
        _introspected(raw, known)


def _unique(raw: Raw, first: dict[str, int]) -> None:
    client_id = raw.text("client_id")
    if client_id is None:
        return
    path = (*raw.path, "client_id")
    line = raw.report.values.get(path, (0, 0))[0]
    if client_id in first:
        message = f"{shown(client_id)} está repetido: líneas {first[client_id]} y {line}"
        raw.add(path, message, "cada componente tiene un client_id propio")
    first.setdefault(client_id, line)


def _introspected(raw: Raw, known: list[str]) -> None:
    for path, client_id in raw.items("may_introspect"):
        if client_id not in known:
            message = f"no hay un componente {shown(client_id)} en este archivo"
            raw.add(path, message, suggestion(client_id, known))


def _redirect_uris(raw: Raw) -> None:
    if "authorization_code" in raw.grants and "redirect_uris" not in raw.data:
        raw.add((*raw.path, "redirect_uris"), "falta", "agregue `redirect_uris: …`")
    for key in ("redirect_uris", "post_logout_redirect_uris"):
        for path, uri in raw.items(key):
            raw.tell(path, uri_faults(uri, loopback=raw.loopback))


def _client_name(raw: Raw) -> None:
    name = raw.text("client_name")
    if name is not None and not name.isprintable():
        message = "tiene saltos de línea o caracteres invisibles"
        raw.add((*raw.path, "client_name"), message, " ".join(re.findall(r"[\w().,-]+", name))[:80])


def _initiate_login_uri(raw: Raw) -> None:
    for key in ("initiate_login_uri", "client_uri"):
        uri = raw.text(key)
        if uri is not None:
            # A browser is sent there by us, so a native program's loopback makes no sense.
            example = "https://componente.vuce.gob.pe/login"
            faults = uri_faults(
                uri, loopback=not raw.production, example=example, loopback_hint="use https"
            )
            raw.tell((*raw.path, key), faults)


def _allowed_origins(raw: Raw) -> None:
    for path, origin in raw.items("allowed_origins"):
        raw.tell(path, origin_faults(origin, loopback=raw.loopback))


def _scope(raw: Raw) -> None:
    scope, path = raw.text("scope"), (*raw.path, "scope")
    if scope is None:
        return
    for one in dict.fromkeys(scope.split()):
        if one not in SCOPES and not _API_SCOPE.fullmatch(one):
            raw.add(path, f"el scope {shown(one)} no existe", suggestion(one, list(SCOPES)))
    if "offline_access" in scope.split() and "refresh_token" not in raw.grants:
        message = "`offline_access` no sirve sin el grant `refresh_token`"
        raw.add(path, message, "agregue `refresh_token` a `grant_types`, o quite el scope")
    if "openid" not in scope.split() and "authorization_code" in raw.grants:
        raw.add(path, "falta `openid`, que OpenID Connect exige", f"openid {scope}".strip()[:80])


def _algorithm(raw: Raw) -> None:
    alg = raw.text("id_token_signed_response_alg") or ALGORITHMS[0]
    if alg in ALGORITHMS and alg not in raw.algorithms:
        here = (*raw.path, "id_token_signed_response_alg")
        path = here if "id_token_signed_response_alg" in raw.data else raw.path
        raw.add(path, f"no hay llave para firmar con {alg}", f"idp keys generate --alg {alg}")


def _realms(raw: Raw) -> None:
    for path, realm in raw.items("realms"):
        if realm not in raw.realms:
            instead = suggestion(realm, list(raw.realms))
            raw.add(path, f"el realm {shown(realm)} no existe", instead)


def _authentication(raw: Raw) -> None:
    method, secrets, path = raw.method, raw.data.get("secrets"), (*raw.path, "secrets")
    if method in ("none", "private_key_jwt") and secrets:
        message = f"un componente que se autentica con `{method}` no tiene secretos"
        raw.add(path, message, "quite `secrets`, o use `client_secret_basic`")
    if method == "none" and raw.data.get("require_pkce") is False:
        message = "un componente público debe exigir PKCE (RFC 9700 §2.1.1)"
        raw.add((*raw.path, "require_pkce"), message, "true")
    # A secret in clear text was told of already.
    if (
        method in ("client_secret_basic", "client_secret_post")
        and not secrets
        and raw.report.usable(path)
        and "client_secret" not in raw.data
    ):
        raw.add(path, f"falta un secreto, que `{method}` necesita", HASH_HINT)


def _secrets(raw: Raw) -> None:
    first: dict[str, int] = {}
    for path, secret in raw.items("secrets"):
        if not isinstance(secret, dict):
            continue
        hashed, at = secret.get("hash"), (*path, "hash")
        if isinstance(hashed, str) and raw.report.usable(at):
            line = raw.report.values.get(at, (0, 0))[0]
            if hashed in first and hashed != PREFIX + PLACEHOLDER:
                message = f"el mismo secreto está dos veces: líneas {first[hashed]} y {line}"
                raw.add(at, message, "quite uno")
            first.setdefault(hashed, line)
            if raw.production and hashed == PREFIX + PLACEHOLDER:
                raw.add(at, "es el secreto de ejemplo, que nunca coincide", HASH_HINT)
        _not_after(raw, secret.get("not_after"), (*path, "not_after"))


def _not_after(raw: Raw, text: object, path: Path) -> None:
    if isinstance(text, str) and raw.report.usable(path) and read_moment(text) is None:
        message = "no es una fecha y hora con zona horaria (RFC 3339)"
        raw.add(path, message, '"2027-01-31T23:59:59-05:00"')


def _nudge(raw: Raw) -> None:
    if "nudge" in raw.data and "authorization_code" not in raw.grants:
        message = "no sirve sin el grant `authorization_code`: nadie ingresa por este componente"
        raw.add((*raw.path, "nudge"), message, "quítelo, o agregue el grant")


def _on_recovery(raw: Raw) -> None:
    """A key that would do nothing is a mistake."""
    found = raw.data.get("contingency")
    rules, path = found if isinstance(found, dict) else {}, (*raw.path, "contingency")
    chosen = rules.get("on_recovery", "limit")
    if "recovery_limit" in rules and chosen != "limit":
        message = "solo sirve con `on_recovery: limit`"
        raw.add((*path, "recovery_limit"), message, "quítelo, o elija `limit`")
    if chosen == "logout" and "backchannel_logout_uri" not in raw.data:
        message = "`logout` no sirve sin `backchannel_logout_uri`: no hay a quién avisar"
        raw.add((*path, "on_recovery"), message, "agregue `backchannel_logout_uri`, o use `limit`")


RULES: tuple[Callable[[Raw], None], ...] = (
    _redirect_uris,
    _client_name,
    _initiate_login_uri,
    _allowed_origins,
    _scope,
    _realms,
    _algorithm,
    _authentication,
    _secrets,
    _nudge,
    _on_recovery,
)
