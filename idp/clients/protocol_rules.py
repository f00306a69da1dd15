"""Rules on what a component speaks: keys, grants, tokens, logout, and profiles as a whole.

Each rule is a row of RULES, and reads like the table of docs/clients-yaml.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from idp.clients.problem import Path
from idp.clients.raw import Raw
from idp.clients.report import shown
from idp.clients.uris import uri_faults

_PUBLIC = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVES = {"EC": ("P-256",), "OKP": ("Ed25519",)}
_RSA_BITS = 2048
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_POINT_BYTES = 32  # a coordinate of P-256 (RFC 7518 §6.2.1.2), a key of Ed25519 (RFC 8037 §2)
_KTY_OF_ALG = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
_ES256 = "`token_endpoint_auth_signing_alg: ES256`, por ejemplo"


def _grants(raw: Raw) -> None:
    path = (*raw.path, "grant_types")
    if "refresh_token" in raw.grants and "authorization_code" not in raw.grants:
        message = "`refresh_token` no sirve sin `authorization_code`"
        raw.add(path, message, "[authorization_code, refresh_token]")
    if "client_credentials" in raw.grants and raw.method == "none":
        message = "`client_credentials` exige que el componente se autentique (RFC 6749 §4.4)"
        raw.add(path, message, "use otro `token_endpoint_auth_method`")
    scope = raw.text("scope")
    if "client_credentials" in raw.grants and scope is not None and ":" not in scope:
        message = "`client_credentials` necesita un scope de alguna API, con dos puntos"
        raw.add((*raw.path, "scope"), message, "agregue `api:leer`, por ejemplo")
    if set(raw.grants) == {"client_credentials"} and "redirect_uris" in raw.data:
        message = "no sirve sin el grant `authorization_code`: nadie ingresa por este componente"
        raw.add((*raw.path, "redirect_uris"), message, "quítelo, o agregue el grant")
    if "refresh_token" not in raw.grants and raw.data.get("refresh_grace"):
        message = "no sirve sin el grant `refresh_token`"
        raw.add((*raw.path, "refresh_grace"), message, "quítelo, o agregue el grant")


def _keys(raw: Raw) -> None:
    """Where its public keys are: one place, for whoever needs any."""
    has = [name for name in ("jwks", "jwks_uri") if name in raw.data]
    if len(has) == 2:
        raw.add((*raw.path, "jwks_uri"), "`jwks` y `jwks_uri` a la vez", "deje uno solo")
    needs = [
        name
        for name, needed in (
            ("token_endpoint_auth_method: private_key_jwt", raw.method == "private_key_jwt"),
            (
                "require_signed_request_object: true",
                raw.data.get("require_signed_request_object") is True,
            ),
        )
        if needed
    ]
    if needs and not has:
        message = f"faltan sus llaves públicas, que `{needs[0]}` necesita"
        raw.add((*raw.path, "jwks"), message, "agregue `jwks_uri: …`, o `jwks: {keys: […]}`")
    uri = raw.text("jwks_uri")
    if uri is not None:
        faults = uri_faults(
            uri,
            loopback=not raw.production,
            example="https://componente.vuce.gob.pe/jwks.json",
            loopback_hint="use https",
        )
        raw.tell((*raw.path, "jwks_uri"), faults)


def _signing_alg(raw: Raw) -> None:
    alg = raw.text("token_endpoint_auth_signing_alg")
    if alg is None:
        return
    path = (*raw.path, "token_endpoint_auth_signing_alg")
    if raw.method != "private_key_jwt":
        raw.add(path, "no sirve sin `private_key_jwt`", "quítelo, o cambie el método")
    kinds = {key.get("kty") for _, key in _inline(raw) if isinstance(key.get("kty"), str)}
    if kinds and _KTY_OF_ALG[alg] not in kinds:
        message = f"ninguna de sus llaves sirve para {alg}"
        raw.add(path, message, f"agregue a `jwks` una llave {_KTY_OF_ALG[alg]}, o cámbielo")


def _inline(raw: Raw) -> list[tuple[Path, dict[str, Any]]]:
    """The keys that stand in the file, with their paths."""
    found = raw.data.get("jwks")
    keys = found.get("keys") if isinstance(found, dict) else None
    paths = [
        ((*raw.path, "jwks", "keys", index), key)
        for index, key in enumerate(keys if isinstance(keys, list) else [])
    ]
    return [(at, key) for at, key in paths if isinstance(key, dict) and raw.report.usable(at)]


def _jwks(raw: Raw) -> None:
    keys = _inline(raw)
    kids: set[str] = set()
    for path, key in keys:
        _key(raw, path, key)
        kid = key.get("kid")
        if kid is not None and not isinstance(kid, str):
            raw.add((*path, "kid"), "no es del tipo esperado: debe ser un texto", "use comillas")
        elif len(keys) > 1 and (kid is None or kid in kids):
            message = "con varias llaves, cada una necesita un `kid` propio"
            raw.add((*path, "kid"), message, "agregue `kid: …`, distinto en cada una")
        elif kid is not None:
            kids.add(kid)


def _key(raw: Raw, path: Path, key: dict[str, Any]) -> None:
    """One public key (RFC 7518 §6, RFC 8037 §2)."""
    secret = sorted(_PRIVATE & key.keys())
    if secret:
        message = f"la llave lleva partes privadas ({', '.join(secret)})"
        raw.add(
            path, message, "escriba solo la llave pública, y cambie esa llave: ya no es secreta"
        )
        return
    kty = key.get("kty")
    if not isinstance(kty, str) or kty not in _PUBLIC:
        raw.add((*path, "kty"), f"{shown(kty)} no está admitido", "RSA, EC u OKP")
        return
    if key.get("use", "sig") != "sig":
        raw.add((*path, "use"), "la llave no es para firmar", "`use: sig`, o quítelo")
    fitting = [alg for alg, of in _KTY_OF_ALG.items() if of == kty]
    if key.get("alg", fitting[0]) not in (*fitting, *(["Ed25519"] if kty == "OKP" else [])):
        raw.add((*path, "alg"), f"{shown(key['alg'])} no es de una llave {kty}", fitting[0])
    missing = [one for one in _PUBLIC[kty] if not isinstance(key.get(one), str)]
    if missing:
        raw.add(path, f"a la llave le falta {', '.join(missing)}", "cópiela completa (RFC 7517)")
    elif kty in _CURVES and key["crv"] not in _CURVES[kty]:
        raw.add((*path, "crv"), f"{shown(key['crv'])} no está admitido", _CURVES[kty][0])
    else:
        _numbers(raw, path, kty, {one: key[one] for one in _PUBLIC[kty] if one != "crv"})


def _numbers(raw: Raw, path: Path, kty: str, texts: dict[str, str]) -> None:
    found = {name: _decoded(text) for name, text in texts.items()}
    if not all(found.values()):
        raw.add(path, "la llave no está en base64url", "cópiela completa (RFC 7517)")
    elif kty != "RSA" and any(len(one) != _POINT_BYTES for one in found.values()):
        raw.add(path, "la llave no tiene el largo de su curva", "cópiela completa (RFC 7517)")
    elif kty == "RSA" and int.from_bytes(found["n"], "big").bit_length() < _RSA_BITS:
        raw.add((*path, "n"), "la llave RSA es demasiado corta", f"al menos {_RSA_BITS} bits")


def _decoded(text: str) -> bytes:
    """Base64url without padding (RFC 7515 §2); nothing for what is none."""
    if not _BASE64URL.fullmatch(text):
        return b""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _access_tokens(raw: Raw) -> None:
    if raw.data.get("access_token_audience") and raw.data.get("access_token_format") != "jwt":
        message = "solo sirve con `access_token_format: jwt`"
        raw.add((*raw.path, "access_token_audience"), message, "quítelo, o pida el formato `jwt`")
    for path, uri in raw.items("access_token_audience"):
        raw.tell(path, uri_faults(uri, loopback=not raw.production))


def _backchannel(raw: Raw) -> None:
    uri = raw.text("backchannel_logout_uri")
    if uri is not None:
        faults = uri_faults(
            uri,
            loopback=not raw.production,
            example="https://componente.vuce.gob.pe/logout/connect/back-channel/vuce",
            loopback_hint="use https",
        )
        raw.tell((*raw.path, "backchannel_logout_uri"), faults)
    if "backchannel_logout_uri" in raw.data:
        return
    for key in ("backchannel_logout_session_required", "logout_token_typ"):
        if key in raw.data:
            raw.add((*raw.path, key), "no sirve sin `backchannel_logout_uri`", "quítelo")


def _pairwise(raw: Raw) -> None:
    """OpenID Connect Core §8.1: with redirect_uris of several hosts the sector must be named."""
    if raw.data.get("subject_type") == "pairwise" and "authorization_code" not in raw.grants:
        message = "no sirve sin el grant `authorization_code`: nadie ingresa por este componente"
        raw.add((*raw.path, "subject_type"), message, "quítelo, o agregue el grant")
        return
    sector = raw.text("sector_identifier_uri")
    if sector is not None:
        raw.tell(
            (*raw.path, "sector_identifier_uri"), uri_faults(sector, loopback=not raw.production)
        )
    if "sector_identifier_uri" in raw.data:
        if raw.data.get("subject_type", "public") == "public":
            message = "no sirve sin `subject_type: pairwise`"
            raw.add((*raw.path, "sector_identifier_uri"), message, "quítelo, o pida `pairwise`")
        return
    hosts = {_host(uri) for _, uri in raw.items("redirect_uris") if isinstance(uri, str)}
    if raw.data.get("subject_type") == "pairwise" and len(hosts) > 1:
        message = "`pairwise` con varios dominios necesita `sector_identifier_uri`"
        raw.add((*raw.path, "subject_type"), message, "agregue `sector_identifier_uri: …`")


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or uri
    except ValueError:
        return uri


def _introspection(raw: Raw) -> None:
    if raw.data.get("may_introspect") and raw.method == "none":
        message = "exige que el componente se autentique (RFC 7662 §2.1)"
        instead = "quítelo, o use otro `token_endpoint_auth_method`"
        raw.add((*raw.path, "may_introspect"), message, instead)


def _fapi2(raw: Raw) -> None:
    """FAPI 2.0 Security Profile §5.3.2: what a component must be registered with."""
    if raw.data.get("profile") != "fapi2":
        return
    path: Path = (*raw.path, "token_endpoint_auth_method")
    if raw.method != "private_key_jwt" and raw.report.usable(path):
        raw.add(path, "`profile: fapi2` exige `private_key_jwt`", "private_key_jwt")
    if raw.data.get("token_endpoint_auth_signing_alg") == "RS256":
        path = (*raw.path, "token_endpoint_auth_signing_alg")
        raw.add(path, "`profile: fapi2` no admite RS256", _ES256)
    if raw.data.get("id_token_signed_response_alg", "RS256") == "RS256":
        path = (*raw.path, "id_token_signed_response_alg")
        message = "`profile: fapi2` no admite un ID token firmado con RS256"
        raw.add(path, message, "`id_token_signed_response_alg: ES256`")
    for key in ("require_pkce", "require_pushed_authorization_requests",
                "dpop_bound_access_tokens"):  # fmt: skip
        if raw.data.get(key) is False:
            raw.add((*raw.path, key), "`profile: fapi2` lo exige", "quítelo")
    if raw.data.get("refresh_grace"):
        path = (*raw.path, "refresh_grace")
        raw.add(path, "con `profile: fapi2` el refresh token no rota", "quítelo")


RULES: tuple[Callable[[Raw], None], ...] = (
    _grants,
    _keys,
    _signing_alg,
    _jwks,
    _access_tokens,
    _introspection,
    _backchannel,
    _pairwise,
    _fapi2,
)
