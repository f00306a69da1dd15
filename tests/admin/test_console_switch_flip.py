"""Changing what is in force at the console: two steps, a reason, a fresh proof, no surprise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from console_desk import ConsoleClient, Desk, Member
from console_switch import untouched

from idp.admin.roles import Role
from idp.admin.switch_form import length, read, seen_text, still
from idp.audit.events import AuditEvent
from idp.audit.records import AuditFilter, AuditRecord
from idp.kernel.errors import Unavailable
from idp.upstream_status.state import Facts, Flag, FlagState, Policy, Why
from tests.support.world import World, csrf_of

PAGE = "/admin/cambiar/sol"
WISH = {"estado": "forced_down", "motivo": "SUNAT no responde", "plazo": "", "otra": ""}
CHANGED = AuditFilter(event=AuditEvent.FLAG_CHANGED)
# The log keeps what other tests did.
BEFORE: set[str] = set()


@pytest.fixture(autouse=True)
def _untouched(world: World) -> Iterator[None]:
    untouched(world)
    BEFORE.update(one.id for one in world.services.audit.search(CHANGED, limit=1_000))
    yield
    untouched(world)


def operator(desk: Desk) -> tuple[ConsoleClient, Member]:
    return desk.visitor(Role.OPERATOR)


def review(browser: ConsoleClient, **changes: str) -> str:
    """The page that is to be confirmed."""
    answer = browser.send(PAGE, **{**WISH, **changes})
    assert answer.status_code == 200, answer.text
    assert 'id="confirmar"' in answer.text
    return answer.text


def fields(page: str) -> dict[str, str]:
    """What the confirmation carries."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return {**found, "paso": "confirmar"}


def flagged(desk: Desk) -> list[AuditRecord]:
    """What this test put on record."""
    found = desk.world.services.audit.search(CHANGED, limit=1_000)
    return [one for one in found if one.id not in BEFORE]


def flag_state(desk: Desk) -> FlagState | None:
    flag = desk.world.services.upstream_status.flag("sol")
    return flag.state if flag else None


def test_flip_is_shown_before_it_is_done_and_then_on_record(desk: Desk) -> None:
    browser, member = operator(desk)
    page = review(browser, plazo="120")
    assert desk.world.services.upstream_status.state("sol").up
    for shown in ("Contingencia", "SUNAT no responde", "Mercancías Restringidas", "No la admite"):
        assert shown in page
    done = browser.post(PAGE, data=fields(page))
    assert (done.status_code, done.location) == (303, "/admin?hecho=sol")
    state = desk.world.services.upstream_status.state("sol")
    assert (state.up, state.why, state.who) == (False, Why.FORCED_DOWN, f"console:{member.name}")
    assert state.until == desk.world.clock.now() + timedelta(hours=2)
    (record,) = flagged(desk)
    assert (record.details["via"], record.actor) == ("console", f"console:{member.name}")
    home = browser.get("/admin?hecho=sol").text
    assert "Se guardó el cambio de" in home
    assert 'data-alert="forced_down"' in browser.get("/admin/cuenta").text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"estado": ""}, "estado"),
        ({"estado": "down"}, "estado"),
        ({"motivo": "  "}, "motivo"),
        ({"motivo": "lo pidió ana@example.com"}, "motivo"),
        ({"motivo": "falla para 20131312955"}, "motivo"),
        ({"motivo": "x" * 201}, "motivo"),
        ({"motivo": "dos\nlíneas"}, "motivo"),
        ({"plazo": "otra"}, "otra"),
        ({"plazo": "otra", "otra": "mañana"}, "otra"),
        ({"plazo": "otra", "otra": "0m"}, "otra"),
        ({"plazo": "otra", "otra": "9999d"}, "otra"),
        ({"plazo": "x"}, "otra"),
    ],
)
def test_form_that_says_too_little_is_shown_again_with_what_was_typed(
    desk: Desk, changes: dict[str, str], field: str
) -> None:
    browser, _ = operator(desk)
    answer = browser.send(PAGE, **{**WISH, **changes})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert flag_state(desk) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90m", 5_400), ("2h", 7_200), ("1H 30m", 5_400), ("1d", 86_400), ("", None), ("h", None),
     ("2h!", None), ("-1h", None), ("٣h", None), ("366d", None)],
)  # fmt: skip
def test_length_of_time_is_read_or_refused(text: str, seconds: int | None) -> None:
    found = length(text)
    assert (found.total_seconds() if found else None) == seconds


