"""One row for each thing that is kept of a person: whoever keeps it says so here, through wiring.

A new table of people's data is one more row, and a test fails until it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from idp.kernel.texts import Text
from idp.kernel.times import LIMA, duration
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
    happened: what of an entry says when it was; without, it is of no time.
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
    happened: tuple[str, ...] = ()

    def of(self, person: Person, since: datetime | None) -> list[Entry]:
        """What there is of a person, and was not before that moment. Of entries that go on what was
        before it is left out.
        """
        entries = list(self.export(person))
        if since is None or not self.happened:
            return entries
        found: list[Entry] = []
        for entry in entries:
            before = {one for one in self.happened if _is_before(entry.get(one), since)}
            if len(before) < len(self.happened):
                found.append({name: entry[name] for name in entry if name not in before})
        return found


def _is_before(value: Value, since: datetime) -> bool:
    """Whether it is of an earlier moment, or day; nothing is."""
    if isinstance(value, datetime):
        return value < since
    return not isinstance(value, date) or value < since.astimezone(LIMA).date()


WITH_PERSON = Text("Mientras se conserve su registro.")


def lasting(seconds: int, words: Text) -> Text:
    """The words with a length of time (`{time}`); where it is 0, nothing ends it."""
    return Text(words.msgid, time=duration(seconds)) if seconds else Text("Sin plazo.")
