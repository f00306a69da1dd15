"""The OpenAPI document is true: every route stands in it, and every answer is as it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from api_desk import API, Program, is_problem
from jsonschema import Draft202012Validator

from idp.admin.api.operations import OPERATIONS, PREFIX
from idp.admin.api.problems import CODES
from idp.upstream_status.request import RequestKind
from idp.upstream_status.state import Health

HEALTHY = {"healthy": True, "probe_ok": True, "failing_since": None}


@pytest.fixture
def document(watcher: Program) -> Any:
    answer = watcher.app.test_client().get(f"{API}/openapi.json", base_url="http://localhost:8010")
    assert answer.status_code == 200
    return answer.json


def asked(program: Program) -> Iterator[tuple[str, str, Any]]:
    """An operation, its path, and a body: so that each is answered with something in it."""
    now = program.world.clock.now()
    reason = {"reason": "prueba del documento"}
    later = (now + timedelta(hours=1)).isoformat()
    yield "flip", "/upstreams/sol/flag", {"state": "forced_down", "until": later, **reason}
    yield "policy", "/upstreams/sol/policy", {"policy": "assisted", **reason}
    ends = (now + timedelta(hours=2)).isoformat()
    plan = {"realm": "extranet", "starts_at": later, "ends_at": ends, **reason}
    yield "planWindow", "/windows", plan
    window = program.get("/windows").json["windows"][-1]["id"]
    yield "cancelWindow", f"/windows/{window}/cancel", reason
    drill = {"realm": "extranet", "clients": [], "percent": 5, "seconds": 3_600, **reason}
    yield "beginDrill", "/drills", drill
    begun = program.get("/drills").json["drills"][0]["id"]
    yield "endDrill", f"/drills/{begun}/end", reason
    passed = program.get("/upstreams/sol/transitions").json["transitions"]
    down = next(one["id"] for one in passed if not one["up"])
    for one in OPERATIONS:
        if not one.takes:
            query = "?all=true" if one.id == "requests" else ""
            path = one.path.format(realm="sol", drill=begun, incident=down)
            yield one.id, path + query, None


def test_every_answer_is_as_the_document_says(switcher: Program, document: Any) -> None:
    services = switcher.world.services
    status, now = services.upstream_status, switcher.world.clock.now()
    status.diagnosed(Health("sol", since=now, reason="", probed_at=now, **HEALTHY))
    services.switch.requests.ask(
        "sol",
        RequestKind.PROPOSAL,
        "down",
        reason="x",
        who="sonda",
        within=timedelta(minutes=5),
        do_then=False,
    )
    switcher.world.person()
    services.coverage.take()
    seen = set()
    for name, path, body in asked(switcher):
        answer = switcher.get(path) if body is None else switcher.post(path, body)
        template = next(one.path for one in OPERATIONS if one.id == name)
        described = document["paths"][template]["post" if body else "get"]
        assert described["operationId"] == name
        assert str(answer.status_code) in described["responses"], (name, answer.text)
        shape = described["responses"][str(answer.status_code)]["content"]["application/json"]
        schema = {**shape["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json)
        assert answer.json
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers
        seen.add(name)
    assert seen == {one.id for one in OPERATIONS}


def test_every_route_stands_in_the_document_and_no_other(watcher: Program, document: Any) -> None:
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}").removeprefix(PREFIX), method)
        for rule in watcher.app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {
        (path, method.upper()) for path, methods in document["paths"].items() for method in methods
    }
    assert routes - {("/openapi.json", "GET")} == described
    assert document["servers"] == [{"url": f"http://localhost:8010{PREFIX}"}]


def test_document_is_one_of_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    named = set()
    for methods in document["paths"].values():
        for one in methods.values():
            named.add(one["operationId"])
            (token,) = (need["token"] for need in one["security"])
            assert token in (["admin:read"], ["admin:switch"])
            assert "default" in one["responses"]
    assert len(named) == len(OPERATIONS)


def test_every_problem_has_the_documents_form_and_a_code_that_it_names(
    switcher: Program, document: Any
) -> None:
    form = {**document["components"]["schemas"]["Problem"], "components": document["components"]}
    problems = [
        switcher.get("/nada"),
        switcher.get("/upstreams/otro"),
        switcher.get("/audit?limit=0"),
        switcher.get("/coverage?realm=otro"),
        switcher.get("/coverage?client_id=otro"),
        switcher.post("/upstreams/sol/flag", {"state": "abajo"}),
        switcher.post("/windows/win_x/cancel", {"reason": "x"}),
        switcher.get("/drills/drl_x/report"),
        switcher.get("/incidents/sol-999"),
        switcher.flip("sol", "auto", until="2030-01-01T00:00:00Z"),
        switcher.flip("sol", "forced_down", If_Match='"x"'),
    ]
    for answer in problems:
        Draft202012Validator(form).validate(answer.json)
        is_problem(answer, answer.status_code, answer.json["code"])
        assert answer.json["code"] in CODES
        assert answer.json["title"] != "The request cannot be answered."
    assert [one.status_code for one in problems] == [
        404,
        404,
        400,
        404,
        404,
        400,
        404,
        404,
        404,
        422,
        412,
    ]
