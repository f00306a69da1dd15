"""Files of people as programs write them: encodings, separators, spreadsheets' habits, cut off."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idp.people.csv_file import Form, examine, parse_csv, read_rows, written
from idp.people.rows import RowProblem, SeedRow

# What may stand in a name: everything but what no text of a person holds.
texts = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Co", "Cn"), max_codepoint=0xFFFF), max_size=20
)
latin = st.text("abcdefghijklmnñopqrstuvwxyzáéíóúüÑÁ ,;'\"=+-@\t", max_size=20)
DIALECTS = st.sampled_from([",", ";", "\t"])
LINE_ENDS = st.sampled_from(["\n", "\r\n"])


def file_of(
    names: list[str], *, separator: str, ending: str, quoting: int, sep_line: bool = False
) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=ending, quoting=quoting)
    if sep_line:
        out.write(f"sep={separator}{ending}")
    writer.writerow(["usuario", "Realm ", "name"])
    for number, name in enumerate(names):
        writer.writerow([f"U{number}", "sol", written(name)])
    return out.getvalue()


def names_in(content: bytes) -> list[str]:
    rows, problems = parse_csv(content)
    assert problems == [], problems
    assert all(first.line < second.line for first, second in pairwise(rows))
    return [row.name for row in rows]


@settings(max_examples=100, deadline=None)
@given(
    names=st.lists(texts, max_size=6),
    separator=DIALECTS,
    ending=LINE_ENDS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    sep_line=st.booleans(),
)
def test_every_text_comes_back_in_every_dialect(
    names: list[str], separator: str, ending: str, encoding: str, quoting: int, sep_line: bool
) -> None:
    text = file_of(names, separator=separator, ending=ending, quoting=quoting, sep_line=sep_line)
    assert names_in(text.encode(encoding)) == names


@settings(max_examples=60, deadline=None)
@given(names=st.lists(latin, min_size=1, max_size=6), separator=DIALECTS)
@example(names=["ÑANDÚ"], separator=";")
def test_windows_1252_is_told_from_utf_8(names: list[str], separator: str) -> None:
    text = file_of(names, separator=separator, ending="\r\n", quoting=csv.QUOTE_MINIMAL)
    assert names_in(text.encode("cp1252")) == names


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=300))
@example(content=b"")
@example(content=b"\xff\xfe")
@example(content=b"\xef\xbb\xbf")
@example(content=b"realm,usuario\n\xc3")
@example(content=b"sep=")
@example(content=b"\xff\xfeA")
def test_rubbish_is_rows_or_problems_and_never_a_crash(content: bytes) -> None:
    rows, problems = parse_csv(content)
    assert all(isinstance(one, RowProblem) and one.line >= 1 for one in problems)
    assert problems or all(row.usuario or row.realm or row.line > 1 for row in rows)


@settings(max_examples=80, deadline=None)
@given(names=st.lists(texts, min_size=2, max_size=5), data=st.data())
def test_file_that_was_cut_off_never_makes_up_a_row(names: list[str], data: st.DataObject) -> None:
    whole = file_of(names, separator=",", ending="\n", quoting=csv.QUOTE_ALL).encode()
    cut = data.draw(st.integers(0, len(whole) - 1))
    rows, problems = parse_csv(whole[:cut])
    assert [row.name for row in rows] == names[: len(rows)]
    # What is lost is told, but where the cut is between two lines.
    assert problems or len(rows) == len(names) or whole[:cut].endswith(b"\n")


def test_truncated_accent_is_no_other_encoding() -> None:
    content = "realm,usuario,name\nsol,A,ÑANDÚ".encode()[:-1]
    rows, problems = parse_csv(content)
    assert rows == []
    assert [one.problem for one in problems] == ["the file ends in the middle of a character"]


def test_damaged_utf_8_is_no_other_encoding_and_names_its_line() -> None:
    rows, problems = parse_csv("realm,usuario\nsol,á\nsol,b\n".encode() + b"sol,\xff\n")
    assert (rows, [(one.line, one.problem) for one in problems]) == (
        [],
        [(4, "not UTF-8, as the lines before it are")],
    )


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ('="20504774288"', "20504774288"),
        ("'=1+1", "=1+1"),
        ("'+511234567", "+511234567"),
        ("'20504774288", "'20504774288"),
        ("O'Higgins", "O'Higgins"),
    ],
)
def test_what_spreadsheets_put_around_a_number_is_taken_off(cell: str, read: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["realm", "usuario", "name"], ["sol", "A", cell]])
    assert names_in(out.getvalue().encode()) == [read]


@pytest.mark.parametrize("text", ["=1+1", "+51 1", "-x", "@x", "\tx", "'", "''=", "x", ""])
def test_what_is_written_runs_in_no_spreadsheet_and_comes_back(text: str) -> None:
    assert written(text)[:1] not in ("=", "+", "-", "@", "\t")
    out = io.StringIO()
    csv.writer(out).writerows([["realm", "usuario", "name"], ["sol", "A", written(text)]])
    assert names_in(out.getvalue().encode()) == [text]


def test_empty_columns_and_rows_that_a_spreadsheet_kept_are_nothing() -> None:
    rows, problems = parse_csv(b"realm;usuario;;\r\n;;;\r\nsol;A;;\r\n;;;\r\n")
    assert ([(row.line, row.usuario) for row in rows], problems) == ([(3, "A")], [])
    rows, problems = parse_csv(b"realm;usuario;;\r\nsol;A;;x\r\n")
    assert (rows, [one.line for one in problems]) == ([], [2])


def test_cell_without_an_end_is_a_problem_and_no_memory() -> None:
    rows, problems = parse_csv(b'realm,usuario\nsol,"' + b"x" * 400_000)
    assert (rows, len(problems)) == ([], 1)
    assert problems[0].problem.startswith("not CSV")


def test_file_is_read_in_blocks_and_says_how_far() -> None:
    body = b"".join(b"sol,U%d\n" % number for number in range(5_000))
    file = io.BytesIO(b"realm,usuario\n" + body)
    form = examine(file)
    assert isinstance(form, Form)
    assert (form.size, form.ended, form.separator) == (len(file.getvalue()), True, ",")
    told: list[int] = []
    rows = list(read_rows(file, form, told.append))
    assert len(rows) == 5_000
    assert all(isinstance(row, SeedRow) for row in rows)
    assert told == sorted(told)
    assert 0 < told[-1] <= form.size


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_end_of_the_last_line_is_seen_in_every_encoding(encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    # U+0A0D holds both bytes of line ends, and is none.
    for text, ended in (("realm\n", True), ("realm\r\n", True), ("realm", False)):
        form = examine(io.BytesIO((mark + text).encode(encoding)))
        assert isinstance(form, Form)
        assert form.ended is ended
    if encoding.startswith("utf-16"):
        form = examine(io.BytesIO((mark + "realm\u0a0d").encode(encoding)))
        assert isinstance(form, Form)
        assert not form.ended
