"""The SCIM project's own checks of a server (scim2-tester): none may fail."""

from __future__ import annotations

from datetime import UTC, datetime
from inspect import isclass
from typing import Any

from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_models import ComplexAttribute, Extension
from scim2_tester import Status, check_server
from scim_systems import System

from tests.support.world import World

THEN = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
# What it cannot guess from a schema: the form of our values. It picks one of them at random.
FORMS: dict[str, list[Any]] = {
    "userName": [f"EXT{number:06d}" for number in range(900_000, 999_999, 37)],
    "profileUrl": ["https://example.com/ana"],
    "locale": ["es-PE", "qu-PE"],
    "timezone": ["America/Lima"],
    "emails.primary": [True],
    "phoneNumbers.value": ["987654321"],
    "phoneNumbers.type": ["work", "mobile"],
    "phoneNumbers.primary": [True],
    "photos.value": ["https://example.com/ana.png"],
    "photos.primary": [True],
    "addresses.primary": [True],
    "addresses.postalCode": ["15036"],
    "ruc": ["20504774288"],
    "document.type": ["otro"],
    "document.number": ["AB123"],
    "website": ["https://example.com/"],
    "birthdate": ["1990-12-31"],
    "ubigeo": ["150101"],
    "gender": ["f"],
    "consentAt": [THEN],
}


def with_forms(model: Any, prefix: str = "") -> None:
    for field, info in model.model_fields.items():
        name = f"{prefix}{model._scim_name(field)}"
        if name in FORMS:
            info.examples = FORMS[name]
        inner = model.get_field_root_type(field)
        if isclass(inner) and issubclass(inner, ComplexAttribute | Extension):
            with_forms(inner, "" if issubclass(inner, Extension) else f"{name}.")


def test_none_of_the_checks_fails(unpeopled: World) -> None:
    manda = System(unpeopled, "manda")
    client = WSGISCIMClient(
        manda.world.app,
        base_url="http://localhost:8000/scim/v2",
        headers={"Authorization": f"Bearer {manda.token()}"},
    )
    client.discover()
    with_forms(client.provider.model_for("User"))
    results = check_server(client)
    bad = [one for one in results if one.status is not Status.SUCCESS]
    assert bad == [], "\n".join(f"{one.title}: {one.reason}" for one in bad)
    assert len(results) > 40
