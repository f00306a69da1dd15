"""What a person's row keeps of them: out of one directory and into an empty one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from idp.kernel.identity import DEFAULT_EXTRANET_USER_PATTERN, DEFAULT_SOL_USER_PATTERN
from idp.people.csv_file import COLUMNS, parse_csv
from idp.people.eligibility import Eligibility, contact_address, eligibility
from idp.people.export import cells
from idp.people.merging import fresh, merge
from idp.people.person import PERSON, SCIM, Address, Person
from idp.people.rows import Parsed, RowProblem, RowReader, SeedRow
from idp.people.standing import Standing, standing
from tests.people.test_people_standing import HOUR, NOW, PEOPLE_OF_EACH_KIND

READER = RowReader(
    sol_user_pattern=DEFAULT_SOL_USER_PATTERN, extranet_user_pattern=DEFAULT_EXTRANET_USER_PATTERN
)
RUC = "20504774288"
THERE = replace(PEOPLE_OF_EACH_KIND["per_00000"], realm="sol", ruc=RUC)


def read(text: str, now: datetime = NOW) -> tuple[Parsed | None, list[RowProblem]]:
    rows, problems = parse_csv(text.encode())
    assert problems == []
    return READER.read(rows[0], now)


def row_of(columns: str, text: str) -> Parsed:
    """What a row about U00000 says."""
    parsed, problems = read(f"realm,ruc,usuario,{columns}\nsol,{RUC},U00000,{text}\n")
    assert parsed is not None, problems
    return parsed


def again(person: Person, row: Parsed, *, source: str = "vuce") -> tuple[Person, list[str]]:
    """A known person after a row, and the columns that do not count."""
    found = merge(person, row, address_id="adr_x", trusted=True, source=source, now=NOW)
    return found.after, [column for column, _ in found.conflicts]


def moved(persons: Iterable[Person]) -> list[Person]:
    """The persons as an empty directory has them after a file whose e-mails are trusted."""
    return [made(row) for row in rows_of(persons)]


def rows_of(persons: Iterable[Person]) -> list[SeedRow]:
    """The rows of the file that they are exported to."""
    text = "".join(
        f"{','.join(line)}\n" for line in (COLUMNS, *(cells(one, NOW) for one in persons))
    )
    rows, problems = parse_csv(text.encode())
    assert problems == []
    return rows


def made(row: SeedRow) -> Person:
    parsed, problems = READER.read(row, NOW)
    assert parsed is not None, problems
    person = fresh(parsed, id="per_1", sub="1", source="vuce", now=NOW)
    at = parsed.verified_at
    address = Address("adr_1", parsed.email, NOW, at, at) if parsed.email else None
    return replace(person, addresses=(address,) if address else ())


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Person, Person]]:
    """One of each kind, here and there. Of each there is a last login, which a file has too."""
    before = list(everybody())
    return list(zip(before, moved(before), strict=True))


def everybody() -> Iterator[Person]:
    for one in PEOPLE_OF_EACH_KIND.values():
        yield replace(one, realm="sol", ruc=RUC, last_login_at=NOW)


def test_nobody_is_more_able_in_an_empty_directory(pairs: list[tuple[Person, Person]]) -> None:
    """And whoever could enter still can."""
    for before, after in pairs:
        able = standing(before, NOW) is Standing.ELIGIBLE
        assert (eligibility(after, NOW) is Eligibility.ELIGIBLE) == able, before
    assert {standing(before, NOW) for before, _ in pairs} == set(Standing)


def test_address_that_counts_in_an_empty_directory_is_the_one_that_counted(
    pairs: list[tuple[Person, Person]],
) -> None:
    for before, after in pairs:
        theirs, counted = contact_address(after, NOW + 999 * HOUR), contact_address(before, NOW)
        if theirs is not None:
            assert counted is not None, before
            assert (theirs.email, counted.undeliverable_at) == (counted.email, None), before


def test_answer_on_notifications_goes_along(pairs: list[tuple[Person, Person]]) -> None:
    for before, after in pairs:
        assert (after.consent, after.consent_at) == (before.consent, before.consent_at)


def test_row_of_a_person_changes_nothing_where_it_is_from() -> None:
    persons = list(everybody())
    for person, row in zip(persons, rows_of(persons), strict=True):
        parsed, _ = READER.read(row, NOW)
        assert parsed is not None
        assert again(person, parsed) == (person, []), person


def test_doubt_goes_along() -> None:
    """Nobody's mailbox is opened by what was said before the user may have passed to another."""
    old = NOW - 9 * HOUR
    address = Address("adr_0", "ana@empresa.example", old)
    person = replace(THERE, last_login_at=NOW, doubted_at=NOW, addresses=(address,))
    (after,) = moved([person])
    assert after.doubted_at == NOW
    row = row_of("email,email_verified_at,consent_at", f"ana@empresa.example,{old},{old}")
    found, conflicts = again(after, row)
    assert (found, conflicts) == (after, ["consent_at", "email_verified_at"])


