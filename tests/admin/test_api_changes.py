"""What a program changes by the API: once, on record, and only while it is what it thinks."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from api_desk import Program, is_problem

from idp.adapters.redis.replays import RedisReplays
from idp.admin.api.call import Answer
from idp.admin.api.replays import KEPT, UNDER_WAY, Replays
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter
from idp.kernel.errors import Unavailable
from idp.upstream_status.state import FlagState, Health, Policy
from idp.upstream_status.switchboard import Switchboard

KEY = "0a1b2c3d-4e5f"


def changes(program: Program, realm: str = "sol") -> list[Any]:
    return program.get(f"/upstreams/{realm}/history?limit=500").json["changes"]


def test_flip_is_in_force_and_on_record_as_the_programs(switcher: Program) -> None:
    until = switcher.world.clock.now() + timedelta(hours=2)
    answer = switcher.flip(
        "sol", "forced_down", until=until.isoformat(), reason="SUNAT no responde"
    )
    assert answer.status_code == 200
    found = answer.json["upstream"]
    assert (found["up"], found["state"], found["who"]) == (False, "forced_down", "client:mando")
    assert (answer.json["request"], answer.json["notes"]) == (None, [])
    assert answer.headers["ETag"] == found["etag"] == switcher.state()["etag"]
    assert switcher.world.services.upstream_status.up("sol") is False
    row = changes(switcher)[0]
    assert (row["who"], row["via"], row["reason"]) == ("client:mando", "api", "SUNAT no responde")
    search = AuditFilter(event=AuditEvent.FLAG_CHANGED)
    (record, *_) = switcher.world.services.audit.search(search, 1)
    assert (record.actor, record.details["via"]) == ("client:mando", "api")


def test_flip_up_says_that_it_forces(switcher: Program) -> None:
    assert switcher.flip("sol", "forced_up").json["notes"] == ["forces_up"]


@pytest.mark.parametrize("headers", [{}, {"If_Match": ""}])
def test_change_without_a_precondition_is_not_done(switcher: Program, headers: Any) -> None:
    count = len(changes(switcher))
    answer = switcher.app.test_client().post(
        "/admin/api/v1/upstreams/sol/flag",
        base_url="http://localhost:8010",
        json={"state": "forced_down", "reason": "x"},
        headers={**switcher.bearer(), **({"If-Match": '""'} if headers else {})},
    )
    if headers:
        is_problem(answer, 412, "state_changed")
    else:
        is_problem(answer, 428, "precondition_required")
    assert len(changes(switcher)) == count


def test_any_state_at_all_is_no_precondition(switcher: Program) -> None:
    """A repeat that comes late would be done again."""
    is_problem(switcher.flip("sol", "forced_down", If_Match="*"), 428, "precondition_required")
    assert switcher.state()["up"] is True
    answer = switcher.flip("sol", "forced_down", If_Match="*", Idempotency_Key=KEY)
    assert answer.status_code == 200


def test_repeat_is_answered_and_not_done_again(switcher: Program) -> None:
    first = switcher.flip("sol", "forced_down", Idempotency_Key=f'"{KEY}"')
    switcher.world.services.upstream_status.set(
        "sol", FlagState.AUTO, reason="ya volvió", who="ana"
    )
    count = len(changes(switcher))
    again = switcher.flip("sol", "forced_down", Idempotency_Key=KEY)
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(changes(switcher)) == count
    assert switcher.state()["up"] is True  # what ana said stays


def test_key_with_another_request_is_refused(switcher: Program) -> None:
    assert switcher.flip("sol", "forced_down", Idempotency_Key=KEY).status_code == 200
    for answer in (
        switcher.flip("sol", "forced_up", Idempotency_Key=KEY),
        switcher.flip("extranet", "forced_down", Idempotency_Key=KEY),
        switcher.post("/upstreams/sol/policy", {"policy": "manual", "reason": "x"},
                      Idempotency_Key=KEY),
    ):  # fmt: skip
        is_problem(answer, 422, "idempotency_key_reused")
    assert switcher.state()["state"] == "forced_down"


def test_keys_of_two_programs_are_apart(switcher: Program) -> None:
    """Also where one's name and key, written one after the other, are another's."""
    replays = Replays(store=RedisReplays(switcher.world.services.redis),
                      clock=switcher.world.clock, key=b"k" * 32)  # fmt: skip
    done = [
        replays.once(name, key, {}, lambda: Answer({})).repeated
        for name, key in [("mando", KEY), ("mand", f"o{KEY}"), ("otro", KEY), ("otro", KEY)]
    ]
    assert done == [False, False, False, True]


def test_change_that_was_refused_may_come_again_with_its_key(
    switcher: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("sql")

    with monkeypatch.context() as patched:
        patched.setattr(Switchboard, "flip", away)
        answer = switcher.flip("sol", "forced_down", Idempotency_Key=KEY)
        is_problem(answer, 503, "temporarily_unavailable")
    assert switcher.flip("sol", "forced_down", Idempotency_Key=KEY).status_code == 200


def test_key_lives_a_day_and_one_of_a_dead_process_a_minute(switcher: Program) -> None:
    assert switcher.flip("sol", "forced_down", Idempotency_Key=KEY).status_code == 200
    switcher.world.clock.advance(KEPT - 1)
    switcher.token = None
    assert switcher.flip("sol", "forced_down", Idempotency_Key=KEY).headers["Idempotency-Replayed"]
    switcher.world.clock.advance(1)
    switcher.token = None
    answer = switcher.flip("sol", "forced_down", Idempotency_Key=KEY)
    assert "Idempotency-Replayed" not in answer.headers
    store, now = RedisReplays(switcher.world.services.redis), switcher.world.clock.timestamp()
    assert store.begin("k", "r", now=now, seconds=UNDER_WAY) is None
    assert store.begin("k", "r", now=now + UNDER_WAY - 1, seconds=UNDER_WAY) is not None
    assert store.begin("k", "r", now=now + UNDER_WAY, seconds=UNDER_WAY) is None


def test_of_parallel_requests_with_one_key_one_is_done(
    switcher: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = Switchboard.flip

    def slow(*args: Any, **named: Any) -> Any:
        begun.set()
        assert go_on.wait(10)
        return real(*args, **named)

    monkeypatch.setattr(Switchboard, "flip", slow)
    switcher.bearer()
    answers: list[Any] = []
    first = threading.Thread(
        target=lambda: answers.append(switcher.flip("sol", "forced_down", Idempotency_Key=KEY))
    )
    first.start()
    assert begun.wait(10)
    second = switcher.flip("sol", "forced_down", Idempotency_Key=KEY)
    is_problem(second, 409, "idempotency_in_progress")
    assert second.headers["Retry-After"] == "2"
    go_on.set()
    first.join()
    assert answers[0].status_code == 200


def test_stale_decision_changes_nothing(switcher: Program) -> None:
    seen = switcher.state()["etag"]
    status = switcher.world.services.upstream_status
    status.set("sol", FlagState.FORCED_DOWN, reason="SUNAT cayó", who="ana")
    for answer in (
        switcher.flip("sol", "auto", If_Match=seen),
        switcher.flip("sol", "auto", If_Match=seen, Idempotency_Key=KEY),
        switcher.post(
            "/upstreams/sol/policy", {"policy": "assisted", "reason": "x"}, If_Match=seen
        ),
    ):
        is_problem(answer, 412, "state_changed")
    assert (switcher.state()["state"], switcher.state()["policy"]) == ("forced_down", "manual")
    now = switcher.state()["etag"]
    assert switcher.flip("sol", "auto", If_Match=f'"x", {now}').status_code == 200
    # That very decision was for what it changed itself: sent again, it finds something else.
    is_problem(switcher.flip("sol", "auto", If_Match=now), 412, "state_changed")


def test_decision_is_held_against_the_database_and_not_this_processs_copy(
    switcher: Program,
) -> None:
    seen, services = switcher.state()["etag"], switcher.world.services
    copied = services.upstream_status._stored
    services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="cayó", who="ana")
    services.upstream_status._stored = services.upstream_status._facts = copied
    assert switcher.state()["etag"] == seen
    is_problem(switcher.flip("sol", "auto", If_Match=seen), 412, "state_changed")


def test_single_probe_makes_no_decision_stale(switcher: Program) -> None:
    seen, now = switcher.state()["etag"], switcher.world.clock.now()
    health = Health("sol", True, now, "", now, probe_ok=False, failing_since=now)
    switcher.world.services.upstream_status.diagnosed(health)
    assert switcher.state()["health"]["probe_ok"] is False
    assert switcher.flip("sol", "forced_down", If_Match=seen).status_code == 200


@pytest.fixture
def seconded(switcher: Program, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Where a second person must say yes."""
    monkeypatch.setattr(switcher.world.services.switch.switchboard, "second", True)
    return switcher


