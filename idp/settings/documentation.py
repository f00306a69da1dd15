"""The README's table of settings, made from the table that the provider reads.

`python -m idp.settings.documentation` writes it between the README's two markers; a test holds it.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path

from idp.settings import parsers
from idp.settings.table import Settings

BEGIN, END = "<!-- settings:begin -->", "<!-- settings:end -->"
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def table() -> str:
    """The settings as a Markdown table: name, default, what it is."""
    rows = ["| variable | default | what it is |", "| --- | --- | --- |"]
    for one in fields(Settings):
        if "parse" not in one.metadata:
            continue
        if one.default is MISSING:
            shown = "*required*"
        elif one.metadata["parse"] is parsers.seconds:
            shown = f"`{_duration(one.default)}`"
        else:
            shown = f"`{one.default}`" if one.default not in (None, (), "") else ""
        shown = shown.replace("|", "\\|")
        rows.append(f"| `IDP_{one.name.upper()}` | {shown} | {one.metadata['doc']} |")
    return "\n".join(rows)


def with_table(text: str) -> str:
    """A document with the table between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _duration(seconds: int) -> str:
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"


if __name__ == "__main__":
    readme = Path("README.md")
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
