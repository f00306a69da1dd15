"""A person's copy: everything that is kept of them, nothing of anybody else."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import Any

import pytest
from privacy_room import Room, tables_of_people
from sqlalchemy import RowMapping, Table

from idp.adapters.sql.directory import SqlDirectory
from idp.adapters.sql.models import RefreshFamilyRow
from idp.adapters.sql.tables import table_of
from idp.audit.events import AuditEvent
from idp.audit.personal import Personal
from idp.audit.records import CLIENT
from idp.kernel.errors import IdpError
from idp.people.operations import Order
from idp.people.person import Person
from idp.privacy.dossier import Dossier
from idp.privacy.entries import record
from idp.privacy.readable import Line, readable
from idp.privacy.words import EVENTS, LABELS

WHENCE = Personal("203.0.113.7", "Mozilla/5.0 (X11; Linux) Firefox/140.0")
# Of whose events nobody is the subject.
_NOT_OF_A_PERSON = {"link.requested"}


def rich(room: Room, usuario: str = "ADMIN") -> Person:
    """Somebody of whom there is something of every kind."""
    person = room.proved(room.came(usuario), f"{usuario.lower()}@empresa.example")
    room.clock.advance(60)
    room.people.set_contact(
        person.id, email=f"otra.{usuario.lower()}@empresa.example", consent=False
    )
    room.people.set_profile(
        person.id, {"mobile": "987654321", "ubigeo": "150101", "street": f"Calle {usuario} 1"}
    )
    room.people.remember_browser(person.id, agent="Firefox/Linux")
    room.audit.record(
        AuditEvent.CODE_ISSUED, person_id=person.id, client_id="mr", realm="sol", mode="sunat"
    )
    room.audit.record(AuditEvent.LOGIN_COMPLETED, person_id=person.id, personal=WHENCE)
    room.people.revealed(person.id, actor="operadora", purpose="llamó por su caso")
    old = room.came(f"{usuario}OLD")
    room.joining.merge(person.key, old.key, Order("operadora", "renombrado"))
    SqlDirectory(room.base.database, room.base.vault).put_external_id(
        person.id, "mr", f"X-{usuario}"
    )
    for table in tables_of_people():
        if table.name not in ("audit_log", "retired_subs") and not whose(room, table, person):
            key = next(iter(table.primary_key.columns)).name
            more = {} if key == "person_id" else {key: f"{table.name}-{usuario}"}
            room.fill(table, person_id=person.id, **more)
    return room.now(person)


def whose(room: Room, table: Table, person: Person) -> list[RowMapping]:
    return room.rows(table, **{"kept_id" if table.name == "merges" else "person_id": person.id})


def copy(room: Room, person: Person) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(room.personal.dossiers.of(person.id).to_json())
    return found


def test_record_tells_every_field_of_a_person() -> None:
    now = datetime.fromisoformat("2026-03-02T15:00:00+00:00")
    person = Person("per_1", "s", "sol", "20504774288:A", "A", "ANA", now, now)
    (told,) = record(person)
    fields = {one.name for one in dataclasses.fields(Person)}
    assert set(told) == fields - {"addresses"}


def test_every_kind_has_something_in_it_and_every_field_has_a_name(room: Room) -> None:
    person = rich(room)
    sections = room.personal.dossiers.of(person.id).sections
    assert [one.name for one in sections if not one.entries] == ["sessions"]
    named = {name for one in sections for entry in one.entries for name in entry}
    assert named <= set(LABELS)


def test_copy_holds_what_is_known_in_clear(room: Room) -> None:
    person = rich(room)
    text = room.personal.dossiers.of(person.id).to_json()
    for known in (
        "20504774288:ADMIN", "Quispe Rojas", "ddp_estado", "admin@empresa.example",
        "otra.admin@empresa.example", "987654321", "Calle ADMIN 1", "Lima", "Firefox/Linux",
        "Mercancías Restringidas", "X-ADMIN", WHENCE.address, WHENCE.agent, person.sub, "consent.withdrawn", '"name": "upstream"',
    ):  # fmt: skip
        assert known in text, known


def test_copy_holds_nothing_of_others_nor_what_operators_wrote(room: Room) -> None:
    person, other = rich(room), rich(room, "OTRO")
    room.audit.record(
        AuditEvent.LOGIN_SWITCHED, person_id=person.id, previous_person=other.id, client_id="mr"
    )
    text = room.personal.dossiers.of(person.id).to_json()
    for strange in (other.id, other.sub, "otro@empresa", "Calle OTRO", "operadora", "su caso"):
        assert strange not in text, strange
    told = copy(room, person)["sections"]["audit"]["entries"]
    by_us = [one["event"] for one in told if one.get("by_operator")]
    assert by_us == ["person.revealed", "person.retired", "person.merged"]


def test_copy_tells_what_was_joined_and_what_happened_to_it(room: Room) -> None:
    person, old = room.came(), room.came("OLD")
    room.people.remember_browser(old.id)
    room.joining.merge(person.key, old.key, Order("ana", "renombrado"))
    sections = copy(room, person)["sections"]
    before = [one["identifier"] for one in sections["merges"]["entries"]]
    assert before == ["20504774288:ADMIN", "20504774288:OLD"]
    assert [one["why"] for one in sections["retired_subs"]["entries"]] == ["merged"]
    events = [one["event"] for one in sections["audit"]["entries"]]
    assert events.count("person.created") == 2
    assert "known_browser.added" in events


def test_addresses_tell_what_becomes_of_them(room: Room) -> None:
    person = room.proved(room.came(), "uno@empresa.example")
    room.clock.advance(60)
    room.proved(person, "dos@empresa.example")

    def states() -> dict[str, str]:
        told = copy(room, person)["sections"]["addresses"]["entries"]
        return {one["email"].partition("@")[0]: one["state"] for one in told}

    assert states() == {"uno": "in_force", "dos": "cooling_off"}
    room.clock.advance(2 * 86_400)
    room.people.set_contact(person.id, email="tres@empresa.example", consent=True)
    assert states() == {"uno": "replaced", "dos": "in_force", "tres": "unverified"}


def test_copy_does_not_call_a_system_an_operator(room: Room) -> None:
    person = room.came()
    room.audit.record(
        AuditEvent.PERSON_WITHDRAWN,
        person_id=person.id,
        client_id="mr",
        actor=f"{CLIENT}mr",
        source="scim",
    )
    (told,) = [
        one
        for one in copy(room, person)["sections"]["audit"]["entries"]
        if one["event"] == "person.withdrawn"
    ]
    assert "by_operator" not in told
    assert told["component"] == "Mercancías Restringidas"


def test_copy_is_on_record_with_who_made_it(room: Room) -> None:
    person = room.came()
    room.personal.dossiers.of(person.id)
    room.personal.dossiers.of(person.id, actor="ana", purpose="expediente 12")
    told = [dict(one.details) for one in room.audit.search(_of(person), 2)]
    assert {"source": "operator", "purpose": "expediente 12"} in told
    assert {"source": "person"} in told
    with pytest.raises(IdpError, match="person_unknown"):
        room.personal.dossiers.of("per_nobody")


def _of(person: Person) -> Any:
    from idp.audit.records import AuditFilter

    return AuditFilter(event=AuditEvent.PERSON_EXPORTED, person_id=person.id)


def test_log_is_told_whole_however_long_it_is(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idp.adapters.sql.person_audit._PAGE", 3)
    person = room.came()
    for _ in range(10):
        room.audit.record(AuditEvent.LOGOUT_COMPLETED, person_id=person.id)
    assert len(copy(room, person)["sections"]["audit"]["entries"]) == 12


def test_file_for_reading_has_the_newest_first_and_says_how_many_there_are(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.privacy.readable.MOST", 3)
    person = room.came()
    for number in range(5):
        room.clock.advance(1)
        room.audit.record(AuditEvent.LOGOUT_COMPLETED, person_id=person.id, sid=f"ses_{number}")
    (chapter,) = [
        one for one in readable(room.personal.dossiers.of(person.id)) if one.name == "audit"
    ]
    assert (len(chapter.entries), chapter.total) == (3, 7)
    newest = {str(one.label): one.value for one in chapter.entries[0]}
    assert newest["Qué pasó"] == "Se hizo una copia de sus datos"


def test_events_of_persons_have_words() -> None:
    spoken = ("login.", "session.", "logout.c", "link.", "address.", "consent.", "person.",
              "known_browser.", "mail.", "code.i", "token.i", "sessions.", "contact.", "nudge.",
              "drill.ch", "audit.r")  # fmt: skip
    of_persons = {one.value for one in AuditEvent if one.value.startswith(spoken)}
    assert of_persons == set(EVENTS)


def test_codes_and_moments_are_read_as_words(room: Room) -> None:
    person = rich(room)
    dossier: Dossier = room.personal.dossiers.of(person.id)
    chapters = {one.name: one for one in readable(dossier)}
    (own,) = chapters["person"].entries
    told = {str(one.label): one.value for one in own}
    assert (told["Tipo de ingreso"], told["Autorizó las notificaciones"]) == ("Clave SOL", "No")
    assert isinstance(told["Registrado"], datetime)
    said = told["Quién dijo cada dato"]
    assert isinstance(said, tuple)
    assert set(said) >= {
        Line("Nombre completo o razón social", "SUNAT"), Line("Datos de su formulario", "usted"),
    }  # fmt: skip
    profile = told["Datos de su formulario"]
    assert isinstance(profile, tuple)
    assert Line("Celular", "987654321") in profile
    assert Line("Lugar", "Lima, Lima, Lima") in profile


def test_refresh_families_name_their_component(room: Room) -> None:
    person = room.came()
    room.fill(table_of(RefreshFamilyRow), person_id=person.id, client_id="mr", grant_id="g")
    (told,) = copy(room, person)["sections"]["grants"]["entries"]
    assert told["component"] == "Mercancías Restringidas"
    assert not {"data", "jkt", "session"} & set(told)
