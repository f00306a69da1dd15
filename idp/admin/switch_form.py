"""The form of a flip: what was typed, and what it means. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.admin.switch_reason import reason_problem
from idp.kernel.texts import Text
from idp.kernel.times import read_moment
from idp.upstream_status.state import Facts, Flag, FlagState

OTHER = "otra"
# Minutes, as the form offers them.
LENGTHS = (30, 60, 120, 240, 480)
_UNITS = {"m": 60, "h": 3_600, "d": 86_400}
LONGEST_FORCED = timedelta(days=365)
# No flag was ever set.
_NEVER = "nunca"

_STATE = Text("Elija el estado.")
_LENGTH = Text("Escriba cuánto debe durar, por ejemplo 90m, 2h o 1h30m.")


@dataclass(frozen=True)
class Wish:
    """A flip, as somebody wants it. lasting: None for until somebody says otherwise."""

    state: FlagState
    reason: str
    lasting: timedelta | None


@dataclass(frozen=True)
class Typed:
    """What a form holds, and what is wrong with it, by its fields' ids."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Text] = field(default_factory=dict)
    wish: Wish | None = None

    @property
    def untouched(self) -> Typed:
        """The same form, before anybody looked for what is wrong."""
        return Typed(self.values)


def read(form: Mapping[str, str]) -> Typed:
    """The form of a flip."""
    values = {name: form.get(name, "").strip() for name in ("estado", "motivo", "plazo", "otra")}
    errors: dict[str, Text] = {}
    state = next((one for one in FlagState if one.value == values["estado"]), None)
    if state is None:
        errors["estado"] = _STATE
    problem = reason_problem(values["motivo"])
    if problem is not None:
        errors["motivo"] = problem
    lasting: timedelta | None = None
    # What decides by evidence has no end.
    if state is not FlagState.AUTO and values["plazo"]:
        typed = values["otra"] if values["plazo"] == OTHER else f"{values['plazo']}m"
        lasting = length(typed)
        if lasting is None:
            errors["otra"] = _LENGTH
    if errors or state is None:
        return Typed(values, errors)
    return Typed(values, errors, Wish(state, values["motivo"], lasting))


def length(text: str) -> timedelta | None:
    """`90m`, `2h`, `1h30m`, `1d`; None for anything else, for nothing, and for more than a year."""
    lowered = text.casefold().replace(" ", "")
    parts = re.findall(r"([0-9]{1,6})([mhd])", lowered)
    if not parts or "".join(number + unit for number, unit in parts) != lowered:
        return None
    found = timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))
    return found if timedelta(0) < found <= LONGEST_FORCED else None


def seen_text(flag: Flag | None) -> str:
    """What a page carries of the flag that it showed."""
    return _NEVER if flag is None else flag.changed_at.isoformat()


def still(text: str) -> Callable[[Facts], bool] | None:
    """Whether the flag is the one that a page had shown; None for what no page of ours carries."""
    moment = None if text == _NEVER else read_moment(text)
    if moment is None and text != _NEVER:
        return None
    return lambda facts: moment == (facts.flag.changed_at if facts.flag is not None else None)


def end_of(text: str) -> tuple[bool, datetime | None]:
    """Whether it can be read, and the end that a page had shown: none for an empty one."""
    if not text:
        return True, None
    moment = read_moment(text)
    return moment is not None, moment
