"""What somebody who asks for a link can do at the server, each step timed and kept."""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bench.alike.answers import general
from bench.alike.kinds import CONTROL
from bench.surge.asking import Answer, Visitor, form_of
from bench.surge.crowd import Asker

# Each step with the status that it must have: bytes and times of refusals would prove nothing.
STEPS = {
    "ask": 303,
    "waiting page": 200,
    "poll": 200,
    "waiting page, decided": 200,
    "poll, decided": 200,
    "code entry": 422,
    "same form again": 303,
    "early resend": 429,
    "resend": 303,
}
# Seconds after which the worker has decided, and after which another link may be asked for.
_DECIDED, _RESEND = 4.0, 61.0
# Seconds for the worker's work of the one before to end: it takes the same cores.
_REST = 0.015
# The first ones warm the server up.
_WARM = 45
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Seen:
    """times: ms by step and kind; answers: the different ones by step, general, with the kinds
    that got them.
    """

    times: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    answers: dict[str, dict[str, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )


@dataclass
class Walk:
    """One asker at a browser. delay: seconds by which each of their answers is held back."""

    visitor: Visitor
    kind: str
    seen: Seen
    delay: float
    timed: bool
    asked_at: float = 0.0
    _path: str = ""
    _form: dict[str, str] = field(default_factory=dict)

    def ask(self) -> None:
        """Ask for a link, and look at the page that says so, at once."""
        self._path, token = form_of(self.visitor)[:2]
        who = self.visitor.who
        self._form = {"csrf_token": token, "ruc": who.ruc, "usuario": who.usuario}
        self._step("ask", lambda: self.visitor.post(self._path, self._form))
        self.asked_at = time.monotonic()
        self._look("")

    def look(self) -> None:
        """All that a page offers once the worker has decided."""
        token = self._look(", decided")
        own = {"csrf_token": token}
        self._step("code entry", lambda: self._post("codigo", {**own, "codigo": "12345678"}))
        self._step("same form again", lambda: self.visitor.post(self._path, self._form))
        self._step("early resend", lambda: self._post("reenviar", own))
        self._form = own
        self.visitor.close()

    def resend(self) -> None:
        """Ask again, as late as it must be."""
        # A new connection, since a browser's would be closed by now: opening it is not timed.
        self._get("estado")
        time.sleep(_REST)
        self._step("resend", lambda: self._post("reenviar", self._form))
        self.visitor.close()

    def _look(self, when: str) -> str:
        page = self._step(f"waiting page{when}", lambda: self._get("revise-su-correo"))
        self._step(f"poll{when}", lambda: self._get("estado"))
        token = _TOKEN.search(page.text)
        if token is None:
            raise RuntimeError("a waiting page without a form")
        return token[1]

    def _get(self, name: str) -> Answer:
        return self.visitor.get(f"{self._path}/{name}")

    def _post(self, name: str, form: dict[str, str]) -> Answer:
        return self.visitor.post(f"{self._path}/{name}", form)

    def _step(self, step: str, send: Callable[[], Answer]) -> Answer:
        start = time.perf_counter()
        while time.perf_counter() < start + self.delay:
            pass
        answer = send()
        took = time.perf_counter() - start
        if answer.status != STEPS[step]:
            raise RuntimeError(f"{step}: {answer.status} in place of {STEPS[step]}")
        if self.timed:
            self.seen.times[step][self.kind].append(took * 1_000)
        own = self._path.rpartition("/")[2]
        self.seen.answers[step][general(answer, own)].add(self.kind)
        return answer


def walk(port: int, people: Iterable[tuple[str, Asker]], delay: float) -> Seen:
    """Everybody's steps. Each asks in turn; between the asking of others they do what comes later.

    delay: seconds for which the control's answers are held back.
    """
    seen = Seen()
    asked: deque[Walk] = deque()
    looked: deque[Walk] = deque()
    for number, (kind, who) in enumerate(people):
        held = delay if kind == CONTROL else 0.0
        one = Walk(Visitor(port, who), kind, seen, held, timed=number >= _WARM)
        one.ask()
        asked.append(one)
        _go_on(asked, looked)
    while asked or looked:
        time.sleep(0.02)
        _go_on(asked, looked)
    return seen


def _go_on(asked: deque[Walk], looked: deque[Walk]) -> None:
    now = time.monotonic()
    while asked and now >= asked[0].asked_at + _DECIDED:
        one = asked.popleft()
        one.look()
        looked.append(one)
    while looked and now >= looked[0].asked_at + _RESEND:
        looked.popleft().resend()
