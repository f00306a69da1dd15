"""Who may ask the console's API: programs with a token for it, and nobody by a cookie."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from api_desk import API, URL, Program, is_problem
from console_desk import Desk

from idp.adapters.redis.access_tokens import RedisAccessTokens
from idp.adapters.redis.limits import RedisCounter
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.admin.api.operations import OPERATIONS
from idp.admin.api.readings import States
from idp.admin.roles import Role
from idp.kernel.errors import Unavailable
from idp.limits.table import LIMITS
from tests.support.components import Proof

Programs = Callable[[str], Program]


def each(program: Program) -> list[Any]:
    """The answer of every operation, as it comes without any thought."""
    found = []
    for one in OPERATIONS:
        path = API + one.path.replace("{realm}", "sol").replace("{window}", "win_x").replace(
            "{drill}", "drl_x"
        )
        browser = program.app.test_client()
        headers = program.bearer() if program.token else {}
        found.append(
            browser.open(path, method=one.method, base_url=URL, headers=headers,
                         json={} if one.takes else None)
        )  # fmt: skip
    return found


def test_without_a_token_nothing_is_answered(watcher: Program) -> None:
    for answer in each(watcher):
        is_problem(answer, 401, "unauthorized")
        assert [one.split()[0] for one in answer.headers.getlist("WWW-Authenticate")] == [
            "Bearer", "DPoP",
        ]  # fmt: skip


def test_session_of_the_console_opens_nothing(desk: Desk) -> None:
    browser, _ = desk.visitor(Role.ADMIN)
    assert browser.get("/admin").status_code == 200
    for path in ("/upstreams", "/audit"):
        is_problem(browser.get(API + path), 401, "unauthorized")
    flip = {"state": "forced_down", "reason": "x"}
    answer = browser.post(f"{API}/upstreams/sol/flag", json=flip, headers={"Origin": URL})
    is_problem(answer, 401, "unauthorized")
    assert browser.get("/metrics").status_code == 401


def test_who_may_look_may_change_nothing(watcher: Program) -> None:
    watcher.bearer()
    for one, answer in zip(OPERATIONS, each(watcher), strict=True):
        if one.takes:
            is_problem(answer, 403, "insufficient_scope")
            assert 'scope="admin:switch"' in answer.headers["WWW-Authenticate"]
        else:
            none = "{drill}" in one.path or "{incident}" in one.path
            assert answer.status_code == (404 if none else 200), one.id


def test_token_for_another_api_is_not_enough(programs: Programs) -> None:
    other = programs("ajeno")
    other.bearer()
    for answer in each(other):
        is_problem(answer, 403, "insufficient_scope")


def test_token_that_nobody_gave_is_none(programs: Programs) -> None:
    for token in ("x" * 43, "a.b.c", "é"):
        is_problem(Program(programs("vigia").world, programs("vigia").app, "vigia", token)
                   .get("/upstreams"), 401, "invalid_token")  # fmt: skip


def test_persons_token_is_no_programs(watcher: Program) -> None:
    """A component that lets people in cannot even be given the scope (clients.admin_rules)."""
    answer = watcher.world.browser().post(
        "/token",
        data={"grant_type": "client_credentials", "scope": "admin:switch"},
        auth=("vigia", watcher.world.secret),
    )
    assert answer.json["error"] == "invalid_scope"


def test_bound_token_needs_its_proof_for_the_consoles_own_url(programs: Programs) -> None:
    program = programs("atado")
    key, world = Proof(), program.world
    answer = world.browser().post(
        "/token",
        data={"grant_type": "client_credentials"},
        auth=("atado", world.secret),
        headers={"DPoP": key.make(world, "POST", "/token")},
    )
    token = answer.json["access_token"]

    def get(url: str) -> Any:
        made = key.make(world, "GET", "", token, htu=url)
        headers = {"Authorization": f"DPoP {token}", "DPoP": made}
        return program.app.test_client().get(f"{API}/keys", base_url=URL, headers=headers)

    assert get(f"{URL}{API}/keys").status_code == 200
    is_problem(get(f"{world.settings.issuer}{API}/keys"), 401, "invalid_dpop_proof")
    program.token = token
    is_problem(program.get("/keys"), 401, "invalid_token")


def test_other_host_is_not_answered(watcher: Program) -> None:
    answer = watcher.app.test_client().get(
        f"{API}/upstreams", base_url="http://evil.example", headers=watcher.bearer()
    )
    is_problem(answer, 421, "console_elsewhere")


def test_program_that_asks_too_often_is_told_when_to_come_again(
    watcher: Program, switcher: Program
) -> None:
    limits = watcher.world.services.limits
    limits.hit_times(LIMITS["admin.api"].limit, "admin.api", "vigia")
    answer = watcher.get("/upstreams")
    is_problem(answer, 429, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1
    assert switcher.get("/upstreams").status_code == 200
    limits.hit_times(LIMITS["admin.api_change"].limit, "admin.api_change", "mando")
    is_problem(switcher.flip("sol", "forced_down"), 429, "rate_limited")
    assert switcher.state()["up"] is True
    limits.hit_times(LIMITS["admin.api_search"].limit, "admin.api_search", "mando")
    is_problem(switcher.get("/audit?actor=nadie"), 429, "rate_limited")
    assert switcher.get("/mail").status_code == 200


def away(dependency: str) -> Callable[..., Any]:
    def call(*_: Any, **__: Any) -> Any:
        raise Unavailable(dependency)

    return call


def test_without_sql_the_state_is_told_and_the_rest_says_when_to_come_again(
    switcher: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert switcher.flip("sol", "forced_down").status_code == 200
    database = switcher.world.services.database
    for name in ("connection", "transaction", "report"):
        monkeypatch.setattr(type(database), name, away("sql"))
    assert switcher.state()["state"] == "forced_down"
    assert switcher.get("/mail").status_code == 200
    changes = [
        switcher.flip("sol", "auto"),
        switcher.post("/windows", window(switcher)),
        switcher.get("/upstreams/sol/history"),
        switcher.get("/audit"),
        switcher.get("/coverage"),
    ]
    for answer in changes:
        is_problem(answer, 503, "temporarily_unavailable")
        assert answer.headers["Retry-After"] == "5"


def test_coverage_is_not_counted_for_each_who_asks(
    watcher: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = watcher.world.services.coverage._store
    real, asked = store.count, []

    def count(*times: Any) -> Any:
        asked.append(times)
        return real(*times)

    monkeypatch.setattr(store, "count", count)
    paths = ("/coverage", "/coverage?realm=sol", "/coverage?client_id=mr", "/coverage")
    found = [watcher.get(one).json for one in paths]
    assert (len(asked), {one["at"] for one in found}) == (1, {found[0]["at"]})
    assert [list(one["realms"]) for one in found[:2]] == [["sol", "extranet"], ["sol"]]


def window(program: Program) -> dict[str, str]:
    now = program.world.clock.now()
    return {
        "realm": "sol", "starts_at": (now + timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(hours=2)).isoformat(), "reason": "prueba",
    }  # fmt: skip


def test_without_redis_a_jwt_still_reads_the_state(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed, opaque = programs("firmado"), programs("vigia")
    signed.bearer(), opaque.bearer()
    monkeypatch.setattr(RedisAccessTokens, "get", away("redis"))
    monkeypatch.setattr(RedisCounter, "hit", away("redis"))
    assert signed.get("/upstreams").status_code == 200
    assert signed.get("/upstreams/sol").status_code == 200
    for answer in (signed.get("/keys"), opaque.get("/upstreams")):
        is_problem(answer, 503, "temporarily_unavailable")
        assert answer.headers["Retry-After"] == "5"


def test_before_the_flags_were_read_nobody_is_told_a_guess(
    watcher: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = watcher.world.services.upstream_status
    monkeypatch.setattr(status, "_loaded", False)
    is_problem(watcher.get("/upstreams"), 503, "temporarily_unavailable")


def test_what_is_unforeseen_tells_nothing_of_itself(
    watcher: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(States, "shown", broken)
    answer = watcher.get("/upstreams")
    assert "boom" not in str(is_problem(answer, 500, "server_error"))
    monkeypatch.setattr(SqlFlagStore, "history", broken)
    is_problem(watcher.get("/upstreams/sol/history"), 500, "server_error")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"), ("GET", "/upstreams/", 404, "not_found"),
        ("DELETE", "/windows", 405, "method_not_allowed"),
        ("POST", "/keys", 405, "method_not_allowed"),
        ("GET", "/upstreams/%00", 404, "upstream_unknown"),
        ("GET", "/upstreams/sol/history?limit=501", 400, "invalid_query"),
        ("GET", "/upstreams/sol/history?limit=1&limit=2", 400, "invalid_query"),
        ("GET", "/upstreams/sol/history?limite=1", 400, "invalid_query"),
        ("GET", "/upstreams/sol/transitions?since=ayer", 400, "invalid_query"),
        ("GET", "/upstreams/sol/transitions?since=2026-01-01T00:00:00", 400, "invalid_query"),
        ("GET", "/requests?all=si", 400, "invalid_query"),
        ("GET", "/requests?realm=otro", 404, "upstream_unknown"),
        ("GET", "/coverage?days=31", 400, "invalid_query"),
        ("GET", "/audit?event=todo", 400, "invalid_query"),
        ("GET", "/audit?client_id=%00", 400, "invalid_query"),
        ("GET", "/audit?person=per_x", 400, "invalid_query"),
        ("GET", "/audit?since=2020-01-01T00:00:00Z", 400, "invalid_query"),
        ("GET", "/audit?since=9999-12-31T23:59:59-14:00", 400, "invalid_query"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_its_code(
    watcher: Program, method: str, path: str, status: int, code: str
) -> None:
    answer = watcher.app.test_client().open(
        API + path, method=method, base_url=URL, headers=watcher.bearer()
    )
    is_problem(answer, status, code)


def test_state_that_is_known_is_not_sent_again(watcher: Program) -> None:
    found = watcher.get("/upstreams/sol")
    assert found.headers["ETag"] == found.json["etag"]
    again = watcher.get("/upstreams/sol", If_None_Match=found.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
