"""Users, one at a time: made, shown, changed, withdrawn (RFC 7644 §3.3, §3.4.1, §3.5, §3.6)."""

from __future__ import annotations

from typing import Any

import pytest
from scim_systems import ERROR, PATCH, USER, System, a_user, extension, person_of, replace

from idp.audit.records import AuditFilter
from idp.kernel.identity import Identifier
from idp.people.eligibility import Eligibility, eligibility
from idp.people.operations import Order
from idp.people.person import UpstreamFacts
from idp.people.scim_paths import EXTENSION
from tests.support.world import ISSUER, World

BASE = f"{ISSUER}/scim/v2"
FULL: dict[str, Any] = {
    **extension(
        document={"type": "ce", "number": "AB1234567"}, website="https://luis.example/", gender="m",
        birthdate="1990-12-31", phoneNumberVerified=True, ubigeo="150101", street="Jr. Unión 1",
        reference="Frente al parque", area="Aduanas", subArea="Ingreso",
        consentAt="2026-01-15T10:00:00Z", ruc="20504774288",
    ),
    "externalId": "P-77",
    "displayName": "LUIS SINTÉTICO",
    "name": {"middleName": "Alberto"},
    "nickName": "Lucho",
    "profileUrl": "https://luis.example/perfil",
    "locale": "es-PE",
    "timezone": "America/Lima",
    "emails": [{"value": "luis@entidad.example", "type": "work", "primary": True}],
    "phoneNumbers": [
        {"value": "+5112071510", "type": "other"}, {"value": "01 2071510 anexo 2", "type": "work"},
        {"value": "987654321", "type": "mobile"}, {"value": "01 7134646", "type": "fax"},
    ],
    "photos": [{"value": "https://luis.example/foto.png", "type": "photo", "primary": True}],
    "addresses": [
        {"streetAddress": "Calle Uno 1", "locality": "Lima", "region": "Lima",
         "postalCode": "15036", "country": "PE", "type": "work", "primary": True},
    ],
}  # fmt: skip


def sunat(world: World, **changes: Any) -> dict[str, Any]:
    """A person who logged in at SUNAT, as a User's id and facts."""
    facts: dict[str, Any] = {
        "realm": "sol", "identifier": Identifier("sol", "10123456781:ANAQ"), "usuario": "ANAQ",
        "ruc": "10123456781", "tipo_usuario": "0", "name": "QUISPE  ROJAS ANA",
        "given_name": "ANA", "family_name": "QUISPE ROJAS",
    }  # fmt: skip
    person = world.services.people.record_upstream_login(UpstreamFacts(**{**facts, **changes}))
    return {"id": person.id, "sub": person.sub}


