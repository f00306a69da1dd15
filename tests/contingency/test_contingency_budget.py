"""`IDP_MAIL_BUDGET`, through the services as they are wired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from test_notices import notice_job, queued, smtp

from idp.jobs.registry import RetryLater
from idp.kernel.identity import Mode
from idp.people.person import Address
from tests.support.world import World, build_world

__all__ = ["smtp"]


# (mails an hour, how many notices may leave at once: a sixtieth, of which what can wait has half)
@pytest.fixture(params=[(1, 1), (240, 2)])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, valkey: str, smtp: tuple[object, str]
) -> Iterator[World]:
    world = build_world(tmp_path, valkey, smtp_url=smtp[1], mail_budget=request.param[0])
    yield world
    world.services.redis.close()
    world.services.database.close()


def test_mail_beyond_the_setting_is_put_off(
    place: World, valkey: str, request: pytest.FixtureRequest
) -> None:
    person = place.person()
    now = place.clock.now()
    address = Address(
        id="adr_1", email="exporta1@example.com", created_at=now, verified_at=now, counts_from=now
    )
    place.services.people._store.put_address(person.id, address)
    person = replace(person, addresses=(address,))
    for _ in range(2):
        place.log_in(place.browser(), person, Mode.CONTINGENCIA)
    at_once = request.node.callspec.params["place"][1]
    job = notice_job(place)
    payloads = queued(valkey)
    for payload in payloads[:at_once]:
        job.handler(payload)
    assert len(payloads) == 2
    for payload in payloads[at_once:]:
        with pytest.raises(RetryLater, match="budget"):
            job.handler(payload)
