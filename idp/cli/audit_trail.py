"""`idp audit verify|export|checkpoint`: whether the log is what was written, here or elsewhere.

Exit codes: 0 sound (or done), 1 there are findings, 2 misuse, 3 a file or key cannot be used, 4 the
database does not answer.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.audit.checkpoints import Kind
from idp.audit.events import AuditEvent
from idp.audit.findings import MEANING, Finding, Findings
from idp.audit.ports import CheckpointKeys, NoAuditKey
from idp.audit.trail import verify_export
from idp.audit.verify import Report
from idp.cli.arguments import moment
from idp.cli.context import on_record
from idp.cli.private_file import private_file
from idp.kernel.errors import StartError
from idp.signing.audit_keys import TrustedAuditKeys

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_commands(actions: Any) -> None:
    """`idp audit verify|export|checkpoint`."""
    verify = actions.add_parser(
        "verify", help="find altered, removed, inserted, reordered and cut off rows"
    )
    verify.add_argument(
        "--from-export", type=Path, metavar="FILE", help="of this export; needs nothing else here"
    )
    verify.add_argument(
        "--key", type=Path, metavar="FILE", help="the public audit key (default: the folder's)"
    )
    verify.add_argument(
        "--checkpoints",
        type=Path,
        metavar="FILE",
        help="the checkpoints that left the machine: a file with one a line, or a folder",
    )
    verify.set_defaults(func=_verify)
    export = actions.add_parser(
        "export", help="write the log as JSON Lines, with what it takes to verify it elsewhere"
    )
    export.add_argument("file", type=Path, metavar="FILE", help="must not exist yet")
    for name in ("--since", "--until"):
        export.add_argument(name, type=moment, metavar="MOMENT", help="ISO 8601 with an offset")
    export.set_defaults(func=_export)
    checkpoint = actions.add_parser("checkpoint", help="sign now for how far the log is")
    checkpoint.set_defaults(func=_checkpoint)
    for action in (verify, export, checkpoint):
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


def _verify(args: argparse.Namespace, context: Context) -> int:
    findings = Findings()
    if args.from_export is None:
        trail = context.services.audit_room.trail
        keys = _keys(args.key, context)
        with _copies(args.checkpoints) as copies:
            report = trail.verify(keys, findings, copies)
        return _told(report, findings, context, {})
    if args.key is None:
        raise StartError(["--from-export: diga también --key: la llave pública que usted conserva"])
    keys = TrustedAuditKeys.read(args.key)
    with _lines(args.from_export) as source, _copies(args.checkpoints) as copies:
        try:
            header, report = verify_export(source, keys, findings, copies)
        except ValueError as error:
            raise StartError(
                [f"{args.from_export}: no es una exportación de la auditoría"]
            ) from error
    about = {"issuer": header.issuer, "exported_at": header.at.isoformat()}
    return _told(report, findings, context, about)


@on_record
def _export(args: argparse.Namespace, context: Context) -> int:
    services, rows = context.services, 0
    with private_file(args.file) as file:
        for line in services.audit_room.trail.export(args.since, args.until):
            file.write(f"{line}\n")
            rows += line.startswith('{"type":"row"')
    services.audit.record(
        AuditEvent.AUDIT_EXPORTED,
        actor=context.actor,
        rows=rows,
        since=_iso(args.since),
        until=_iso(args.until),
    )
    context.out({"rows": rows} if context.as_json else f"{args.file}: {rows} registros sellados")
    return 0


def _checkpoint(args: argparse.Namespace, context: Context) -> int:
    room = context.services.audit_room
    while room.sealer.step():
        pass
    made = room.checkpointer.make(Kind.ASKED)
    if context.as_json:
        context.out({**made.checkpoint.payload(), "jws": made.jws})
    else:
        context.out(made.jws)
    return 0


def _keys(path: Path | None, context: Context) -> CheckpointKeys:
    if path is not None:
        return TrustedAuditKeys.read(path)
    try:
        return TrustedAuditKeys(context.services.audit_room.keys.jwks())
    except NoAuditKey as error:
        context.note(f"sin llave de auditoría: {error.detail}")
        return TrustedAuditKeys()


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[str]]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield iter(file)
    except OSError as error:
        raise StartError([f"{path}: {error.strerror}"]) from error


@contextmanager
def _copies(path: Path | None) -> Iterator[Iterator[str]]:
    """The checkpoints of a file, or of every file of a folder."""
    if path is None:
        yield iter(())
    elif path.is_dir():
        files = sorted(path.glob("*.jws"))
        yield (one.read_text("utf-8", "replace") for one in files)
    else:
        with _lines(path) as lines:
            yield lines


def _told(report: Report, findings: Findings, context: Context, about: dict[str, Any]) -> int:
    if context.as_json:
        context.out(
            {
                "sound": not findings.counts,
                **about,
                **asdict(report),
                "counts": {what.value: count for what, count in findings.counts.items()},
                "findings": [asdict(one) for one in findings.kept],
            }
        )
    else:
        context.out("\n".join(_text(report, findings, about)))
    return 1 if findings.counts else 0


def _text(report: Report, findings: Findings, about: dict[str, Any]) -> Iterator[str]:
    for name, value in about.items():
        yield f"{'emisor' if name == 'issuer' else 'exportado'}: {value}"
    edges = "" if report.first is None else f", sellos del {report.first} al {report.last}"
    yield f"registros sellados: {report.rows}{edges}"
    yield f"puntos de control: {report.checkpoints}, firmado hasta el sello {report.signed}"
    if report.purged:
        damaged = f"; {report.damaged} no eran ya lo que se selló" if report.damaged else ""
        yield f"eliminados por plazo: hasta el sello {report.purged}{damaged}"
    if report.personal:
        yield f"datos personales al lado, comparados: {report.personal}"
    age = (
        "" if report.tail.oldest is None else f", el más antiguo de hace {report.tail.oldest:.0f} s"
    )
    yield f"sin sello todavía: {report.tail.rows}{age}"
    yield from (_finding(one) for one in findings.kept)
    left = sum(findings.counts.values()) - len(findings.kept)
    if left:
        yield f"… y {left} hallazgos más"
    yield f"HALLAZGOS: {sum(findings.counts.values())}" if findings.counts else "sin hallazgos"


def _finding(one: Finding) -> str:
    place = "" if one.number is None else f" {one.number}"
    if one.until is not None and one.until != one.number:
        place += f" a {one.until}"
    more = f" ({one.detail})" if one.detail else ""
    return f"{one.what.value}{place} {one.id or ''}: {MEANING[one.what]}{more}".replace(" :", ":")


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


__all__ = ["add_commands"]
