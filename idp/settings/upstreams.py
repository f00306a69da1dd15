"""Who proves the people of each realm: from a JSON file or from variables per realm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idp.kernel.identity import EXTRANET, SOL
from idp.settings.places import split_web

_KEYS = {
    "realm", "driver", "label", "base_url", "path", "client_id", "client_secret", "grant_type",
    "code_field", "timeout", "tip_origen", "extra_fields", "pinned_keys",
    "probe_form", "probe_errors", "probe_redirects",
}  # fmt: skip
_MAPPINGS = {"extra_fields", "pinned_keys"}
_NUMBERS = {"timeout", "probe_redirects"}
_NEEDED = {"realm", "base_url", "client_id", "client_secret"}
# What tells the realms of SUNAT apart (its wire format: see federation).
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    SOL: {"label": "Clave SOL"},
    EXTRANET: {
        "label": "Extranet de SUNAT",
        "path": "clientesextranet",
        "tip_origen": "ET",
    },
}
_LONGEST_TIMEOUT = 60.0


@dataclass(frozen=True)
class Upstream:
    """Who proves the people of one realm while all is well.

    grant_type, code_field, extra_fields: what its token endpoint is asked with. timeout: seconds.
    tip_origen: what its tokens must carry. pinned_keys: a `kid` to a PEM public key (optional).
    probe_form: a regular expression that its login page matches, if not just any password field.
    probe_errors: codes, with spaces between, by which its token endpoint refuses a code that never
    was, beside the usual ones. probe_redirects: how many, within its origin, lead to its form.
    """

    realm: str
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str = ""
    driver: str = "clientessol"
    path: str = "clientessol"
    grant_type: str = "authorization_code"
    code_field: str = "code"
    extra_fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 15.0
    tip_origen: str = "IT"
    pinned_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    probe_form: str = ""
    probe_errors: str = ""
    probe_redirects: int = 0


def upstream_variables() -> set[str]:
    """The names of the variables per realm."""
    return {
        f"IDP_{realm.upper()}_{key.upper()}"
        for realm in (SOL, EXTRANET)
        for key in _KEYS - _MAPPINGS - {"realm"}
    }


def read_upstreams(
    environ: Mapping[str, str], file: Path | None, problems: list[str]
) -> tuple[Upstream, ...]:
    """The upstreams of the file and of the variables; what is wrong is added to `problems`."""
    rows = [] if file is None else _from_file(file, problems)
    for realm in (SOL, EXTRANET):
        prefix = f"IDP_{realm.upper()}_"
        named = {
            key: environ[prefix + key.upper()] for key in _KEYS if environ.get(prefix + key.upper())
        }
        if named:
            rows.append({**named, "realm": realm})
    realms = [str(row.get("realm")) for row in rows]
    problems.extend(
        f"upstream {realm}: named twice"
        for realm in dict.fromkeys(realms)
        if realms.count(realm) > 1
    )
    return tuple(one for one in (_upstream(row, problems) for row in rows) if one is not None)


def _from_file(file: Path, problems: list[str]) -> list[dict[str, Any]]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"IDP_UPSTREAMS_FILE: {file}: {error}")
        return []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        problems.append(f"IDP_UPSTREAMS_FILE: {file}: expected a list of objects")
        return []
    return found


def _upstream(row: Mapping[str, Any], problems: list[str]) -> Upstream | None:
    name = f"upstream {row.get('realm', '?')}"
    wrong = [f"{name}: unknown key {key}" for key in sorted(set(row) - _KEYS)]
    wrong += [f"{name}: missing {key}" for key in sorted(_NEEDED - set(row))]
    wrong += [f"{name}: {what}" for what in _wrong_values(row)]
    problems.extend(wrong)
    if wrong:
        return None
    full = {**_DEFAULTS.get(row["realm"], {"label": row["realm"]}), **row}
    numbers = {
        "timeout": float(full.get("timeout", 15.0)),
        "probe_redirects": int(full.get("probe_redirects", 0)),
    }
    return Upstream(**{**full, **numbers})


def _wrong_values(row: Mapping[str, Any]) -> Iterator[str]:
    """What each value should have been, a line each; no value is repeated."""
    for key in sorted(_KEYS - _MAPPINGS - _NUMBERS):
        if key in row and not (isinstance(row[key], str) and row[key].strip()):
            yield f"{key} must be a text"
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", str(row.get("realm", "sol"))):
        yield "realm must be lower-case letters, digits, `-` and `_`"
    parts = split_web(str(row.get("base_url", "https://x")))
    if parts is None or parts.query + parts.fragment or "@" in parts.netloc:
        yield "base_url must be an http(s) URL without user, query or fragment"
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", str(row.get("path", "clientessol"))):
        yield "path must be one segment of a URL's path"
    if row.get("driver", "clientessol") != "clientessol":
        yield "driver must be clientessol"
    try:
        in_range = 0 < float(row.get("timeout", 15.0)) <= _LONGEST_TIMEOUT
    except (TypeError, ValueError):
        in_range = False
    if not in_range:
        yield f"timeout must be a number of seconds, at most {_LONGEST_TIMEOUT:g}"
    yield from _wrong_probe(row)
    yield from _wrong_mappings(row)


def _wrong_probe(row: Mapping[str, Any]) -> Iterator[str]:
    try:
        re.compile(str(row.get("probe_form", "")))
    except re.error:
        yield "probe_form must be a regular expression"
    if not re.fullmatch(r"[0-5]", str(row.get("probe_redirects", 0))):
        yield "probe_redirects must be a number from 0 to 5"


def _wrong_mappings(row: Mapping[str, Any]) -> Iterator[str]:
    for key, expected in (
        ("extra_fields", "a field's name to its value"),
        ("pinned_keys", "a kid to a PEM public key"),
    ):
        mapping = row.get(key, {})
        if not isinstance(mapping, dict) or not all(
            isinstance(one, str) for one in mapping.values()
        ):
            yield f"{key} must map {expected}"
