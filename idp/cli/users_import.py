"""`idp users import`: a file of people is looked at as a whole, then written in parts.

Exit codes: 0 done, 1 something in the file stopped it and nothing was written, 2 misuse.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from idp.cli.context import on_record
from idp.cli.progress import Progress
from idp.kernel.errors import IdpError
from idp.people.csv_file import COLUMNS, Form, examine, read_rows
from idp.people.rows import RowProblem
from idp.people.seed import DEFAULT_SOURCE, Manner, SeedReport, Told, report_of

if TYPE_CHECKING:
    from idp.cli.context import Context

_SHOWN = 20
_COLUMNS = ("kind", "line", "column", "reason")
_HEADER = ",".join(_COLUMNS).encode()


def add_parser(actions: Any) -> argparse.ArgumentParser:
    """`idp users import FILE.csv`."""
    load: argparse.ArgumentParser = actions.add_parser(
        "import", help="import people from a CSV file; all of it is looked at before anything"
    )
    load.add_argument("file", type=Path, metavar="FILE.csv", help="columns: " + ", ".join(COLUMNS))
    load.add_argument(
        "--trust-emails",
        action="store_true",
        help="take email_verified_at for true: only for a source that verified addresses itself",
    )
    load.add_argument(
        "--source",
        default=DEFAULT_SOURCE,
        metavar="NAME",
        help="who wrote the file; what one source said, only that source changes (default: vuce)",
    )
    load.add_argument("--dry-run", action="store_true", help="only look, and write nothing")
    load.add_argument(
        "--skip-bad", action="store_true", help="import the good rows of a file that has bad ones"
    )
    load.add_argument(
        "--conflicts",
        choices=("stop", "keep"),
        default="stop",
        help="where the file says otherwise than SUNAT, the person or another source: stop before "
        "anything is written (default), or go on and keep what is there",
    )
    load.add_argument(
        "--restore",
        action="store_true",
        help="bring back people who were erased; without it their rows are left out, and told",
    )
    load.add_argument(
        "--report",
        type=Path,
        metavar="FILE.csv",
        help="each problem, conflict and row left out, with line, column and reason (default: "
        "beside the file)",
    )
    load.set_defaults(func=run)
    return load


@on_record
def run(args: argparse.Namespace, context: Context) -> int:
    """Look, say what was found, write."""
    manner = Manner(args.trust_emails, args.source, context.actor, args.restore)
    try:
        file = args.file.open("rb")
    except OSError as error:
        raise IdpError("file_unreadable", detail=f"{args.file}: {error.strerror}") from error
    with file:
        if args.report and args.report.exists() and args.report.samefile(args.file):
            raise IdpError("file_unwritable", detail=f"{args.report}: it is the file to import")
        _forget(_report_path(args))
        form = examine(file)
        if isinstance(form, RowProblem):
            return _stopped(context, args, _Findings([form], 1, [], 0, None))
        findings, counts = _looked_at(args, context, file, form, manner)
        bad = findings.problems_count and not args.skip_bad
        conflicting = findings.conflicts_count and args.conflicts == "stop"
        if bad or conflicting:
            return _stopped(context, args, findings)
        if args.dry_run:
            return _done(context, args, findings, report_of(counts), dry=True)
        rows = sum(counts[one] for one in ("created", "updated", "unchanged", "erased", "bad"))
        report = _written(context, file, form, manner, rows)
        return _done(context, args, findings, report, dry=False)


class _Findings:
    """The first problems and conflicts, how many there are, and where all of them are."""

    def __init__(
        self,
        problems: list[RowProblem],
        problems_count: int,
        conflicts: list[RowProblem],
        conflicts_count: int,
        report: Path | None,
    ) -> None:
        self.problems = problems
        self.problems_count = problems_count
        self.conflicts = conflicts
        self.conflicts_count = conflicts_count
        self.report = report


def _looked_at(
    args: argparse.Namespace, context: Context, file: BinaryIO, form: Form, manner: Manner
) -> tuple[_Findings, Any]:
    found = _Findings([], 0, [], 0, None)
    path = _report_path(args)

    def problem(one: RowProblem) -> None:
        found.problems_count += 1
        if len(found.problems) < _SHOWN:
            found.problems.append(one)
        write("problem", one)

    def conflict(one: RowProblem) -> None:
        found.conflicts_count += 1
        if len(found.conflicts) < _SHOWN:
            found.conflicts.append(one)
        write("conflict", one)

    def erased(one: RowProblem) -> None:
        write("restored" if manner.restore else "erased", one)

    with (
        _report(path) as write,
        Progress("look", form.size, shown=not context.as_json) as progress,
        closing(read_rows(file, form, progress.at)) as rows,
    ):
        told = Told(problem, conflict, erased)
        counts = context.services.people.seeder.check(rows, manner, told)
    if found.problems_count or found.conflicts_count or counts["erased"] or counts["restored"]:
        found.report = path
    return found, counts


def _report_path(args: argparse.Namespace) -> Path:
    path: Path = args.report or args.file.with_suffix(".problems.csv")
    return path


def _forget(path: Path) -> None:
    """An earlier run's report is not this one's. What is no report of ours stays."""
    try:
        if not path.is_file() or not _is_report(path):
            return
        path.unlink(missing_ok=True)
    except OSError as error:
        raise IdpError("file_unwritable", detail=f"{path}: {error.strerror}") from error


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HEADER) + 2).strip() == _HEADER


@contextmanager
def _report(path: Path) -> Iterator[Any]:
    """Writes rows to a file that is made when the first one comes; for its owner alone."""
    opened: list[Any] = []

    def write(kind: str, one: RowProblem) -> None:
        if not opened:
            path.unlink(missing_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            opened.append(os.fdopen(handle, "w", encoding="utf-8", newline=""))
            opened.append(csv.writer(opened[0]))
            opened[1].writerow(_COLUMNS)
        opened[1].writerow((kind, one.line, one.column, one.problem))

    try:
        yield write
    except OSError as error:
        raise IdpError("file_unwritable", detail=f"{path}: {error.strerror}") from error
    finally:
        if opened:
            opened[0].close()


def _written(
    context: Context, file: BinaryIO, form: Form, manner: Manner, total: int
) -> SeedReport:
    with (
        Progress("write", form.size, shown=not context.as_json) as progress,
        closing(read_rows(file, form, progress.at)) as rows,
    ):
        return context.services.people.seeder.write(
            rows, manner, digest=form.digest, rows_told=total
        )


def _stopped(context: Context, args: argparse.Namespace, found: _Findings) -> int:
    if context.as_json:
        context.out(_as_json(SeedReport(), found, written=False))
        return 1
    lines = _lines(args.file, found)
    why = "it has conflicts (see --conflicts)" if not found.problems_count else "it has problems"
    context.out("\n".join([*lines, f"nothing was imported: {why}"]))
    return 1


def _done(
    context: Context, args: argparse.Namespace, found: _Findings, report: SeedReport, *, dry: bool
) -> int:
    if context.as_json:
        context.out(_as_json(report, found, written=not dry))
        return 0
    counts = f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged"
    if report.erased:
        counts += f", {report.erased} left out, whose data was erased (see --restore)"
    if report.restored:
        counts += f"; of the created, {report.restored} had been erased"
    told = f"it would be {counts}; nothing was written" if dry else counts
    context.out("\n".join([*_lines(args.file, found), told]))
    return 0


def _lines(file: Path, found: _Findings) -> list[str]:
    lines = [_line(file, one) for one in found.problems]
    if found.problems_count > len(found.problems):
        lines.append(f"… and {found.problems_count - len(found.problems)} more problems")
    lines += [f"{_line(file, one)} (kept as it is)" for one in found.conflicts]
    if found.conflicts_count > len(found.conflicts):
        lines.append(f"… and {found.conflicts_count - len(found.conflicts)} more conflicts")
    return lines + ([f"all of them: {found.report}"] if found.report else [])


def _line(file: Path, one: RowProblem) -> str:
    column = f"{one.column}: " if one.column else ""
    return f"{file}:{one.line}: {column}{one.problem}"


def _as_json(report: SeedReport, found: _Findings, *, written: bool) -> dict[str, Any]:
    return {
        "written": written,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "erased": report.erased,
        "restored": report.restored,
        "problems": [asdict(one) for one in found.problems],
        "problems_count": found.problems_count,
        "conflicts": [asdict(one) for one in found.conflicts],
        "conflicts_count": found.conflicts_count,
        "report": str(found.report) if found.report else None,
    }
