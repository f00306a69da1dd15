"""`idp keys`: list the signing keys, make new ones.

Exit codes: 0 done, 1 a key could not be made, 3 the folder (or the environment) cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.audit.events import AuditEvent
from idp.kernel.clock import SystemClock
from idp.kernel.errors import IdpError, StartError
from idp.signing import store
from idp.signing.generate import ensure_generated, generate
from idp.signing.key import ALGORITHMS, KeyRecord, KeyState
from idp.signing.store import KeyringError

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp keys list|generate`."""
    group = subparsers.add_parser("keys", help="the signing keys")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="list the keys, and whether they can be used")
    listing.set_defaults(func=_list)
    making = commands.add_parser(
        "generate", help="make the keys that are missing, or one more with --alg"
    )
    making.set_defaults(func=_generate)
    making.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)
    making.add_argument("--alg", choices=ALGORITHMS, help="make one key of this algorithm")
    making.add_argument(
        "--bits", type=int, choices=(2048, 3072), default=2048, help="size of an RSA key"
    )
    for one in (listing, making):
        one.add_argument("--dir", type=Path, metavar="DIR", help="default: IDP_KEYS_DIR")
        one.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
        )


def _list(args: argparse.Namespace, context: Context) -> int:
    keys_dir = args.dir or context.settings.keys_dir
    try:
        records = store.read_records(keys_dir)
    except KeyringError as error:
        return _refuse(error)
    _print(records, context)
    try:
        store.read(keys_dir)
    except KeyringError as error:
        return _refuse(error)
    return 0


def _generate(args: argparse.Namespace, context: Context) -> int:
    keys_dir, clock = args.dir or context.settings.keys_dir, SystemClock()
    try:
        if args.alg:
            made: tuple[KeyRecord, ...] = (
                generate(keys_dir, args.alg, clock=clock, bits=args.bits),
            )
        else:
            made = ensure_generated(keys_dir, clock=clock)
    except KeyringError as error:
        return _refuse(error)
    except OSError as error:
        print(f"{keys_dir}: no se pudo escribir ({error.strerror})", file=sys.stderr)
        return 1
    if made or context.as_json:
        _print(made, context)
    else:
        context.out("no falta ninguna llave; para preparar otra: idp keys generate --alg RS256")
    # A folder of one's own choice is not this installation's.
    if made and args.dir is None:
        _audit(made, context)
    return 0


def _audit(made: tuple[KeyRecord, ...], context: Context) -> None:
    """Keys come before everything else: without a database yet, the making is only printed."""
    try:
        for one in made:
            context.services.audit.record(
                AuditEvent.KEYS_GENERATED, actor=context.actor, kid=one.kid, alg=one.alg
            )
    except (IdpError, StartError):
        print(
            "aviso: la instalación aún no está completa; no quedó registro de auditoría",
            file=sys.stderr,
        )


def _print(records: tuple[KeyRecord, ...], context: Context) -> None:
    if context.as_json:
        context.out([_row(one) for one in records])
    elif records:
        context.out("\n".join(_line(one) for one in records))


def _row(record: KeyRecord) -> dict[str, Any]:
    times = (record.created_at, record.activated_at, record.retired_at)
    created, activated, retired = (one.isoformat() if one else None for one in times)
    return {
        "kid": record.kid,
        "alg": record.alg,
        "state": str(record.state),
        "file": record.file,
        "created_at": created,
        "activated_at": activated,
        "retired_at": retired,
    }


def _line(record: KeyRecord) -> str:
    since = {
        KeyState.NEXT: record.created_at,
        KeyState.ACTIVE: record.activated_at or record.created_at,
        KeyState.RETIRED: record.retired_at or record.created_at,
    }[record.state]
    return f"{record.kid}  {record.alg}  {record.state:<7}  desde {since:%Y-%m-%d %H:%M} UTC"


def _refuse(error: KeyringError) -> int:
    for problem in error.problems:
        print(problem, file=sys.stderr)
    return 3
