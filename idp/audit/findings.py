"""What a verification may find, each with what it means; the words are for auditors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """A kind of finding."""

    ALTERED = "altered"
    REWRITTEN = "rewritten"
    REMOVED = "removed"
    REORDERED = "reordered"
    UNLINKED = "unlinked"
    FRONT_CUT = "front_cut"
    END_CUT = "end_cut"
    MISDATED = "misdated"
    UNSEALED_LATE = "unsealed_late"
    UNSEALED_GONE = "unsealed_gone"
    UNSIGNED_LATE = "unsigned_late"
    CHECKPOINT_FORGED = "checkpoint_forged"
    CHECKPOINT_REMOVED = "checkpoint_removed"
    CHECKPOINT_ALTERED = "checkpoint_altered"
    UNREADABLE = "unreadable"
    EXPORT_CUT = "export_cut"
    PERSONAL_ALTERED = "personal_altered"


MEANING: dict[What, str] = {
    What.ALTERED: "el registro (o su sello) no es el que se selló",
    What.REWRITTEN: "la cadena no es la que se firmó: se rehízo hasta aquí desde el último punto "
    "de control que coincide",
    What.REMOVED: "falta el registro",
    What.REORDERED: "está fuera de su lugar o repetido",
    What.UNLINKED: "el sello siguiente se encadenó a otro sello que este",
    What.FRONT_CUT: "falta el inicio, y ninguna eliminación firmada lo explica",
    What.END_CUT: "falta el final: un punto de control firmado llega más allá",
    What.MISDATED: "su fecha no concuerda con cuándo se selló",
    What.UNSEALED_LATE: "sigue sin sello después de un minuto",
    What.UNSEALED_GONE: "desapareció antes de ser sellado",
    What.UNSIGNED_LATE: "desde aquí ningún punto de control firmado responde por la cadena",
    What.CHECKPOINT_FORGED: "punto de control sin una firma válida de la llave de auditoría",
    What.CHECKPOINT_REMOVED: "falta el punto de control",
    What.CHECKPOINT_ALTERED: "punto de control que no sigue al anterior o difiere de su copia",
    What.UNREADABLE: "línea que no se puede leer",
    What.EXPORT_CUT: "la exportación está incompleta",
    What.PERSONAL_ALTERED: "lo que se guarda al lado del registro no es lo que este prometió",
}


@dataclass(frozen=True)
class Finding:
    """One. number: of the seal, or n of the checkpoint, or the line of a file. id: the record's.
    until: of a run, the last number. detail: more, in a few words.
    """

    what: What
    number: int | None = None
    id: str | None = None
    until: int | None = None
    detail: str = ""


class Findings:
    """Collects them: how many of each kind, and the first few of them whole, so that a log that was
    changed altogether fills no memory.
    """

    KEPT = 1_000

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: dict[What, int] = {}

    def add(self, finding: Finding) -> None:
        """One more."""
        self.counts[finding.what] = self.counts.get(finding.what, 0) + 1
        if len(self.kept) < self.KEPT:
            self.kept.append(finding)
