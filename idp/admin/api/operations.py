"""The table of operations: a route, a row of the OpenAPI document and a permission are one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from idp.admin.api.schemas import EVENTS, MOMENT, TEXT, YES_OR_NO, Schema, one_of
from idp.admin.roles import Permission
from idp.clients.client import ADMIN_READ, ADMIN_SWITCH
from idp.people.coverage import WINDOWS

PREFIX = "/admin/api/v1"
DOCUMENT = f"{PREFIX}/openapi.json"


def _limit(most: int, usual: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": usual}


_DAYS: Schema = {"type": "integer", "enum": list(WINDOWS), "default": max(WINDOWS)}


@dataclass(frozen=True)
class Operation:
    """One row. path: within PREFIX, its parameters in braces. permission: of the console's page
    that shows or does the same. answers: by status, the schema. takes: of its body; only changes
    have one. tagged: an If-Match is honoured. from_memory: it is answered while Redis is away, to a
    token that can be judged without it.
    """

    id: str
    path: str
    permission: Permission
    summary: str
    answers: Mapping[int, str]
    query: Mapping[str, Schema] = field(default_factory=lambda: MappingProxyType({}))
    takes: str | None = None
    tagged: bool = False
    from_memory: bool = False
    searches: bool = False

    @property
    def method(self) -> str:
        """Reads are GET, changes POST."""
        return "POST" if self.takes else "GET"

    @property
    def limit(self) -> str:
        """The row of `limits.table` that counts it."""
        if self.takes:
            return "admin.api_change"
        return "admin.api_search" if self.searches else "admin.api"

    @property
    def scope(self) -> str:
        """What a token must have."""
        return ADMIN_SWITCH if self.takes else ADMIN_READ


def _read(
    id: str,
    path: str,
    permission: Permission,
    answer: str,
    summary: str,
    *,
    from_memory: bool = False,
    searches: bool = False,
    **query: Schema,
) -> Operation:
    return Operation(
        id, path, permission, summary, {200: answer}, query,
        from_memory=from_memory, searches=searches,
    )  # fmt: skip


def _change(
    id: str,
    path: str,
    takes: str,
    answers: Mapping[int, str],
    summary: str,
    *,
    permission: Permission = Permission.FLIP,
    tagged: bool = False,
) -> Operation:
    return Operation(id, path, permission, summary, answers, takes=takes, tagged=tagged)


_STATE, _COVERAGE = Permission.SEE_STATE, Permission.SEE_COVERAGE
_DONE = {200: "Changed", 202: "Changed"}

OPERATIONS: tuple[Operation, ...] = (
    _read("upstreams", "/upstreams", _STATE, "Upstreams",
          "What is in force for each upstream, from memory.", from_memory=True),
    _read("upstream", "/upstreams/{realm}", _STATE, "Upstream",
          "What is in force for one upstream, from memory.", from_memory=True),
    _read("history", "/upstreams/{realm}/history", _STATE, "History",
          "What was said of its flag, the newest first.", limit=_limit(500, 50)),
    _read("transitions", "/upstreams/{realm}/transitions", _STATE, "Transitions",
          "What was in force, the newest first.",
          since=MOMENT, until=MOMENT, limit=_limit(500, 50)),
    _read("incidents", "/incidents", _STATE, "Incidents",
          "Contingencies that are over, the newest first.", realm=TEXT, limit=_limit(500, 50)),
    _read("incident", "/incidents/{incident}", _STATE, "Incident",
          "What is told of one: as it is signed, or so far, unsigned, while it lasts."),
    _read("windows", "/windows", _STATE, "Windows",
          "Announced maintenance: ahead, on, and of the last 30 days."),
    _read("requests", "/requests", _STATE, "Requests",
          "Changes that wait for a word, the oldest first; with `all`, the newest, decided or not.",
          all=YES_OR_NO, realm=TEXT),
    _read("coverage", "/coverage", _COVERAGE, "Coverage",
          "How many could enter now if SUNAT failed, and why not the rest; counted once a minute.",
          days=_DAYS, realm=TEXT, client_id=TEXT),
    _read("coverageHistory", "/coverage/history", _COVERAGE, "CoverageHistory",
          "The same, as it was at the beginning of each day.",
          days=_DAYS, realm=TEXT, client_id=TEXT),
    _read("mail", "/mail", _STATE, "Mail",
          "What waits to be mailed, how long it takes, and how each relay fares."),
    _read("live", "/live", _STATE, "Live",
          "Links and sessions by component, counted in the audit log once a minute: upper bounds, "
          "since what ends by itself leaves no record. No client_id: the provider's own pages."),
    _read("clients", "/clients", Permission.SEE_CLIENTS, "Clients",
          "The components as they are loaded, and where clients.yaml has problems."),
    _read("keys", "/keys", Permission.SEE_KEYS, "Keys", "The signing keys' public state."),
    _read("audit", "/audit", Permission.SEE_AUDIT, "AuditRecords",
          "The audit log without whom it is about, the newest first: of 31 days at most; without "
          "`since`, of one.",
          searches=True, event=EVENTS, client_id=TEXT, actor=TEXT, after=TEXT,
          realm=one_of(("sol", "extranet")), since=MOMENT, until=MOMENT,
          limit=_limit(1_000, 100)),
    _change("flip", "/upstreams/{realm}/flag", "Flip", _DONE,
            "Flip the flag; 202 where a second person must say yes: never for `forced_down`.",
            tagged=True),
    _change("policy", "/upstreams/{realm}/policy", "Choice", _DONE,
            "Choose who decides while the flag is `auto`.", tagged=True),
    _change("planWindow", "/windows", "Plan", {201: "Window"}, "Announce maintenance."),
    _change("cancelWindow", "/windows/{window}/cancel", "Word", {200: "Window"},
            "Take announced maintenance back, or end it."),
    _read("drills", "/drills", Permission.DRILL, "Drills", "Drills, the newest first."),
    _read("drillReport", "/drills/{drill}/report", Permission.DRILL, "DrillReport",
          "What came of a drill, so far."),
    _change("beginDrill", "/drills", "DrillPlan", {201: "Drill"},
            "Begin a drill, by percentage: its testers are named by a person.",
            permission=Permission.DRILL),
    _change("endDrill", "/drills/{drill}/end", "Word", {200: "Drill"}, "End a drill now.",
            permission=Permission.DRILL),
)  # fmt: skip