def test_second_person_is_waited_for_but_never_by_a_flip_to_down(seconded: Program) -> None:
    down = seconded.flip("sol", "forced_down")
    assert (down.status_code, down.json["notes"]) == (200, ["unapproved"])
    asked = seconded.flip("sol", "auto", reason="volvió")
    assert (asked.status_code, asked.json["notes"]) == (202, ["awaits_second_person"])
    assert asked.json["upstream"]["state"] == "forced_down"
    waiting = asked.json["request"]
    assert (waiting["wanted"], waiting["who"], waiting["do_then"]) == (
        "auto",
        "client:mando",
        False,
    )
    assert [one["id"] for one in seconded.get("/requests").json["requests"]] == [waiting["id"]]
    seconded.world.services.switch.requests.decide(waiting["id"], approve=True, who="beto")
    row = changes(seconded)[0]
    assert (row["state"], row["who"], row["via"], row["approved_by"]) == (
        "auto", "client:mando", "api", "beto",
    )  # fmt: skip
    assert seconded.get("/requests").json["requests"] == []
    (decided, *_) = seconded.get("/requests?all=true&realm=sol").json["requests"]
    assert (decided["decision"], decided["decided_by"]) == ("approved", "beto")


def test_end_that_cannot_be_is_refused_before_anybody_is_asked(seconded: Program) -> None:
    now = seconded.world.clock.now()
    for state, until in (
        ("auto", now + timedelta(hours=1)),
        ("forced_up", now - timedelta(minutes=1)),
    ):
        is_problem(seconded.flip("sol", state, until=until.isoformat()), 422, "flag_refused")
    assert seconded.get("/requests").json["requests"] == []


