"""The audit log at the console: what is found, page by page, and what leaves as a file."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from console_desk import ConsoleClient, Desk
from werkzeug.test import TestResponse

from idp.admin import audit_search
from idp.admin.audit_words import MEANINGS
from idp.admin.roles import Role
from idp.audit.events import AuditEvent

PAGE = "/admin/auditoria"


def found(answer: TestResponse) -> list[str]:
    """The sids of what a page lists."""
    assert answer.status_code == 200, answer.text
    return re.findall(r"<li>sid: <code>(ses_\w+)</code>", answer.text)


def record(desk: Desk, sid: str, **named: str | None) -> None:
    desk.world.services.audit.record(AuditEvent.LOGOUT_COMPLETED, sid=sid, **named)


@pytest.fixture
def reader(desk: Desk) -> ConsoleClient:
    return desk.visitor(Role.AUDITOR)[0]


def test_records_are_found_by_each_field(desk: Desk, reader: ConsoleClient) -> None:
    record(desk, "ses_uno", person_id="per_uno", client_id="uno", actor="console:uno",
           realm="sol", reference="11112222")  # fmt: skip
    record(desk, "ses_dos", person_id="per_dos", client_id="dos", actor="console:dos",
           realm="extranet", reference="33334444")  # fmt: skip
    for query in (
        "persona=per_uno", "componente=uno", "actor=console:uno", "tipo=sol&actor=console:uno",
        "atencion=11112222", "evento=logout.completed&persona=per_uno",
    ):  # fmt: skip
        assert found(reader.get(f"{PAGE}?{query}")) == ["ses_uno"], query
    assert found(reader.get(f"{PAGE}?persona=per_uno&tipo=extranet")) == []
    text = reader.get(f"{PAGE}?persona=per_uno").text
    assert f"<b>{MEANINGS[AuditEvent.LOGOUT_COMPLETED]}</b>" in text
    for told in ("per_uno", "11112222", "console:uno", "uno</code>"):
        assert told in text


def test_records_are_found_by_lima_time_and_the_last_day_without_any(
    desk: Desk, reader: ConsoleClient
) -> None:
    clock = desk.world.clock
    record(desk, "ses_ayer", actor="tiempo")
    clock.advance(timedelta(hours=30).total_seconds())
    browser, _ = desk.visitor(Role.AUDITOR)
    record(desk, "ses_hoy", actor="tiempo")
    assert found(browser.get(f"{PAGE}?actor=tiempo")) == ["ses_hoy"]
    # 15:00 UTC is 10:00 in Lima.
    assert found(browser.get(f"{PAGE}?actor=tiempo&desde=2026-03-02T09:59")) == [
        "ses_hoy", "ses_ayer",
    ]  # fmt: skip
    query = "actor=tiempo&desde=2026-03-02T09:59&hasta=2026-03-02T11:00"
    assert found(browser.get(f"{PAGE}?{query}")) == ["ses_ayer"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("evento=nada", "evento"),
        ("persona=20131312955", "persona"),
        ("atencion=1234", "atencion"),
        ("tipo=luna", "tipo"),
        ("desde=ayer", "desde"),
        ("desde=2026-02-30T10:00", "desde"),
        ("desde=0001-01-01T00:00", "desde"),
        ("hasta=9999-12-31T23:59", "hasta"),
        ("desde=2026-03-02T10:00&hasta=2026-03-02T09:00", "hasta"),
        ("desde=2025-01-01T00:00", "desde"),
        ("componente=%00", "componente"),
        ("actor=a%0ab", "actor"),
    ],
)
def test_search_that_is_not_well_formed_says_where(
    reader: ConsoleClient, query: str, field: str
) -> None:
    answer = reader.get(f"{PAGE}?{query}")
    assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)


def test_pages_go_on_to_the_oldest(
    desk: Desk, reader: ConsoleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "PAGE", 2)
    for number in range(5):
        record(desk, f"ses_{number}", actor="paginas")
    seen, path = [], f"{PAGE}?actor=paginas"
    while path:
        answer = reader.get(path)
        seen.append(found(answer))
        onward = re.search(r'href="(\?[^"]+)" id="siguiente"', answer.text)
        path = PAGE + onward[1].replace("&amp;", "&") if onward else ""
    assert seen == [["ses_4", "ses_3"], ["ses_2", "ses_1"], ["ses_0"]]
    assert 'id="primera"' in answer.text
    assert found(reader.get(f"{PAGE}?despues=aud_gone")) == []
    assert reader.get(f"{PAGE}?despues=otra").status_code == 404


def test_file_holds_what_was_found_and_is_on_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "MOST", 2)
    browser, member = desk.visitor(Role.AUDITOR)
    for number in range(3):
        record(desk, f"ses_{number}", actor="archivo", person_id="per_archivo")
    form = {"actor": "archivo", "persona": "per_archivo"}
    answer = browser.send(f"{PAGE}/archivo", f"{PAGE}?actor=archivo", **form)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="auditoria.jsonl"'
    assert answer.headers["Cache-Control"] == "no-store"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["details"]["sid"] for one in lines] == ["ses_2", "ses_1"]
    taken = desk.world.services.audit.search(
        audit_search.AuditFilter(event=AuditEvent.AUDIT_DOWNLOADED, actor=f"console:{member.name}"),
        10,
    )
    (told,) = taken
    assert (told.person_id, told.details) == (
        "per_archivo", {"rows": "2", "filter": "actor=archivo"},
    )  # fmt: skip
    wrong = browser.send(f"{PAGE}/archivo", f"{PAGE}?actor=archivo", evento="nada")
    assert wrong.status_code == 422


def test_who_may_find_people_goes_on_from_a_record(desk: Desk, reader: ConsoleClient) -> None:
    person = desk.world.person("20131312955", "AUDITADA")
    record(desk, "ses_x", person_id=person.id)
    page = f"{PAGE}?persona={person.id}"
    assert 'action="/admin/personas"' in reader.get(page).text
    answer = reader.send("/admin/personas", page, persona=person.id, motivo="review")
    assert person.id in reader.get(answer.location).text


def test_page_tells_how_far_the_log_is_sealed_and_signed(desk: Desk, reader: ConsoleClient) -> None:
    record(desk, "ses_sello", actor="sello")
    room = desk.world.services.audit_room
    while room.sealer.step():
        pass
    head = desk.console.audit.seals().sealed
    assert head is not None
    text = reader.get(f"{PAGE}?actor=sello").text
    assert f"el registro {head.number} (" in text
    assert "idp audit verify" in text


def test_record_of_another_version_is_shown(desk: Desk, reader: ConsoleClient) -> None:
    services = desk.world.services
    entry = services.audit.entry(AuditEvent.LOGOUT_COMPLETED, actor="version", sid="ses_v")
    services.audit._store.append(audit_search.replace(entry, event="del.futuro"))
    text = reader.get(f"{PAGE}?actor=version").text
    assert "Lo escribió otra versión del programa." in text
    assert "del.futuro" in text
