"""Each figure of `/metrics`, and which service says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from idp.admin.mail_board import MailBoard
from idp.admin.metrics import LOGINS, Family, Row, Tallies
from idp.clients.registry import ClientRegistry
from idp.kernel.clock import Clock
from idp.kernel.errors import Unavailable
from idp.signing.keyring import Keyring
from idp.upstream_status.requests import Requests
from idp.upstream_status.service import UpstreamStatus
from idp.upstream_status.state import Why, Window


class Waits(Protocol):
    """What waits of one kind of work."""

    @property
    def ready(self) -> int: ...
    @property
    def delayed(self) -> int: ...
    @property
    def dead(self) -> int: ...


def upstreams(status: UpstreamStatus, clock: Clock) -> Iterable[Family]:
    """What is in force, and what the prober thinks. Raises Unavailable("sql") before the flags were
    read once.
    """
    if not status.loaded:
        raise Unavailable("sql", "the flags were not read yet")
    now, realm = clock.now(), ("realm",)
    states = {one: status.state(one) for one in status.realms}
    facts = {one: status.facts(one) for one in status.realms}
    health = {one: found.health for one, found in facts.items() if found.health is not None}

    def rows(values: Mapping[str, float]) -> list[Row]:
        return [((one,), float(value)) for one, value in values.items()]

    forced = (Why.FORCED_UP, Why.FORCED_DOWN)
    since = {one: found.since.timestamp() for one, found in states.items() if found.since}
    until = {one: found.until.timestamp() for one, found in states.items() if found.until}
    ages = {one: max(0.0, (now - found.probed_at).total_seconds()) for one, found in health.items()}
    windows = [
        ((one, word), float(len([window for window in found.windows if judge(window, now)])))
        for one, found in facts.items()
        for word, judge in (("on", Window.open), ("ahead", Window.ahead))
    ]
    return [
        Family("idp_upstream_up", "1: logins are sent to SUNAT; 0: contingency.",
               rows({one: found.up for one, found in states.items()}), realm),
        Family("idp_upstream_why", "What decides it; always 1.",
               [((one, found.why.value), 1.0) for one, found in states.items()], ("realm", "why")),
        Family("idp_upstream_forced", "1: by an operator's word.",
               rows({one: found.why in forced for one, found in states.items()}), realm),
        Family("idp_upstream_since_timestamp_seconds", "Since when, in seconds since 1970.",
               rows(since), realm),
        Family("idp_upstream_until_timestamp_seconds", "When it is to end by itself, if so.",
               rows(until), realm),
        Family("idp_upstream_healthy", "The prober's verdict.",
               rows({one: found.healthy for one, found in health.items()}), realm),
        Family("idp_upstream_probe_ok", "Whether the last probe succeeded.",
               rows({one: found.probe_ok for one, found in health.items()}), realm),
        Family("idp_upstream_probe_age_seconds", "How long ago that was.", rows(ages), realm),
        Family("idp_upstream_windows", "Announced maintenance.", windows, ("realm", "state")),
    ]  # fmt: skip


def configuration(clients: ClientRegistry, keyring: Keyring) -> Iterable[Family]:
    """What the files say that this process has read."""
    keys = Counter((one.record.alg, one.record.state.value) for one in keyring.keys)
    return [
        _one("idp_clients", "Components in force.", len(clients.all())),
        _one("idp_clients_file_problems", "Why clients.yaml as it is now is not in force.",
             len(clients.problems)),
        Family("idp_signing_keys", "Signing keys.",
               [(labels, float(count)) for labels, count in sorted(keys.items())],
               ("alg", "state")),
    ]  # fmt: skip


def logins(tallies: Tallies) -> Iterable[Family]:
    """Sessions that began."""
    rows = [(labels, float(count)) for labels, count in sorted(tallies.all(LOGINS).items())]
    labels = ("client_id", "mode", "realm")
    return [Family("idp_logins", "Sessions that began.", rows, labels, counter=True)]


def mail(board: MailBoard) -> Iterable[Family]:
    """Requests for a link that wait, and the relays."""
    found = board.now()
    results = ("accepted", "deferred", "refused")
    rows = [
        ((one.name, result), float(getattr(one.day, result)))
        for one in found.relays
        for result in results
    ]
    return [
        _one("idp_mail_waiting", "Requests for a link that wait for a relay.", found.load.open),
        _one("idp_mail_oldest_seconds", "How long the first of them has waited.",
             found.load.oldest),
        _one("idp_mail_estimated_wait_seconds", "How long a new one would wait.", found.wait),
        Family("idp_mail_relay_left_alone", "1: some worker leaves it alone, since it failed.",
               [((one.name,), float(one.alone)) for one in found.relays], ("relay",)),
        Family("idp_mail_relay_day", "Mails of the last 24 hours.", rows, ("relay", "result")),
    ]  # fmt: skip


def jobs(waiting: Callable[[], Mapping[str, Waits]]) -> Iterable[Family]:
    """Background work."""
    rows = [
        ((name, state), float(getattr(found, state)))
        for name, found in waiting().items()
        for state in ("ready", "delayed", "dead")
    ]
    return [Family("idp_jobs", "Background work in the queue.", rows, ("queue", "state"))]


def audit_stream(waiting: Callable[[], int]) -> Iterable[Family]:
    """Audit records on their way to the database."""
    return [_one("idp_audit_waiting", "Audit records not in the database yet.", waiting())]


def audit_tail(
    waiting: Callable[[], tuple[int, datetime | None]], clock: Clock
) -> Iterable[Family]:
    """Audit records in the database that the sealer has not come to."""
    count, oldest = waiting()
    age = max(0.0, (clock.now() - oldest).total_seconds()) if oldest is not None else 0.0
    return [
        _one("idp_audit_unsealed", "Audit records in the database without a seal.", count),
        _one("idp_audit_unsealed_oldest_seconds", "How old the oldest of them is.", age),
    ]


def requests(found: Requests) -> Iterable[Family]:
    """Changes of a flag that wait for somebody's word."""
    rows = Counter((one.realm, one.kind.value) for one in found.open())
    what = "Changes that wait for somebody's word."
    return [
        Family("idp_flag_requests_waiting", what,
               [(labels, float(count)) for labels, count in sorted(rows.items())],
               ("realm", "kind")),
    ]  # fmt: skip


def _one(name: str, what: str, value: float) -> Family:
    return Family(name, what, [((), float(value))])
