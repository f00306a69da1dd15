"""What was known when something changed, as it was kept with the change, for a page to tell. Pure.

It was written by whichever version was there then: what is of another form is told as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from idp.kernel.texts import Text
from idp.kernel.times import LIMA, read_moment

_KNOWN = frozenset(
    {"healthy", "since", "reason", "probed_at", "probe_ok", "taken_at", "probes", "live"}
    | {"unavailable"}
)
_HEALTHY = {True: Text("SUNAT responde"), False: Text("SUNAT falla")}
_WELL = {True: Text("Salió bien"), False: Text("Falló")}
_VERDICT, _SINCE, _REASON = Text("Diagnóstico"), Text("Desde"), Text("Motivo")
_PROBED, _PROBE, _TAKEN = (
    Text("Última verificación"),
    Text("Cómo salió"),
    Text("Se tomó"),
)
_MISSING, _OTHER = Text("No respondió"), Text("Otros datos")
_PEOPLE = Text("{ok} bien, {failed} con falla, {doubtful} dudosos, {started} iniciados")
_LAST = Text("Ingresos de personas en {seconds} segundos")


@dataclass(frozen=True)
class ProbeLine:
    """One probe. at: in Lima. told: each step with what became of it."""

    at: str
    ok: bool
    told: str


@dataclass(frozen=True)
class EvidenceShown:
    """lines: what it is called, and what it says (texts of ours, or values as they were kept)."""

    lines: tuple[tuple[Text, str], ...]
    probes: tuple[ProbeLine, ...]

    def __bool__(self) -> bool:
        return bool(self.lines or self.probes)


def shown(evidence: Mapping[str, object]) -> EvidenceShown:
    """What a page tells of it; nothing for none."""
    lines: list[tuple[Text, str]] = []
    for name, label, words in (
        ("healthy", _VERDICT, _HEALTHY),
        ("probe_ok", _PROBE, _WELL),
    ):
        value = evidence.get(name)
        if isinstance(value, bool):
            lines.append((label, words[value]))
    for name, label in (
        ("since", _SINCE),
        ("reason", _REASON),
        ("probed_at", _PROBED),
        ("taken_at", _TAKEN),
    ):
        value = evidence.get(name)
        if isinstance(value, str) and value:
            lines.append((label, _moment(value) if name != "reason" else value))
    lines += _people(evidence.get("live"))
    missing = evidence.get("unavailable")
    if isinstance(missing, Sequence) and not isinstance(missing, str) and missing:
        lines.append((_MISSING, ", ".join(map(str, missing))))
    other = {name: value for name, value in evidence.items() if name not in _KNOWN}
    if other:
        lines.append((_OTHER, json.dumps(other, ensure_ascii=False, default=str)))
    return EvidenceShown(tuple(lines), _probes(evidence.get("probes")))


def _people(live: object) -> list[tuple[Text, str]]:
    if not isinstance(live, Mapping):
        return []
    found: list[tuple[Text, str]] = []
    for name, counts in live.items():
        seconds = "".join(one for one in str(name) if one.isdigit())
        if seconds and isinstance(counts, Mapping):
            told = {key: counts.get(key, 0) for key in ("ok", "failed", "doubtful", "started")}
            label = Text(_LAST.msgid, seconds=seconds)
            found.append((label, Text(_PEOPLE.msgid, **told)))
    return found


def _probes(found: object) -> tuple[ProbeLine, ...]:
    if not isinstance(found, Sequence) or isinstance(found, str):
        return ()
    return tuple(
        ProbeLine(_moment(str(one.get("at", ""))), bool(one.get("ok")), _steps(one.get("steps")))
        for one in found
        if isinstance(one, Mapping)
    )


def _steps(found: object) -> str:
    if not isinstance(found, Sequence) or isinstance(found, str):
        return ""
    told = []
    for one in found:
        if isinstance(one, Mapping):
            why = one.get("code") or one.get("outcome") or ""
            status = f" {one['status']}" if one.get("status") is not None else ""
            told.append(f"{one.get('step', '')}: {why}{status}, {one.get('ms', '–')} ms")
    return "; ".join(told)


def _moment(text: str) -> str:
    found = read_moment(text)
    return text if found is None else _lima(found)


def _lima(at: datetime) -> str:
    return at.astimezone(LIMA).strftime("%H:%M:%S h del %d/%m/%Y")
