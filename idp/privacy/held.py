"""One row for each thing that is kept of a person: whoever keeps it says so here, through wiring.

A new table of people's data is one more row, and a test fails until it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from idp.kernel.texts import Text
from idp.kernel.times import duration
from idp.people.person import Person

Value = str | int | bool | date | datetime | None | Mapping[str, str]
# What one thing is, by the names of `privacy.words`. Moments are aware, UTC.
Entry = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class Held:
    """A row. title, purpose, keeps: what it is, why it is kept, and how long, for the person.

    export: what there is of a person, in clear, the newest last.
    erase: removes what SQL holds of these people, in the unit of work under way. None where it goes
    with the person's own row, or stays.
    end: ends what is elsewhere (Redis), before and after the rows are gone; how many things.
    stays: erasing the person leaves it, since nothing in it says who they were.
    tables: those of SQL that it speaks for.
    """

    name: str
    title: Text
    purpose: Text
    keeps: Text
    export: Callable[[Person], Iterable[Entry]]
    erase: Callable[[Sequence[str]], object] | None = None
    end: Callable[[Person], int] | None = None
    stays: bool = False
    tables: tuple[str, ...] = ()


WITH_PERSON = Text("Mientras se conserve su registro.")


def lasting(seconds: int, words: Text) -> Text:
    """The words with a length of time (`{time}`); where it is 0, nothing ends it."""
    return Text(words.msgid, time=duration(seconds)) if seconds else Text("Sin plazo.")
