"""The first page of the console: what holds and why, what nobody may overlook, and live figures."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from console_desk import ConsoleClient, Desk, inside
from console_switch import Bucket, probed, untouched

from idp.admin.now import SILENT
from idp.admin.roles import Role
from idp.admin.switch_logins import DAY, HOUR, KEPT, LoginBoard
from idp.admin.switch_plots import labels, marks, probes_plot
from idp.admin.views.menu import MENU
from idp.kernel.identity import SOL, Mode, Proof
from idp.upstream_status.changes import Transition
from idp.upstream_status.request import RequestKind
from idp.upstream_status.state import FlagState, Policy, Why
from idp.web.plot import svg
from tests.support.world import World
from tests.web.page_reader import Page

_DAYS = itertools.count(20, 3)


@pytest.fixture(autouse=True)
def _untouched(world: World) -> Iterator[None]:
    untouched(world)
    yield
    untouched(world)


def alerts(page: str) -> list[str]:
    return re.findall(r'data-alert="(\w+)"', page)


def card(page: str, realm: str = "sol") -> str:
    """What is said of one upstream, without markup."""
    found = re.search(rf'data-realm="{realm}".*?</section>', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def own_day(world: World) -> None:
    """A day on which no other test has a login: the log keeps them all."""
    world.clock.advance(86_400 * next(_DAYS))


def log_in(world: World, mode: Mode, client_id: str | None, times: int = 1) -> None:
    person = world.person()
    for _ in range(times):
        proof = Proof(SOL, person.id, mode, world.clock.now())
        world.services.logins.sessions.start(person, proof, client_id, replaces=None)


def test_calm_page_has_no_alert_and_says_who_would_decide(desk: Desk) -> None:
    browser, _ = desk.visitor()
    page = browser.get("/admin").text
    assert alerts(page) == []
    assert "Se ingresa con SUNAT" in card(page)
    assert "Automático: nadie decidió otra cosa" in card(page)
    assert "Política Manual" in card(page)
    assert "No está en marcha" in card(page)


def test_prober_is_healthy_failing_or_silent(desk: Desk) -> None:
    world = desk.world
    browser, _ = desk.visitor()
    probed(world, healthy=True)
    assert "Sonda SUNAT responde" in card(browser.get("/admin").text)
    world.clock.advance(1)
    probed(world, healthy=False)
    page = browser.get("/admin").text
    assert "SUNAT falla desde" in card(page)
    assert "form: timeout" in card(page)
    # It fails, people are sent there, and nobody but a person changes that.
    assert alerts(page) == ["failing"]
    assert "Con la política Manual nadie lo cambia" in page
    world.clock.advance(SILENT.total_seconds() + 1)
    page = browser.get("/admin").text
    assert "No dice nada desde" in card(page)
    assert alerts(page) == []


def test_every_page_of_the_menu_shows_what_is_forced_held_or_awaited(desk: Desk) -> None:
    services, clock = desk.world.services, desk.world.clock
    status, requests = services.upstream_status, services.switch.requests
    end = clock.now() + timedelta(minutes=1)
    status.set("extranet", FlagState.FORCED_DOWN, reason="prueba", who="ana", until=end)
    probed(desk.world, healthy=False, realm="extranet")
    status.set("sol", FlagState.FORCED_UP, reason="prueba", who="ana")
    clock.advance(61)
    for kind, wanted in ((RequestKind.PROPOSAL, "up"), (RequestKind.POLICY, "automatic")):
        requests.ask(
            "extranet", kind, wanted, reason="prueba", who="ana",
            within=timedelta(minutes=10), do_then=kind is RequestKind.PROPOSAL,
        )  # fmt: skip
    browser, _ = desk.visitor(Role.ADMIN)
    for entry in MENU:
        page = browser.get(entry.path).text
        assert alerts(page) == ["forced_up", "held", "approval", "proposal"], entry.path
    assert "Se mantiene: llegó su hora de término" in card(browser.get("/admin").text, "extranet")
    clock.advance(601)
    assert alerts(browser.get("/admin/cuenta").text) == ["forced_up", "held"]


def test_who_is_not_logged_in_is_shown_no_alert(desk: Desk) -> None:
    desk.world.services.upstream_status.set("sol", FlagState.FORCED_UP, reason="x", who="ana")
    assert alerts(desk.browser().get("/admin/ingresar").text) == []


def test_announced_maintenance_is_on_the_page(desk: Desk) -> None:
    now = desk.world.clock.now()
    desk.world.services.switch.windows.plan(
        "sol", now + timedelta(hours=5), now + timedelta(hours=6), reason="prueba", who="ana"
    )
    browser, _ = desk.visitor()
    assert "Mantenimiento anunciado De 15:00 h" in card(browser.get("/admin").text)


def test_live_part_holds_what_the_page_holds(desk: Desk) -> None:
    desk.world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="x", who="ana")
    browser, _ = desk.visitor()
    page, part = browser.get("/admin?tramo=dia"), browser.get("/admin/ahora?tramo=dia")
    assert 'data-url="/admin/ahora?tramo=dia"' in page.text
    assert Page(part.text).inline == []
    assert card(part.text) == card(page.text)
    assert alerts(part.text) == ["forced_down"]
    for policy in ("script-src 'self'", "connect-src 'self'"):
        assert policy in page.headers["Content-Security-Policy"]
    for path in ("/admin?tramo=siglo", "/admin/ahora?tramo=siglo"):
        assert browser.get(path).status_code == 404


def polled(browser: ConsoleClient, desk: Desk, minutes: int) -> list[int]:
    """The answers to a page that asks every minute, with nobody at it."""
    found = []
    for _ in range(minutes):
        desk.world.clock.advance(60)
        found.append(browser.get("/admin/ahora").status_code)
    return found


def test_page_that_asks_by_itself_keeps_no_session_alive(desk: Desk) -> None:
    idle = desk.world.settings.admin_session_idle // 60
    browser, _ = desk.visitor()
    assert polled(browser, desk, idle + 1) == [200] * (idle - 1) + [303, 303]
    assert not inside(browser)


def test_use_between_its_questions_keeps_a_session_alive(desk: Desk) -> None:
    idle = desk.world.settings.admin_session_idle // 60
    browser, _ = desk.visitor()
    for _ in range(3):
        assert set(polled(browser, desk, idle - 2)) == {200}
        assert inside(browser)


def test_logins_are_told_by_minute_mode_and_component(desk: Desk) -> None:
    world = desk.world
    own_day(world)
    log_in(world, Mode.SUNAT, "mr", 3)
    world.clock.advance(120)
    log_in(world, Mode.CONTINGENCIA, "mr")
    log_in(world, Mode.SUNAT, None)
    world.clock.advance(KEPT)
    shown = world.services.console_switch.logins.of(HOUR)
    assert (shown.sunat[-3], shown.sunat[-1], shown.contingency[-1]) == (3, 1, 1)
    assert [(one.client_id, one.sunat, one.contingency) for one in shown.rows] == [
        ("mr", 3, 1),
        ("", 1, 0),
    ]
    browser, _ = desk.visitor()
    page = browser.get("/admin").text
    assert re.search(r'data-component="mr".*?>3</td>.*?>1</td>', page)
    assert "Por SUNAT 4, por correo 1" in page


class Counting:
    """Counts the questions to another store."""

    def __init__(self, world: World) -> None:
        self._store = world.services.console_switch.logins._counts
        self.asked: list[float] = []

    def buckets(self, *asked: object) -> object:
        self.asked.append((asked[1] - asked[0]).total_seconds())  # type: ignore[operator]
        return self._store.buckets(*asked)  # type: ignore[arg-type]


def test_many_who_look_cost_few_short_counts(desk: Desk) -> None:
    world, counting = desk.world, Counting(desk.world)
    board = LoginBoard(
        counts=counting,  # type: ignore[arg-type]
        clients=world.services.clients.all,
        clock=world.clock,
    )
    own_day(world)
    log_in(world, Mode.SUNAT, "mr")
    for _ in range(12):  # a minute, asked every second
        for _ in range(5):
            world.clock.advance(1)
            board.of(HOUR)
    assert len(counting.asked) == 12
    assert sum(seconds > 240 for seconds in counting.asked) == 1
    assert sum(board.of(HOUR).sunat) == 1
    world.clock.advance(3_600)
    assert sum(board.of(HOUR).sunat) == 0
    assert sum(board.of(DAY).sunat) == 1


def test_flips_are_marked_on_the_plots_where_they_were(desk: Desk) -> None:
    now = desk.world.clock.now()
    flips = [
        Transition("sol", 1, now - timedelta(minutes=10), False, Why.FORCED_DOWN),
        Transition("sol", 2, now - timedelta(minutes=5), True, Why.DEFAULT),
        Transition("sol", 3, now - timedelta(hours=5), True, Why.DEFAULT),
    ]
    seen = [
        Bucket(now - timedelta(minutes=minute), "form", 3, 3 * (minute < 8), 0)
        for minute in range(20)
    ]
    plot = probes_plot(seen, flips, HOUR, now)
    assert [one.number for one in plot.marks] == [49, 54]
    assert [one.name for one in plot.marks] == [
        "09:50:00: a contingencia",
        "09:55:00: a SUNAT",
    ]
    (line,) = plot.lines
    assert line.name == "Página de ingreso"
    assert line.values[-20:] == (100.0,) * 12 + (0.0,) * 8
    assert line.values[:40] == (None,) * 40
    assert "Página de ingreso 60 %" in plot.description
    assert "Cambios de estado: 09:50:00: a contingencia; 09:55:00: a SUNAT." in plot.description
    assert svg(plot).count("<title>") == 3
    assert marks(flips, [now], HOUR) == ()
    assert labels(DAY, [now]) == ("02/03 10:00",)


def test_prober_that_saw_nothing_draws_nothing(desk: Desk) -> None:
    now = desk.world.clock.now()
    plot = probes_plot([], [], DAY, now)
    assert plot.lines == ()
    assert "no hubo ninguna" in plot.description


def test_policy_that_was_chosen_is_on_the_page(desk: Desk) -> None:
    status = desk.world.services.upstream_status
    status.set_policy("sol", Policy.AUTOMATIC, reason="prueba", who="ana")
    status.judge("sol", False, reason="La sonda no logra ingresar", evidence={})
    browser, _ = desk.visitor()
    found = card(browser.get("/admin").text)
    assert "Automático: por la evidencia de la sonda" in found
    assert "Política Automática" in found