def test_automatic_state_has_no_end() -> None:
    wish = read({**WISH, "estado": "auto", "plazo": "60"}).wish
    assert wish is not None
    assert wish.lasting is None


def test_what_a_page_carries_of_a_flag_is_read_back() -> None:
    now = datetime(2026, 3, 2, 15, 0, 0, 250_000, tzinfo=UTC)
    flag = Flag("sol", FlagState.AUTO, "prueba", "ana", now, None, changed_at=now)
    for shown in (None, flag):
        same = still(seen_text(shown))
        assert same is not None
        assert (same(Facts()), same(Facts(flag=flag))) == (shown is None, shown is flag)
    assert still("ayer") is still("") is None


def test_form_sent_twice_changes_once(desk: Desk) -> None:
    browser, _ = operator(desk)
    form = fields(review(browser, plazo="60"))
    for _ in range(2):
        answer = browser.post(PAGE, data=form)
        assert (answer.status_code, answer.location) == (303, "/admin?hecho=sol")
    assert len(flagged(desk)) == 1


def test_page_that_is_behind_changes_nothing_and_says_what_holds(desk: Desk) -> None:
    browser, _ = operator(desk)
    form = fields(review(browser))
    status = desk.world.services.upstream_status
    desk.world.clock.advance(1)
    status.set("sol", FlagState.FORCED_UP, reason="otra persona", who="otra")
    answer = browser.post(PAGE, data=form)
    assert answer.status_code == 409
    assert "El estado cambió mientras tanto" in answer.text
    assert "otra persona" in answer.text
    assert flag_state(desk) is FlagState.FORCED_UP
    # What was flipped and flipped back is another flag, too.
    form = fields(review(browser))
    desk.world.clock.advance(1)
    status.set("sol", FlagState.FORCED_UP, reason="otra vez", who="otra")
    assert browser.post(PAGE, data=form).status_code == 409


def test_change_of_another_process_that_this_one_has_not_read_is_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = operator(desk)
    form = fields(review(browser))
    status = desk.world.services.upstream_status
    with monkeypatch.context() as patch:
        patch.setattr(status, "refresh", lambda: True)
        desk.world.clock.advance(1)
        status.set("sol", FlagState.FORCED_UP, reason="otra persona", who="otra")
        assert flag_state(desk) is None
        assert browser.post(PAGE, data=form).status_code == 409
    status.refresh()
    assert flag_state(desk) is FlagState.FORCED_UP


def test_end_that_passed_before_it_was_confirmed_is_asked_for_again(desk: Desk) -> None:
    browser, member = operator(desk)
    form = fields(review(browser, plazo="otra", otra="1m"))
    desk.world.clock.advance(61)
    answer = browser.post(PAGE, data=form)
    assert answer.status_code == 422
    assert 'id="plazo-error"' in answer.text
    assert flag_state(desk) is None
    assert member.name in answer.text


@pytest.mark.parametrize(
    "change",
    [{"visto": ""}, {"visto": "x"}, {"hasta": "x"}, {"hasta": "9999-12-31T00:00:00+00:00"}],
)
def test_confirmation_that_no_page_of_ours_made_is_refused(
    desk: Desk, change: dict[str, str]
) -> None:
    browser, _ = operator(desk)
    answer = browser.post(PAGE, data={**fields(review(browser)), **change})
    assert (answer.status_code, "invalid_request" in answer.text) == (400, True)
    assert flag_state(desk) is None


def test_up_says_that_it_forces_and_recommends_automatic(desk: Desk) -> None:
    browser, _ = operator(desk)
    page = review(browser, estado="forced_up")
    assert 'id="fuerza"' in page
    assert "elija Automático" in page
    browser.post(PAGE, data=fields(page))
    banner = browser.get("/admin/cuenta").text
    assert "notice--grave" in banner
    assert "vuelva a Automático" in banner


def test_old_proof_is_asked_for_before_the_form_and_before_the_change(desk: Desk) -> None:
    browser, _ = operator(desk)
    form = fields(review(browser))
    desk.world.clock.advance(301)
    to_prove = "/admin/confirmar?volver=%2Fadmin%2Fcambiar%2Fsol"
    assert browser.get(PAGE).location == to_prove
    assert browser.post(PAGE, data=form).location == to_prove
    assert flag_state(desk) is None
    assert browser.send(to_prove, clave="cuatro nubes verdes corren", volver=PAGE).location == PAGE
    assert browser.get(PAGE).status_code == 200


