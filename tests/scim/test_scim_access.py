"""Who may do what at /scim/v2, and how it says no."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from scim_systems import BULK, PATCH, System, a_user, replace
from werkzeug.test import TestResponse

from idp.adapters.sql.audit import SqlAuditStore
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.audit.testing import Guard, RaisingHandler
from idp.kernel.errors import Unavailable
from idp.limits.table import LIMITS
from tests.support.components import Proof, component_key
from tests.support.world import World, query_of

READS = [
    ("GET", "/Users"),
    ("GET", "/Users/per_x"),
    ("POST", "/.search"),
    ("POST", "/Users/.search"),
]
WRITES = [
    ("POST", "/Users"), ("PUT", "/Users/per_x"), ("PATCH", "/Users/per_x"),
    ("DELETE", "/Users/per_x"), ("POST", "/Bulk"),
]  # fmt: skip


def bare(world: World, method: str, path: str, **headers: str) -> TestResponse:
    return world.browser().open(f"/scim/v2{path}", method=method, json={}, headers=headers)


def is_error(answer: TestResponse, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert answer.json["status"] == str(status)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("method", "path"), [*READS, *WRITES])
def test_request_without_a_token_is_told_how_to_come(
    provider: World, method: str, path: str
) -> None:
    """RFC 6750 §3: no error code where there was no token."""
    answer = bare(provider, method, path)
    is_error(answer, 401)
    challenges = answer.headers.getlist("WWW-Authenticate")
    assert [one.partition(" ")[0] for one in challenges] == ["Bearer", "DPoP"]
    assert "error=" not in "".join(challenges)
    for header in ("Bearer nada", "Basic dnVjZTp4", "Bearer a.b.c", "DPoP nada"):
        is_error(bare(provider, method, path, Authorization=header), 401)


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_who_may_read_may_not_write(vuce: System, reader: System, method: str, path: str) -> None:
    for system, token in [(reader, None), (vuce, vuce.token("scim:read"))]:
        answer = system.call(method, path, {}, token=token)
        is_error(answer, 403)
        assert 'scope="scim:write"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(("method", "path"), READS)
def test_who_may_write_only_may_not_read(vuce: System, method: str, path: str) -> None:
    answer = vuce.call(method, path, {}, token=vuce.token("scim:write"))
    is_error(answer, 403)
    assert 'scope="scim:read"' in answer.headers["WWW-Authenticate"]


def test_token_of_another_api_opens_nothing(provider: World) -> None:
    is_error(System(provider, "otro").call("GET", "/Users"), 403)


def test_token_of_a_person_opens_nothing_whatever_it_says(provider: World) -> None:
    """Nobody's login at a component reads everybody, although the component may by itself."""
    browser, asked = provider.browser(), {"client_id": "mixto", "scope": "openid scim:read"}
    provider.log_in(browser, provider.person())
    answer = provider.authorize(browser, redirect_uri="http://localhost:9009/c", **asked)
    code = query_of(answer.headers["Location"])["code"]
    token = provider.token(
        code, redirect_uri="http://localhost:9009/c", auth=("mixto", provider.secret)
    ).json
    assert token["scope"] == "openid"  # what is for programs is not given to people at all
    mixed = System(provider, "mixto")
    is_error(mixed.call("GET", "/Users", token=token["access_token"]), 403)
    assert mixed.call("GET", "/Users").status_code == 200


def test_token_that_is_bound_to_a_key_comes_with_its_proof(provider: World) -> None:
    """RFC 9449 §7, as at every resource of ours."""
    key, other = Proof(), Proof(component_key("ec-dpop-2"))
    answer = provider.browser().post(
        "/token",
        data={"grant_type": "client_credentials"},
        auth=("atado", provider.secret),
        headers={"DPoP": key.make(provider, "POST", "/token")},
    )
    token, path = answer.json["access_token"], "/scim/v2/Users"

    def get(proof: str | None, scheme: str = "DPoP") -> TestResponse:
        headers = {"Authorization": f"{scheme} {token}", **({"DPoP": proof} if proof else {})}
        return provider.browser().get(path, headers=headers)

    assert get(key.make(provider, "GET", path, token)).status_code == 200
    for bad in (
        get(None),
        get(None, "Bearer"),
        get(other.make(provider, "GET", path, token)),
        get(key.make(provider, "POST", path, token)),
        get(key.make(provider, "GET", "/scim/v2/Bulk", token)),
    ):
        is_error(bad, 401)
        assert bad.headers["WWW-Authenticate"].startswith("DPoP ")


def test_token_that_is_a_jwt_opens_as_any(provider: World) -> None:
    signed = System(provider, "firmado")
    token = signed.token()
    assert token.count(".") == 2
    assert signed.call("GET", "/Users", token=token).status_code == 200
    is_error(signed.call("GET", "/Users", token=token[:-4] + "AAAA"), 401)
    provider.clock.advance(901)
    is_error(signed.call("GET", "/Users", token=token), 401)


