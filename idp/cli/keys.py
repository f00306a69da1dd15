"""`idp keys`: list the signing keys, make new ones (and see keys_rotation).

Exit codes: 0 done, 1 a key could not be made, 3 the folder (or the environment) cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.audit.events import AuditEvent
from idp.cli import keys_rotation
from idp.cli.context import on_record
from idp.cli.keys_shown import print_rows, put_on_record, refuse
from idp.kernel.clock import SystemClock
from idp.signing import store
from idp.signing.generate import ensure_generated, generate
from idp.signing.key import ALGORITHMS, KeyRecord
from idp.signing.store import KeyringError

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp keys list|generate|rotate|revoke`."""
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
    keys_rotation.add_commands(commands)
    for one in commands.choices.values():
        one.add_argument("--dir", type=Path, metavar="DIR", help="default: IDP_KEYS_DIR")
        one.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
        )


def _list(args: argparse.Namespace, context: Context) -> int:
    keys_dir = args.dir or context.settings.keys_dir
    try:
        records = store.read_records(keys_dir)
    except KeyringError as error:
        return refuse(error)
    print_rows(records, context, among=records)
    try:
        store.read(keys_dir)
    except KeyringError as error:
        return refuse(error)
    return 0


@on_record
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
        return refuse(error)
    except OSError as error:
        print(f"{keys_dir}: no se pudo escribir ({error.strerror})", file=sys.stderr)
        return 1
    if made or context.as_json:
        print_rows(made, context)
    else:
        context.out("no falta ninguna llave; para preparar otra: idp keys generate --alg RS256")
    put_on_record([(AuditEvent.KEYS_GENERATED, one, {}) for one in made], args, context)
    return 0
