"""What is left of an erased person in the files of the database, and in Redis."""

from __future__ import annotations

from pathlib import Path

from idp.contingency.service import typed_digest
from idp.kernel.ids import derive_key
from tests.support.world import World

WHY = {"actor": "ana", "reason": "lo pidió"}


def test_sealed_rows_are_nowhere_in_the_files_of_sqlite(world: World) -> None:
    services = world.services
    person = world.person("20131312955", "ARCHIVO1")
    with services.database.connection() as connection:
        row = connection.exec_driver_sql(
            "SELECT sealed FROM people WHERE id = ?", (person.id,)
        ).one()
    sealed, file = row.sealed.encode(), Path(services.database.engine.url.database or "")

    def held() -> list[str]:
        return [one.name for one in file.parent.glob(file.name + "*") if sealed in one.read_bytes()]

    assert held() != []
    assert services.personal.erasing.erase(person, **WHY).scrubbed
    assert held() == []


def test_links_that_somebody_asked_for_are_gone(world: World) -> None:
    services = world.services
    person = world.person("20131312955", "ENLACE01")
    typed = typed_digest(derive_key(world.settings.secret_key, "identifier"), person.key)
    link = services.links.create(
        transaction_id="t",
        browser_hash="b" * 64,
        realm="sol",
        identifier_digest=typed,
        sealed="s",
        client_id=None,
        pool="brw_x",
    )
    assert services.links.assign(link.id, person.id, known=False)
    done = services.personal.erasing.erase(person, **WHY)
    assert done.ended == 1
    assert services.links.get(link.id) is None


def test_browser_that_stays_open_finds_itself_logged_out(world: World) -> None:
    person, browser = world.person("20131312955", "ABIERTO1"), world.browser()
    browser.get("/cuenta")
    world.log_in(browser, person)
    assert browser.get("/cuenta").status_code == 200
    world.services.personal.erasing.erase(person, **WHY)
    assert browser.get("/cuenta").status_code == 303
    assert list(world.services.redis.client.scan_iter("idp:session:*")) == []
    assert list(world.services.redis.client.scan_iter("idp:person-sessions:*")) == []
