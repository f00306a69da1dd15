"""`idp clients`: check the file, list what is in it, make a secret (and see clients_edit).

Problems are told in Spanish, as the operators' guides are, with field names as they stand in the
file. Exit codes: 0 fine, 3 the file (or the environment) cannot be used.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.cli import clients_edit
from idp.cli.clients_judged import add_production, judgement
from idp.clients import loader
from idp.clients.client import Client
from idp.clients.problem import LoadResult
from idp.clients.secrets import new_secret
from idp.kernel.clock import SystemClock
from idp.kernel.random import SystemRandom

if TYPE_CHECKING:
    from idp.cli.context import Context


def add_parser(subparsers: Any) -> None:
    """`idp clients check|list|secret|add|disable|enable`."""
    group = subparsers.add_parser("clients", help="the components of clients.yaml")
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="find every problem of the file")
    check.set_defaults(func=_check)
    listing = commands.add_parser("list", help="list the components")
    listing.set_defaults(func=_list)
    for one in (check, listing):
        one.add_argument(
            "file", nargs="?", type=Path, metavar="FILE", help="default: IDP_CLIENTS_FILE"
        )
        add_production(one)
    secret = commands.add_parser("secret", help="make a client secret: it is shown only once")
    secret.set_defaults(func=_secret)
    clients_edit.add_commands(commands)
    for one in commands.choices.values():
        one.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
        )


def _load(args: argparse.Namespace, context: Context) -> tuple[Path, LoadResult]:
    """The file's content. With FILE given, the environment need not be complete."""
    by = judgement(args.file, context, production=args.production)
    found = loader.load(
        by.path, production=by.production, realms=by.realms, algorithms=by.algorithms
    )
    return by.path, found


def _check(args: argparse.Namespace, context: Context) -> int:
    path, result = _load(args, context)
    if context.as_json:
        problems = [asdict(one) for one in result.problems]
        context.out({"ok": result.ok, "clients": list(result.clients), "problems": problems})
    elif result.ok:
        context.out(f"{path}: {_count(len(result.clients), 'componente')}, sin problemas")
    else:
        _print_problems(result, context)
    return 0 if result.ok else 3


def _list(args: argparse.Namespace, context: Context) -> int:
    _, result = _load(args, context)
    if not result.ok:
        _print_problems(result, context)
        return 3
    rows = [_row(one) for one in result.clients.values()]
    if context.as_json:
        context.out(rows)
    else:
        context.out("\n".join(_line(one) for one in rows))
    return 0


def _secret(args: argparse.Namespace, context: Context) -> int:
    secret, hashed = new_secret(SystemRandom())
    if context.as_json:
        context.out({"secret": secret, "hash": hashed})
    else:
        context.out(
            f"secreto (entréguelo al componente; no se vuelve a mostrar):\n  {secret}\n"
            f"en clients.yaml, bajo `secrets:` de ese componente:\n  - hash: {hashed}"
        )
    return 0


def _print_problems(result: LoadResult, context: Context) -> None:
    lines = [str(one) for one in result.problems]
    if context.as_json:
        context.out({"ok": False, "problems": [asdict(one) for one in result.problems]})
    else:
        context.out("\n".join([*lines, _count(len(lines), "problema")]))


def _row(client: Client) -> dict[str, Any]:
    """What an operator wants to see; never a hash."""
    now = SystemClock().now()
    return {
        "client_id": client.client_id,
        "client_name": client.client_name,
        "disabled": client.disabled,
        "profile": client.profile,
        "grant_types": list(client.grant_types),
        "token_endpoint_auth_method": client.token_endpoint_auth_method,
        "id_token_signed_response_alg": client.id_token_signed_response_alg,
        "scope": " ".join(sorted(client.scopes)),
        "realms": list(client.realms),
        "redirect_uris": list(client.redirect_uris),
        "initiate_login_uri": client.initiate_login_uri,
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "keys": client.jwks_uri or ("jwks" if client.jwks else None),
        "access_token_format": client.access_token_format,
        "subject_type": client.subject_type,
        "contingency": asdict(client.contingency),
        "nudge": asdict(client.nudge),
        "scim": asdict(client.scim),
        "secrets": [
            {
                "not_after": one.not_after.isoformat() if one.not_after else None,
                "in_force": one.in_force(now),
            }
            for one in client.secrets
        ],
    }


def _line(row: dict[str, Any]) -> str:
    ends = [
        (one["not_after"] or "sin fin") + ("" if one["in_force"] else " (vencido)")
        for one in row["secrets"]
    ]
    off = "  DESHABILITADO" if row["disabled"] else ""
    lines = [
        f"{row['client_id']}  {row['client_name']}{off}",
        f"  {row['token_endpoint_auth_method']}, {row['id_token_signed_response_alg']}, "
        f"realms: {', '.join(row['realms'])}, contingency: "
        + json.dumps(row["contingency"]["allowed"])
        + f", nudge: {', '.join(name for name, on in row['nudge'].items() if on) or 'no'}",
        f"  grant_types: {', '.join(row['grant_types'])}; scope: {row['scope']}",
        *(f"  {name}: {row[name]}" for name, usual in _UNUSUAL if row[name] != usual),
        *(f"  redirect_uri: {one}" for one in row["redirect_uris"]),
        *(f"  {name}: {row[name]}" for name in _PLACES if row[name]),
        f"  secretos: {'; '.join(ends) or 'ninguno'}",
    ]
    return "\n".join(lines)


# Told only where they are not what nearly every component has.
_UNUSUAL = (("profile", None), ("access_token_format", "opaque"), ("subject_type", "public"))
_PLACES = ("initiate_login_uri", "backchannel_logout_uri", "keys")


def _count(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")
