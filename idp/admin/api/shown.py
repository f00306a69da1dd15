"""What the API shows of each thing, as plain values (`schemas`)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from idp.admin.live import LiveCounts, LiveShown
from idp.admin.mail_board import MailShown
from idp.audit.records import AuditRecord
from idp.clients.client import Client
from idp.people.coverage import ComponentFigures, CoverageDay, CoverageReport, Figures
from idp.signing.key import KeyRecord
from idp.upstream_status.changes import FlagChange, Transition
from idp.upstream_status.drill_choice import Drill
from idp.upstream_status.drill_report import DrillReport
from idp.upstream_status.incident import Report
from idp.upstream_status.request import Request
from idp.upstream_status.state import (
    Facts,
    FlagState,
    Health,
    Policy,
    Why,
    Window,
    effective,
)

# Events of the system itself. Of every other, which may be about a person, only that it happened,
# when and at which component is told.
_OF_THE_SYSTEM = (
    "flag.", "upstream.state_changed", "upstream.judged", "window.", "clients.", "client.", "keys.",
    "data_keys.", "data.", "campaign.", "limit.", "audit.",
)  # fmt: skip


def tag(facts: Facts, now: datetime, policy: Policy) -> str:
    """What changes whenever what decides about an upstream does, and by no single probe.

    policy: where none was chosen.
    """
    state, flag, judged = effective(facts, now), facts.flag, facts.judgement
    parts = [
        state.up,
        state.why.value,
        _text(state.since),
        _text(state.until),
        state.reason,
        state.who,
        _text(flag.changed_at) if flag else None,
        [judged.up, _text(judged.since)] if judged else None,
        (facts.policy or policy).value,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def upstream(realm: str, label: str, facts: Facts, now: datetime, policy: Policy) -> dict[str, Any]:
    """An upstream. policy: where none was chosen."""
    state = effective(facts, now)
    forced = state.why in (Why.FORCED_UP, Why.FORCED_DOWN)
    return {
        "realm": realm,
        "label": label,
        "up": state.up,
        "state": state.why.value if forced else FlagState.AUTO.value,
        "why": state.why.value,
        "policy": (facts.policy or policy).value,
        "since": _text(state.since),
        "until": _text(state.until),
        "who": state.who,
        "reason": state.reason or None,
        "health": _health(facts.health),
        "etag": f'"{tag(facts, now, policy)}"',
    }


def _health(health: Health | None) -> dict[str, Any] | None:
    if health is None:
        return None
    return {
        "healthy": health.healthy,
        "since": _text(health.since),
        "reason": health.reason,
        "probed_at": _text(health.probed_at),
        "probe_ok": health.probe_ok,
        "failing_since": _text(health.failing_since),
    }


def change(one: FlagChange) -> dict[str, Any]:
    """A row of a flag's history."""
    return {
        "at": _text(one.at),
        "state": one.state.value,
        "who": one.who,
        "reason": one.reason,
        "until": _text(one.until),
        "via": one.via,
        "approved_by": one.approved_by,
        "evidence": dict(one.evidence),
    }


def transition(one: Transition) -> dict[str, Any]:
    """A change of what is in force."""
    return {
        "id": one.id,
        "at": _text(one.at),
        "up": one.up,
        "why": one.why.value,
        "reason": one.reason,
        "who": one.who,
        "until": _text(one.until),
        "evidence": dict(one.evidence),
    }


def incident(one: Report) -> dict[str, Any]:
    """A contingency that is over, in short."""
    figures = one.content["figures"]
    return {
        "id": one.id,
        "realm": one.realm,
        "began": _text(one.began),
        "ended": _text(one.ended),
        "people_served": figures["people_served"],
        "people_not_served": figures["people_not_served"],
    }


def request(one: Request) -> dict[str, Any]:
    """A change that waits for a word, or waited."""
    return {
        "id": one.id,
        "realm": one.realm,
        "kind": one.kind.value,
        "wanted": one.wanted,
        "reason": one.reason,
        "who": one.who,
        "asked_at": _text(one.asked_at),
        "deadline": _text(one.deadline),
        "do_then": one.do_then,
        "until": _text(one.until),
        "decision": one.decision.value if one.decision else None,
        "decided_at": _text(one.decided_at),
        "decided_by": one.decided_by,
    }


def window(one: Window, now: datetime) -> dict[str, Any]:
    """Announced maintenance."""
    state = "on" if one.open(now) else "ahead" if one.ahead(now) else "over"
    return {
        "id": one.id,
        "realm": one.realm,
        "starts_at": _text(one.starts_at),
        "ends_at": _text(one.ends_at),
        "state": "cancelled" if one.cancelled_at is not None else state,
        "reason": one.reason,
        "who": one.who,
    }


