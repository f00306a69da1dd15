"""The file that `bench.people` imports is one that the import takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bench.people.__main__ import write
from idp.kernel.identity import DEFAULT_EXTRANET_USER_PATTERN, DEFAULT_SOL_USER_PATTERN
from idp.people.csv_file import parse_csv
from idp.people.rows import RowReader


def test_people_of_the_bench_are_all_different_and_without_a_problem(tmp_path: Path) -> None:
    write(tmp_path / "people.csv", 200)
    rows, problems = parse_csv((tmp_path / "people.csv").read_bytes())
    reader = RowReader(
        sol_user_pattern=DEFAULT_SOL_USER_PATTERN,
        extranet_user_pattern=DEFAULT_EXTRANET_USER_PATTERN,
    )
    found = [reader.read(row, datetime.now(UTC)) for row in rows]
    assert problems == []
    assert [wrong for _, wrong in found if wrong] == []
    assert len({parsed.identifier for parsed, _ in found if parsed}) == 200
