"""Bring the catalogues in step with the sources: `make locales`.

Spanish sentences are the msgids: of the templates (`{% trans %}`, `_()`), of `Text("…")` and
`Message("…", …)` in the code. New ones come with an empty translation, gone ones are dropped.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALES = ROOT / "locales"
_OPTIONS = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true"}
_CALLS = {"Text", "Message"}

Msgid = str | tuple[str, ...]


def sources() -> dict[Msgid, set[str]]:
    """Every sentence (a pair where there is a plural), with the files that say it."""
    found: dict[Msgid, set[str]] = {}
    for file, _, msgid, *_ in extract_from_dir(
        str(ROOT / "templates"),
        [("mail/**", "ignore"), ("**.html", "jinja2")],
        options_map={"**.html": _OPTIONS},
        keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
    ):
        found.setdefault(msgid, set()).add(f"templates/{file}")
    for path in sorted((ROOT / "idp").rglob("*.py")):
        for sentence in _said_in(path):
            found.setdefault(sentence, set()).add(str(path.relative_to(ROOT)))
    return found


def read(language: str) -> Catalog:
    """A catalogue as it is."""
    with (LOCALES / language / "messages.po").open("rb") as file:
        return read_po(file)


def main() -> None:
    """Write every catalogue anew."""
    wanted = sources()
    for folder in sorted(one for one in LOCALES.iterdir() if (one / "messages.po").exists()):
        old = read(folder.name)
        new = Catalog(charset="utf-8", header_comment=old.header_comment)
        for msgid in sorted(wanted, key=lambda one: (sorted(wanted[one]), str(one))):
            message = old.get(msgid if isinstance(msgid, str) else msgid[0])
            new.add(
                msgid,
                message.string if message else None,
                locations=[(file, None) for file in sorted(wanted[msgid])],
            )
        with (folder / "messages.po").open("wb") as file:
            write_po(file, new, width=100, omit_header=True, include_lineno=False)
        _with_header(folder / "messages.po")


# Languages that a native speaker has yet to review.
DRAFTS = {"qu"}


def _with_header(path: Path) -> None:
    header = ""
    if path.parent.name in DRAFTS:
        header += (
            "# A draft that needs a native speaker's review. What it lacks is said in Spanish.\n"
        )
    header += 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    header += '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    path.write_text(header + path.read_text(encoding="utf-8"), encoding="utf-8")


def _said_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _CALLS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


if __name__ == "__main__":
    main()
