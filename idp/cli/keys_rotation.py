"""`idp keys rotate|revoke`: the keys change their turns, and it is put on record.

Exit codes: 0 done, 1 something was refused or could not be written (stderr says what and why; what
did change is printed), 3 the folder (or the environment) cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.audit.events import AuditEvent
from idp.cli.arguments import for_the_record
from idp.cli.context import on_record
from idp.cli.keys_shown import line, print_rows, put_on_record, refuse
from idp.kernel.clock import SystemClock
from idp.kernel.times import lima_date
from idp.signing import store
from idp.signing.key import ALGORITHMS, KeyRecord, KeyState
from idp.signing.rotation import NoSuchKey, NotYet, known_in_time, revoke, rotate
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
    ending.add_argument("--reason", required=True, type=for_the_record, help="for the audit log")
    for one in (turning, ending):
        one.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


@on_record
def _rotate(args: argparse.Namespace, context: Context) -> int:
    keys_dir: Path = args.dir or context.settings.keys_dir
    changed: list[KeyRecord] = []
    refused: list[Exception] = []
    try:
        # Each by itself: one that was rotated just before a crash must not hold up the others.
        for alg in (args.alg,) if args.alg else _active(keys_dir):
            try:
                found = rotate(keys_dir, alg, clock=SystemClock(), force=args.force)
            except (NotYet, LookupError, OSError) as error:
                refused.append(error)
                continue
            changed.extend(found)
            put_on_record(_events(found), args, context)
    except KeyringError as error:
        return refuse(error)
    for one in [*map(_why, refused), *_unknown(changed)]:
        print(one, file=sys.stderr)
    among = store.read_records(keys_dir) if changed else ()
    print_rows(tuple(changed), context, among=among)
    if changed and not context.as_json and all(one.state is KeyState.NEXT for one in changed):
        context.out("la llave siguiente ya se publica; desde mañana: idp keys rotate")
    return 1 if refused else 0


def _active(keys_dir: Path) -> list[str]:
    active = {one.alg for one in store.read_records(keys_dir) if one.state is KeyState.ACTIVE}
    # Without any, the first is tried, and its refusal says what to do.
    return [alg for alg in ALGORITHMS if alg in active] or [ALGORITHMS[0]]


def _events(changed: tuple[KeyRecord, ...]) -> list[tuple[AuditEvent, KeyRecord, dict[str, str]]]:
    named = {KeyState.ACTIVE: AuditEvent.KEYS_ROTATED, KeyState.NEXT: AuditEvent.KEYS_GENERATED}
    return [(named[one.state], one, {}) for one in changed if one.state in named]


def _unknown(changed: Iterable[KeyRecord]) -> list[str]:
    """A warning for each key that signs before relying parties with a cached key set know it."""
    return [
        f"aviso: la llave {one.kid} firma sin haberse publicado un día; un componente que guarda "
        "las llaves puede rechazar sus tokens hasta que las lea de nuevo"
        for one in changed
        if one.state is KeyState.ACTIVE and not known_in_time(one)
    ]


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


@on_record
def _revoke(args: argparse.Namespace, context: Context) -> int:
    keys_dir = args.dir or context.settings.keys_dir
    try:
        changed = revoke(keys_dir, args.kid, clock=SystemClock(), reason=args.reason)
    except KeyringError as error:
        return refuse(error)
    except NoSuchKey:
        print(f"{args.kid}: no hay una llave vigente con este kid", file=sys.stderr)
        return 1
    except OSError as error:
        # What counts is what the folder says now; repeating the command ends what is left.
        print(f"{_why(error)}; vea `idp keys list` y repita la orden", file=sys.stderr)
        return 1
    leaked, *others = changed
    put_on_record(
        [(AuditEvent.KEYS_REVOKED, leaked, {"reason": args.reason}), *_events(tuple(others))],
        args,
        context,
    )
    for one in _unknown(changed):
        print(one, file=sys.stderr)
    print_rows(changed, context, among=store.read_records(keys_dir))
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
