"""What bodies and answers look like: JSON Schema 2020-12, as OpenAPI 3.1 takes it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from idp.admin.api.problems import CODES
from idp.audit.events import AuditEvent
from idp.people.coverage import Why as CoverageWhy
from idp.signing.key import ALGORITHMS, KeyState
from idp.upstream_status.drill_choice import Ending
from idp.upstream_status.drill_report import DrillReport
from idp.upstream_status.request import Decision, RequestKind
from idp.upstream_status.state import FlagState, Policy, Why

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number", "minimum": 0}
YES_OR_NO: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
REASON: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 500,
    "description": "For the audit log: one line, without anybody's data.",
}


def maybe(schema: Schema) -> Schema:
    """That, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(values: Any) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": [str(getattr(one, "value", one)) for one in values]}


def many(schema: Schema) -> Schema:
    """A list of them."""
    return {"type": "array", "items": schema}


def ref(name: str) -> Schema:
    """A schema of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def whole(optional: tuple[str, ...] = (), /, **members: Schema) -> Schema:
    """An object with these members and no other; all of them must be there but the optional."""
    return {
        "type": "object",
        "properties": members,
        "required": [one for one in members if one not in optional],
        "additionalProperties": False,
    }


_FIGURES = {
    "people": COUNT,
    "able": COUNT,
    "share": maybe({"type": "number", "minimum": 0, "maximum": 1}),
    "why_not": whole(**{one.value: COUNT for one in CoverageWhy}),
    "known_browser": COUNT,
    "shared_mailbox": COUNT,
}
_LIVE = dict.fromkeys(
    (
        "links_asked",
        "links_sent",
        "links_used",
        "links_live",
        "sessions_sunat",
        "sessions_contingency",
    ),
    COUNT,
)
_EVIDENCE: Schema = {"type": "object", "description": "What the prober knew then."}

SCHEMAS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": TEXT,
            "status": {"type": "integer"},
            "code": {**TEXT, "examples": list(CODES)},
            "errors": many(
                whole(("pointer", "parameter"), pointer=TEXT, parameter=TEXT, detail=TEXT)
            ),
        },
    },
    "Health": whole(
        healthy=YES_OR_NO,
        since=MOMENT,
        reason=TEXT,
        probed_at=MOMENT,
        probe_ok=YES_OR_NO,
        failing_since=maybe(MOMENT),
    ),
    "Upstream": whole(
        realm=TEXT,
        label=TEXT,
        up=YES_OR_NO,
        state=one_of(FlagState),
        why=one_of(Why),
        policy=one_of(Policy),
        since=maybe(MOMENT),
        until=maybe(MOMENT),
        who=maybe(TEXT),
        reason=maybe(TEXT),
        health=maybe(ref("Health")),
        etag=TEXT,
    ),
    "Upstreams": whole(upstreams=many(ref("Upstream"))),
    "FlagChange": whole(
        at=MOMENT,
        state=one_of(FlagState),
        who=TEXT,
        reason=TEXT,
        until=maybe(MOMENT),
        via=TEXT,
        approved_by=maybe(TEXT),
        evidence=_EVIDENCE,
    ),
    "History": whole(changes=many(ref("FlagChange"))),
    "Transition": whole(
        id=TEXT,
        at=MOMENT,
        up=YES_OR_NO,
        why=one_of(Why),
        reason=TEXT,
        who=maybe(TEXT),
        until=maybe(MOMENT),
        evidence=_EVIDENCE,
    ),
    "Transitions": whole(transitions=many(ref("Transition"))),
    "IncidentEntry": whole(
        id=TEXT,
        realm=TEXT,
        began=MOMENT,
        ended=MOMENT,
        people_served=COUNT,
        people_not_served=COUNT,
    ),
    "Incidents": whole(incidents=many(ref("IncidentEntry"))),
    "Incident": whole(
        content={"type": "object", "description": "Who, when, why, and the figures."},
        signature=maybe({**TEXT, "description": "A compact JWS over `content` (RFC 7515 §7.1)."}),
    ),
    "Request": whole(
        id=TEXT,
        realm=TEXT,
        kind=one_of(RequestKind),
        wanted=TEXT,
        reason=TEXT,
        who=TEXT,
        asked_at=MOMENT,
        deadline=MOMENT,
        do_then=YES_OR_NO,
        until=maybe(MOMENT),
        decision=maybe(one_of(Decision)),
        decided_at=maybe(MOMENT),
        decided_by=maybe(TEXT),
    ),
    "Requests": whole(requests=many(ref("Request"))),
    "Window": whole(
        id=TEXT,
        realm=TEXT,
        starts_at=MOMENT,
        ends_at=MOMENT,
        state=one_of(("ahead", "on", "over", "cancelled")),
        reason=TEXT,
        who=TEXT,
    ),
    "Windows": whole(windows=many(ref("Window"))),
    "Changed": whole(
        upstream=ref("Upstream"),
        request=maybe(ref("Request")),
        notes=many(one_of(("forces_up", "unapproved", "awaits_second_person"))),
    ),
    "Figures": whole(**_FIGURES),
    "ComponentCoverage": whole(
        client_id=TEXT,
        contingency=YES_OR_NO,
        require_known_browser=YES_OR_NO,
        total=ref("Figures"),
        realms={"type": "object", "additionalProperties": ref("Figures")},
    ),
    "Coverage": whole(
        at=MOMENT,
        days=COUNT,
        total=ref("Figures"),
        realms={"type": "object", "additionalProperties": ref("Figures")},
        components=many(ref("ComponentCoverage")),
    ),
    "CoverageDay": whole(day={"type": "string", "format": "date"}, **_FIGURES),
    "CoverageHistory": whole(days=many(ref("CoverageDay"))),
    "Mail": whole(
        open=COUNT,
        oldest_seconds=NUMBER,
        finished=COUNT,
        window_seconds=NUMBER,
        estimated_wait_seconds=NUMBER,
        relays=many(
            whole(
                name=TEXT,
                per_minute=maybe(COUNT),
                accepted=COUNT,
                deferred=COUNT,
                refused=COUNT,
                left_alone=YES_OR_NO,
                trouble=maybe(whole(at=MOMENT, reason=TEXT)),
            )
        ),
        domains={
            "type": "object",
            "description": "Deliveries of a day; domains of a few are told together.",
            "additionalProperties": whole(
                deliveries=COUNT, p50_seconds=maybe(COUNT), p95_seconds=maybe(COUNT)
            ),
        },
    ),
    "LiveCounts": whole(**_LIVE),
    "Live": whole(
        at=MOMENT,
        total=ref("LiveCounts"),
        components=many(whole(client_id=maybe(TEXT), **_LIVE)),
    ),
    "Client": whole(
        client_id=TEXT,
        client_name=TEXT,
        disabled=YES_OR_NO,
        profile=maybe(TEXT),
        grant_types=many(TEXT),
        token_endpoint_auth_method=TEXT,
        scope=TEXT,
        realms=many(TEXT),
        contingency=YES_OR_NO,
        secrets=many(whole(not_after=maybe(MOMENT), in_force=YES_OR_NO)),
    ),
    "Clients": whole(
        loaded_at=MOMENT,
        clients=many(ref("Client")),
        problems=many(whole(line=COUNT, path=TEXT)),
    ),
    "Key": whole(
        kid=TEXT,
        alg=one_of(ALGORITHMS),
        state=one_of(KeyState),
        published_since=MOMENT,
        activated_at=maybe(MOMENT),
        retired_at=maybe(MOMENT),
    ),
    "Keys": whole(keys=many(ref("Key"))),
    "AuditRecord": whole(
        ("client_id", "actor", "realm", "mode", "details"),
        id=TEXT,
        at=MOMENT,
        event=TEXT,
        client_id=TEXT,
        actor=TEXT,
        realm=TEXT,
        mode=TEXT,
        details={"type": "object", "additionalProperties": TEXT},
    ),
    "AuditRecords": whole(
        records=many(ref("AuditRecord")),
        next={**maybe(TEXT), "description": "As `after`, it brings the records that follow."},
    ),
    "Flip": whole(("until",), state=one_of(FlagState), reason=REASON, until=maybe(MOMENT)),
    "Choice": whole(policy=one_of(Policy), reason=REASON),
    "Plan": whole(realm=TEXT, starts_at=MOMENT, ends_at=MOMENT, reason=REASON),
    "Word": whole(reason=REASON),
    "Drill": whole(
        id=TEXT,
        realm=TEXT,
        clients=many(TEXT),
        percent=COUNT,
        testers=COUNT,
        everyone=YES_OR_NO,
        reason=TEXT,
        who=TEXT,
        begins_at=MOMENT,
        ends_at=MOMENT,
        on=YES_OR_NO,
        ended_why=maybe(one_of(Ending)),
        ended_by=maybe(TEXT),
    ),
    "Drills": whole(drills=many(ref("Drill"))),
    "DrillReport": whole(
        drill=TEXT,
        **dict.fromkeys(
            [one.name for one in fields(DrillReport) if one.type in ("int", int)], COUNT
        ),
        why_not={"type": "object", "additionalProperties": COUNT},
        mail_seconds=ref("Times"),
        whole_seconds=ref("Times"),
    ),
    "Times": whole(count=COUNT, p50=maybe(NUMBER), p95=maybe(NUMBER)),
    "DrillPlan": whole(
        realm=TEXT,
        clients={**many(TEXT), "maxItems": 200, "description": "None of them: all."},
        percent={"type": "integer", "minimum": 1, "maximum": 100},
        seconds={"type": "integer", "minimum": 60, "maximum": 86_400},
        reason=REASON,
    ),
}

EVENTS: Schema = one_of(AuditEvent)