def test_what_clients_yaml_gives_no_longer_counts_no_more(vuce: System) -> None:
    token = vuce.token()
    file = vuce.world.settings.clients_file
    before = file.read_text()
    file.write_text(before.replace("scope: scim:read scim:write", "scope: scim:write", 1))
    try:
        assert vuce.world.services.clients.reload()
        is_error(vuce.call("GET", "/Users", token=token), 403)
        file.write_text(before.replace("client_id: vuce", "client_id: vuce\n    disabled: true", 1))
        assert vuce.world.services.clients.reload()
        is_error(vuce.call("GET", "/Users", token=token), 401)
    finally:
        file.write_text(before)
        vuce.world.services.clients.reload()


def test_what_describes_the_service_is_for_everybody(provider: World) -> None:
    """RFC 7644 §4: a client finds out there how to come."""
    config = bare(provider, "GET", "/ServiceProviderConfig").json
    assert config["patch"] == config["etag"] == config["sort"] == {"supported": True}
    assert config["bulk"] == {
        "supported": True, "maxOperations": 100, "maxPayloadSize": provider.app.config["MAX_CONTENT_LENGTH"],
    }  # fmt: skip
    assert "securityEvents" not in config  # nobody has subscribed
    is_error(bare(provider, "GET", "/ServiceProviderConfig?filter=id+pr"), 403)
    for kind, count in [("Schemas", 2), ("ResourceTypes", 1)]:
        found = bare(provider, "GET", f"/{kind}").json
        assert found["totalResults"] == len(found["Resources"]) == count
        one = found["Resources"][0]
        path = one["meta"]["location"].partition("/scim/v2")[2]
        assert bare(provider, "GET", path).json == one
        is_error(bare(provider, "GET", f"/{kind}/otro"), 404)
        is_error(bare(provider, "GET", f"/{kind}?filter=id+pr"), 403)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Groups", 404), ("GET", "/Users/a/b", 404), ("GET", "/", 404),
        ("PUT", "/Users", 405), ("DELETE", "/Bulk", 405), ("POST", "/ServiceProviderConfig", 405),
        ("GET", "/Me", 501), ("PATCH", "/Me", 501), ("GET", "/Users?filter=%ff", 400),
        ("GET", "/Users/%00", 404), ("GET", "/Users/" + "x" * 500, 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_in_scims_words(
    vuce: System, method: str, path: str, status: int
) -> None:
    is_error(vuce.call(method, path), status)


def test_path_with_raw_bytes_in_its_query_is_refused(vuce: System) -> None:
    headers = {"Authorization": f"Bearer {vuce.token()}"}
    answer = vuce.world.browser().get(
        "/scim/v2/Users", environ_overrides={"QUERY_STRING": "filter=\xf1"}, headers=headers
    )
    is_error(answer, 400)


def test_body_that_is_not_scim_is_refused(vuce: System) -> None:
    token = vuce.token()
    for body, status in [
        (b"{", 400), (b"[]", 400), (b"", 400), (b"\xff", 400), (b"null", 400),
        (b"[" * 100_000, 400), (b"x" * 300_000, 413),
    ]:  # fmt: skip
        for method, path in [("POST", "/Users"), ("PATCH", "/Users/per_x"), ("POST", "/.search")]:
            is_error(vuce.call(method, path, body, token=token), status)
    answer = vuce.world.browser().post(
        "/scim/v2/Users", data=a_user(), headers={"Authorization": f"Bearer {token}"}
    )
    is_error(answer, 415)


def test_system_that_asks_too_often_is_told_when_to_come_again(
    vuce: System, reader: System
) -> None:
    limits, row = vuce.world.services.limits, LIMITS["scim.client"]
    limits.hit_times(row.limit, "scim.client", "vuce")
    answer = vuce.call("GET", "/Users/per_x")
    is_error(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 1
    assert reader.call("GET", "/Users/per_x").status_code == 404
    vuce.world.clock.advance(row.window)
    limits.hit_times(row.limit // 2, "scim.client", "vuce")
    limits.hit_times(row.limit // 2 - row.limit // 20, "scim.client", "vuce")
    answered = [bulk_of(vuce, 100).status_code for _ in range(4)]
    # Of the twentieth that is left, three requests of a hundred are the most.
    assert answered == [200, 200, 200, 429]


def bulk_of(system: System, count: int) -> TestResponse:
    """A request with so many operations that find nobody."""
    operation = {"method": "DELETE", "path": "/Users/per_x"}
    body: dict[str, Any] = {"schemas": [BULK], "Operations": [operation] * count}
    return system.call("POST", "/Bulk", body)


def test_dependency_that_is_away_is_said_so(vuce: System, monkeypatch: pytest.MonkeyPatch) -> None:
    from idp.adapters.redis.access_tokens import RedisAccessTokens
    from idp.adapters.sql.directory import SqlDirectory

    def away(*_: Any, **__: Any) -> None:
        raise Unavailable("sql")

    token = vuce.token()
    for where, name in [(SqlDirectory, "get"), (RedisAccessTokens, "get")]:
        monkeypatch.setattr(where, name, away)
        answer = vuce.call("GET", "/Users/per_x", token=token)
        is_error(answer, 503)
        assert answer.headers["Retry-After"] == "5"


def test_what_is_unforeseen_is_said_in_scims_words_too(
    vuce: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idp.scim.service import Users

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(Users, "get", broken)
    answer = vuce.call("GET", "/Users/per_x")
    is_error(answer, 500)
    assert "boom" not in answer.text


def test_reading_is_on_record(vuce: System) -> None:
    """Who looked at how many; a poll that finds nothing is none."""
    made = vuce.create()
    vuce.get(made["id"])
    vuce.found(filter=f'id eq "{made["id"]}"')
    vuce.found(filter='id eq "per_x"')
    services = vuce.world.services
    drain(services.audit_stream, SqlAuditStore(services.database))
    found = services.audit.search(AuditFilter(event=AuditEvent.PEOPLE_READ))
    assert [(one.client_id, one.details["rows"]) for one in found[:2]] == [("vuce", "1")] * 2
    since = services.clock.now()
    vuce.found(filter='id eq "per_x"')
    drain(services.audit_stream, SqlAuditStore(services.database))
    assert (
        services.audit.search(AuditFilter(event=AuditEvent.PEOPLE_READ, since=since)) == found[:2]
    )


def test_patch_of_another_type_is_no_patch(vuce: System) -> None:
    made = vuce.create()
    for body in ({"schemas": [PATCH]}, {"Operations": []}, {"schemas": ["x"], "Operations": []}):
        is_error(vuce.call("PATCH", f"/Users/{made['id']}", body), 400)


def test_logs_hold_nobodys_data(vuce: System, caplog: pytest.LogCaptureFixture) -> None:
    """Neither what a URL asked for nor what was wrong in a body."""
    caplog.set_level("DEBUG")
    secret = Guard("20504774288", "ANAQ", "ana@empresa.example", "QUISPE")
    handler = RaisingHandler(secret)
    logging.getLogger().addHandler(handler)
    user = a_user(userName="20504774288:ANAQ", displayName="QUISPE")
    try:
        made = vuce.call("POST", "/Users", {**user, "emails": [{"value": "ana@empresa.example"}]})
        assert made.status_code == 201
        for path in ('/Users?filter=userName eq "20504774288:ANAQ"', "/Users/20504774288:ANAQ",
                     '/Users?filter=emails eq "ana@empresa.example"', "/20504774288"):  # fmt: skip
            vuce.call("GET", path)
        vuce.call("POST", "/Users", user)
        vuce.call("POST", "/Users", {**user, "emails": [{"value": "ana@empresa.example,"}]})
    finally:
        logging.getLogger().removeHandler(handler)
    assert [one.route for one in caplog.records if one.name == "idp.access"]  # type: ignore[attr-defined]


def test_who_may_write_only_is_shown_nobody(vuce: System) -> None:
    """A change, or one that changes nothing, is no way to read somebody."""
    shown = {"schemas", "id", "externalId", "meta"}
    token = vuce.token("scim:write")
    user = a_user(displayName="LUIS", externalId="P-1")
    made = vuce.call("POST", "/Users?attributes=displayName", user, token=token)
    assert (made.status_code, set(made.json)) == (201, shown)
    path = f"/Users/{made.json['id']}"
    patch = {"schemas": [PATCH], "Operations": [replace("active", True)]}
    for method, body in [("PATCH", patch), ("PUT", user)]:
        answer = vuce.call(method, path, body, token=token, If_Match=made.headers["ETag"])
        assert (answer.status_code, set(answer.json)) == (200, shown), method
        assert answer.headers["ETag"] == made.headers["ETag"]


def test_answer_to_a_change_that_changes_nothing_is_a_look(vuce: System) -> None:
    made = vuce.create(displayName="LUIS")
    services, now = vuce.world.services, vuce.world.clock.now()
    vuce.patch(made["id"], replace("displayName", "LUIS"))
    vuce.patch(made["id"], replace("displayName", "ANA"))  # on record as a change
    drain(services.audit_stream, SqlAuditStore(services.database))
    found = services.audit.search(AuditFilter(event=AuditEvent.PEOPLE_READ, since=now))
    assert [(one.client_id, one.details["rows"]) for one in found] == [("vuce", "1")]
