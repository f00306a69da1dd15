"""Figures in the text format of Prometheus (0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from idp.admin.metrics import Family

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_Written = CounterMetricFamily | GaugeMetricFamily


class _Figures(Collector):
    """Of one scrape: nothing is kept in this process, which is one of several."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[_Written]:
        """Each family once."""
        return map(_written, self._families)


def exposition(families: Sequence[Family]) -> bytes:
    """The figures as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(families))
    return generate_latest(registry)


def _written(family: Family) -> _Written:
    kind = CounterMetricFamily if family.counter else GaugeMetricFamily
    found: _Written = kind(family.name, family.help, labels=family.labels)
    for values, number in family.rows:
        found.add_metric(list(values), number)
    return found
