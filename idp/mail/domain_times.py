"""Delivery times of a day by domain, out of their histograms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.mail.news import CROWD

# A domain of a few mails may be one person's: those are told together, under this name.
OTHERS = "(others)"


@dataclass(frozen=True)
class DomainTimes:
    """p50, p95: half, and 95 of a hundred, were taken within so many seconds; None for more than
    the histograms tell.
    """

    deliveries: int
    p50: int | None
    p95: int | None


def domain_times(domains: Mapping[str, Mapping[int, int]]) -> dict[str, DomainTimes]:
    """By domain, the busiest first. domains: as `MailLoad.domains` says."""
    counts: dict[str, dict[int, int]] = {}
    for domain, buckets in domains.items():
        one = counts.setdefault(domain if sum(buckets.values()) >= CROWD else OTHERS, {})
        for bound, count in buckets.items():
            one[bound] = one.get(bound, 0) + count
    ordered = sorted(counts.items(), key=lambda item: -sum(item[1].values()))
    return {
        name: DomainTimes(
            sum(buckets.values()), _percentile(buckets, 0.50), _percentile(buckets, 0.95)
        )
        for name, buckets in ordered
    }


def _percentile(buckets: Mapping[int, int], share: float) -> int | None:
    """The least bound (s) that covers so large a share; None beyond the last."""
    wanted, seen = share * sum(buckets.values()), 0
    for bound in sorted(one for one in buckets if one):
        seen += buckets[bound]
        if seen >= wanted:
            return bound
    return None
