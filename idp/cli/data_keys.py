"""`idp data-keys`: the keys that personal data is kept under.

Exit codes: 0 done, 1 refused, or rows are damaged (`reseal` sealed the others), 3 the file (or the
environment) cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from idp.audit.events import AuditEvent
from idp.cli.context import on_record
from idp.cli.progress import Progress
from idp.kernel.clock import SystemClock
from idp.kernel.random import SystemRandom
from idp.people import data_keys

if TYPE_CHECKING:
    from idp.cli.context import Context

# Every process has seen a new key by then, and seals with it.
_SETTLED = timedelta(seconds=60)


def add_parser(subparsers: Any) -> None:
    """`idp data-keys generate|list|rotate|reseal|forget`."""
    group = subparsers.add_parser("data-keys", help="the keys that personal data is kept under")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    for name, call, about in (
        ("generate", _generate, "make the file of keys, if there is none"),
        ("list", _list, "list the keys, and how many rows each sealed"),
        ("rotate", _rotate, "add a key that seals from now on"),
        ("reseal", _reseal, "seal every row with the newest key; it may be cut off and repeated"),
        ("forget", _forget, "remove the keys that no row needs any more"),
    ):
        one = commands.add_parser(name, help=about)
        one.set_defaults(func=call)
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        if name not in ("list",):
            one.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


def _generate(args: argparse.Namespace, context: Context) -> int:
    path = context.settings.data_keys
    try:
        made = data_keys.generate(path, clock=SystemClock(), random=SystemRandom())
    except OSError as error:
        print(f"{path}: no se pudo escribir ({error.strerror})", file=sys.stderr)
        return 1
    if context.as_json:
        context.out({"file": str(path), "made": made})
    elif made:
        context.out(f"{path}: guarde una copia, aparte de las copias de la base de datos")
    else:
        context.out(f"{path}: ya existe")
    return 0


def _list(args: argparse.Namespace, context: Context) -> int:
    _print(context, data_keys.read(context.settings.data_keys))
    return 0


def _print(context: Context, keys: data_keys.DataKeys) -> None:
    used = context.services.resealing.in_use()
    rows: list[dict[str, Any]] = [
        {
            "id": one.id,
            "made_at": one.made_at.isoformat(),
            "seals": one == keys.newest,
            "rows": used[one.id],
        }
        for one in keys.sealing
    ]
    missing = sorted(set(used) - {one.id for one in keys.sealing})
    if context.as_json:
        context.out({"keys": rows, "missing": missing})
        return
    for row in rows:
        mark = "sella" if row["seals"] else "solo abre"
        context.out(f"{row['id']:<6} {row['made_at']}  {mark:<10} {row['rows']} filas")
    for name in missing:
        context.out(f"{name:<6} FALTA en el archivo; {used[name]} filas no se pueden abrir")


@on_record
def _rotate(args: argparse.Namespace, context: Context) -> int:
    keys = data_keys.rotate(context.settings.data_keys, clock=SystemClock(), random=SystemRandom())
    context.services.audit.record(
        AuditEvent.DATA_KEYS_ROTATED, actor=context.actor, key=keys.newest.id
    )
    _print(context, keys)
    if not context.as_json:
        context.out("pasado un minuto: idp data-keys reseal, y después idp data-keys forget")
    return 0


@on_record
def _reseal(args: argparse.Namespace, context: Context) -> int:
    resealing, seen, changed = context.services.resealing, 0, 0
    with Progress("reseal", resealing.total(), shown=not context.as_json) as progress:
        for looked, done in resealing.run():
            seen, changed = seen + looked, changed + done
            progress.at(seen)
    context.services.audit.record(
        AuditEvent.DATA_RESEALED, actor=context.actor, rows=seen, changed=changed
    )
    damaged = resealing.damaged
    if context.as_json:
        context.out({"rows": seen, "changed": changed, "damaged": damaged})
    else:
        context.out(f"{seen} filas, {changed} selladas de nuevo")
    for one in () if context.as_json else damaged:
        print(f"{one}: está dañada y queda como estaba, con su llave", file=sys.stderr)
    return 1 if damaged else 0


@on_record
def _forget(args: argparse.Namespace, context: Context) -> int:
    path = context.settings.data_keys
    keys = data_keys.read(path)
    if SystemClock().now() - keys.newest.made_at < _SETTLED:
        print(f"{keys.newest.id}: tiene menos de un minuto; espere y repita", file=sys.stderr)
        return 1
    used = context.services.resealing.in_use()
    unused = frozenset(one.id for one in keys.sealing if not used[one.id]) - {keys.newest.id}
    remaining = data_keys.forget(path, unused)
    for name in sorted(unused):
        context.services.audit.record(AuditEvent.DATA_KEYS_FORGOTTEN, actor=context.actor, key=name)
    _print(context, remaining)
    return 0
