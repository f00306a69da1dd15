"""`idp audit key init|show|rotate`: the key that signs checkpoints of the audit log.

Exit codes: 0 done (or there was one), 3 the folder cannot be used, 4 the database does not answer.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from idp.audit.checkpoints import Kind
from idp.audit.events import AuditEvent
from idp.cli.context import on_record
from idp.kernel.clock import SystemClock
from idp.kernel.errors import IdpError, StartError
from idp.signing.audit_keys import AuditKey, AuditKeyFolder

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_commands(actions: Any) -> None:
    """`idp audit key init|show|rotate`."""
    group = actions.add_parser("key", help="the audit key")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    making = commands.add_parser("init", help="make the first one")
    making.set_defaults(func=_init)
    showing = commands.add_parser("show", help="the keys there are, or what auditors keep of them")
    showing.add_argument(
        "--public", action="store_true", help="the public keys as a JWK set (RFC 7517 §5)"
    )
    showing.set_defaults(func=_show)
    rotating = commands.add_parser("rotate", help="go on with a successor, which both sign")
    rotating.set_defaults(func=_rotate)
    for one in commands.choices.values():
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


@on_record
def _init(args: argparse.Namespace, context: Context) -> int:
    folder = AuditKeyFolder(context.settings.audit_keys, clock=SystemClock())
    try:
        made = folder.generate()
    except FileExistsError:
        _say(folder.records()[-1], context)
        return 0
    _say(made, context)
    try:
        context.services.audit.record(AuditEvent.AUDIT_KEY_MADE, actor=context.actor, kid=made.kid)
    except (IdpError, StartError):
        # On the first day there is no audit log yet.
        context.note("aviso: la llave está hecha, pero no quedó en la auditoría")
    return 0


def _show(args: argparse.Namespace, context: Context) -> int:
    folder = AuditKeyFolder(context.settings.audit_keys, clock=SystemClock())
    if args.public:
        context.out(folder.jwks())
        return 0
    keys = folder.records()
    if context.as_json:
        context.out([_row(one) for one in keys])
    else:
        context.out("\n".join(_line(one) for one in keys))
    problems = folder.problems()
    if problems:
        raise StartError(problems)
    return 0


@on_record
def _rotate(args: argparse.Namespace, context: Context) -> int:
    room = context.services.audit_room
    before = next((one.kid for one in room.keys.records() if one.state == "active"), None)
    successor, prove = room.keys.prepare()
    # One that was cut off in between goes on where it was.
    if not room.checkpointer.succession(successor.kid):
        with context.services.database.transaction():
            room.checkpointer.signed(Kind.KEY, room.keys, successor=successor.public, prove=prove)
            context.services.audit.record(
                AuditEvent.AUDIT_KEY_ROTATED,
                actor=context.actor,
                kid=before,
                successor=successor.kid,
            )
    _say(room.keys.succeed(), context)
    return 0


def _say(key: AuditKey, context: Context) -> None:
    context.out(_row(key) if context.as_json else _line(key))


def _row(key: AuditKey) -> dict[str, Any]:
    return {"kid": key.kid, "state": key.state, "created_at": key.created_at.isoformat()}


def _line(key: AuditKey) -> str:
    return f"{key.kid}  {key.state:<7}  creada {key.created_at:%Y-%m-%d %H:%M} UTC"