def test_policy_automatic_waits_and_the_others_do_not(seconded: Program) -> None:
    def choose(policy: str) -> Any:
        return seconded.post("/upstreams/sol/policy", {"policy": policy, "reason": "acordado"})

    assert choose("assisted").json["upstream"]["policy"] == "assisted"
    answer = choose("automatic")
    assert (answer.status_code, answer.json["upstream"]["policy"]) == (202, "assisted")
    assert answer.json["request"]["kind"] == "policy"
    assert seconded.world.services.upstream_status.policy("sol") is Policy.ASSISTED


def test_no_program_says_the_second_yes(seconded: Program) -> None:
    asked = seconded.flip("sol", "forced_up").json["request"]["id"]
    for word in ("approve", "refuse"):
        is_problem(seconded.post(f"/requests/{asked}/{word}", {"reason": "x"}), 404, "not_found")


def test_window_is_planned_shown_and_cancelled(switcher: Program) -> None:
    now = switcher.world.clock.now()
    plan = {
        "realm": "sol", "starts_at": (now - timedelta(minutes=1)).isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(), "reason": "mantenimiento de SUNAT",
    }  # fmt: skip
    answer = switcher.post("/windows", plan, Idempotency_Key=KEY)
    assert (answer.status_code, answer.json["state"]) == (201, "on")
    assert switcher.post("/windows", plan, Idempotency_Key=KEY).json == answer.json
    assert switcher.state()["why"] == "window"
    window = answer.json["id"]
    assert [one["id"] for one in switcher.get("/windows").json["windows"]].count(window) == 1
    ended = switcher.post(f"/windows/{window}/cancel", {"reason": "terminó antes"})
    assert (ended.status_code, ended.json["state"]) == (200, "cancelled")
    assert switcher.state()["up"] is True
    is_problem(switcher.post(f"/windows/{window}/cancel", {"reason": "x"}), 404, "window_unknown")
    late = {**plan, "ends_at": plan["starts_at"]}
    is_problem(switcher.post("/windows", late), 422, "window_refused")
    is_problem(switcher.post("/windows", {**plan, "realm": "otro"}), 404, "upstream_unknown")


