"""`idp clients add|disable|enable`: the clients file changed in place, and put on record.

Exit codes: 0 done (or it was so already), 1 refused and nothing written, 3 the file (or the
environment) cannot be used.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.audit.events import AuditEvent
from idp.cli.arguments import for_the_record, one_line
from idp.cli.clients_added import added, in_force
from idp.cli.clients_judged import add_production, judgement
from idp.cli.context import on_record
from idp.clients.block import NewClient
from idp.clients.clients_file import ClientsFile, FileHasProblems, NotPossible
from idp.clients.edit import CannotEdit
from idp.clients.examples import PROGRAMS, usual_program
from idp.clients.secrets import new_secret
from idp.kernel.errors import IdpError, StartError
from idp.kernel.random import SystemRandom
from idp.settings import Settings

if TYPE_CHECKING:
    from idp.cli.context import Context

_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
_SCOPE = "openid profile email vuce"


def add_commands(commands: Any) -> None:
    """`add`, `disable` and `enable`, within the group `idp clients`."""
    new = commands.add_parser("add", help="add a component, with a secret that is shown only once")
    new.set_defaults(func=_add)
    new.add_argument("--name", required=True, type=one_line, help="what people read")
    for option, many in (
        ("redirect-uri", True), ("post-logout-redirect-uri", True), ("client-uri", False),
        ("initiate-login-uri", False), ("backchannel-logout-uri", False),
    ):  # fmt: skip
        new.add_argument(f"--{option}", action="append" if many else "store", metavar="URI")
    new.add_argument("--logout-token-typ", choices=("logout+jwt", "JWT"))
    new.add_argument("--scope", help=f"default: {_SCOPE} (none for --service)")
    new.add_argument("--realm", action="append", metavar="REALM", help="default: all")
    new.add_argument("--auth-method", choices=_METHODS, help="default: client_secret_basic")
    kind = new.add_mutually_exclusive_group()
    kind.add_argument("--refresh", action="store_true", help="refresh tokens too")
    kind.add_argument(
        "--service", action="store_true", help="a program that acts for itself: no person logs in"
    )
    new.add_argument("--profile", choices=("fapi2",))
    new.add_argument("--jwks-uri", metavar="URI", help="where its public keys are")
    new.add_argument(
        "--no-nudge", dest="nudge", action="store_false",
        help="tell nobody on the way to it that they could not use the contingency",
    )  # fmt: skip
    new.add_argument("--for", dest="program", choices=PROGRAMS, help="whose configuration to print")
    for name, text in (("disable", "let nobody in by it"), ("enable", "let people in again")):
        one = commands.add_parser(name, help=text)
        one.set_defaults(func=_switch, disabled=name == "disable")
        one.add_argument("--reason", required=True, type=for_the_record, help="for the audit log")
    for name in ("add", "disable", "enable"):
        one = commands.choices[name]
        one.add_argument("client_id", metavar="CLIENT_ID")
        one.add_argument("--file", type=Path, metavar="FILE", help="default: IDP_CLIENTS_FILE")
        add_production(one)
        one.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


@dataclass(frozen=True)
class _Place:
    """The file to change. settings: None where the environment is not complete.

    own: whether it is the one that this installation reads.
    """

    file: ClientsFile
    settings: Settings | None
    own: bool


def _place(args: argparse.Namespace, context: Context) -> _Place:
    """Raises SettingsError where neither --file nor the environment names a file."""
    by = judgement(args.file, context, production=args.production)
    file = ClientsFile(
        by.path, production=by.production, realms=by.realms, algorithms=by.algorithms
    )
    own = by.settings is not None and file.path == by.settings.clients_file.resolve()
    return _Place(file, by.settings, own)


@on_record
def _add(args: argparse.Namespace, context: Context) -> int:
    place = _place(args, context)
    if args.service and args.scope is None:
        why = "un programa (`--service`) necesita `--scope`: `--scope tramites:leer`, por ejemplo"
        return _refuse(NotPossible(why), place.file, context)
    new, secret = _wanted(args)
    try:
        client = place.file.add(new)
    except _REFUSALS as error:
        return _refuse(error, place.file, context)
    # Before the secret is shown, which may fail where nobody reads it.
    _audit(AuditEvent.CLIENT_ADDED, args.client_id, None, place, context)
    program = args.program or usual_program(client)
    issuer = place.settings.issuer if place.settings else None
    told = added(
        client, secret, issuer, program,
        file=str(place.file.path), own=place.own, as_json=context.as_json,
    )  # fmt: skip
    return _say(told, context, f"{args.client_id} quedó registrado, pero no se pudo mostrar su "
                "secreto; genere otro con `idp clients secret`")  # fmt: skip


def _say(told: Any, context: Context, otherwise: str) -> int:
    """Print what was done; where that cannot be printed, the change is done all the same."""
    try:
        context.out(told)
        sys.stdout.flush()
    except OSError:
        print(f"aviso: {otherwise}", file=sys.stderr)
        # What could not be written must not be tried again at the end.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    return 0


def _wanted(args: argparse.Namespace) -> tuple[NewClient, str | None]:
    """The component that the words describe, and its secret if it has one."""
    fapi2 = args.profile == "fapi2"
    method = args.auth_method or ("private_key_jwt" if fapi2 else "client_secret_basic")
    secret, hashed = None, None
    if method.startswith("client_secret_"):
        secret, hashed = new_secret(SystemRandom())
    new = NewClient(
        client_id=args.client_id,
        client_name=args.name,
        scope=_SCOPE if args.scope is None else args.scope,
        redirect_uris=tuple(args.redirect_uri or ()),
        post_logout_redirect_uris=tuple(args.post_logout_redirect_uri or ()),
        client_uri=args.client_uri,
        initiate_login_uri=args.initiate_login_uri,
        backchannel_logout_uri=args.backchannel_logout_uri,
        logout_token_typ=args.logout_token_typ,
        grant_types=_grants(args),
        profile=args.profile,
        token_endpoint_auth_method=method,
        secret_hash=hashed,
        jwks_uri=args.jwks_uri,
        id_token_signed_response_alg="ES256" if fapi2 else None,
        realms=tuple(args.realm or ()),
        nudge=args.nudge,
    )
    return new, secret


def _grants(args: argparse.Namespace) -> tuple[str, ...]:
    if args.service:
        return ("client_credentials",)
    return ("authorization_code", "refresh_token") if args.refresh else ()


@on_record
def _switch(args: argparse.Namespace, context: Context) -> int:
    place = _place(args, context)
    client_id, disabled = args.client_id, args.disabled
    try:
        changed = place.file.set_disabled(client_id, disabled)
    except _REFUSALS as error:
        return _refuse(error, place.file, context)
    if changed:
        event = AuditEvent.CLIENT_DISABLED if disabled else AuditEvent.CLIENT_ENABLED
        _audit(event, client_id, args.reason, place, context)
    lines = _switched(client_id, disabled, changed, place)
    told: Any = "\n".join(lines).replace("CLIENT_ID", client_id)
    if context.as_json:
        told = {"client_id": client_id, "disabled": disabled, "changed": changed,
                "file": str(place.file.path)}  # fmt: skip
    return _say(told, context, lines[0])


def _switched(client_id: str, disabled: bool, changed: bool, place: _Place) -> list[str]:
    state, path = "deshabilitado" if disabled else "habilitado", place.file.path
    if not changed:
        return [f"{client_id} ya estaba {state} en {path}; no se cambió nada"]
    lines = [f"{client_id} quedó {state} en {path}", in_force(own=place.own)]
    return lines + list(_DISABLED if disabled else _ENABLED)


# What it does to what was given before; `idp sessions revoke` names the component itself.
_DISABLED = (
    "nadie ingresa por él: /authorize muestra una página que dice que está suspendido, y /token "
    "responde invalid_client",
    "sus access tokens y refresh tokens no sirven mientras tanto; los JWT que otros programas "
    "verifican por sí mismos, hasta que venzan",
    "las sesiones de las personas siguen, porque también son de otros componentes, y la que tienen "
    "dentro de este sigue hasta que él la termine",
    "para terminar para siempre lo que se le dio, y avisarle si tiene backchannel_logout_uri: "
    "idp sessions revoke --client CLIENT_ID --reason …",
)
_ENABLED = (
    "se puede ingresar por él otra vez, y sirve de nuevo lo que se le dio y no venció",
    "si el motivo fue un secreto filtrado, cámbielo antes: idp clients secret",
)


_REFUSALS = (FileHasProblems, NotPossible, CannotEdit, OSError)


def _refuse(error: Exception, file: ClientsFile, context: Context) -> int:
    """Say on stderr (as JSON: on stdout) why nothing was written; the exit code."""
    problems: list[Any]
    if isinstance(error, FileHasProblems):
        problems, code = [asdict(one) for one in error.problems], 3
        lines = [str(one) for one in error.problems]
    else:
        why = error.strerror if isinstance(error, OSError) else None
        lines = [f"{file.path}: no se pudo escribir ({why})"] if why else str(error).splitlines()
        problems, code = [{"message": "\n".join(lines)}], 1
    if context.as_json:
        context.out({"ok": False, "problems": problems})
    for line in [*lines, "no se cambió nada"]:
        print(line, file=sys.stderr)
    return code


def _audit(
    event: AuditEvent, client_id: str, reason: str | None, place: _Place, context: Context
) -> None:
    """On record where this installation has a database; another's file is not its business."""
    if not place.own:
        return
    try:
        details = {} if reason is None else {"reason": reason}
        context.services.audit.record(event, actor=context.actor, client_id=client_id, **details)
    except (IdpError, StartError) as error:
        # The file is changed already, and in an emergency that is what counts.
        print(f"aviso: el cambio está hecho, pero no quedó en la auditoría: {error}",
              file=sys.stderr)  # fmt: skip
