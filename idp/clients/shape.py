"""The JSON Schema of clients.yaml applied, its findings told in Spanish."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from idp.clients.problem import Path
from idp.clients.report import Report, shown

SCHEMA_FILE = FilePath(__file__).with_name("schema.json")
SCHEMA: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
_VALIDATOR = Draft202012Validator(SCHEMA)

HASH_HINT = "genere uno con `idp clients secret` y escriba `- hash: sha256:…` (nunca el secreto)"
_TYPES = {
    "string": ("un texto", "escríbalo entre comillas"),
    "array": ("una lista", "escriba `- valor` en las líneas siguientes, o `[valor]`"),
    "object": ("un bloque de claves", "escriba `clave: valor` en las líneas siguientes"),
    "integer": ("un número entero", "escriba solo dígitos, sin comillas"),
    "boolean": ("true o false", "escriba `true` o `false`, sin comillas"),
}
# Keys that people write by habit, and ours.
_HABITS = {
    "scopes": "scope",
    "name": "client_name",
    "id": "client_id",
    "redirect_uri": "redirect_uris",
    "post_logout_redirect_uri": "post_logout_redirect_uris",
    "login_uri": "initiate_login_uri",
    "pkce": "require_pkce",
    "sha256": "hash",
    "expires_at": "not_after",
    "client_secret_expires_at": "not_after",
    "web_origins": "allowed_origins",
}
# What leaves the parts of the value worth judging.
_PARTIAL = {"additionalProperties", "required", "uniqueItems", "minItems", "maxItems"}
_CLEAR_TEXT = {"client_secret", "secret", "password", "clave", "secreto"}


def check(data: object, report: Report) -> None:
    """Report everything that the schema refuses, and mark it unusable for later rules."""
    unusable: list[Path] = []
    for error in _VALIDATOR.iter_errors(data):
        if report.full:
            break
        path: Path = tuple(error.absolute_path)
        if not report.usable(path):
            continue
        _TELL.get(str(error.validator), _tell_other)(error, path, report)
        if error.validator not in _PARTIAL:
            unusable.append(path)
    # Afterwards: several findings about one value are all worth telling.
    for path in unusable:
        report.unusable(path)


def suggestion(word: str, known: list[str]) -> str:
    """`¿quiso decir …?` where something is near, else the list of what is known."""
    near = get_close_matches(word, known, 1, 0.6)
    return f"¿quiso decir `{near[0]}`?" if near else "uno de: " + ", ".join(known)


def _is_secret(path: Path) -> bool:
    return "secrets" in path and path[-1:] != ("not_after",)


def _tell_type(error: ValidationError, path: Path, report: Report) -> None:
    if _is_secret(path) and path[-1] != "secrets":
        _tell_clear_text(path, report)
        return
    expected, instead = _TYPES[error.validator_value]
    what = "está vacío" if error.instance is None else "no es del tipo esperado"
    report.add(path, f"{what}: debe ser {expected}", instead)


def _tell_clear_text(path: Path, report: Report) -> None:
    report.add(path, "un secreto se guarda solo como hash, no en claro", HASH_HINT)


def _tell_enum(error: ValidationError, path: Path, report: Report) -> None:
    known = [str(one) for one in error.validator_value]
    word = error.instance if isinstance(error.instance, str) else ""
    report.add(path, f"{shown(error.instance)} no está admitido", suggestion(word, known))


def _tell_pattern(error: ValidationError, path: Path, report: Report) -> None:
    if path[-1] == "hash":
        _tell_clear_text(path, report)
        return
    report.add(
        path,
        f"{shown(error.instance)} no sirve como client_id",
        "letras sin tilde, dígitos, `.`, `_` y `-`; empieza por letra o dígito; hasta 100",
    )


def _tell_range(error: ValidationError, path: Path, report: Report) -> None:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    low, high = schema.get("minimum"), schema.get("maximum")
    message = f"{shown(error.instance)} está fuera de lo admitido"
    report.add(path, message, f"entre {low} y {high} segundos")


def _tell_length(error: ValidationError, path: Path, report: Report) -> None:
    limit = error.validator_value
    if error.validator == "minLength":
        report.add(path, "está vacío", "escriba un valor o quite la clave")
    elif error.validator == "minItems":
        report.add(path, "la lista está vacía", "escriba al menos un elemento")
    elif path[-1:] == ("secrets",):
        report.add(path, "hay más de dos secretos", "quite los que ya no se usan")
    else:
        report.add(path, f"es demasiado largo (máximo {limit})", "acórtelo")


def _tell_required(error: ValidationError, path: Path, report: Report) -> None:
    present: Any = error.instance
    # One error per missing key, though each one's text is all that tells which.
    for key in error.validator_value:
        if key not in present:
            example = f"agregue `{key}: …`"
            report.add((*path, key), "falta", HASH_HINT if key == "hash" else example)


def _tell_unknown(error: ValidationError, path: Path, report: Report) -> None:
    schema: Any = error.schema
    known = list(schema["properties"])
    for key in error.instance:
        if key in schema["properties"] or report.full:
            continue
        here, at = (*path, key), report.keys.get((*path, key))
        # What was typed may be a secret itself: only the key is repeated.
        if key in _CLEAR_TEXT and "secrets" in known:
            message = "un secreto se guarda solo como hash, no en claro"
            report.add(here, message, f"use `secrets`: {HASH_HINT}", at=at)
            continue
        meant = _HABITS.get(key)
        near = f"¿quiso decir `{meant}`?" if meant in known else suggestion(key, known)
        report.add((*path, shown(key)[1:-1]), "clave desconocida", near, at=at)


def _tell_repeated(error: ValidationError, path: Path, report: Report) -> None:
    instance: Any = error.instance
    for index, first in _repetitions(instance):
        here = (*path, index)
        line = report.values.get((*path, first), (0, 0))[0]
        message = f"{shown(instance[index])} está repetido (antes en la línea {line})"
        report.add(here, message, "déjelo una sola vez")


def _repetitions(items: list[Any]) -> Iterator[tuple[int, int]]:
    seen: dict[str, int] = {}
    for index, one in enumerate(items):
        first = seen.setdefault(json.dumps(one, sort_keys=True, default=str), index)
        if first != index:
            yield index, first


def _tell_other(error: ValidationError, path: Path, report: Report) -> None:
    report.add(path, f"no cumple el esquema ({error.validator})", "véase docs/clients-yaml.md")


_TELL: dict[str, Callable[[ValidationError, Path, Report], None]] = {
    "type": _tell_type,
    "enum": _tell_enum,
    "pattern": _tell_pattern,
    "minimum": _tell_range,
    "maximum": _tell_range,
    "minLength": _tell_length,
    "maxLength": _tell_length,
    "minItems": _tell_length,
    "maxItems": _tell_length,
    "required": _tell_required,
    "additionalProperties": _tell_unknown,
    "uniqueItems": _tell_repeated,
}
