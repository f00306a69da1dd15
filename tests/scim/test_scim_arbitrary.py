"""Whatever is sent: an answer of SCIM's, never an error of ours, and nothing half done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim_systems import PATCH, System, a_user
from werkzeug.test import TestResponse

from idp.people.scim_paths import EXTENSION
from tests.support.world import World

SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = st.sampled_from(
    [
        "userName", "displayName", "name", "middleName", "givenName", "emails", "value", "type",
        "primary", "phoneNumbers", "addresses", "postalCode", "active", "externalId", "id", "meta",
        "schemas", "photos", "nickName", "timezone", EXTENSION, "consentAt", "document", "number",
        "ruc", "birthdate", "ubigeo", "lastModified", "version",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "a@a.example", "EXT1", "20504774288:ADMIN", "2026-01-15T10:00:00Z", "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-12:00", "work", "mobile", "987654321", "\x00", "\ud800", "dni", "true",
        ]
    ),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(NAMES, TEXTS), inner, max_size=4)
    ),
    max_leaves=8,
)
OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "EQ", ""])
PATHS = st.one_of(
    NAMES,
    TEXTS,
    st.builds("{}.{}".format, NAMES, NAMES),
    st.builds('{}[{} {} "{}"].{}'.format, NAMES, NAMES, OPERATORS, TEXTS, NAMES),
    st.builds(f"{EXTENSION}:{{}}".format, NAMES),
)
COMPARISONS = st.builds("{} {} {}".format, PATHS, OPERATORS, VALUES.map(lambda v: json.dumps(v)))
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or", ""]), inner),
        st.builds("not ({})".format, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=4,
)
OPERATIONS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"op": st.sampled_from(["add", "replace", "remove", "Replace"])},
            optional={"path": PATHS, "value": VALUES},
        ),
        VALUES,
    ),
    max_size=3,
)


@pytest.fixture
def made(provider: World) -> tuple[System, dict[str, Any]]:
    system = System(provider, "vuce")
    return system, system.create(emails=[{"value": "luis@entidad.example"}], nickName="Lu")


def judged(answer: TestResponse, *good: int) -> None:
    assert answer.status_code in (*good, 400, 404, 409, 412), answer.text
    assert answer.headers["Content-Type"] == "application/scim+json"
    if answer.status_code >= 400:
        assert answer.json["status"] == str(answer.status_code)
        assert answer.json["detail"]


@SETTINGS
@given(operations=OPERATIONS)
def test_patch_whatever_it_says(made: tuple[System, dict[str, Any]], operations: list[Any]) -> None:
    system, user = made
    before = system.get(user["id"])
    body = {"schemas": [PATCH], "Operations": operations}
    answer = system.call("PATCH", f"/Users/{user['id']}", _sent(body))
    judged(answer, 200)
    after = system.get(user["id"])
    assert after["userName"] == user["userName"]
    if answer.status_code != 200:
        assert after == before


@SETTINGS
@given(members=st.dictionaries(NAMES, VALUES, max_size=6), named=st.booleans())
def test_user_whatever_it_says(
    made: tuple[System, dict[str, Any]], members: dict[str, Any], named: bool
) -> None:
    system, user = made
    whole = {**a_user(), **members} if named else members
    judged(system.call("POST", "/Users", _sent(whole)), 201)
    judged(system.call("PUT", f"/Users/{user['id']}", _sent(whole)), 200)


@SETTINGS
@given(
    asked=FILTERS, more=st.dictionaries(
        st.sampled_from(["count", "startIndex", "sortBy", "sortOrder", "cursor", "attributes"]),
        VALUES, max_size=2,
    ),
)  # fmt: skip
def test_search_whatever_it_asks(
    made: tuple[System, dict[str, Any]], asked: str, more: dict[str, Any]
) -> None:
    system, _ = made
    judged(system.call("POST", "/Users/.search", _sent({"filter": asked, **more})), 200)
    # Half a surrogate has no place in a query, whoever writes it.
    query = {
        name: str(value).encode("utf-8", "replace").decode()
        for name, value in {"filter": asked, **more}.items()
    }
    answer = system.world.browser().get(
        "/scim/v2/Users",
        query_string=query,
        headers={"Authorization": f"Bearer {system.token()}"},
    )
    judged(answer, 200)


@SETTINGS
@given(asked=st.dictionaries(
    st.sampled_from(["Operations", "schemas", "failOnErrors"]),
    st.one_of(VALUES, st.lists(
        st.dictionaries(
            st.sampled_from(["method", "path", "data", "bulkId", "version", "response"]),
            st.one_of(VALUES, st.sampled_from(["POST", "PATCH", "/Users", "/Users/per_x"])),
        ), max_size=3)),
))  # fmt: skip
def test_bulk_whatever_it_says(made: tuple[System, dict[str, Any]], asked: dict[str, Any]) -> None:
    judged(made[0].call("POST", "/Bulk", _sent(asked)), 200)


@pytest.mark.parametrize("depth", [100, 5_000, 100_000])
def test_what_nests_deep_is_answered(made: tuple[System, dict[str, Any]], depth: int) -> None:
    system, user = made
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    for body in (nested, b'{"Operations":[{"op":"add","path":"name","value":' + nested + b"}]}"):
        if len(body) < 262_144:
            judged(system.call("POST", "/Users", body))
            judged(system.call("PATCH", f"/Users/{user['id']}", body))
            judged(system.call("POST", "/Bulk", body), 200)
    for text in ("(" * depth + 'id eq "x"' + ")" * depth, "not (" * depth, "a" * depth):
        judged(system.call("POST", "/Users/.search", _sent({"filter": text[:200_000]})), 200)
        judged(system.call("POST", "/Users/.search", _sent({"sortBy": text[:200_000]})))
        path = {"op": "remove", "path": text[:200_000]}
        body = _sent({"schemas": [PATCH], "Operations": [path]})
        judged(system.call("PATCH", f"/Users/{user['id']}", body))


@pytest.mark.parametrize("tag", ["", "*", "x", 'W/"', '"a","b"', ",", "\xf1", "W/" * 1_000])
def test_condition_whatever_it_says(made: tuple[System, dict[str, Any]], tag: str) -> None:
    system, user = made
    path = f"/Users/{user['id']}"
    assert system.call("GET", path, If_None_Match=tag).status_code in (200, 304)
    body = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "nickName", "value": "x"}]}
    assert system.call("PATCH", path, body, If_Match=tag).status_code in (200, 412)


def _sent(body: Any) -> bytes:
    """As JSON, with what Python writes and JSON has not."""
    return json.dumps(body).encode()
