"""What strangers may read of the mail: of closed epochs, and of crowds of unknown size.

A figure that one person's request can move tells whether a mail went out, and so who exists. So
only those of a crowd are told, counted by people and not by requests. How many make a crowd, and
which of them is in the middle, is drawn anew for each epoch: accomplices who bring a figure to the
very edge do not know where it is, and have one look in five minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idp.kernel.ids import keyed_digest

CROWD = 20
EPOCH = 300
# Seconds after which what happened in an epoch is surely written down.
SETTLED = 10
_STEPS = 10_000


@dataclass(frozen=True)
class Epoch:
    """What happened in one, a value for each person (s). delivered: what their last delivery took,
    from the request to the relay. put_off: how long they had waited when a relay, that made
    everybody wait, put them off last, and nothing came of it within the epoch.
    """

    delivered: Sequence[float] = ()
    put_off: Sequence[float] = ()


@dataclass(frozen=True)
class News:
    """recent: what a delivery took that is somewhere in the middle; put_off: an age that a crowd
    had reached, 0 without one. Seconds.
    """

    recent: float | None = None
    put_off: float = 0.0


def closed(now: float) -> int:
    """The number of the last epoch of which all is known (now: epoch seconds)."""
    return int(now - SETTLED) // EPOCH - 1


def crowd(key: bytes, purpose: str, epoch: int) -> int:
    """So many are a crowd in that epoch, from 2 to 4 times CROWD: the same in every process."""
    return 2 * CROWD + _drawn(key, f"{purpose}|crowd", epoch) * (2 * CROWD + 1) // _STEPS


def news(found: Epoch, key: bytes, number: int) -> News:
    """What may be told of an epoch."""
    many = crowd(key, "news", number)
    delivered, put_off = sorted(found.delivered), sorted(found.put_off, reverse=True)
    return News(
        # From 40 to 60 of a hundred: where the middle is must not be known to a place either.
        recent=_at(delivered, 0.4 + 0.2 * _drawn(key, "middle", number) / _STEPS)
        if len(delivered) >= many
        else None,
        put_off=put_off[many - 1] if len(put_off) >= many else 0.0,
    )


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[int(share * (len(ordered) - 1))]


def _drawn(key: bytes, purpose: str, epoch: int) -> int:
    return int(keyed_digest(key, f"{purpose}|{epoch}"), 16) % _STEPS
