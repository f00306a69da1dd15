"""Finding one person among many, as the worker does for each link; and counting all of them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.surge.account import percentile
from bench.surge.crowd import ruc
from idp.kernel.identity import Identifier
from idp.people.coverage import Coverage
from idp.people.service import People

TRIES = 2_000
# Coprime to any size that is a power of ten: walks over all of them without a pattern.
_STRIDE = 7_919


@dataclass(frozen=True)
class Lookups:
    """Milliseconds: of people who are there, and (nobody) of identifiers that name nobody."""

    p50: float
    p99: float
    nobody: float


def measure(people: People, size: int) -> Lookups:
    """Look up `TRIES` of so many people, and as many strangers."""
    found = [_took(people, number * _STRIDE % size, there=True) for number in range(TRIES)]
    missed = [_took(people, number * _STRIDE % size, there=False) for number in range(TRIES)]
    return Lookups(percentile(found, 0.5), percentile(found, 0.99), percentile(missed, 0.5))


def coverage_took(coverage: Coverage, size: int) -> float:
    """Seconds to tell who of them could enter now: the best of three, for the figure is the
    query's and not that of a cold cache.
    """
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        counted = coverage.now(90).total.people
        best = min(best, time.perf_counter() - began)
        if counted != size:
            raise RuntimeError(f"{counted} were counted of {size}")
    return best


def _took(people: People, number: int, *, there: bool) -> float:
    usuario = f"U{number:07}" if there else f"X{number:07}"
    identifier = Identifier("sol", f"{ruc(number // 3)}:{usuario}")
    began = time.perf_counter()
    person = people.find(identifier)
    took = (time.perf_counter() - began) * 1_000
    if (person is not None) is not there:
        raise RuntimeError(f"{number}: {'not found' if there else 'found'}")
    return took