def test_upstream_that_there_is_not_has_no_page(desk: Desk) -> None:
    browser, _ = operator(desk)
    form = {"csrf_token": csrf_of(browser.get(PAGE).text), **WISH}
    for path in ("/admin/cambiar/luna", "/admin/politica/luna"):
        assert browser.get(path).status_code == 404
        assert browser.post(path, data=form).status_code == 404


def test_flip_without_the_database_is_unavailable(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = operator(desk)
    form = fields(review(browser))

    def away(*_: object, **__: object) -> None:
        raise Unavailable("sql")

    monkeypatch.setattr(desk.world.services.switch.switchboard, "flip", away)
    assert browser.post(PAGE, data=form).status_code == 503


def test_what_cannot_be_counted_does_not_stand_in_the_way(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = operator(desk)

    def away(*_: object) -> None:
        raise Unavailable("sql")

    services = desk.world.services
    monkeypatch.setattr(services.console.coverage, "_report", away)
    monkeypatch.setattr(services.console_switch.logins, "of", away)
    monkeypatch.setattr(services.mail_load, "now", away)
    page = review(browser)
    assert page.count("No se pudo contar") == 2
    assert "No se pudo consultar" in page
    assert browser.post(PAGE, data=fields(page)).status_code == 303


def test_second_person_is_announced_asked_for_and_says_yes(desk: Desk) -> None:
    switch = desk.world.services.switch
    switch.switchboard.second = True
    browser, member = operator(desk)
    page = review(browser, estado="auto")
    assert 'id="espera"' in page
    assert "Pedir la aprobación" in page
    asked = browser.post(PAGE, data=fields(page))
    assert asked.status_code == 303
    path = asked.location
    assert path.startswith("/admin/solicitudes/req_")
    mine = browser.get(path).text
    assert re.search(r"Espera el sí de otra persona. Plazo: 10:3\d h", mine)
    assert 'id="aprobar"' not in mine
    assert 'data-alert="approval"' in browser.get("/admin/cuenta").text
    # Approving one's own by hand is refused with a reason.
    own = browser.send(path, palabra="aprobar")
    assert (own.status_code, "Usted la pidió" in own.text) == (403, True)

    other, second = operator(desk)
    said = other.send(path, palabra="aprobar")
    assert said.location == f"{path}?hecho=1"
    assert "Aprobada" in other.get(path).text
    (record,) = flagged(desk)
    assert record.details["approved_by"] == f"console:{second.name}"
    assert record.actor == f"console:{member.name}"
    late = browser.send(path, page="/admin/solicitudes", palabra="rechazar")
    assert (late.status_code, "Ya no se puede responder" in late.text) == (409, True)
    assert 'data-alert="approval"' not in browser.get("/admin/cuenta").text


def test_same_change_asked_for_twice_waits_once(desk: Desk) -> None:
    desk.world.services.switch.switchboard.second = True
    browser, _ = operator(desk)
    form = fields(review(browser, estado="forced_up", plazo="60"))
    assert browser.post(PAGE, data=form).location == browser.post(PAGE, data=form).location
    assert len(desk.world.services.switch.requests.open()) == 1


def test_down_waits_for_nobody_and_says_that_none_approved(desk: Desk) -> None:
    desk.world.services.switch.switchboard.second = True
    browser, _ = operator(desk)
    page = review(browser)
    assert 'id="sin-segunda"' in page
    done = browser.post(PAGE, data=fields(page))
    assert "ninguna otra persona lo aprobó" in browser.get(done.location).text
    (record,) = flagged(desk)
    assert record.details["unapproved"] == "true"
    # To cut it short is to send people back.
    shorter = review(browser, plazo="60")
    assert 'id="espera"' in shorter
    path = browser.post(PAGE, data=fields(shorter)).location
    assert path.startswith("/admin/solicitudes/req_")


def test_policy_is_chosen_or_waits(desk: Desk) -> None:
    status, switch = desk.world.services.upstream_status, desk.world.services.switch
    browser, _ = operator(desk)
    path = "/admin/politica/sol"
    empty = browser.send(path, motivo="")
    assert empty.status_code == 422
    assert 'id="politica-error"' in empty.text
    assert 'id="motivo-error"' in empty.text
    done = browser.send(path, politica="assisted", motivo="acordado con la entidad")
    assert done.location == "/admin?hecho=sol"
    assert status.policy("sol") is Policy.ASSISTED
    switch.switchboard.second = True
    assert "Espera hasta 30 minutos" in browser.get(path).text
    asked = browser.send(path, politica="automatic", motivo="acordado con la entidad")
    assert asked.location.startswith("/admin/solicitudes/req_")
    assert status.policy("sol") is Policy.ASSISTED