def test_drill_is_begun_once_reported_on_and_ended(switcher: Program) -> None:
    plan = {
        "realm": "sol",
        "clients": ["mr"],
        "percent": 5,
        "seconds": 3_600,
        "reason": "simulacro",
    }
    answer = switcher.post("/drills", plan, Idempotency_Key=KEY)
    assert (answer.status_code, answer.json["who"], answer.json["on"]) == (
        201,
        "client:mando",
        True,
    )
    assert switcher.post("/drills", plan, Idempotency_Key=KEY).json == answer.json
    is_problem(switcher.post("/drills", plan), 409, "drill_overlaps")
    for wrong in ({"clients": ["vigia"]}, {"clients": ["nadie"]}):
        is_problem(switcher.post("/drills", {**plan, **wrong}), 422, "drill_refused")
    for wrong in ({"percent": 0}, {"percent": 101}, {"seconds": 86_401}, {"testers": ["per_x"]}):
        is_problem(switcher.post("/drills", {**plan, **wrong}), 400, "invalid_body")
    drill = answer.json["id"]
    report = switcher.get(f"/drills/{drill}/report").json
    assert (report["drill"], report["chosen"]) == (drill, 0)
    ended = switcher.post(f"/drills/{drill}/end", {"reason": "basta"}).json
    assert (ended["on"], ended["ended_why"], ended["ended_by"]) == (
        False, "operator", "client:mando",
    )  # fmt: skip
    is_problem(switcher.post(f"/drills/{drill}/end", {"reason": "basta"}), 409, "drill_over")
    switcher.flip("sol", "forced_down")
    is_problem(switcher.post("/drills", plan), 409, "drill_upstream_down")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"", [""]), (b"{", [""]), (b"\xff", [""]), (b"[" * 60_000, [""]), (b"null", [""]),
        (b'{"state": "auto", "state": "auto", "reason": "x"}', [""]), (b"[]", [""]),
        (b'{"state": "auto", "reason": NaN}', [""]),
        ({}, ["", ""]), ({"state": "auto"}, [""]), ({"state": "down", "reason": "x"}, ["/state"]),
        ({"state": "auto", "reason": "x", "quien": "ana"}, [""]),
        ({"state": "auto", "reason": ""}, ["/reason"]),
        ({"state": "auto", "reason": " \t"}, ["/reason"]),
        ({"state": "auto", "reason": "x\ny"}, ["/reason"]),
        (b'{"state": "auto", "reason": "\\ud800"}', ["/reason"]),
        (b'{"state": "auto", "reason": "\\u0000"}', ["/reason"]),
        ({"state": "auto", "reason": "x" * 501}, ["/reason"]),
        ({"state": "auto", "reason": "pidió ana@empresa.example"}, ["/reason"]),
        ({"state": "auto", "reason": "el RUC 20504774288"}, ["/reason"]),
        ({"state": 1, "reason": 2}, ["/state", "/state", "/reason"]),
        ({"state": "forced_down", "reason": "x", "until": "2026-03-02 20:00"}, ["/until"]),
        ({"state": "forced_down", "reason": "x", "until": "mañana"}, ["/until"]),
    ],
)  # fmt: skip
def test_body_that_is_not_as_it_should_says_where(
    switcher: Program, body: Any, pointers: list[str]
) -> None:
    answer = switcher.post("/upstreams/sol/flag", body)
    errors = is_problem(answer, 400, "invalid_body")["errors"]
    assert sorted(one["pointer"] for one in errors) == sorted(pointers)
    assert "ana@" not in answer.text and "20504774288" not in answer.text


