"""What came of each request: exactly one usable link, or a clear answer; and how long it took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.surge.crowd import Asker


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
    """Everybody's outcome. ages: from asking until the sink had the mail (s)."""

    with_link: dict[int, str] = field(default_factory=dict)
    clear_answers: int = 0
    strangers: int = 0
    lost: list[int] = field(default_factory=list)
    two_links: list[int] = field(default_factory=list)
    repeats: int = 0
    to_strangers: int = 0
    ages: list[float] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing was lost, doubled or sent to whom it must not."""
        return not (self.lost or self.two_links or self.to_strangers)


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
        elif one.status != 303:
            if one.told:
                account.clear_answers += 1
            else:
                account.lost.append(one.who.number)
        elif len(links) == 1:
            account.with_link[one.who.number] = links.pop()
            account.ages.append(min(mail["at"] for mail in found) - one.at)
        elif links:
            account.two_links.append(one.who.number)
        else:
            account.lost.append(one.who.number)
    return account


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
