"""What goes on record names a person: root must say who, anybody else is their own account."""

from __future__ import annotations

import argparse
import ast
import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from idp.cli import context, main
from idp.cli.context import Context, may_go_on_record, must_say_who
from idp.cli.main import build_parser

CLI = Path(context.__file__).parent
ORDERS = [
    "upstream policy sol automatic --reason x", "upstream approve req_a", "upstream refuse req_a",
    "upstream window plan sol --from 2030-01-01T22:00 --for 2h --reason x",
    "upstream window cancel win_a --reason x",
    "upstream drill sol --percent 5 --for 1h", "upstream drill end drl_a",
    'upstream down sol --reason x', "upstream up sol --reason x", "upstream auto sol --reason x",
    "keys generate", "keys rotate", "keys revoke kid --reason x",
    "data-keys rotate", "data-keys reseal", "data-keys forget", "audit key init",
    "audit key rotate", "audit export f", "audit show aud_a --reveal --purpose x", "data retention --purge-now",
    "admin create ana --role viewer", "admin role ana viewer", "admin disable ana --reason x",
    "admin enable ana --reason x", "admin reset ana --reason x", "clients add x --name X --for flask --redirect-uri http://localhost:9000/c", "clients disable x --reason x",
    "clients enable x --reason x", "sessions revoke --client x --reason x", "users import f.csv",
    "users export f.csv --reason x", "users show sol x --clear --reason x",
    "users erase sol x --reason x --yes", "users hold sol x --reason x",
    "users merge sol a b --reason x", "users unmerge sol b --reason x",
    "users separate sol b --reason x", "users campaign", "users deliverable sol x --reason x",
    "users resend 12345678",
]  # fmt: skip
HARMLESS = [
    "upstream drill list", "upstream drill report drl_a",
    "upstream status", "keys list", "audit list", "audit show aud_a", "audit verify", "audit key show",
    "data retention", "admin list", "users show sol x", "users erase sol x --reason x",
    "users campaign --dry-run", "users coverage", "check", "db status", "worker", "serve",
    "users request 12345678", "sessions live",
]  # fmt: skip


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.cli.context.is_root", lambda: True)


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    groups = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if not groups:
        yield parser
    for group in groups:
        for one in dict.fromkeys(group.choices.values()):
            yield from leaves(one)


@pytest.mark.parametrize("words", ORDERS)
def test_order_that_goes_on_record_needs_a_name_under_root(as_root: None, words: str) -> None:
    args = build_parser().parse_args(words.split())
    assert must_say_who(args)
    assert not must_say_who(build_parser().parse_args([*words.split(), "--as", "ana"]))
    assert not must_say_who(build_parser().parse_args(["--as", "ana", *words.split()]))


@pytest.mark.parametrize("words", HARMLESS)
def test_order_that_changes_nothing_needs_none(as_root: None, words: str) -> None:
    assert not must_say_who(build_parser().parse_args(words.split()))


@pytest.mark.parametrize("words", ["upstream down sol --reason x", "data retention --purge-now"])
def test_anybody_else_needs_none(words: str) -> None:
    assert not must_say_who(build_parser().parse_args(words.split()))


def test_every_command_that_goes_on_record_is_tried_here() -> None:
    known = leaves(build_parser())
    marked = {one.prog for one in known if may_go_on_record(one.get_default("func"))}
    assert marked == {one for one in marked for words in ORDERS if _is(one, words)}


def _is(prog: str, words: str) -> bool:
    named = [one for one in prog.split()[1:] if one.isidentifier() or "-" in one]
    return words.split()[: len(named)] == named


def test_every_module_that_names_an_actor_marks_its_commands() -> None:
    """Those that are run by another's command are marked there."""
    run_by_others = {"keys_shown.py", "users_copy.py", "context.py", "main.py"}
    for path in CLI.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = any(
            isinstance(one, ast.Attribute)
            and one.attr == "actor"
            and isinstance(one.value, ast.Name)
            and one.value.id == "context"
            for one in ast.walk(tree)
        )
        if named and path.name not in run_by_others:
            assert "@on_record" in path.read_text(encoding="utf-8"), path.name


def test_root_without_a_name_is_told_so_and_nothing_is_done(
    as_root: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Context, "services", property(lambda self: asked.append("services")))
    with pytest.raises(SystemExit) as ended:
        main(["upstream", "down", "sol", "--reason", "SUNAT no responde"])
    assert ended.value.code == 2
    assert "--as NAME" in capsys.readouterr().err
    assert asked == []


def test_account_is_the_systems_own_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert Context().actor == f"os:{pwd.getpwuid(os.getuid()).pw_name}"


def test_account_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> SimpleNamespace:
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert Context().actor == f"os:uid-{os.getuid()}"


def test_root_that_was_not_asked_is_a_mistake_of_ours(as_root: None) -> None:
    with pytest.raises(context.Nameless):
        _ = Context().actor
    assert Context(actor="ana").actor == "ana"
