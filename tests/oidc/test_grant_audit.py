"""What the OpenID Connect surface leaves on record: who, where, and why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from relying_party import RelyingParty

from idp.adapters.sql.audit import SqlAuditStore
from idp.audit.drain import drain
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from tests.support.servers import OwnValkey
from tests.support.world import World, build_world

Left = Callable[[AuditEvent], AuditRecord]


@pytest.fixture
def left(world: World) -> Left:
    """The one row of an event that this test left, the hot path's stream included."""

    def rows(event: AuditEvent | None) -> dict[str, AuditRecord]:
        drain(world.services.audit_stream, SqlAuditStore(world.services.database))
        found = world.services.audit.search(AuditFilter(event=event), limit=100_000)
        return {record.id: record for record in found}

    before = rows(None)

    def only(event: AuditEvent) -> AuditRecord:
        (record,) = (record for id_, record in rows(event).items() if id_ not in before)
        return record

    return only


def test_silent_login_is_on_record_with_person_and_session(mr: RelyingParty, left: Left) -> None:
    sid = mr.id_token(mr.tokens()["id_token"]).claims["sid"]
    person = mr.world.person()
    issued = left(AuditEvent.CODE_ISSUED)
    redeemed = left(AuditEvent.TOKEN_ISSUED)
    for record in (issued, redeemed):
        assert (record.person_id, record.client_id) == (person.id, "mr")
        assert (record.realm, record.mode) == ("sol", "sunat")
        assert record.details["sid"] == sid
    assert redeemed.details["grant"] == issued.details["grant"]


def test_replay_is_on_record_as_a_replay(mr: RelyingParty, left: Left) -> None:
    code = mr.code()
    mr.redeem(code)
    mr.redeem(code)
    assert left(AuditEvent.CODE_REPLAYED).client_id == "mr"


WRONG = {
    "unknown": {"code": "x"},
    "redirect_uri": {"redirect_uri": "http://localhost:9003/callback"},
    "verifier": {"code_verifier": "w" * 43},
}


@pytest.mark.parametrize("reason, changes", WRONG.items(), ids=WRONG)
def test_refused_code_is_on_record_with_the_reason_that_nobody_was_told(
    mr: RelyingParty, left: Left, reason: str, changes: dict[str, str]
) -> None:
    answer = mr.redeem(**{"code": mr.code(), **changes})
    record = left(AuditEvent.TOKEN_REFUSED)
    assert (record.client_id, record.details["reason"]) == ("mr", reason)
    assert reason not in answer.json["error_description"].split()


def test_failed_client_authentication_is_on_record(mr: RelyingParty, left: Left) -> None:
    mr.redeem("x", auth=("mr", "wrong"))
    assert left(AuditEvent.CLIENT_AUTH_FAILED).details["endpoint"] == "token"


def test_failures_without_end_leave_no_rows_without_end(mr: RelyingParty) -> None:
    stream = mr.world.services.redis.client
    before = stream.xlen("idp:audit")
    for _ in range(130):
        assert mr.redeem("x", auth=("mr", "wrong")).status_code == 401
    assert stream.xlen("idp:audit") - before == 120


def test_replay_is_on_record_however_much_else_fails(mr: RelyingParty, left: Left) -> None:
    for _ in range(121):
        mr.redeem("x", auth=("mr", "wrong"))
    code = mr.code()
    mr.redeem(code)
    mr.redeem(code)
    assert left(AuditEvent.CODE_REPLAYED).client_id == "mr"


def test_wrong_secret_is_told_so_although_redis_and_the_database_are_away(
    tmp_path: Path, own_valkey: OwnValkey
) -> None:
    world = build_world(tmp_path, own_valkey.url)
    own_valkey.stop()
    (tmp_path / "idp.sqlite3").unlink()
    assert world.token("x", auth=("mr", "wrong")).status_code == 401
    world.services.stop()


def test_logout_is_on_record_with_who_started_it(mr: RelyingParty, left: Left) -> None:
    hint = mr.tokens()["id_token"]
    mr.browser.get("/logout", query_string={"id_token_hint": hint})
    record = left(AuditEvent.LOGOUT_COMPLETED)
    assert (record.person_id, record.client_id) == (mr.world.person().id, "mr")
    assert record.details["started_by"] == "component"
    assert record.details["sid"] == mr.id_token(hint).claims["sid"]
