"""Whatever a page of the console shows or does, a command does as well, and the API too: or it
stands here why not.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask

from idp.admin.api.operations import OPERATIONS, PREFIX
from idp.admin.roles import Permission
from idp.cli.main import build_parser

_PEOPLE = "people's data: who watches over a provider needs none"
_THEMSELVES = "an account's own password, app and sessions: nobody else's business"
_SECOND = "a second person's word, which no program says"


@dataclass(frozen=True)
class Action:
    """What a permission lets somebody do. Where it is no command, or no operation, why."""

    commands: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    no_command: str = ""
    no_operation: str = ""


ACTIONS: dict[Permission, list[Action]] = {
    Permission.OWN_ACCOUNT: [Action(no_command=_THEMSELVES, no_operation=_THEMSELVES)],
    Permission.SEE_STATE: [
        Action(("upstream status",), ("upstreams", "upstream")),
        Action(("upstream history",), ("history", "transitions")),
        Action(("upstream report",), ("incidents", "incident")),
        Action(("upstream window list",), ("windows",)),
        Action(("upstream requests",), ("requests",)),
        Action(("mail status",), ("mail",)),
        Action(("sessions live",), ("live",)),
    ],
    Permission.SEE_COVERAGE: [Action(("users coverage",), ("coverage", "coverageHistory"))],
    Permission.FLIP: [
        Action(("upstream down", "upstream up", "upstream auto"), ("flip",)),
        Action(("upstream policy",), ("policy",)),
        Action(("upstream window plan",), ("planWindow",)),
        Action(("upstream window cancel",), ("cancelWindow",)),
        Action(("upstream approve", "upstream refuse"), no_operation=_SECOND),
    ],
    Permission.DRILL: [
        Action(("upstream drill",), ("drills", "drillReport", "beginDrill", "endDrill"))
    ],
    Permission.FIND_PERSON: [Action(("users show",), no_operation=_PEOPLE)],
    Permission.REVEAL_PERSON: [Action(("users export",), no_operation=_PEOPLE)],
    Permission.RESEND: [Action(("users resend",), no_operation=_PEOPLE)],
    Permission.SEE_CLIENTS: [Action(("clients list", "clients check"), ("clients",))],
    Permission.SEE_KEYS: [Action(("keys list",), ("keys",))],
    Permission.SEE_AUDIT: [Action(("audit list",), ("audit",))],
    Permission.SEE_ACCOUNTS: [
        Action(("admin list",), no_operation="names of those who may enter the console")
    ],
}


def commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[str]:
    """Every command that there is, as it is typed."""
    groups = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    for group in groups:
        for name, inner in group.choices.items():
            yield from commands(inner, f"{before} {name}".strip())
    if not groups:
        yield before


def test_every_permission_is_an_action_of_the_table() -> None:
    assert set(ACTIONS) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
def test_action_is_a_command_and_an_operation_or_says_why_not(permission: Permission) -> None:
    there = set(commands(build_parser()))
    for action in ACTIONS[permission]:
        assert set(action.commands) <= there
        assert bool(action.commands) != bool(action.no_command)
        assert bool(action.operations) != bool(action.no_operation)


def test_every_operation_is_an_action_under_its_own_permission() -> None:
    told = {
        (name, permission)
        for permission, actions in ACTIONS.items()
        for action in actions
        for name in action.operations
    }
    assert told == {(one.id, one.permission) for one in OPERATIONS}


def test_every_command_of_the_switch_is_an_action() -> None:
    """What needs the machine itself stays a command."""
    told = {name for actions in ACTIONS.values() for action in actions for name in action.commands}
    switch = {one for one in commands(build_parser()) if one.startswith("upstream ")}
    assert switch - told == ON_THE_MACHINE


ON_THE_MACHINE = {"upstream probe"}


def test_no_operation_is_about_people(api_app: Flask) -> None:
    rules = [one.rule for one in api_app.url_map.iter_rules() if one.rule.startswith(PREFIX)]
    assert len(rules) > 15
    assert not [one for one in rules if "person" in one or "user" in one or "account" in one]
