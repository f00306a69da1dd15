"""What came of each request, and whether that is what was promised. Pure: no clock, no files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.surge.crowd import Asker

_POLLS_FAILED = 0.01


@dataclass(frozen=True)
class Asked:
    """One request: at (epoch seconds), its status, what the form took (s), Retry-After if told."""

    who: Asker
    at: float
    status: int
    seconds: float
    told: bool


@dataclass
class Account:
    """Everybody's outcome. ages: by person, from asking until the relay had the mail (s)."""

    with_link: dict[int, str] = field(default_factory=dict)
    clear_answers: int = 0
    strangers: int = 0
    lost: list[int] = field(default_factory=list)
    two_links: list[int] = field(default_factory=list)
    repeats: int = 0
    to_strangers: int = 0
    ages: dict[int, float] = field(default_factory=dict)

    @property
    def eligible(self) -> int:
        """Those who asked and may have a link."""
        return len(self.with_link) + self.clear_answers + len(self.lost) + len(self.two_links)


@dataclass(frozen=True)
class Kill:
    """A worker's end without a farewell. in_hand: deliveries that it had begun."""

    in_hand: int
    threads: int


@dataclass(frozen=True)
class Trial:
    """What was done to the system. entered: of the links tried, those that ended in tokens."""

    kills: Sequence[Kill]
    drained: bool
    tried: int
    entered: int
    polls: int = 0
    polls_failed: int = 0


def settle(asked: Iterable[Asked], mails: Sequence[dict[str, Any]]) -> Account:
    """Hold the requests against the mails that arrived."""
    by_address: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for mail in mails:
        if "/ingreso/" in mail["link"]:
            by_address[mail["to"]].append(mail)
    account = Account()
    for one in asked:
        found = by_address.get(one.who.email, [])
        links = {mail["link"] for mail in found}
        account.repeats += len(found) - len(links)
        if not one.who.eligible:
            account.strangers += 1
            account.to_strangers += len(found)
        elif len(links) > 1:
            account.two_links.append(one.who.number)
        elif one.status != 303 and one.told and not links:
            account.clear_answers += 1
        elif one.status == 303 and links:
            account.with_link[one.who.number] = links.pop()
            account.ages[one.who.number] = min(mail["at"] for mail in found) - one.at
        else:
            # Also a link for somebody who was told to come back: the answer was not clear.
            account.lost.append(one.who.number)
    return account


def faults(account: Account, trial: Trial, *, share: float) -> list[str]:
    """What was promised and not kept, a line each; nothing when the day is whole.

    share: of the eligible who must have a link. Clear answers alone would be a system that is shut.
    """
    got, eligible = len(account.with_link), account.eligible
    # A thread that dies between the relay's taking a mail and writing that down repeats it, once.
    bound = sum(one.threads for one in trial.kills)
    said = {
        f"{len(account.lost)} lost": account.lost,
        f"{len(account.two_links)} with two links": account.two_links,
        f"{account.to_strangers} mails to strangers": account.to_strangers,
        f"links for {got} of {eligible}, below {share:.0%}": got < max(1.0, share * eligible),
        f"{account.repeats} repeats, beyond the {bound} killed threads": account.repeats > bound,
        "no worker died with deliveries in hand": not any(one.in_hand for one in trial.kills),
        "a worker died with nothing in hand": not all(one.in_hand for one in trial.kills),
        "the queue did not drain": not trial.drained,
        f"{trial.entered} of {trial.tried} links worked": trial.entered < trial.tried,
        "no link was tried": not trial.tried,
        f"{trial.polls_failed} of {trial.polls} polls failed": (
            trial.polls_failed > _POLLS_FAILED * trial.polls
        ),
    }
    return [words for words, wrong in said.items() if wrong]


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which so large a share lies; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def peak(moments: Iterable[float], window: float = 5.0) -> float:
    """The most that came within a window, by the second."""
    ordered = sorted(moments)
    most, start = 0, 0
    for index, moment in enumerate(ordered):
        while ordered[start] < moment - window:
            start += 1
        most = max(most, index - start + 1)
    return most / window
