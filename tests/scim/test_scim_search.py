"""Finding Users: filters, orders, pages, and pages over people who change meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from scim_systems import PATCH, System, a_user, replace


@pytest.fixture
def three(vuce: System) -> list[dict[str, Any]]:
    """Three Users, each a minute after the other; nobody else changed since."""
    found = []
    for letter in "abc":
        vuce.world.clock.advance(60)
        mail = f"{letter}{vuce.world.clock.timestamp()}.{a_user()['userName']}@a.example"
        found.append(vuce.create(emails=[{"value": mail}], externalId=f"{letter}-1"))
    return found


def since(user: dict[str, Any], operator: str = "ge") -> str:
    return f'meta.lastModified {operator} "{user["meta"]["lastModified"]}"'


def ids(users: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in users]


def test_filter_finds_by_whole_values_and_moments(
    vuce: System, three: list[dict[str, Any]]
) -> None:
    first, second, third = three
    mail = second["emails"][0]["value"]
    for asked, found in [
        (f'id eq "{second["id"]}"', [second]),
        (f'userName eq "{second["userName"].lower()}"', [second]),
        (f'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "{second["userName"]}"',
         [second]),
        (f'emails.value eq "{mail.upper()}"', [second]),
        (f'emails eq "{mail}"', [second]),
        (since(second), [second, third]),
        (since(second, "gt"), [third]),
        (f"{since(first)} and {since(third, 'lt')}", [first, second]),
        (f"{since(first)} and ({since(third, 'le')} and active eq true)", [first, second, third]),
        (f'{since(first)} and externalId eq "b-1"', [second]),
        (f'id eq "{second["id"]}" and active eq false', []),
        (f'id eq "{second["id"]}" and id eq "{third["id"]}"', []),
        ('userName eq "nadie"', []), ('emails eq "nadie"', []), ('id eq ""', []),
        ('userName eq "\\ud800"', []), ('emails eq "\\ud800@a.example"', []),
        ('externalId eq "\\ud800"', []), ('userName eq "EXT1\\u0000"', []),
    ]:  # fmt: skip
        answer = vuce.search(filter=asked, sortBy="meta.lastModified")
        assert answer.status_code == 200, (asked, answer.json)
        assert ids(answer.json["Resources"]) == ids(found), asked
        assert answer.json["totalResults"] == len(found)


@pytest.mark.parametrize(
    "asked",
    [
        'userName co "EXT"', 'userName sw "EXT"', 'displayName eq "LUIS"', "nickName pr",
        'not (userName eq "EXT1")', 'userName eq "EXT1" or userName eq "EXT2"',
        'emails[type eq "work"]', 'meta.created gt "2026-01-01T00:00:00Z"',
        'meta.lastModified gt "ayer"', 'meta.lastModified ne "2026-01-01T00:00:00Z"',
        'urn:vuce:scim:schemas:extension:1.0:Person:ruc eq "20504774288"',
        "userName eq", "userName eq EXT1", "(((", 'apodo eq "x"', "active eq 1",
        "active gt true", 'id eq "x" and' + " " * 1_000,
    ],
)  # fmt: skip
def test_filter_that_sealed_data_cannot_answer_is_refused_with_what_it_could(
    vuce: System, asked: str
) -> None:
    answer = vuce.search(filter=asked)
    assert (answer.status_code, answer.json["scimType"]) == (400, "invalidFilter"), answer.json
    assert answer.json["detail"]


def test_address_does_not_stand_in_a_url(vuce: System, three: list[dict[str, Any]]) -> None:
    """§7.5.2: logs keep URLs."""
    mail = three[0]["emails"][0]["value"]
    answer = vuce.call("GET", f'/Users?filter=emails.value eq "{mail}"')
    assert (answer.status_code, answer.json["scimType"]) == (400, "sensitive")
    assert ".search" in answer.json["detail"]
    by_name = vuce.call("GET", f'/Users?filter=userName eq "{three[0]["userName"]}"')
    assert ids(by_name.json["Resources"]) == ids(three[:1])


def test_pages_by_index_tell_of_how_many(vuce: System, three: list[dict[str, Any]]) -> None:
    asked = {"filter": since(three[0]), "sortBy": "meta.lastModified"}
    page = vuce.search(**asked, count=2).json
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 1, 2)
    assert ids(page["Resources"]) == ids(three[:2])
    page = vuce.search(**asked, count=2, startIndex=3).json
    assert (page["totalResults"], page["itemsPerPage"]) == (3, 1)
    assert ids(page["Resources"]) == ids(three[2:])
    down = vuce.search(**asked, sortOrder="descending").json
    assert ids(down["Resources"]) == ids(three[::-1])
    by_id = vuce.search(filter=since(three[0])).json
    assert ids(by_id["Resources"]) == sorted(ids(three))
    for beyond in ({"startIndex": 99}, {"startIndex": 2**70}, {"count": 0}, {"count": -1}):
        page = vuce.search(**asked, **beyond).json
        assert (page["totalResults"], page["itemsPerPage"], page["Resources"]) == (3, 0, [])


def test_page_is_never_longer_than_what_is_announced(
    vuce: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = vuce.call("GET", "/ServiceProviderConfig").json
    assert (config["pagination"]["maxPageSize"], config["filter"]["maxResults"]) == (200, 200)
    limits: list[int] = []
    people = vuce.world.app.view_functions["scim.searched"]
    assert people is not None
    from idp.people.provisioning import Provisioning

    monkeypatch.setattr(
        Provisioning, "page", lambda self, *_, limit, **__: limits.append(limit) or []
    )
    vuce.search(filter="active eq true", count=10_000)
    vuce.search(filter="active eq true")
    assert limits == [200, 100]


def walk(vuce: System, meanwhile: Any = None, **asked: Any) -> list[str]:
    """Every id that a reading by cursor sees."""
    seen, cursor = [], ""
    while True:
        page = vuce.search(**asked, cursor=cursor, count=1).json
        seen += ids(page["Resources"])
        if meanwhile:
            meanwhile()
            meanwhile = None
        if "nextCursor" not in page:
            return seen
        cursor = page["nextCursor"]


def test_pages_by_cursor_miss_nobody_who_changes_meanwhile(
    vuce: System, three: list[dict[str, Any]]
) -> None:
    """RFC 9865: whoever moves is seen again at the end; nobody in between is passed over."""
    asked = {"filter": since(three[0])}
    assert walk(vuce, **asked) == ids(three)

    def change() -> None:
        vuce.world.clock.advance(60)
        vuce.patch(three[0]["id"], replace("nickName", "otro"))

    seen = walk(vuce, change, **asked)
    assert seen == [*ids(three), three[0]["id"]]
    assert "totalResults" not in vuce.search(**asked, cursor="").json


def test_cursor_goes_with_its_order(vuce: System, three: list[dict[str, Any]]) -> None:
    asked = {"filter": since(three[0])}
    assert walk(vuce, **asked, sortBy="id") == sorted(ids(three))
    down = {"sortBy": "meta.lastModified", "sortOrder": "descending"}
    assert walk(vuce, **asked, **down) == ids(three)[::-1]
    cursor = vuce.search(**asked, cursor="", count=1).json["nextCursor"]
    for more in (down, {"sortBy": "id"}):
        answer = vuce.search(**asked, **more, cursor=cursor)
        assert (answer.status_code, answer.json["scimType"]) == (400, "invalidCursor")


@pytest.mark.parametrize("cursor", ["x", "!", "WzEsMF0", "bnVsbA", "WzEsMCwiMjAyNiIsInBlcl8xIl0"])
def test_cursor_that_is_none_of_ours_is_refused(vuce: System, cursor: str) -> None:
    answer = vuce.search(cursor=cursor)
    assert (answer.status_code, answer.json["scimType"]) == (400, "invalidCursor")


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"sortBy": "displayName"}, "invalidPath"),
        ({"sortBy": "emails"}, "invalidPath"),
        ({"count": "muchos"}, "invalidValue"),
        ({"startIndex": 2, "cursor": ""}, "invalidValue"),
        ({"sortOrder": "hacia abajo"}, "invalidValue"),
        ({"attributes": ["id"], "excludedAttributes": ["emails"]}, "invalidValue"),
        ({"filtro": "x"}, "invalidSyntax"),
    ],
)
def test_search_that_is_wrong_is_refused(vuce: System, asked: dict[str, Any], kind: str) -> None:
    answer = vuce.search(**asked)
    assert (answer.status_code, answer.json["scimType"]) == (400, kind), answer.json


def test_search_of_everything_and_of_users_are_one(
    vuce: System, three: list[dict[str, Any]]
) -> None:
    body = {"schemas": [PATCH.replace("PatchOp", "SearchRequest")], "filter": since(three[0])}
    whole = vuce.call("POST", "/.search", body)
    assert whole.json["totalResults"] == 3
    assert whole.json == vuce.call("POST", "/Users/.search", body).json
    got = vuce.call("GET", f"/Users?filter={since(three[0])}&count=1&cursor=&raro=1")
    assert got.json["itemsPerPage"] == 1
