"""`idp audit show`: one record, and whether what is kept beside it is the original."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from idp.audit.events import PERSONAL
from idp.audit.personal import Revealed
from idp.audit.records import AuditFilter, AuditRecord
from idp.cli.arguments import for_the_record
from idp.cli.context import on_record_when
from idp.cli.persons import check_reason
from idp.kernel.errors import IdpError

if TYPE_CHECKING:
    from idp.cli.context import Context

_KEPT, _GONE, _NEVER = "kept", "gone", "none"
_WORDS = {
    _KEPT: "hay; para verlos: --reveal --purpose MOTIVO",
    _GONE: "hubo; ya no están",
    _NEVER: "no hay",
}


def add_command(actions: Any) -> None:
    """`idp audit show`."""
    show = actions.add_parser("show", help="one record, and what is kept beside it")
    show.add_argument("id", metavar="ID", help="of the record (aud_…)")
    show.add_argument(
        "--reveal",
        action="store_true",
        help="with the network address and the browser, in clear; the look is recorded",
    )
    show.add_argument(
        "--purpose", type=for_the_record, metavar="TEXT", help="why, for the audit log"
    )
    show.set_defaults(func=_show)
    show.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    show.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


@on_record_when(lambda args: args.reveal)
def _show(args: argparse.Namespace, context: Context) -> int:
    if args.reveal and not args.purpose:
        raise IdpError("reason_needed", detail="--reveal needs a --purpose, for the audit log")
    services = context.services
    found = services.audit.search(AuditFilter(id=args.id), 1)
    if not found:
        raise IdpError("record_unknown", 404, detail="there is no record of that id")
    record, beside = found[0], services.audit_room.personal
    person = services.people.get(record.person_id) if record.person_id else None
    if args.reveal and person is not None:
        check_reason(args.purpose, person)
    state = _state(record, kept=beside.has(record.id))
    revealed = (
        beside.reveal(record, actor=context.actor, purpose=args.purpose) if args.reveal else None
    )
    told = {**json.loads(record.to_json()), "beside": {"state": state, **_clear(revealed)}}
    context.out(told if context.as_json else "\n".join(_lines(record, state, revealed)))
    return 1 if revealed is not None and not revealed.genuine else 0


def _state(record: AuditRecord, *, kept: bool) -> str:
    if kept:
        return _KEPT
    return _GONE if PERSONAL in record.details else _NEVER


def _clear(revealed: Revealed | None) -> dict[str, Any]:
    if revealed is None:
        return {}
    seen = revealed.personal
    clear = {} if seen is None else {"address": seen.address, "agent": seen.agent}
    return {"genuine": revealed.genuine, **clear}


def _lines(record: AuditRecord, state: str, revealed: Revealed | None) -> list[str]:
    told = json.loads(record.to_json())
    details = told.pop("details", {})
    lines = [f"{name}: {value}" for name, value in {**told, **details}.items()]
    if revealed is None:
        return [*lines, f"datos personales al lado: {_WORDS[state]}"]
    if revealed.personal is None:
        return [*lines, "datos personales al lado: NO se pueden abrir; no son los originales"]
    same = "son los originales" if revealed.genuine else "NO SON los originales"
    return [
        *lines,
        f"datos personales al lado: {same}",
        f"dirección de internet: {revealed.personal.address}",
        f"navegador: {revealed.personal.agent}",
    ]