def drill(one: Drill, now: datetime) -> dict[str, Any]:
    """A drill; of its testers only how many they are."""
    return {
        "id": one.id,
        "realm": one.realm,
        "clients": list(one.clients),
        "percent": one.percent,
        "testers": len(one.testers),
        "everyone": one.everyone,
        "reason": one.reason,
        "who": one.who,
        "begins_at": _text(one.begins_at),
        "ends_at": _text(one.ends_at),
        "on": one.on(now),
        "ended_why": one.ended_why.value if one.ended_why else None,
        "ended_by": one.ended_by,
    }


def drill_report(found: DrillReport) -> dict[str, Any]:
    """What came of a drill: figures alone."""
    values = vars(found)
    return {
        **{name: value for name, value in values.items() if isinstance(value, int)},
        "drill": found.drill_id,
        "why_not": dict(found.why_not),
        "mail_seconds": vars(found.mail),
        "whole_seconds": vars(found.whole),
    }


def coverage(report: CoverageReport) -> dict[str, Any]:
    """A report."""
    return {
        "at": _text(report.at),
        "days": report.days,
        "total": _figures(report.total),
        "realms": {realm: _figures(one) for realm, one in report.realms.items()},
        "components": [_component(one) for one in report.components],
    }


def coverage_day(one: CoverageDay) -> dict[str, Any]:
    """A day's figures."""
    return {"day": one.day.isoformat(), **_figures(one.figures)}


def _component(one: ComponentFigures) -> dict[str, Any]:
    return {
        "client_id": one.component.client_id,
        "contingency": one.component.contingency,
        "require_known_browser": one.component.require_known_browser,
        "total": _figures(one.total),
        "realms": {realm: _figures(found) for realm, found in one.realms.items()},
    }


def _figures(found: Figures) -> dict[str, Any]:
    return {
        "people": found.people,
        "able": found.able,
        "share": None if found.share is None else round(found.share, 4),
        "why_not": {why.value: count for why, count in found.why_not.items()},
        "known_browser": found.known_browser,
        "shared_mailbox": found.shared_mailbox,
    }


def mail(board: MailShown) -> dict[str, Any]:
    """How the mail goes."""
    return {
        "open": board.load.open,
        "oldest_seconds": round(board.load.oldest, 1),
        "finished": board.load.finished,
        "window_seconds": board.load.window,
        "estimated_wait_seconds": round(board.wait, 1),
        "relays": [
            {
                "name": one.name,
                "per_minute": one.per_minute or None,
                "accepted": one.day.accepted,
                "deferred": one.day.deferred,
                "refused": one.day.refused,
                "left_alone": one.alone,
                "trouble": {"at": _text(one.trouble_at), "reason": one.trouble.reason}
                if one.trouble is not None
                else None,
            }
            for one in board.relays
        ],
        "domains": {
            name: {
                "deliveries": one.deliveries,
                "p50_seconds": one.p50,
                "p95_seconds": one.p95,
            }
            for name, one in board.domains.items()
        },
    }


def live(board: LiveShown) -> dict[str, Any]:
    """Links and sessions."""
    return {
        "at": _text(board.at),
        "total": _live(board.total),
        "components": [
            {"client_id": client_id or None, **_live(counts)} for client_id, _, counts in board.rows
        ],
    }


def _live(counts: LiveCounts) -> dict[str, int]:
    return {
        "links_asked": counts.asked,
        "links_sent": counts.sent,
        "links_used": counts.used,
        "links_live": counts.live,
        "sessions_sunat": counts.sunat,
        "sessions_contingency": counts.contingency,
    }


def client(one: Client, now: datetime) -> dict[str, Any]:
    """A component; never a hash."""
    return {
        "client_id": one.client_id,
        "client_name": one.client_name,
        "disabled": one.disabled,
        "profile": one.profile,
        "grant_types": list(one.grant_types),
        "token_endpoint_auth_method": one.token_endpoint_auth_method,
        "scope": " ".join(sorted(one.scopes)),
        "realms": list(one.realms),
        "contingency": one.contingency.allowed,
        "secrets": [
            {"not_after": _text(secret.not_after), "in_force": secret.in_force(now)}
            for secret in one.secrets
        ],
    }


def key(one: KeyRecord) -> dict[str, Any]:
    """A signing key."""
    return {
        "kid": one.kid,
        "alg": one.alg,
        "state": one.state.value,
        "published_since": _text(one.created_at),
        "activated_at": _text(one.activated_at),
        "retired_at": _text(one.retired_at),
    }


def record(one: AuditRecord) -> dict[str, Any]:
    """A record without whom it is about: neither the person's id nor a reference that leads to
    them, and details of the system's own events alone.
    """
    event = str(one.event)
    own = event.startswith(_OF_THE_SYSTEM)
    found: dict[str, Any] = {
        "id": one.id,
        "at": _text(one.at),
        "event": event,
        "client_id": one.client_id,
        "actor": one.actor,
        "realm": one.realm,
        "mode": one.mode,
        "details": dict(one.details) if own and one.person_id is None else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
