"""What anybody may know of the upstreams: incidents, since when, in plain words; and the board."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from idp.kernel.clock import FixedClock
from idp.kernel.errors import Unavailable
from idp.upstream_status.board import StatusBoard
from idp.upstream_status.feed import atom
from idp.upstream_status.public import (
    Change,
    Incident,
    Known,
    Maintenance,
    PublicStatus,
    hours_by_day,
    incidents,
    last_days,
    since_when,
)
from idp.upstream_status.public_words import Words, document, lasted, plot

NOW = datetime(2026, 11, 23, 15, 42, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORDS = Words({"sol": "Clave SOL", "otro": "Otra Clave"})
UP, DOWN = Known("sol", True), Known("sol", False, NOW - HOUR)


def ago(hours: float) -> datetime:
    return NOW - hours * HOUR


def change(seq: int, hours: float, up: bool, announced: bool = False, realm: str = "sol") -> Change:
    return Change(realm, seq, ago(hours), up, announced)


CASES: dict[str, tuple[list[Change], Known, list[tuple[float, float | None, bool]]]] = {
    "nothing happened": ([], UP, []),
    "one that is over": ([change(1, 5, False), change(2, 3, True)], UP, [(5, 3, False)]),
    "rows in any order": ([change(2, 3, True), change(1, 5, False)], UP, [(5, 3, False)]),
    "one that lasts": ([change(1, 5, False)], DOWN, [(5, None, False)]),
    "forced, then held: one": (
        [change(1, 5, False), change(2, 4, False), change(3, 2, True)], UP, [(5, 2, False)],
    ),
    "up for another reason": ([change(1, 5, True), change(2, 4, True)], UP, []),
    "announced": ([change(1, 5, False, True), change(2, 4, True)], UP, [(5, 4, True)]),
    "announced, then held": (
        [change(1, 5, False, True), change(2, 4, False), change(3, 2, True)], UP, [(5, 2, True)],
    ),
    "known before it is written": ([], DOWN, [(1, None, False)]),
    "over before it is written": (
        [change(1, 5, False)], Known("sol", True, ago(2)), [(5, 2, False)],
    ),
    "nobody knows whether it is over": ([change(1, 5, False)], Known("sol", None), [(5, None, False)]),
    "over for longer than is shown": ([change(1, 90, False), change(2, 49, True)], UP, []),
    "began before what is shown": ([change(1, 90, False), change(2, 47, True)], UP, [(90, 47, False)]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_incidents_are_the_times_in_which_people_came_in_by_mail(
    case: tuple[list[Change], Known, list[tuple[float, float | None, bool]]],
) -> None:
    changes, known, expected = case
    found = incidents(changes, [known], ago(48), NOW)
    assert [(one.started_at, one.ended_at, one.announced) for one in found] == [
        (ago(start), None if end is None else ago(end), announced)
        for start, end, announced in expected
    ]


def test_incidents_of_two_realms_are_apart_and_the_newest_is_first() -> None:
    changes = [
        change(1, 5, False), change(2, 1, True),
        change(1, 4, False, realm="extranet"), change(2, 3, True, realm="extranet"),
    ]  # fmt: skip
    found = incidents(changes, [UP, Known("extranet", True)], ago(48), NOW)
    assert [(one.realm, one.began, one.ended) for one in found] == [
        ("extranet", 1, 2), ("sol", 1, 2),
    ]  # fmt: skip


def test_since_when_is_what_people_noticed_and_not_who_decided() -> None:
    """A forced state that became a held one: for people it is one contingency."""
    lasting = (Incident("sol", ago(5), None, False),)
    assert since_when(DOWN, lasting).since == ago(5)
    over = (Incident("sol", ago(5), ago(3), False), Incident("sol", ago(9), ago(8), False))
    assert since_when(Known("sol", True, ago(1)), over).since == ago(3)
    assert since_when(Known("sol", True, ago(1)), ()).since is None
    assert since_when(Known("sol", None), over) == Known("sol", None)


def test_hours_of_a_day_are_those_of_lima_and_end_at_midnight() -> None:
    midnight = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    found = [
        Incident("sol", midnight - 2 * HOUR, midnight + HOUR, False),
        Incident("extranet", midnight, midnight + HOUR, False),
        Incident("sol", NOW - HOUR / 2, None, False),
    ]
    days = last_days(3, NOW)
    assert days == (date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23))
    assert hours_by_day(found, "sol", days, NOW) == (0.0, 2.0, 1.5)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Known("sol", True), "El ingreso con Clave SOL funciona."),
        (Known("sol", True, ago(1)), "El ingreso con Clave SOL funciona, desde las 09:42 h."),
        (Known("sol", False, ago(1)), "Contingencia: se ingresa por correo electrónico desde las 09:42 h."),
        (Known("extranet", False, ago(24)), "Contingencia: se ingresa por correo electrónico desde las 10:42 h del 22/11/2026."),
        (Known("sol", False, ago(9.7), True), "SUNAT está en mantenimiento anunciado: se ingresa por correo electrónico desde la 01:00 h."),
        (Known("extranet", None), "No podemos confirmar si el ingreso con la Extranet de SUNAT funciona."),
        (Known("otro", True), "El ingreso con Otra Clave funciona."),
    ],
)  # fmt: skip
def test_what_works_is_said_in_plain_words(known: Known, said: str) -> None:
    assert WORDS.works(known, NOW) == said


def test_everybody_is_told_what_to_do_by_their_own_user() -> None:
    assert "su RUC y su usuario SOL" in WORDS.advice(Known("sol", False))
    assert "su usuario de Extranet" in WORDS.advice(Known("extranet", False))
    assert "se le pedirá su usuario," in WORDS.advice(Known("otro", False))
    assert (WORDS.users("sol"), WORDS.users("otro")) == ("Importador / Exportador", "Otra Clave")


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "1 min"), (59, "59 min"), (60, "1 h 00 min"), (1_445, "24 h 05 min")]
)
def test_length_of_an_incident_is_said_in_hours_and_minutes(minutes: int, said: str) -> None:
    one = Incident("sol", NOW - timedelta(minutes=minutes), NOW, False)
    assert lasted(one, NOW) == said


def whole(*, known: tuple[Known, ...] = (DOWN,), current: bool = True) -> PublicStatus:
    return PublicStatus(
        at=NOW.replace(second=0),
        known=known,
        maintenance=(Maintenance("sol", NOW + HOUR, NOW + 5 * HOUR),),
        incidents=(
            Incident("sol", ago(1), None, False, 3),
            Incident("sol", ago(30), ago(25.5), True, 1, 2),
        ),
        current=current,
        read_at=NOW,
    )


def test_document_for_programs_is_the_documented_one() -> None:
    assert document(whole(), WORDS) == {
        "at": "2026-11-23T15:42:00Z",
        "current": True,
        "read_at": "2026-11-23T15:42:30Z",
        "realms": [
            {
                "realm": "sol",
                "users": "Importador / Exportador",
                "mode": "contingencia",
                "since": "2026-11-23T14:42:30Z",
                "announced": False,
                "message": "Contingencia: se ingresa por correo electrónico desde las 09:42 h.",
                "advice": str(WORDS.advice(DOWN)),
            }
        ],
        "maintenance": [
            {
                "realm": "sol",
                "starts_at": "2026-11-23T16:42:30Z",
                "ends_at": "2026-11-23T20:42:30Z",
                "announced_by": "SUNAT",
            }
        ],
        "incidents": [
            {
                "realm": "sol",
                "started_at": "2026-11-23T14:42:30Z",
                "ended_at": None,
                "seconds": 3570,
                "announced": False,
            },
            {
                "realm": "sol",
                "started_at": "2026-11-22T09:42:30Z",
                "ended_at": "2026-11-22T14:12:30Z",
                "seconds": 16_200,
                "announced": True,
            },
        ],
        "incident_days": 90,
    }
    assert document(whole(known=(Known("sol", None),)), WORDS)["realms"][0]["mode"] == "unknown"


def test_plot_has_a_line_for_each_realm_and_a_scale_that_can_be_read() -> None:
    found = plot(whole(known=(DOWN, Known("extranet", True))), 30, WORDS)
    assert [(one.name, len(one.values)) for one in found.lines] == [
        ("Importador / Exportador", 30), ("Funcionario", 30),
    ]  # fmt: skip
    assert (found.top, found.unit, found.labels[-1]) == (8.0, "h", "23/11/2026")
    assert "Importador / Exportador: 5.5 h." in found.description


def test_feed_is_atom_with_an_entry_for_each_change_that_is_written() -> None:
    names = {"a": "http://www.w3.org/2005/Atom"}
    root = ElementTree.fromstring(atom(whole(), WORDS, "https://idp.vuce.gob.pe"))
    ids = [one.text for one in root.findall("a:entry/a:id", names)]
    assert ids == [f"tag:idp.vuce.gob.pe,2026:status/sol-{seq}" for seq in (3, 2, 1)]
    assert root.findtext("a:updated", "", names) == "2026-11-23T14:42:30Z"
    assert root.find("a:link[@rel='self']", names).attrib["href"].endswith("/status.atom")  # type: ignore[union-attr]
    empty = PublicStatus(NOW, (UP,), (), (), True, NOW)
    assert "<entry>" not in atom(empty, WORDS, "https://a.pe")
    unwritten = PublicStatus(NOW, (DOWN,), (), (Incident("sol", ago(1), None, False),), True, NOW)
    assert "<entry>" not in atom(unwritten, WORDS, "https://a.pe")


class Sees:
    def __init__(self) -> None:
        self.is_known: tuple[Known, ...] = (UP,)

    def known(self) -> tuple[Known, ...]:
        return self.is_known

    def maintenance(self) -> tuple[Maintenance, ...]:
        return ()


class Reads:
    """A history that can be away, or hang: what is started then is kept in `waiting`."""

    def __init__(self) -> None:
        self.rows: list[Change] = []
        self.error: Exception | None = None
        self.hangs = False
        self.asked = 0
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, since: datetime, most: int) -> list[Change]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.rows

    def start(self, work: Callable[[], None]) -> None:
        if self.hangs:
            self.waiting.append(work)
        else:
            work()


@pytest.fixture
def sees() -> Sees:
    return Sees()


@pytest.fixture
def reads() -> Reads:
    return Reads()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def board(
    sees: Sees, reads: Reads, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> StatusBoard:
    monkeypatch.setattr("idp.upstream_status.board._PATIENCE", 0.01)
    return StatusBoard(sees=sees, reads=reads, clock=clock, start=reads.start)


def test_board_gives_the_same_object_until_something_changes(
    board: StatusBoard, sees: Sees, reads: Reads, clock: FixedClock
) -> None:
    first = board.now()
    clock.advance(6)
    assert board.now() is first
    assert reads.asked == 2  # read again after five seconds, and nothing was new
    sees.is_known = (DOWN,)
    second = board.now()
    assert second.known == (DOWN,)
    clock.advance(60)
    assert board.now().at == second.at + timedelta(minutes=1)


def test_board_reads_once_for_all_who_come_within_five_seconds(
    board: StatusBoard, reads: Reads, clock: FixedClock
) -> None:
    for _ in range(50):
        board.now()
        clock.advance(0.05)
    assert reads.asked == 1


@pytest.mark.parametrize("error", [Unavailable("sql"), KeyError("a bad row")])
def test_board_keeps_what_it_knew_while_the_database_is_away_and_says_so(
    board: StatusBoard, reads: Reads, clock: FixedClock, error: Exception
) -> None:
    reads.rows = [change(1, 5, False), change(2, 3, True)]
    before = board.now()
    assert before.current
    reads.error = error
    clock.advance(6)
    away = board.now()
    assert (away.current, away.read_at) == (False, NOW)
    assert away.incidents == before.incidents
    reads.error = None
    clock.advance(6)
    assert board.now().current


def test_board_goes_on_while_the_database_hangs(
    board: StatusBoard, sees: Sees, reads: Reads, clock: FixedClock
) -> None:
    board.now()
    reads.hangs = True
    clock.advance(31)
    assert not board.now().current
    clock.advance(60)
    sees.is_known = (DOWN,)
    assert board.now().known == (DOWN,)
    assert len(reads.waiting) == 1  # nobody asks a second time meanwhile
    reads.waiting.pop()()
    assert board.now().current


def test_board_that_knows_nothing_yet_says_so(board: StatusBoard, sees: Sees, reads: Reads) -> None:
    sees.is_known, reads.error = (Known("sol", None),), Unavailable("sql")
    found = board.now()
    assert (found.current, found.read_at) == (False, None)
    assert json.loads(json.dumps(document(found, WORDS)))["read_at"] is None
