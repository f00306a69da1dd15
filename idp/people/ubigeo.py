"""UBIGEO: departments, provinces and districts of Peru with the codes of INEI.

`ubigeo.tsv` holds a code and its name a line: two digits name a department, four a province, six a
district. Source: INEI, Directorio Nacional de Municipalidades 2025 (25, 196 and 1,893 of them).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("ubigeo.tsv")
_DIGITS = 2


@lru_cache(maxsize=1)
def names() -> Mapping[str, str]:
    """Every name by its code."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)


@lru_cache(maxsize=1)
def _children() -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for code, name in names().items():
        found.setdefault(code[:-_DIGITS], []).append((code, name))
    return {
        parent: tuple(sorted(ones, key=lambda one: _order(one[1])))
        for parent, ones in found.items()
    }


def within(code: str) -> tuple[tuple[str, str], ...]:
    """What lies directly within a code, each with its name, by the alphabet.

    For "" the departments. Empty for a district, and for a code that is none.
    """
    return _children().get(code, ())


def is_district(code: str) -> bool:
    """Whether a code names a district."""
    return len(code) == 3 * _DIGITS and code in names()


def described(code: str) -> str:
    """`Miraflores, Lima, Lima`: a district with what it lies in; empty for a code that is none."""
    if not is_district(code):
        return ""
    return ", ".join(names()[code[:size]] for size in (6, 4, 2))


_PLAIN = str.maketrans("áéíóúü", "aeiouu")


def _order(name: str) -> str:
    """As Spanish sorts: accents do not count, and Ñ follows N."""
    return name.lower().translate(_PLAIN).replace("ñ", "n\uffff")
