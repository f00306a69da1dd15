"""The diagram of `contingency.flow`, its table, and the services that must do what both say."""

from __future__ import annotations

import re
from datetime import timedelta

from contingency_world import HERE, KNOWN, UNKNOWN, World, component
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from idp.contingency import flow
from idp.contingency.flow import TRANSITIONS, FlowState, state_of
from idp.contingency.visit import Visitor
from idp.kernel.errors import IdpError
from idp.kernel.identity import Identifier
from idp.kernel.ids import digest
from idp.kernel.times import LIMA
from idp.links.ports import Way

ARROW = re.compile(r"^(\w+)\s+--(\w+)-->\s+(\w+)$", re.M)
PHONE = digest("phone")
BUTTON, CODE_HERE, CODE_THERE = "button", "code_here", "code_there"


def test_diagram_and_table_are_the_same() -> None:
    drawn = ARROW.findall(flow.__doc__ or "")
    assert len(drawn) == len(TRANSITIONS)
    assert {(FlowState(a), event): FlowState(b) for a, event, b in drawn} == TRANSITIONS


def test_every_state_can_be_reached_and_left() -> None:
    assert {state for state, _ in TRANSITIONS} == set(FlowState)
    assert set(TRANSITIONS.values()) == set(FlowState)


class Login(RuleBasedStateMachine):
    """One login in one asking browser, a phone that reads the mail, a clock, a flag."""

    world: World
    known_cookie: str
    taken: set[tuple[FlowState, str]]
    reached: list[timedelta]
    examples = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).examples += 1
        world = self.world
        world.clock.advance(2 * 3_600)
        world.flag(up=False)
        world.outbox.sent.clear()
        world.queue.held.clear()
        self.up = False
        self.place = f"198.51.{self.examples % 250}.0/24"
        self.login = world.park()
        self.state = FlowState.FORM
        self.eligible = self.known = False
        self.wrong = dict.fromkeys((HERE, PHONE), 0)
        self.visitor = Visitor(self.place, None)

    def teardown(self) -> None:
        assert len(self.world.outbox.sent) <= 10

    # What is done to it.

    @precondition(lambda self: self.state is FlowState.FORM)
    @rule(
        eligible=st.sampled_from([True, True, True, False]),
        known=st.sampled_from([True, True, False]),
    )
    def ask(self, eligible: bool, known: bool) -> None:
        visitor = Visitor(self.place, self.known_cookie if known else None, "Chrome/Windows")
        typed = KNOWN if eligible else UNKNOWN
        visit = self.world.contingency.visit(self.login.id, HERE)
        if visit.gate is not visit.gate.OPEN:
            assert self.up
            return
        if self.tried(lambda: self.world.contingency.request(visit, HERE, typed, visitor)):
            self.eligible, self.known, self.visitor = eligible, known, visitor
            self.moved("ask")
            self.wrong = dict.fromkeys((HERE, PHONE), 0)

    @rule()
    def work(self) -> None:
        before = len(self.world.outbox.sent)
        self.world.work()
        sent = len(self.world.outbox.sent) - before
        assert sent <= 1
        assert self.eligible or not sent
        if sent:
            self.token = self.world.mailed_token()
            self.moved("deliver")

    @rule(after=st.sampled_from([0, 130, 250]))
    def resend(self, after: int) -> None:
        if after:
            self.wait(seconds=after)
        visit = self.world.contingency.visit(self.login.id, HERE)
        if visit.gate is not visit.gate.OPEN:
            assert self.up or self.state is FlowState.PROVED
            return
        asked: list[bool] = []
        if self.tried(
            lambda: asked.append(self.world.contingency.resend(visit, HERE, self.visitor))
        ):
            assert asked == [self.state is not FlowState.FORM]
            if asked[0]:
                self.moved("resend")
                self.wrong = dict.fromkeys((HERE, PHONE), 0)

    @precondition(lambda self: hasattr(self, "token"))
    @rule()
    def look_everywhere(self) -> None:
        for browser in (HERE, PHONE, None):
            self.world.entry.open(self.token, browser)
        self.world.elsewhere.report(self.token)

    @precondition(lambda self: hasattr(self, "token"))
    @rule()
    def press(self) -> None:
        self.use(BUTTON, lambda: self.world.entry.enter(self.token, HERE, None))

    @precondition(lambda self: hasattr(self, "token"))
    @rule(right=st.sampled_from([True, True, False]))
    def type_on_the_phone(self, right: bool) -> None:
        code = self.code(Way.HERE, right)
        done = self.use(
            CODE_HERE, lambda: self.world.elsewhere.enter(self.token, PHONE, None, code)
        )
        self.count(PHONE, done=done, right=right, live=self.state is FlowState.SENT and not self.up)

    @precondition(lambda self: hasattr(self, "token"))
    @rule(right=st.sampled_from([True, True, False]))
    def type_where_it_was_asked(self, right: bool) -> None:
        cookie = self.known_cookie if self.known else None
        code = self.code(Way.THERE, right)
        done = self.use(
            CODE_THERE, lambda: self.world.entry.go_on(self.login.id, HERE, code, cookie)
        )
        assert self.known or not done
        self.count(HERE, done=done, right=right, live=True)

    @precondition(lambda self: self.state is FlowState.PROVED)
    @rule()
    def finish(self) -> None:
        current = self.world.transactions.load(self.login.id, HERE)
        session = self.world.logins.establish(current, None).session
        person = self.world.people.find(Identifier("sol", "20504774288:IMPORTA1"))
        assert person is not None
        assert session.person_id == person.id
        self.moved("finish")

    @rule(seconds=st.sampled_from([61, 130, 601, 1_801]))
    def wait(self, seconds: int) -> None:
        login = self.world.transactions.load(self.login.id, HERE)
        if self.world.clock.now() + timedelta(seconds=seconds) >= login.expires_at:
            return
        self.world.clock.advance(seconds)
        self.reached.append(self.world.clock.now() - login.created_at)
        if self.observed() is FlowState.EXPIRED and self.state is not FlowState.EXPIRED:
            self.moved("expire")

    @rule(up=st.sampled_from([False, False, False, True]))
    def flip(self, up: bool) -> None:
        self.up = up
        self.world.flag(up=self.up)

    # What must hold.

    @invariant()
    def state_is_what_the_table_says(self) -> None:
        assert self.observed() is self.state

    @invariant()
    def link_keeps_its_hour_and_its_login_outlives_it(self) -> None:
        login = self.world.transactions.load(self.login.id, HERE)
        link = self.world.links.get(login.link_id) if login.link_id else None
        if link is None:
            return
        assert link.expires_at < login.expires_at
        if self.state is FlowState.SENT:
            assert f"{link.expires_at.astimezone(LIMA):%H:%M} h" in self.printed()
            assert self.world.entry.open(self.token, HERE).problem is None

    def printed(self) -> str:
        return self.world.outbox.sent[-1].content.text

    def observed(self) -> FlowState:
        login = self.world.transactions.load(self.login.id, HERE)
        link = self.world.links.get(login.link_id) if login.link_id else None
        return state_of(login, link, self.world.clock.now())

    def moved(self, event: str) -> None:
        self.taken.add((self.state, event))
        self.state = TRANSITIONS[self.state, event]

    def code(self, way: Way, right: bool) -> str:
        code = self.world.links.code(self.token, way)
        return code if right else str((int(code) + 1) % 10 ** len(code)).zfill(len(code))

    def use(self, event: str, call: object) -> bool:
        """Try to use the last link that was mailed; whether it was used."""
        if not self.tried(call):
            return False
        self.moved(event)
        return True

    def count(self, browser: str, *, done: bool, right: bool, live: bool) -> None:
        """Five wrong codes of a browser are the last: not even the right one works then."""
        if done:
            assert right
            assert self.wrong[browser] < 5
        elif live and not right:
            self.wrong[browser] += 1

    def tried(self, call: object) -> bool:
        try:
            call()  # type: ignore[operator]
        except IdpError as error:
            assert error.status in (403, 404, 410, 422, 429), error.code
            return False
        return True


def test_logins_move_as_the_table_says_whatever_is_done(world: World) -> None:
    person = world.people.find(Identifier("sol", "20504774288:IMPORTA1"))
    assert person is not None
    cookie = world.people.remember_browser(person.id)
    world.clock.advance(25 * 3_600)
    world.components.clients["origen"] = component()

    class Here(Login):
        pass

    Here.world, Here.known_cookie, Here.taken, Here.reached = world, cookie, set(), []
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=150,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Here.taken == set(TRANSITIONS)
    # Links that were asked for late in a login live beyond its usual end.
    assert max(Here.reached) > timedelta(minutes=70)
