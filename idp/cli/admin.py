"""`idp admin`: the console's accounts."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any

from idp.admin.account import Account
from idp.admin.accounts_shown import shown
from idp.admin.desk import SetupLink
from idp.admin.roles import Role
from idp.cli.arguments import for_the_record
from idp.cli.context import on_record
from idp.kernel.times import LIMA

if TYPE_CHECKING:
    from idp.cli.context import Context

_ROLES = [one.value for one in Role]


def add_parser(subparsers: Any) -> None:
    """`idp admin create|list|role|disable|enable|reset`."""
    parser = subparsers.add_parser("admin", help="the console's accounts")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser(
        "create", help="a new account; prints the link that sets it up, within 24 hours"
    )
    create.add_argument("name", metavar="NAME", help="small letters, digits and . _ -")
    create.add_argument("--role", required=True, choices=_ROLES)
    create.set_defaults(func=_create)
    listing = actions.add_parser("list", help="every account, its role and its state")
    listing.set_defaults(func=_list)
    role = actions.add_parser("role", help="give an account another role; its sessions end")
    role.add_argument("name", metavar="NAME")
    role.add_argument("role", choices=_ROLES)
    role.set_defaults(func=_role)
    for name, func, text in (
        ("disable", _disable, "let nobody in by it from now on; its sessions end"),
        ("enable", _enable, "let it be used again, as it was"),
        ("reset", _reset, "begin anew: another link; password, app, codes and sessions end"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("name", metavar="NAME")
        action.add_argument(
            "--reason", required=True, type=for_the_record, help="for the audit log"
        )
        action.set_defaults(func=func)
    for action in actions.choices.values():
        # Also after the subcommand, where people type them.
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        action.add_argument("--as", dest="actor", metavar="NAME", default=argparse.SUPPRESS)


@on_record
def _create(args: argparse.Namespace, context: Context) -> int:
    desk = context.services.console.desk
    return _link(desk.create(args.name, Role(args.role), actor=context.actor), context)


@on_record
def _reset(args: argparse.Namespace, context: Context) -> int:
    desk = context.services.console.desk
    return _link(desk.reset(args.name, actor=context.actor, reason=args.reason), context)


def _list(args: argparse.Namespace, context: Context) -> int:
    now = context.services.clock.now()
    found = [_described(one, now) for one in context.services.console.desk.all()]
    context.out(found if context.as_json else "\n".join(map(_line, found)) or "no accounts")
    return 0


@on_record
def _role(args: argparse.Namespace, context: Context) -> int:
    desk = context.services.console.desk
    return _say(desk.set_role(args.name, Role(args.role), actor=context.actor), context)


@on_record
def _disable(args: argparse.Namespace, context: Context) -> int:
    desk = context.services.console.desk
    return _say(desk.disable(args.name, actor=context.actor, reason=args.reason), context)


@on_record
def _enable(args: argparse.Namespace, context: Context) -> int:
    desk = context.services.console.desk
    return _say(desk.enable(args.name, actor=context.actor, reason=args.reason), context)


def _say(account: Account, context: Context) -> int:
    found = _described(account, context.services.clock.now())
    context.out(found if context.as_json else _line(found))
    return 0


def _link(made: SetupLink, context: Context) -> int:
    account = made.account
    if context.as_json:
        context.out(
            {
                "name": account.name,
                "role": account.role.value,
                "link": made.url,
                "until": made.until.isoformat(),
                "disabled": account.disabled_at is not None,
            }
        )
        return 0
    context.note(
        f"{account.name} ({account.role.value}) sets the account up here, once, until "
        f"{_moment(made.until)}; hand the link to nobody else:"
    )
    if account.disabled_at is not None:
        context.note("the account is disabled: the link counts once it is enabled")
    context.out(made.url)
    return 0


def _described(account: Account, now: datetime) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role.value,
        "state": shown(account, now).value,
        "created_at": account.created_at.isoformat(),
        "last_login_at": account.last_login_at.isoformat() if account.last_login_at else None,
    }


def _line(found: dict[str, Any]) -> str:
    last = found["last_login_at"]
    told = _moment(datetime.fromisoformat(last)) if last else "never"
    return f"{found['name']:<20} {found['role']:<10} {found['state']:<15} last login: {told}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(LIMA).strftime("%Y-%m-%d %H:%M") + " (Lima)"