def recorded(world: World, user: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Event, client and fields of what was put on record of a User, the oldest first."""
    found = world.services.audit.search(AuditFilter(person_id=user["id"]))
    return [(str(one.event), one.client_id, one.details.get("fields")) for one in reversed(found)]


def test_user_comes_back_as_it_was_made(vuce: System) -> None:
    answer = vuce.call("POST", "/Users", a_user(**FULL))
    made = answer.json
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert answer.headers["Location"] == made["meta"]["location"] == f"{BASE}/Users/{made['id']}"
    assert answer.headers["ETag"] == made["meta"]["version"]
    assert {name: made[name] for name in FULL if name != "phoneNumbers"} == {
        name: value for name, value in FULL.items() if name != "phoneNumbers"
    }
    phones = sorted(FULL["phoneNumbers"], key=lambda one: one["type"])
    assert sorted(made["phoneNumbers"], key=lambda one: one["type"]) == phones
    assert (made["active"], made["userType"]) == (True, "extranet")
    assert made["meta"]["created"] == made["meta"]["lastModified"]
    again = vuce.call("GET", f"/Users/{made['id']}")
    assert (again.json, again.headers["ETag"]) == (made, answer.headers["ETag"])


def test_user_holds_neither_sub_nor_anything_of_a_login(vuce: System) -> None:
    known = sunat(vuce.world)
    answer = vuce.call("GET", f"/Users/{known['id']}")
    assert known["sub"] not in answer.text
    assert "ogin" not in answer.text


def test_user_who_is_made_is_not_somebody_who_logged_in(vuce: System, manda: System) -> None:
    """Only a system that is trusted with it opens contingency, and never by a proof of its own."""
    said = extension(consentAt="2026-01-15T10:00:00Z")
    for system, verdict in [(vuce, Eligibility.NEW), (manda, Eligibility.UNVERIFIED)]:
        made = system.create(**said, emails=[{"value": "luis@entidad.example"}])
        person = person_of(system.world, made)
        assert eligibility(person, system.world.clock.now()) is verdict
        assert person.addresses[0].verified_at is None
        assert person.first_login_at is None
    off = manda.create(active=False)
    assert not person_of(manda.world, off).imported_active


@pytest.mark.parametrize(
    ("changes", "status", "kind", "word"),
    [
        ({"userName": "20504774288"}, 400, "invalidValue", "userName: not a user of extranet"),
        ({"userName": "20504774281:ADMIN"}, 400, "invalidValue", "userName|ruc: not a RUC"),
        ({"userName": "20504774288:AD MIN"}, 400, "invalidValue", "userName: not a user of sol"),
        ({"userName": None}, 400, "invalidValue", "required"),
        ({"active": None}, 400, "invalidValue", "required"),
        ({"emails": [{"value": "no es un correo"}]}, 400, "invalidValue", "emails: "),
        ({"emails": [{"value": "a@a.pe"}, {"value": "b@a.pe"}]}, 400, "invalidValue", "one value"),
        ({"emails": [{"type": "work"}]}, 400, "invalidValue", "a value is needed"),
        ({"phoneNumbers": [{"value": "987654321", "type": "pager"}]}, 400, "invalidValue", "work"),
        ({"phoneNumbers": [{"value": "llámame", "type": "work"}]}, 400, "invalidValue", "Type a"),
        ({"timezone": "Lima"}, 400, "invalidValue", "timezone: not a zone"),
        ({"externalId": "x" * 201}, 400, "invalidValue", "externalId"),
        ({"password": "secreto"}, 400, "invalidSyntax", "password"),
        ({"groups": []}, 400, "invalidSyntax", "groups"),
        (extension(consentAt="ayer"), 400, "invalidValue", "consentAt"),
        (extension(consentAt="2099-01-01T00:00:00Z"), 400, "invalidValue", "lies ahead"),
        (extension(document={"type": "dni", "number": "12"}), 400, "invalidValue", "document: "),
        (extension(document={"number": "12345678"}), 400, "invalidValue", "document: "),
        (extension(ruc="20504774281"), 400, "invalidValue", "ruc: not a RUC"),
        ({"userName": "20504774288:X", **extension(ruc="20131312955")}, 400, "invalidValue",
         "not that of userName"),
        ({"schemas": [USER, "urn:otro"]}, 400, "invalidSyntax", "urn:otro"),
    ],
)  # fmt: skip
def test_user_that_is_wrong_is_refused_with_what_is(
    vuce: System, changes: dict[str, Any], status: int, kind: str, word: str
) -> None:
    user = {name: value for name, value in a_user(**changes).items() if value is not None}
    answer = vuce.call("POST", "/Users", user)
    assert (answer.status_code, answer.json.get("scimType")) == (status, kind), answer.json
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert answer.json["status"] == str(status)
    assert any(one in answer.json["detail"] for one in word.split("|")), answer.json


def test_user_whom_somebody_knows_is_made_by_nobody(vuce: System) -> None:
    sunat(vuce.world)
    answer = vuce.call("POST", "/Users", a_user(userName="10123456781:anaq"))
    assert (answer.status_code, answer.json["scimType"]) == (409, "uniqueness")


def test_what_sunat_says_is_read_only(vuce: System, manda: System) -> None:
    """§3.5.1: PUT ignores it, §3.5.2: PATCH is refused whole."""
    known = sunat(vuce.world)
    before = vuce.get(known["id"])
    assert before["name"] == {"givenName": "ANA", "familyName": "QUISPE ROJAS"}
    assert before[EXTENSION]["document"] == {"type": "dni", "number": "12345678"}
    assert before["displayName"] == "QUISPE  ROJAS ANA"
    for path, value in [
        ("displayName", "OTRA"), ("name.givenName", "OTRA"), ("userName", "10123456781:OTRO"),
        (f"{EXTENSION}:ruc", "20131312955"), (f"{EXTENSION}:tipoUsuario", "1"), ("id", "per_x"),
        (f"{EXTENSION}:document.number", "87654321"), ("meta.lastModified", "2026-01-01T00:00:00Z"),
        (f"{EXTENSION}:emailVerifiedAt", "2026-01-01T00:00:00Z"), ("userType", "extranet"),
    ]:  # fmt: skip
        answer = manda.patch(known["id"], replace("nickName", "Anita"), replace(path, value))
        assert (answer.status_code, answer.json["scimType"]) == (400, "mutability"), path
    assert vuce.get(known["id"]) == before
    put = {**before, "displayName": "OTRA", "name": {"givenName": "OTRA"}, "nickName": "Anita"}
    put[EXTENSION] = {**before[EXTENSION], "tipoUsuario": "1"}
    answer = manda.call("PUT", f"/Users/{known['id']}", put)
    assert answer.status_code == 200
    assert answer.json["nickName"] == "Anita"
    for name in ("displayName", "name", "userName", EXTENSION):
        assert answer.json[name] == before[name]
    renamed = manda.call("PUT", f"/Users/{known['id']}", {**before, "userName": "EXT77"})
    assert (renamed.status_code, renamed.json["scimType"]) == (400, "mutability")


def test_what_sunat_says_is_not_removed_by_patch_and_stays_without_being_told(
    manda: System,
) -> None:
    """§3.5.2.2: PATCH is refused whole; §3.5.1: PUT may leave out what it cannot write."""
    known = sunat(manda.world)
    manda.patch(known["id"], replace(f"{EXTENSION}:ubigeo", "150101"))
    before = manda.get(known["id"])
    for path in ("ruc", "document", "tipoUsuario"):
        remove = {"op": "remove", "path": f"{EXTENSION}:{path}"}
        answer = manda.patch(known["id"], replace("nickName", "Anita"), remove)
        assert (answer.status_code, answer.json["scimType"]) == (400, "mutability"), path
    emptied = manda.patch(known["id"], replace(f"{EXTENSION}:ruc", None))
    assert emptied.status_code == 400
    name = manda.patch(known["id"], {"op": "remove", "path": "displayName"})
    assert (name.status_code, name.json["scimType"]) == (400, "mutability")
    assert manda.get(known["id"]) == before
    # Of the extension, what a request does not name stays, with a path or without.
    merged = manda.patch(
        known["id"], {"op": "replace", "value": {EXTENSION: {"website": "https://a.pe"}}}
    )
    assert (merged.status_code, merged.json[EXTENSION]["website"]) == (200, "https://a.pe")
    assert merged.json[EXTENSION]["ruc"] == before[EXTENSION]["ruc"]
    put = {name: before[name] for name in ("schemas", "userName", "active")}
    answer = manda.call("PUT", f"/Users/{known['id']}", {**put, EXTENSION: {"ubigeo": "150102"}})
    assert answer.status_code == 200
    kept = {**before[EXTENSION], "ubigeo": "150102"}
    assert answer.json[EXTENSION] == kept


def test_word_of_the_person_stands_unless_the_system_has_the_last_one(
    vuce: System, manda: System
) -> None:
    """`scim.wins`: what is kept shows in the answer."""
    known = sunat(vuce.world)
    people = vuce.world.services.people
    people.set_profile(known["id"], {"mobile": "987654321"})
    change = replace('phoneNumbers[type eq "mobile"].value', "912345678")
    kept = vuce.patch(known["id"], change)
    assert kept.status_code == 200
    assert kept.json["phoneNumbers"][0]["value"] == "987654321"
    replaced = manda.patch(known["id"], change)
    assert replaced.json["phoneNumbers"][0]["value"] == "912345678"


def test_put_makes_the_user_what_it_says_and_nothing_else(vuce: System) -> None:
    made = vuce.create(**FULL)
    put = {"schemas": [USER], "userName": made["userName"].lower(), "active": True,
           "displayName": "LUIS"}  # fmt: skip
    answer = vuce.call("PUT", f"/Users/{made['id']}", put)
    assert answer.status_code == 200
    # Our extension stays as it was for a system that knows only the core schema.
    left = {name for name in answer.json if name not in ("schemas", "meta")}
    assert left == {"id", "userName", "userType", "active", "displayName", EXTENSION}
    assert answer.json[EXTENSION]["consentAt"] == "2026-01-15T10:00:00Z"
    bare = vuce.call("PUT", f"/Users/{made['id']}", {**put, **extension(ruc="20504774288")})
    assert bare.json[EXTENSION] == {"ruc": "20504774288"}
    assert not person_of(vuce.world, made).consent


def test_patch_changes_what_it_names(vuce: System) -> None:
    made = vuce.create(**FULL)
    answer = vuce.patch(
        made["id"],
        {"op": "Add", "value": {"nickName": "Lu", f"{EXTENSION}:area": "Origen"}},
        {"op": "remove", "path": 'phoneNumbers[type eq "fax"]'},
        {"op": "replace", "path": "emails", "value": [{"value": "nuevo@entidad.example"}]},
        {"op": "add", "path": "phoneNumbers", "value": [{"value": "999888777"}]},
        {"op": "remove", "path": 'phoneNumbers[type eq "work" and value eq "01 2071510 anexo 2"]'},
    )
    assert answer.status_code == 200, answer.json
    assert (answer.json["nickName"], answer.json[EXTENSION]["area"]) == ("Lu", "Origen")
    assert answer.json["emails"][0]["value"] == "nuevo@entidad.example"
    assert {one["type"]: one["value"] for one in answer.json["phoneNumbers"]} == {
        "other": "+5112071510", "mobile": "987654321", "work": "999888777",
    }  # fmt: skip
    assert answer.json["meta"]["version"] != made["meta"]["version"]


def test_patch_adds_an_address_in_the_place_of_the_other_when_it_is_primary(vuce: System) -> None:
    made = vuce.create(emails=[{"value": "a@a.example"}])
    add = {"op": "add", "path": "emails", "value": [{"value": "b@a.example", "primary": True}]}
    assert vuce.patch(made["id"], add).json["emails"] == [
        {"value": "b@a.example", "type": "work", "primary": True}
    ]


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "remove"}, "noTarget"),
        ({"op": "add", "path": "nickName"}, "invalidValue"),
        ({"op": "move", "path": "nickName", "value": "x"}, "invalidValue"),
        ({"op": "replace", "path": "apodo", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 'emails[type eq "home"].value', "value": "a@a.pe"}, "noTarget"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "remove", "path": "active"}, "mutability"),
        ({"op": "replace", "path": "active", "value": "quizás"}, "invalidValue"),
    ],
)
def test_patch_that_is_wrong_changes_nothing(
    vuce: System, operation: dict[str, Any], kind: str
) -> None:
    made = vuce.create(emails=[{"value": "a@a.example"}])
    answer = vuce.patch(made["id"], replace("nickName", "antes"), operation)
    assert (answer.status_code, answer.json["scimType"]) == (400, kind), answer.json
    assert vuce.get(made["id"]) == made


def test_changes_are_on_record_by_the_names_of_fields(vuce: System) -> None:
    made = vuce.create(displayName="LUIS", emails=[{"value": "a@a.example"}], externalId="P-1")
    vuce.patch(made["id"], replace("nickName", "Lu"), replace("externalId", "P-2"))
    vuce.patch(made["id"], replace("nickName", "Lu"))  # says nothing new
    vuce.patch(made["id"], replace("active", False))
    vuce.patch(made["id"], replace(f"{EXTENSION}:consentAt", "2026-01-15T10:00:00Z"))
    vuce.call("DELETE", f"/Users/{made['id']}")
    vuce.call("POST", "/Users", {**a_user(userName=made["userName"]), "displayName": "LUIS"})
    assert recorded(vuce.world, made) == [
        ("person.created", "vuce", "email name"),
        ("person.updated", "vuce", "nickname external_id"),
        ("person.updated", "vuce", "active"),
        ("person.updated", "vuce", "consent_at"),
        ("consent.given", "vuce", None),
        ("person.withdrawn", "vuce", None),
        ("person.returned", "vuce", "active consent_at email nickname"),
        ("consent.withdrawn", "vuce", None),
        ("address.replaced", "vuce", None),
    ]


def test_user_who_is_deleted_is_gone_and_can_come_back_as_the_same(vuce: System) -> None:
    """§3.6: 404 everywhere, out of every search, and in nobody's way; `sub` stays theirs."""
    known = sunat(vuce.world)
    user = vuce.get(known["id"])
    vuce.world.services.people.set_consent(known["id"], consent=True)
    answer = vuce.call("DELETE", f"/Users/{known['id']}")
    assert (answer.status_code, answer.data) == (204, b"")
    for method, body in [
        ("GET", None), ("DELETE", None), ("PUT", user),
        ("PATCH", {"schemas": [PATCH], "Operations": [replace("nickName", "x")]}),
    ]:  # fmt: skip
        again = vuce.call(method, f"/Users/{known['id']}", body)
        assert (again.status_code, again.json["status"]) == (404, "404"), method
    assert vuce.found(filter='userName eq "10123456781:ANAQ"') == []
    person = person_of(vuce.world, user)
    assert eligibility(person, vuce.world.clock.now()) is Eligibility.INACTIVE
    # SUNAT may still vouch for them: same person, same `sub`, and contingency stays closed.
    assert sunat(vuce.world) == known
    assert vuce.call("GET", f"/Users/{known['id']}").status_code == 404
    back = vuce.call("POST", "/Users", a_user(userName="10123456781:ANAQ"))
    assert (back.status_code, back.json["id"]) == (201, known["id"])
    assert person_of(vuce.world, user).sub == known["sub"]
    assert back.json["displayName"] == user["displayName"]


def test_two_systems_call_a_person_what_they_like(vuce: System, manda: System) -> None:
    made = vuce.create(externalId="A")
    assert "externalId" not in manda.get(made["id"])
    assert manda.patch(made["id"], replace("externalId", "B")).json["externalId"] == "B"
    assert vuce.get(made["id"])["externalId"] == "A"


def test_attributes_that_are_asked_for_are_all_that_is_answered(vuce: System) -> None:
    """§3.9, on every request that answers with a User."""
    asked = "?attributes=displayName,emails.value"
    answer = vuce.call("POST", f"/Users{asked}", a_user(**FULL))
    shown = {"schemas", "id", "displayName", "emails"}
    assert set(answer.json) == shown
    path = f"/Users/{answer.json['id']}"
    assert answer.headers["Location"].endswith(path)
    assert set(vuce.call("GET", path + asked).json) == shown
    body = {"schemas": [PATCH], "Operations": [replace("nickName", "x")]}
    assert set(vuce.call("PATCH", path + asked, body).json) == shown
    found = vuce.search(filter=f'id eq "{answer.json["id"]}"', attributes=["displayName"])
    assert set(found.json["Resources"][0]) == {"schemas", "id", "displayName"}
    rest = vuce.call("GET", f"{path}?excludedAttributes=emails,{EXTENSION}").json
    assert "displayName" in rest
    assert not {"emails", EXTENSION} & set(rest)
    both = vuce.call("GET", f"{path}?attributes=id&excludedAttributes=emails")
    assert both.status_code == 400


def test_user_whose_data_was_erased_is_gone_and_cannot_be_made_again(vuce: System) -> None:
    services = vuce.world.services
    made = vuce.create(externalId="P-ERASED")
    erasing = services.personal.erasing
    erasing.erase(person_of(vuce.world, made), actor="ana", reason="lo pidió")
    assert vuce.call("GET", f"/Users/{made['id']}").status_code == 404
    assert vuce.found(filter='externalId eq "P-ERASED"') == []
    again = vuce.call("POST", "/Users", a_user(userName=made["userName"]))
    assert (again.status_code, again.json["schemas"]) == (403, [ERROR])
    # By their own login they are somebody new, who may be made anew no more than anybody known.
    ext = Identifier("extranet", made["userName"])
    back = services.people.record_upstream_login(
        UpstreamFacts("extranet", ext, made["userName"], name="LUIS")
    )
    assert back.id != made["id"]
    assert vuce.found(filter=f'userName eq "{made["userName"]}"') == [back.id]


def test_user_who_was_joined_with_another_is_found_by_every_name(vuce: System) -> None:
    services = vuce.world.services
    old, new = vuce.create(), vuce.create()
    names = [Identifier("extranet", one["userName"]) for one in (old, new)]
    services.identities.merge(*names, Order(actor="ana", reason="caso 7"))
    for one in (old, new):
        assert vuce.found(filter=f'userName eq "{one["userName"]}"') == [old["id"]]
    assert vuce.call("GET", f"/Users/{new['id']}").status_code == 404
    assert vuce.call("POST", "/Users", a_user(userName=new["userName"])).status_code == 409
