"""How `idp keys` shows keys, refuses, and puts on record what it did."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from idp.audit.events import AuditEvent
from idp.kernel.clock import SystemClock
from idp.kernel.errors import IdpError, StartError
from idp.signing.key import KeyRecord, KeyState
from idp.signing.prospects import ahead, since
from idp.signing.rotation import due
from idp.signing.store import KeyringError

if TYPE_CHECKING:
    from idp.cli.context import Context


def print_rows(
    records: tuple[KeyRecord, ...], context: Context, among: tuple[KeyRecord, ...] | None = None
) -> None:
    """A line each, or JSON. among: all keys of the folder, to tell what is due."""
    now = SystemClock().now()
    if context.as_json:
        context.out([_row(one, among or records, now) for one in records])
        return
    lines = []
    for one in records:
        todo = due(one, among, now) if among is not None else None
        lines.append(line(one) + (f"  ** {todo}" if todo else ""))
    if lines:
        context.out("\n".join(lines))


def line(record: KeyRecord) -> str:
    """One key, with the dates that matter in its state."""
    told = (
        f"{record.kid}  {record.alg}  {record.state:<7}  desde {since(record):%Y-%m-%d %H:%M} UTC"
    )
    if record.state in (KeyState.ACTIVE, KeyState.RETIRED):
        told += f"  publicada desde {record.created_at:%Y-%m-%d %H:%M}"
    if record.state is KeyState.RETIRED and record.activated_at:
        told += f"  firmó desde {record.activated_at:%Y-%m-%d %H:%M}"
    if record.reason:
        told += f"  motivo: {record.reason}"
    return told + "".join(f"  {word} {at:%Y-%m-%d %H:%M}" for word, at in ahead(record).values())


def _row(record: KeyRecord, among: tuple[KeyRecord, ...], now: datetime) -> dict[str, Any]:
    times = (record.created_at, record.activated_at, record.retired_at)
    created, activated, retired = (one.isoformat() if one else None for one in times)
    return {
        "kid": record.kid,
        "alg": record.alg,
        "state": str(record.state),
        "file": record.file,
        "created_at": created,
        # Published from its making on, whatever its first state.
        "published_since": created,
        "activated_at": activated,
        "retired_at": retired,
        "reason": record.reason,
        **{name: at.isoformat() for name, (_, at) in ahead(record).items()},
        "due": due(record, among, now),
    }


def refuse(error: KeyringError) -> int:
    """Each problem on stderr; the exit code."""
    for problem in error.problems:
        print(problem, file=sys.stderr)
    return 3


def put_on_record(
    events: Iterable[tuple[AuditEvent, KeyRecord, dict[str, str]]],
    args: argparse.Namespace,
    context: Context,
) -> None:
    """In the audit log; keys come before everything else, so without a database it is only said.

    Another folder than this installation's is not its business.
    """
    try:
        if args.dir is not None and args.dir.resolve() != context.settings.keys_dir.resolve():
            return
    except StartError:
        return
    try:
        for event, one, details in events:
            context.services.audit.record(
                event, actor=context.actor, kid=one.kid, alg=one.alg, **details
            )
    except (IdpError, StartError) as error:
        why = str(error) if _complete(context) else "la instalación aún no está completa"
        print(f"aviso: el cambio está hecho, pero no quedó en la auditoría: {why}",
              file=sys.stderr)  # fmt: skip


def _complete(context: Context) -> bool:
    """Whether there is an audit log at all: keys are made before the database, on the first day."""
    try:
        current, _ = context.services.database.revision()
    except StartError:
        return False
    except IdpError:
        return True
    return current is not None
