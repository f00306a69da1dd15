"""An export verified elsewhere: whole or a part, edited in every way, with the public key alone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.audit.checkpoints import Kind
from idp.audit.findings import Findings
from idp.audit.trail import verify_export
from idp.kernel.errors import IdpError
from idp.kernel.times import read_moment
from idp.signing.audit_keys import TrustedAuditKeys
from tests.audit.sealed_log import SealedLog, sealed_log


def exported(log: SealedLog, **times: Any) -> list[str]:
    return list(log.trail.export(**times))


def edited(lines: list[str], index: int, change: str, value: object) -> list[str]:
    """With one field of a line, `row.actor` say, in another way."""
    found = json.loads(lines[index])
    place = found
    *path, name = change.split(".")
    for one in path:
        place = place[one]
    place[name] = value
    return [*lines[:index], json.dumps(found), *lines[index + 1 :]]


def row_at(lines: list[str], number: int) -> int:
    """The line of that seal."""
    for index, line in enumerate(lines):
        if json.loads(line).get("seal", {}).get("number") == number:
            return index
    raise LookupError(number)


def test_export_is_sound_and_says_what_it_holds(full: SealedLog) -> None:
    full.write(2)
    lines = exported(full)
    assert [json.loads(one)["type"] for one in lines].count("row") == 30
    assert json.loads(lines[-1]) == {"type": "end", "checkpoints": 3, "rows": 30, "unsealed": 2}
    assert full.found_in(lines, copies=True) == []
    assert full.last is not None
    assert (full.last.rows, full.last.signed, full.last.tail.rows) == (30, 30, 2)


def test_export_of_a_log_that_was_purged_is_sound(full: SealedLog) -> None:
    full.purge.purge(full.clock.now() - timedelta(minutes=7))
    lines = exported(full)
    assert full.found_in(lines) == []
    assert full.last is not None
    assert (full.last.first, full.last.purged) == (21, 20)


def test_export_that_a_purge_overtakes_is_refused(full: SealedLog) -> None:
    lines = full.trail.export()
    next(lines)
    full.purge.purge(full.clock.now() - timedelta(minutes=7))
    with pytest.raises(IdpError, match="export_overtaken"):
        list(lines)


def test_part_of_a_time_reaches_to_the_checkpoints_around_it(full: SealedLog) -> None:
    rows = [one.row for one in full.seals.sealed(12, 14)]
    since, until = (_moment(row["at"]) for row in rows if row)
    lines = exported(full, since=since, until=until)
    assert [json.loads(one)["type"] for one in lines].count("row") == 10
    assert full.found_in(lines, copies=True) == []
    assert full.last is not None
    assert (full.last.first, full.last.last, full.last.signed) == (11, 20, 20)


def test_part_without_what_is_before_it_is_bound_by_the_checkpoint_before(full: SealedLog) -> None:
    since = full.clock.now() - timedelta(minutes=7)
    lines = exported(full, since=since)
    assert full.found_in(lines) == []
    cut = [one for one in lines if '"number":21,' not in one]
    assert full.found_in(cut)[0].startswith("front_cut")


@pytest.mark.parametrize(
    "field",
    ["row.seq", "row.id", "row.at", "row.event", "row.person_id", "row.client_id", "row.actor",
     "row.realm", "row.mode", "row.reference", "row.details", "row.details.sid", "row.more",
     "seal.sealed_at", "seal.hash", "seal.previous", "seal.seq", "seal.record_id", "seal.form"],
)  # fmt: skip
def test_any_field_of_any_row_edited_is_found(full: SealedLog, field: str) -> None:
    lines = exported(full)
    value: object = 9 if field in ("row.seq", "seal.seq", "seal.form") else "other"
    found = full.found_in(edited(lines, row_at(lines, 15), field, value))
    assert found
    assert {one.split()[1].split("-")[0] for one in found if " " in one} & {"14", "15", "19"}


def test_line_taken_out_is_found(full: SealedLog) -> None:
    lines = exported(full)
    index = row_at(lines, 15)
    assert full.found_in(lines[:index] + lines[index + 1 :]) == ["removed 15", "export_cut 34"]


def test_end_taken_off_is_found(full: SealedLog) -> None:
    assert full.found_in(exported(full)[:-4]) == ["export_cut 31", "end_cut 28-30"]


def test_end_taken_off_with_its_checkpoint_is_found_by_the_copies(full: SealedLog) -> None:
    lines = [
        one for one in exported(full)
        if json.loads(one).get("seal", {}).get("number", 0) <= 20
    ]  # fmt: skip
    lines = [one for one in lines if full.copies[2] not in one][:-1]
    lines.append('{"type":"end","checkpoints":2,"rows":20,"unsealed":0}')
    assert full.found_in(lines) == []
    assert full.found_in(lines, copies=True) == ["checkpoint_removed 3", "end_cut 21-30"]


def test_lines_swapped_are_found(full: SealedLog) -> None:
    lines = exported(full)
    one, other = row_at(lines, 12), row_at(lines, 13)
    lines[one], lines[other] = lines[other], lines[one]
    assert full.found_in(lines) == ["removed 12", "reordered 12"]


def test_line_repeated_is_found(full: SealedLog) -> None:
    lines = exported(full)
    lines.insert(row_at(lines, 12), lines[row_at(lines, 12)])
    assert "reordered 12" in full.found_in(lines)


def test_line_that_says_a_thing_twice_is_found(full: SealedLog) -> None:
    """A person reads the one, a program checks the other."""
    lines = exported(full)
    index = row_at(lines, 15)
    lines[index] = lines[index].replace('"actor":"ana"', '"actor":"eva","actor":"ana"')
    assert "unreadable 19" in full.found_in(lines)


def test_rows_of_the_end_made_up_are_found_by_the_copies(full: SealedLog) -> None:
    forged = sealed_log(full.database, full.keys.folder, full.clock, seed=9)
    forged.rewrite(25, "actor = 'nobody'")
    lines = exported(forged)
    assert full.found_in(lines, copies=True) == ["rewritten 30"]


def test_copies_of_after_the_export_say_nothing_about_it(full: SealedLog) -> None:
    lines = exported(full)
    full.clock.advance(1)
    full.write(5)
    full.sign()
    assert full.found_in(lines, copies=True) == []


def test_copies_sent_twice_and_crossed_are_no_finding(full: SealedLog) -> None:
    lines = exported(full)
    one, two, three = full.copies
    full.copies = [two, one, two, three, three, "", one]
    assert full.found_in(lines, copies=True) == []


def test_copies_of_which_one_is_missing_are_found(full: SealedLog) -> None:
    lines = exported(full)
    del full.copies[1]
    assert full.found_in(lines, copies=True) == ["checkpoint_removed 2"]


def test_key_of_somebody_else_vouches_for_nothing(full: SealedLog) -> None:
    other = sealed_log(full.database, full.keys.folder.with_name("other"), full.clock)
    keys = TrustedAuditKeys(other.keys.jwks())
    assert full.found_in(exported(full), keys=keys) == ["checkpoint_forged"] * 3


def test_successor_is_known_by_whoever_kept_the_first_key(full: SealedLog) -> None:
    first = TrustedAuditKeys(full.keys.jwks())
    rotate(full)
    full.write(5)
    full.sign()
    assert full.found() == []
    assert full.found_in(exported(full), keys=first) == []


def test_part_of_after_a_rotation_is_sound_for_whoever_kept_the_first_key(full: SealedLog) -> None:
    first = TrustedAuditKeys(full.keys.jwks())
    rotate(full)
    for _ in range(2):
        full.write(5)
        full.sign()
        full.clock.advance(360)
    lines = exported(full, since=full.clock.now() - timedelta(seconds=364))
    assert '"number":36' in lines[row_at(lines, 36)]
    assert full.found_in(lines, keys=first, copies=True) == []
    assert full.last is not None
    assert (full.last.first, full.last.signed) == (36, 40)


def test_key_that_has_a_successor_signs_no_more(full: SealedLog) -> None:
    old = full.keys.folder.with_name("stolen")
    old.mkdir(mode=0o700)
    for file in full.keys.folder.iterdir():
        (old / file.name).write_bytes(file.read_bytes())
        (old / file.name).chmod(0o600)
    rotate(full)
    full.sign()
    stolen = sealed_log(full.database, old, full.clock, seed=9)
    stolen.checkpointer.make(Kind.PERIODIC)
    assert full.found() == ["checkpoint_forged 6"]


def test_successor_that_did_not_sign_for_itself_is_found(full: SealedLog) -> None:
    other = sealed_log(full.database, full.keys.folder.with_name("other"), full.clock)
    (theirs,) = other.keys.records()
    full.checkpointer.signed(Kind.KEY, full.keys, successor=theirs.public, prove=full.keys)
    assert full.found() == ["checkpoint_forged 4"]


@pytest.mark.parametrize("first", ["", "{}", "[]", "nonsense", '{"type":"vuce-audit-export"}'])
def test_file_that_is_no_export_is_refused(full: SealedLog, first: str) -> None:
    with pytest.raises(ValueError, match="export"):
        verify_export([first], TrustedAuditKeys(full.keys.jwks()), Findings())


_EDITS = st.lists(
    st.tuples(
        st.sampled_from(["drop", "repeat", "swap", "flip", "digit"]),
        st.integers(min_value=0, max_value=10_000),
        st.integers(min_value=0, max_value=10_000),
    ),
    min_size=1,
    max_size=3,
)


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)  # fmt: skip
@given(edits=_EDITS)
def test_no_edit_of_an_export_goes_unnoticed(full: SealedLog, edits: list[Any]) -> None:
    lines = exported(full)
    before = [json.loads(one) for one in lines]
    for kind, one, other in edits:
        # The first line is what the export says of itself, which nothing signs.
        index = 1 + one % (len(lines) - 1)
        text = lines[index]
        place = other % len(text)
        if kind == "drop" and len(lines) > 2:
            del lines[index]
        elif kind == "repeat":
            lines.insert(index, text)
        elif kind == "swap":
            second = 1 + other % (len(lines) - 1)
            lines[index], lines[second] = lines[second], lines[index]
        elif kind == "flip":
            lines[index] = text[:place] + ("z" if text[place] != "z" else "y") + text[place + 1 :]
        elif kind == "digit":
            lines[index] = text.translate(str.maketrans("1", "2", "")) if "1" in text else text
    after = []
    for line in lines:
        try:
            after.append(json.loads(line))
        except ValueError:
            after.append(None)
    found = full.found_in(lines, copies=True)
    assert bool(found) == (after != before)


def rotate(log: SealedLog) -> None:
    successor, prove = log.keys.prepare()
    made = log.checkpointer.signed(Kind.KEY, log.keys, successor=successor.public, prove=prove)
    log.copies.append(made.jws)
    log.keys.succeed()


def _moment(text: str) -> Any:
    return read_moment(text)
