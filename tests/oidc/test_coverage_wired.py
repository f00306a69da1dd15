"""Coverage and campaigns as they are wired: fed by real logins, sent through the real queue."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from relying_party import RelyingParty

from idp.account.campaign_mails import CAMPAIGN
from idp.adapters.queue.broker import NAMESPACE
from idp.jobs.registry import RetryLater
from idp.people.campaign_ports import Group, MailState
from idp.people.coverage import Figures
from idp.people.eligibility import contact_address
from idp.people.rows import SeedRow
from idp.people.standing import mailbox
from idp.upstream_status.state import FlagState
from tests.support.world import World, csrf_of


def work(world: World) -> None:
    """The worker's regular work, all of it: other tests moved the clock that says what is due."""
    for task in world.services.periodic._tasks:
        task.due = 0.0
    assert {"audit.drain", "campaigns.pump", "coverage.take"} <= set(world.services.periodic.tick())


def users_of(world: World, client_id: str) -> Figures:
    """The figures of a component, after the regular work."""
    work(world)
    (found,) = world.services.coverage.now(client_id=client_id).components
    return found.total


def test_silent_login_makes_its_person_a_user_of_the_component_once(world: World) -> None:
    component = RelyingParty.logged_in(world, "mr")
    world.log_in(component.browser, world.person(usuario="USADOR"))
    before = users_of(world, "mr").people
    for _ in range(2):
        component.tokens()
        assert users_of(world, "mr").people == before + 1


def test_component_that_takes_no_login_by_mail_has_nobody_who_could_enter(world: World) -> None:
    RelyingParty.logged_in(world, "estricto").code()
    found = users_of(world, "estricto")
    assert found.people >= 1
    assert (found.able, sum(found.why_not.values())) == (0, found.people)


def test_worker_keeps_a_day_of_coverage(world: World) -> None:
    work(world)
    (today,) = world.services.coverage.history(last=1)
    assert today.day.isoformat() == "2026-03-02"


def queued(world: World) -> list[dict[str, str]]:
    """The campaign's jobs, as they are on the wire."""
    client = world.services.redis.client
    stored: list[Any] = [client.hvals(key) for key in client.keys(f"{NAMESPACE}:*.msgs")]
    messages = [json.loads(one) for values in stored for one in values]
    return [one["kwargs"]["payload"] for one in messages if one["actor_name"] == CAMPAIGN]


def test_campaign_goes_by_the_queue_in_opaque_ids_and_stops_when_down(world: World) -> None:
    services = world.services
    then = "2026-03-01T09:30:00-05:00"
    email = "campana@entidad.example"
    services.people.seed([SeedRow(2, "extranet", "EXT7001", email=email, last_login_at=then)])
    campaign = services.campaigns.begin(Group(realm="extranet"), actor="ana", most=1)
    try:
        work(world)
        (payload,) = queued(world)
        assert payload["campaign"] == campaign.id
        assert re.fullmatch(r"per_[a-z2-7]{24}", payload["person"])
        (job,) = (one for one in services.jobs if one.name == CAMPAIGN)
        services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="p", who="p")
        job.handler(payload)  # contingency goes first: it ends, and nobody was written to
        assert services.campaigns.report().mails == {MailState.WAITING: 1}
        services.upstream_status.set("sol", FlagState.AUTO, reason="p", who="p")
        with pytest.raises(RetryLater):  # no relay answers in this world
            job.handler(payload)
        assert services.campaigns.report().mails == {MailState.WAITING: 1}
    finally:
        services.campaigns.finish(actor="ana")


def test_person_who_does_what_the_mail_says_could_enter_then(world: World) -> None:
    """An address that a file brought: *Actualizar Datos* sends its code, which verifies it."""
    services = world.services
    email = "orden@empresa.example"
    row = SeedRow(
        2, "sol", "ORDEN", ruc="20131312955", email=email, last_login_at="2026-03-01T09:30:00-05:00"
    )
    services.people.seed([row])
    person = world.person(usuario="ORDEN")
    address = mailbox(person, world.clock.now())
    assert address is not None and address.verified_at is None
    browser = world.browser()
    world.log_in(browser, person)
    browser.get("/cuenta")
    page = browser.get("/cuenta").text
    assert f'value="{email}"' in page
    sent = browser.post(
        "/cuenta", data={"csrf_token": csrf_of(page), "email": email, "consent": "1"}
    )
    assert sent.status_code == 303
    pending = services.people.pending_verification(person.id)
    assert pending is not None
    form = {"csrf_token": csrf_of(browser.get("/cuenta").text), "codigo": pending.code}
    assert browser.post("/cuenta/codigo", data=form).status_code == 303
    after = services.people.get(person.id)
    assert after is not None and after.consent
    assert contact_address(after, world.clock.now()) is not None