def test_file_doubts_only_whom_it_makes_known() -> None:
    row = row_of("doubted_at", NOW.isoformat())
    assert again(THERE, row) == (THERE, ["doubted_at"])
    for moment in (NOW, NOW + HOUR):
        person = replace(THERE, doubted_at=moment)
        assert again(person, row) == (person, [])


def test_row_with_a_yes_and_a_no_is_a_problem() -> None:
    text = f"realm,usuario,consent_at,consent_refused_at\nextranet,EXT01,{NOW},{NOW}\n"
    parsed, problems = read(text)
    assert parsed is None
    assert [(one.line, one.column) for one in problems] == [(2, "consent_refused_at")]


@pytest.mark.parametrize("text", ["no", (NOW + timedelta(seconds=1)).isoformat()])
def test_no_of_no_moment_or_of_one_ahead_is_a_problem(text: str) -> None:
    parsed, problems = read(f"realm,usuario,consent_refused_at\nextranet,EXT01,{text}\n")
    assert parsed is None
    assert [(one.line, one.column) for one in problems] == [(2, "consent_refused_at")]


FILES = "file:vuce"


@pytest.mark.parametrize(
    ("sayer", "refused", "counts"),
    [
        (FILES, NOW, True),
        (FILES, NOW - 2 * HOUR, False),  # they said yes since
        ("file:aduanas", NOW, False),
        (PERSON, NOW, False),
        (SCIM, NOW, False),
    ],
)
def test_no_of_a_file_takes_back_only_a_yes_of_the_same_source(
    sayer: str, refused: datetime, counts: bool
) -> None:
    yes = replace(THERE, consent=True, consent_at=NOW - HOUR, said={"consent": sayer})
    row = row_of("consent_refused_at", refused.isoformat())
    found, conflicts = again(yes, row)
    assert (found.consent, conflicts) == (not counts, [] if counts else ["consent_refused_at"])
    assert found.consent_at == (refused if counts else yes.consent_at)
    other = again(yes, replace(row, identifier=replace(row.identifier, value=f"{RUC}:OTRO")))
    assert other == (yes, ["consent_refused_at"])


def test_no_of_a_file_answers_for_whom_was_never_asked_and_stays() -> None:
    """From before a doubt as well: that takes back a yes alone."""
    there = replace(THERE, doubted_at=NOW)
    row = row_of("consent_refused_at", (NOW - HOUR).isoformat())
    no, conflicts = again(there, row)
    assert (no.consent, no.consent_at, conflicts) == (False, NOW - HOUR, [])
    assert no.said["consent"] == FILES
    assert again(no, row) == (no, [])
    for source in ("vuce", "aduanas"):
        yes = row_of("consent_at", NOW.isoformat())
        assert again(no, yes, source=source) == (no, ["consent_at"])


def test_no_of_a_file_takes_back_no_yes_of_whom_was_here_and_of_unknown_saying() -> None:
    yes = replace(THERE, consent=True, consent_at=NOW - HOUR, first_login_at=NOW - 2 * HOUR)
    row = row_of("consent_refused_at", NOW.isoformat())
    assert again(yes, row) == (yes, ["consent_refused_at"])
    assert not again(replace(yes, first_login_at=None), row)[0].consent


def test_last_login_that_opens_nothing_here_opens_nothing_there() -> None:
    (after,) = moved([replace(THERE, last_login_at=NOW)])
    assert eligibility(after, NOW) is Eligibility.NEW


def test_yes_of_a_file_is_that_files() -> None:
    row = row_of("consent_at", NOW.isoformat())
    assert again(THERE, row)[0].said == {"consent": FILES}
    made = fresh(row, id="per_1", sub="s", source="vuce", now=NOW)
    assert made.said == {"consent": FILES}
