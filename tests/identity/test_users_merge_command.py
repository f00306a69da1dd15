"""`idp users merge|unmerge|separate`, as an operator types them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from identity_world import Renamed

from idp.audit.records import AuditFilter
from idp.audit.testing import Guard
from idp.cli import sessions, users
from idp.kernel.errors import IdpError

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(renamed: Renamed) -> Run:
    """Runs a command line; its exit code and what it said."""

    def command(*words: str, json: bool = False) -> tuple[int, Any]:
        said: list[Any] = []
        parser = argparse.ArgumentParser()
        subparsers = parser.add_subparsers()
        users.add_parser(subparsers)
        sessions.add_parser(subparsers)
        args = parser.parse_args(words)
        context = SimpleNamespace(
            services=renamed.world.services, as_json=json, actor="ana", out=said.append
        )
        return args.func(args, context), said[0]

    renamed.at_sunat(renamed.new)
    renamed.world.clock.advance(60)
    return command


def words(renamed: Renamed, action: str, *more: str) -> tuple[str, ...]:
    both = (renamed.old.value, renamed.new.value) if action == "merge" else (renamed.new.value,)
    return ("users", action, "sol", *both, "--reason", "caso 7", *more)


def test_merge_says_masked_what_it_did(run: Run, renamed: Renamed) -> None:
    people = renamed.world.services.people
    kept, absorbed = people.find(renamed.old), people.find(renamed.new)
    assert kept is not None
    assert absorbed is not None
    code, said = run(*words(renamed, "merge"), json=True)
    assert (code, said["dry_run"], said["contact"]) == (0, False, "none")
    assert (said["kept"]["sub"], said["absorbed"]["sub"]) == (kept.sub, absorbed.sub)
    assert sorted(said["kept"]["pairwise"]) == ["par-a", "par-b"]
    assert said["kept"]["pairwise"]["par-a"] != kept.sub
    assert [one.rpartition(" / ")[2] for one in said["users"]] == sorted(
        one.value.partition(":")[2] for one in (renamed.old, renamed.new)
    )
    assert said["ended"] == {"sessions": 0, "grants": 0, "tokens": 0}
    Guard(renamed.ruc, kept.name).check(str(said), "what merge says")


def test_dry_run_says_it_and_leaves_all_as_it_was(run: Run, renamed: Renamed) -> None:
    people = renamed.world.services.people
    before = people.find(renamed.old), people.find(renamed.new)
    _, said = run(*words(renamed, "merge", "--dry-run"))
    assert said.splitlines()[-1] == "dry run   nothing was changed"
    assert (people.find(renamed.old), people.find(renamed.new)) == before


def test_unmerge_by_the_absorbed_user_brings_it_back(run: Run, renamed: Renamed) -> None:
    absorbed = renamed.world.services.people.find(renamed.new)
    assert absorbed is not None
    run(*words(renamed, "merge"))
    code, said = run(*words(renamed, "unmerge"), json=True)
    assert (code, said["contact_restored"]) == (0, True)
    assert said["restored"]["sub"] == absorbed.sub
    _, text = run(*words(renamed, "merge"))
    assert "undo      until" in text
    renamed.world.clock.advance(91 * 86_400)
    with pytest.raises(IdpError, match="undo_expired"):
        run(*words(renamed, "unmerge"))


def test_separate_says_that_the_sub_is_retired(run: Run, renamed: Renamed) -> None:
    _, said = run(*words(renamed, "separate", "--dry-run"), json=True)
    assert (said["after"], said["dry_run"]) == (None, True)
    _, text = run(*words(renamed, "separate"))
    assert "after     nobody: their sub is retired for good" in text
    assert renamed.world.services.people.find(renamed.new) is None


def test_show_tells_every_user_and_what_can_be_undone(run: Run, renamed: Renamed) -> None:
    run(*words(renamed, "merge"))
    _, shown = run("users", "show", "sol", renamed.old.value, json=True)
    assert len(shown["identifiers"]) == 2
    assert [sorted(one) for one in shown["merged"]] == [["at", "identifier", "undo_until"]]
    _, text = run("users", "show", "sol", renamed.new.value)
    assert "undo_until" in text
    assert renamed.ruc not in text


def test_command_names_who_ordered_it_and_why(run: Run, renamed: Renamed) -> None:
    run(*words(renamed, "merge"))
    found = renamed.world.services.people.find(renamed.old)
    assert found is not None
    records = renamed.world.services.audit.search(AuditFilter(person_id=found.id))
    merged = next(one for one in records if one.event.value == "person.merged")
    assert (merged.actor, merged.details["reason"]) == ("ana", "caso 7")


def test_reason_is_needed(run: Run, renamed: Renamed) -> None:
    with pytest.raises(SystemExit):
        run(*words(renamed, "merge")[:-2])


def test_sessions_of_a_retired_person_are_found_by_sub_and_by_id(
    run: Run, renamed: Renamed
) -> None:
    absorbed = renamed.world.services.people.find(renamed.new)
    assert absorbed is not None
    run(*words(renamed, "merge"))
    for named in (absorbed.id, absorbed.sub):
        code, _ = run("sessions", "revoke", "--person", named, "--reason", "caso 7")
        assert code == 0
    with pytest.raises(IdpError, match="person_unknown"):
        run("sessions", "revoke", "--person", "nadie", "--reason", "caso 7")