def test_body_of_another_type_or_size_is_refused(switcher: Program) -> None:
    headers = {**switcher.bearer(), "Idempotency-Key": KEY}
    form = switcher.app.test_client().post(
        "/admin/api/v1/upstreams/sol/flag",
        base_url="http://localhost:8010",
        data={"state": "forced_down", "reason": "x"},
        headers=headers,
    )
    is_problem(form, 415, "unsupported_media_type")
    is_problem(switcher.post("/windows", b"x" * 70_000), 413, "request_too_large")


@pytest.mark.parametrize(
    ("state", "until", "status"),
    [
        ("auto", 3_600, 422), ("forced_down", -1, 422), ("forced_down", 0, 422),
        ("forced_down", 367 * 86_400, 422), ("forced_up", 3_600, 200),
    ],
)  # fmt: skip
def test_end_is_of_a_forced_state_and_ahead(
    switcher: Program, state: str, until: int, status: int
) -> None:
    end = switcher.world.clock.now() + timedelta(seconds=until)
    answer = switcher.flip("sol", state, until=end.isoformat())
    assert answer.status_code == status
    if status == 422:
        is_problem(answer, 422, "flag_refused")


@pytest.mark.parametrize("key", ["corta", '"abc', "x" * 101, "con espacio dentro", "a;b=cdefgh"])
def test_key_that_is_none_is_refused(switcher: Program, key: str) -> None:
    answer = switcher.flip("sol", "forced_down", Idempotency_Key=key)
    is_problem(answer, 400, "idempotency_key_invalid")


def test_audit_is_searched_without_whom_it_is_about(switcher: Program) -> None:
    world = switcher.world
    person = world.person()
    world.services.audit.record(
        AuditEvent.LINK_CONSUMED, person_id=person.id, client_id="mr", reference="12345678",
        realm="sol", link="lnk_x",
    )  # fmt: skip
    switcher.flip("sol", "forced_down", reason="SUNAT no responde")
    found = switcher.get("/audit?limit=1000").json["records"]
    by_event = {one["event"]: one for one in reversed(found)}
    assert set(by_event["link.consumed"]) == {"id", "at", "event", "client_id", "realm"}
    assert by_event["flag.changed"]["details"]["reason"] == "SUNAT no responde"
    answer = switcher.get("/audit").text
    assert person.id not in answer and "12345678" not in answer and "lnk_x" not in answer
    only = switcher.get("/audit?event=flag.changed&realm=sol").json["records"]
    assert {one["event"] for one in only} == {"flag.changed"}


def test_audit_goes_on_after_the_last_record_and_by_who_acted(switcher: Program) -> None:
    for state in ("forced_down", "auto", "forced_up"):
        switcher.flip("sol", state)
    path, seen = "/audit?event=flag.changed&actor=client:mando&limit=1", []
    found = switcher.get(path).json
    for _ in range(2):
        seen += [one["details"]["state"] for one in found["records"]]
        found = switcher.get(f"{path}&after={found['next']}").json
    assert seen == ["forced_up", "auto"]
    assert switcher.get("/audit?after=aud_x").json == {"records": [], "next": None}
