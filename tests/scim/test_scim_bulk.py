"""Many operations in one request (RFC 7644 §3.7)."""

from __future__ import annotations

from typing import Any

import pytest
from scim_systems import BULK, PATCH, System, a_user, person_of, replace


def bulk(system: System, *operations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    body = {"schemas": [BULK], "Operations": list(operations), **more}
    answer = system.call("POST", "/Bulk", body)
    assert answer.status_code == 200, answer.json
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
    found: list[dict[str, Any]] = answer.json["Operations"]
    return found


def post(bulk_id: str, **members: Any) -> dict[str, Any]:
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": a_user(**members)}


def patch(path: str, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = {"schemas": [PATCH], "Operations": list(operations)}
    return {"method": "PATCH", "path": path, "data": data, **more}


def statuses(results: list[dict[str, Any]]) -> list[str]:
    return [one["status"] for one in results]


def test_operations_are_done_in_their_order_each_for_itself(vuce: System) -> None:
    gone, kept = vuce.create(), vuce.create(displayName="antes")
    put = a_user(userName=kept["userName"], displayName="después")
    results = bulk(
        vuce,
        post("uno", displayName="LUIS"),
        patch("/Users/bulkId:uno", replace("nickName", "Lu")),
        {"method": "PUT", "path": f"/Users/{kept['id']}", "data": put},
        {"method": "DELETE", "path": f"/Users/{gone['id']}"},
        patch(f"/Users/{gone['id']}", replace("nickName", "x")),
        post("dos", emails=[{"value": "nada"}]),
        {"method": "DELETE", "path": "/Users/per_x"},
    )
    assert statuses(results) == ["201", "200", "200", "204", "404", "400", "404"]
    made = vuce.get(results[0]["location"].rpartition("/")[2])
    assert (made["displayName"], made["nickName"]) == ("LUIS", "Lu")
    assert results[0]["bulkId"] == "uno"
    assert results[1]["version"] == made["meta"]["version"]
    assert vuce.get(kept["id"])["displayName"] == "después"
    assert results[4]["response"]["status"] == "404"
    assert results[5]["response"]["scimType"] == "invalidValue"
    assert "location" not in results[5]
    assert results[4]["location"].endswith(gone["id"])


def test_version_is_demanded_of_each(vuce: System) -> None:
    made = vuce.create()
    path, version = f"/Users/{made['id']}", made["meta"]["version"]
    change = replace("nickName", "a"), replace("nickName", "b")
    results = bulk(
        vuce,
        patch(path, change[0], version=version),
        patch(path, change[1], version=version),
        {"method": "DELETE", "path": path, "version": version},
    )
    assert statuses(results) == ["200", "412", "412"]
    assert person_of(vuce.world, made).standard["nickname"] == "a"


def test_after_so_many_errors_nothing_further_is_tried(vuce: System) -> None:
    bad, good = post("mal", userName="nadie"), post("bien")
    assert statuses(bulk(vuce, bad, good, bad, good, failOnErrors=2)) == ["400", "201", "400"]
    assert statuses(bulk(vuce, bad, bad, failOnErrors=1)) == ["400"]
    assert len(bulk(vuce, bad, bad, good)) == 3


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"method": "POST", "path": "/Users", "data": a_user()}, "invalidValue"),
        ({"method": "POST", "path": "/Groups", "bulkId": "g", "data": {}}, None),
        ({"method": "POST", "path": "/Users/x", "bulkId": "g", "data": a_user()}, "invalidPath"),
        ({"method": "DELETE", "path": "/Users"}, "invalidPath"),
        ({"method": "DELETE", "path": "/Users/bulkId:nada"}, "invalidValue"),
        ({"method": "GET", "path": "/Users"}, "invalidValue"),
        ({"method": "PATCH", "path": "/Users/x"}, "invalidValue"),
        ({"path": "/Users/x"}, "invalidValue"),
        ({}, "invalidValue"),
        ("nada", None),
        (None, None),
    ],
)
def test_operation_that_is_none_fails_alone(vuce: System, operation: Any, kind: str | None) -> None:
    results = bulk(vuce, operation, post("bien"))
    assert statuses(results) == ["400", "201"], results
    if kind:
        assert results[0]["response"]["scimType"] == kind


def test_more_operations_than_announced_are_refused_whole(vuce: System) -> None:
    operations = [{"method": "DELETE", "path": "/Users/per_x"}] * 101
    body = {"schemas": [BULK], "Operations": operations}
    answer = vuce.call("POST", "/Bulk", body)
    assert (answer.status_code, answer.json["status"]) == (413, "413")
    assert len(bulk(vuce, *operations[:100])) == 100


def test_request_without_operations_is_none(vuce: System) -> None:
    for body in ({}, {"schemas": [BULK]}, {"schemas": [BULK], "Operations": "x"}):
        assert vuce.call("POST", "/Bulk", body).status_code == 400
