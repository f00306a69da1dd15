"""`idp keys rotate|revoke`: the keys change their turns, and it is put on record.

Exit codes: 0 done, 1 refused and nothing changed, 3 the folder (or the environment) cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.audit.events import AuditEvent
from idp.cli.keys_shown import line, print_rows, put_on_record, refuse
from idp.kernel.clock import SystemClock
from idp.kernel.times import lima_date
from idp.signing import store
from idp.signing.key import ALGORITHMS, KeyRecord, KeyState
from idp.signing.rotation import NoSuchKey, NotYet, revoke, rotate
from idp.signing.store import KeyringError

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_commands(commands: Any) -> None:
    """`rotate` and `revoke`, within the group `idp keys`."""
    turning = commands.add_parser(
        "rotate", help="let the next key sign, and publish another; the first time, publish one"
    )
    turning.set_defaults(func=_rotate)
    turning.add_argument("--alg", choices=ALGORITHMS, help="default: each that has an active key")
    turning.add_argument(
        "--force",
        action="store_true",
        help="although the next key is not published for a day",
    )
    ending = commands.add_parser("revoke", help="a key leaked: it counts no more")
    ending.set_defaults(func=_revoke)
    ending.add_argument("kid", metavar="KID", help="as `idp keys list` prints it")
    ending.add_argument("--reason", required=True, help="for the audit log")
    for one in (turning, ending):
        one.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


def _rotate(args: argparse.Namespace, context: Context) -> int:
    keys_dir: Path = args.dir or context.settings.keys_dir
    changed: list[KeyRecord] = []
    try:
        for alg in (args.alg,) if args.alg else _active(keys_dir):
            found = rotate(keys_dir, alg, clock=SystemClock(), force=args.force)
            changed.extend(found)
            put_on_record(_events(found), args, context)
    except KeyringError as error:
        return refuse(error)
    except (NotYet, LookupError, OSError) as error:
        print(_why(error), file=sys.stderr)
        if changed:
            print_rows(tuple(changed), context)
        return 1
    print_rows(tuple(changed), context)
    if not context.as_json and all(one.state is KeyState.NEXT for one in changed):
        context.out("la llave siguiente ya se publica; desde mañana: idp keys rotate")
    return 0


def _active(keys_dir: Path) -> list[str]:
    records = store.read_records(keys_dir)
    return [one.alg for one in records if one.state is KeyState.ACTIVE]


def _events(changed: tuple[KeyRecord, ...]) -> list[tuple[AuditEvent, KeyRecord, dict[str, str]]]:
    named = {KeyState.ACTIVE: AuditEvent.KEYS_ROTATED, KeyState.NEXT: AuditEvent.KEYS_GENERATED}
    return [(named[one.state], one, {}) for one in changed if one.state in named]


def _why(error: Exception) -> str:
    if isinstance(error, NotYet):
        return (
            f"{error.alg}: la llave siguiente se publicó hace menos de un día; los componentes que "
            f"guardan las llaves aún no la conocen. Rote desde {lima_date(error.at)}, "
            "o ahora con --force"
        )
    if isinstance(error, OSError):
        return f"no se pudo escribir ({error.strerror})"
    return f"{error}: no hay una llave activa; genere una con `idp keys generate`"


def _revoke(args: argparse.Namespace, context: Context) -> int:
    keys_dir = args.dir or context.settings.keys_dir
    try:
        changed = revoke(keys_dir, args.kid, clock=SystemClock())
    except KeyringError as error:
        return refuse(error)
    except NoSuchKey:
        print(f"{args.kid}: no hay una llave vigente con este kid", file=sys.stderr)
        return 1
    leaked, *others = changed
    put_on_record(
        [(AuditEvent.KEYS_REVOKED, leaked, {"reason": args.reason}), *_events(tuple(others))],
        args,
        context,
    )
    print_rows(changed, context)
    if not context.as_json:
        context.out("\n".join(_advice(changed)))
    return 0


def _advice(changed: tuple[KeyRecord, ...]) -> list[str]:
    """What else a leak asks for."""
    signs = next((one for one in changed if one.state is KeyState.ACTIVE), None)
    lines = ["rige en un segundo en los procesos de este equipo; copie la carpeta a los demás"]
    if signs is not None:
        lines.append(f"firma desde ahora: {line(signs)}")
    return [
        *lines,
        "los componentes que guardan las llaves la aceptan hasta que las lean de nuevo: pídales "
        "reiniciar si la fuga es grave",
        'lo que esa llave firmó puede ser falso: idp sessions revoke --all --reason "…"',
    ]
