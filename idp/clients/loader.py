"""clients.yaml read, checked in full, and turned into clients."""

from __future__ import annotations

import codecs
import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

from idp.clients import document, rules, shape
from idp.clients.client import (
    Client,
    ContingencyPolicy,
    NudgePolicy,
    ScimPolicy,
    Secret,
    StatusPolicy,
)
from idp.clients.problem import LoadResult
from idp.clients.report import Report
from idp.clients.secrets import PREFIX
from idp.kernel.times import read_moment

MAX_BYTES = 1_000_000
# Keys that become something else than they are in the file.
_MADE = ("scope", "secrets", "contingency", "nudge", "realms", "jwks", "scim", "status")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def load(
    path: Path,
    *,
    production: bool,
    realms: tuple[str, ...],
    algorithms: tuple[str, ...] = rules.ALGORITHMS,
) -> LoadResult:
    """Read a file; never raises: whatever is wrong is in `problems`.

    production: refuse http on the loopback (but for native programs) and the example's secret.
    realms: those that exist. algorithms: those that there are keys for.
    """
    report = Report(str(path))
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            report.whole("no es un archivo", "indique la ruta de clients.yaml")
            return LoadResult({}, report.problems())
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        report.whole("el archivo no existe", "créelo, o corrija IDP_CLIENTS_FILE")
        return LoadResult({}, report.problems())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "ruta inválida"
        report.whole(f"no se puede leer ({why})", "revise los permisos del archivo")
        return LoadResult({}, report.problems())
    found = parse(raw, report=report, production=production, realms=realms, algorithms=algorithms)
    return replace(found, digest=hashlib.sha256(raw).hexdigest())


def parse(
    raw: bytes,
    *,
    report: Report,
    production: bool,
    realms: tuple[str, ...],
    algorithms: tuple[str, ...] = rules.ALGORITHMS,
) -> LoadResult:
    """The clients of a file's bytes; never raises."""
    text = _text(raw, report)
    if text is None:
        return LoadResult({}, report.problems())
    data = document.read(text, report)
    if data is not None or not report.problems():
        shape.check(data, report)
        rules.check(data, report, production=production, realms=realms, algorithms=algorithms)
    problems = report.problems()
    if problems:
        return LoadResult({}, problems)
    clients = [_client(one, realms) for one in data["clients"]]
    return LoadResult({one.client_id: one for one in clients}, ())


def _text(raw: bytes, report: Report) -> str | None:
    if len(raw) > MAX_BYTES:
        report.whole("el archivo pasa de 1 MB", "un componente ocupa unas veinte líneas")
        return None
    if raw.startswith(_UTF16):
        report.whole("el archivo está en UTF-16", "guárdelo en UTF-8")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        report.whole("hay un byte que no es UTF-8", "guarde el archivo en UTF-8", (line, column))
        return None


def _client(data: dict[str, Any], realms: tuple[str, ...]) -> Client:
    """A client from what passed every rule; the dataclass holds the defaults."""
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in data.items()
        if key not in _MADE
    }
    contingency = _contingency(data.get("contingency", {}))
    # Nobody needs to be ready for what the component does not take.
    usual = {"missing": contingency.allowed, "yearly": contingency.allowed}
    return Client(
        **given,
        scopes=frozenset(data["scope"].split()),
        secrets=tuple(_secret(one) for one in data.get("secrets", [])),
        contingency=contingency,
        nudge=NudgePolicy(**{**usual, **data.get("nudge", {})}),
        scim=ScimPolicy(**data.get("scim", {})),
        status=StatusPolicy(**data.get("status", {})),
        realms=tuple(data.get("realms", realms)),
        jwks=json.dumps(data["jwks"], sort_keys=True) if "jwks" in data else None,
    )


def _contingency(data: dict[str, Any]) -> ContingencyPolicy:
    # The name of `limit` before there was anything to limit.
    renamed = {"on_recovery": "limit"} if data.get("on_recovery") == "end" else {}
    return ContingencyPolicy(**{**data, **renamed})


def _secret(data: dict[str, Any]) -> Secret:
    until = data.get("not_after")
    return Secret(
        sha256=data["hash"].removeprefix(PREFIX),
        not_after=read_moment(until) if until is not None else None,
    )
