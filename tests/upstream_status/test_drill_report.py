"""The report, from records of logins that went every way."""

from __future__ import annotations

from datetime import timedelta
from itertools import count, permutations
from typing import Any

import pytest
from drill_room import NOW, drill

from idp.audit.events import AuditEvent as E
from idp.audit.records import AuditRecord
from idp.upstream_status.drill_report import STILL_OPEN, Times, report

_IDS = count()
DONE = NOW + timedelta(hours=1) + STILL_OPEN
IN_DRILL = {
    E.DRILL_CHOSEN,
    E.DRILL_SHOWN,
    E.DRILL_LEFT,
    E.LINK_REQUESTED,
    E.LIMIT_HIT,
    E.CAPTCHA_FAILED,
}


def told(event: E, seconds: float, login: str, **details: str) -> AuditRecord:
    """A record of a login; what names it itself carries the drill too."""
    person = f"per_{login}" if event in (E.DRILL_CHOSEN, E.LOGIN_COMPLETED) else None
    if event in IN_DRILL or event is E.LOGIN_COMPLETED:
        details |= {"drill": "drl_a", "transaction": login}
    return AuditRecord(
        id=f"aud_{next(_IDS)}", at=NOW + timedelta(seconds=seconds), event=event,
        person_id=person, mode="contingencia", details=details,
    )  # fmt: skip


def whole(login: str, mail: float, token: float) -> list[AuditRecord]:
    """A login that got through, so many seconds after it was chosen."""
    link, sid, grant = f"lnk_{login}", f"ses_{login}", f"gra_{login}"
    return [
        told(E.DRILL_CHOSEN, 0, login),
        told(E.DRILL_SHOWN, 1, login),
        told(E.LINK_REQUESTED, 10, login, link=link),
        told(E.MAIL_ACCEPTED, 10 + mail, login, link=link, kind="ingreso"),
        told(E.LINK_OPENED, token - 3, login, link=link),
        told(E.LINK_CONSUMED, token - 2, login, link=link),
        told(E.LOGIN_COMPLETED, token - 1, login, sid=sid),
        told(E.CODE_ISSUED, token - 1, login, sid=sid, grant=grant),
        told(E.TOKEN_ISSUED, token, login, grant=grant),
    ]


def test_login_that_got_through_is_counted_at_every_step_and_timed() -> None:
    found = report(drill(), [*whole("a", 2, 60), *whole("b", 4, 100)], DONE)
    steps = (found.chosen, found.shown, found.asked, found.accepted, found.opened, found.consumed)
    assert steps == (2, 2, 2, 2, 2, 2)
    assert (found.entered, found.token, found.people, found.gave_up, found.left) == (2, 2, 2, 0, 0)
    assert (found.mail, found.whole) == (Times(2, 2, 4), Times(2, 60, 100))


def test_order_of_the_records_does_not_matter() -> None:
    """They come by two ways, and each drains when it can."""
    expected = report(drill(), whole("a", 2, 60), DONE)
    records = whole("a", 2, 60)
    for some in permutations(range(9), 3):
        first = [records[number] for number in some]
        mixed = first + [one for one in reversed(records) if one not in first]
        assert report(drill(), mixed, DONE) == expected


@pytest.mark.parametrize(
    ("event", "details", "why"),
    [
        (E.LINK_NOT_ELIGIBLE, {"link": "l", "reason": "no_consent"}, "not_eligible:no_consent"),
        (E.MAIL_REFUSED, {"link": "l", "code": "too_late"}, "mail:too_late"),
        (E.LINK_REFUSED, {"link": "l", "reason": "expired"}, "link:expired"),
        (E.LIMIT_HIT, {"limit": "contingency.person"}, "limit:contingency.person"),
        (E.CAPTCHA_FAILED, {"reason": "captcha_expired"}, "captcha:captcha_expired"),
    ],
)
def test_reason_is_told_once_a_login_and_only_of_those_that_did_not_enter(
    event: E, details: dict[str, str], why: str
) -> None:
    stuck = [
        told(E.DRILL_CHOSEN, 0, "a"),
        told(E.LINK_REQUESTED, 5, "a", link="l"),
        told(event, 6, "a", **details),
        told(event, 7, "a", **details),
    ]
    found = report(drill(), [*stuck, *whole("b", 1, 9)], DONE)
    assert (found.why_not, found.gave_up) == ({why: 1}, 1)
    entered = [told(E.LOGIN_COMPLETED, 30, "a", sid="s")]
    assert report(drill(), [*stuck, *entered], DONE).why_not == {}


def test_who_preferred_sunat_did_not_give_up() -> None:
    left = [told(E.DRILL_CHOSEN, 0, "a"), told(E.DRILL_SHOWN, 1, "a"), told(E.DRILL_LEFT, 2, "a")]
    found = report(drill(), left, DONE)
    assert (found.chosen, found.left, found.gave_up, found.under_way) == (1, 1, 0, 0)


def test_login_is_under_way_until_it_is_too_old() -> None:
    begun = [told(E.DRILL_CHOSEN, 0, "a")]
    soon, late = NOW + STILL_OPEN - timedelta(seconds=1), NOW + STILL_OPEN
    assert [report(drill(), begun, at).under_way for at in (soon, late)] == [1, 0]
    assert [report(drill(), begun, at).gave_up for at in (soon, late)] == [0, 1]


def test_records_of_other_logins_count_for_nothing() -> None:
    strangers: list[Any] = [
        told(E.LINK_OPENED, 5, "x", link="lnk_x"),
        told(E.TOKEN_ISSUED, 5, "x", grant="gra_x"),
        told(E.CODE_ISSUED, 5, "x", sid="ses_x", grant="gra_x"),
        told(E.DRILL_SHOWN, 5, "not chosen"),
    ]
    assert report(drill(), strangers, DONE).chosen == 0
    # A notice of the login is no mail with a link.
    notice = told(E.MAIL_ACCEPTED, 5, "a", link="lnk_a", kind="ingreso-realizado")
    asked = [told(E.DRILL_CHOSEN, 0, "a"), told(E.LINK_REQUESTED, 1, "a", link="lnk_a")]
    assert report(drill(), [*asked, notice], DONE).accepted == 0


@pytest.mark.parametrize(
    ("seconds", "p50", "p95"),
    [
        ([], None, None),
        ([3], 3, 3),
        ([1, 2], 1, 2),
        (range(1, 101), 50, 95),
        (range(1, 21), 10, 19),
    ],
)
def test_times_are_by_nearest_rank(seconds: Any, p50: float | None, p95: float | None) -> None:
    assert Times.of(seconds) == Times(len(seconds), p50, p95)
