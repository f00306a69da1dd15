"""`/admin/historia`: what was in force, what operators said, and how long contingencies lasted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from markupsafe import Markup

from idp.admin.now import Now
from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.admin.switch_evidence import shown
from idp.admin.switch_history import Stretch, contingencies, page_of
from idp.admin.switch_plots import strip
from idp.admin.switch_ports import SaidStore
from idp.admin.switch_words import DOWN, STATES, UP, VIA, WHY
from idp.admin.views.gate import Gate
from idp.admin.views.menu import HISTORY
from idp.admin.views.switch_drawing import Say, drawn
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.texts import Text
from idp.kernel.times import LIMA, duration, read_moment
from idp.upstream_status.ports import TransitionStore

IN_FORCE, SAID = "vigente", "dicho"
PAGE = 25
_DAYS = (30, 90)
# Transitions of a plot: flapping that would exceed it is shown from its last days.
_MOST = 2_000
_TITLE = Text("Contingencias de los últimos {days} días")
_TOLD = Text("Contingencias: {count}. Duraron en total {lasted}.")


@dataclass(frozen=True)
class Wanted:
    """What the query asks for. until: the day after the last one. cursor: where the page begins."""

    view: str
    realm: str
    since: date | None
    last: date | None
    days: int
    cursor: str

    def query(self, **changes: str) -> dict[str, str]:
        """As the query of a link; what is empty is left out."""
        found = {
            "vista": self.view,
            "ingreso": self.realm,
            "desde": self.since.isoformat() if self.since else "",
            "hasta": self.last.isoformat() if self.last else "",
            "dias": str(self.days),
            **changes,
        }
        return {name: value for name, value in found.items() if value}

    def link(self, **changes: str) -> str:
        """The page with these changes, from its first row on."""
        return f"{HISTORY}?{urlencode(self.query(**changes))}"


def blueprint(
    *, transitions: TransitionStore, said: SaidStore, now: Now, clock: Clock, gate: Gate
) -> Blueprint:
    """One page; its filters are its query."""
    routes = Blueprint("console_history", __name__)

    @routes.get(HISTORY)
    @gate.needs(Permission.SEE_STATE)
    def show(visit: Visit) -> Response:
        wanted = _wanted([realm for realm, _ in now.realms])
        rows, more = _in_force(wanted) if wanted.view == IN_FORCE else _said(wanted)
        at = clock.now()
        stretches = _stretches(wanted, at)
        return gate.page(
            "consola/historia.html",
            visit,
            query=wanted.query(),
            wanted=wanted,
            realms=now.realms,
            label=now.label,
            rows=rows,
            next_page=wanted.link(antes=more) if more else "",
            stretches=stretches,
            spans=[(days, duration(days * 86_400)) for days in _DAYS],
            lasted=lasted,
            at=at,
            evidence=shown,
            up=UP,
            down=DOWN,
            whys=WHY,
            states=STATES,
            vias=VIA,
            plot=lambda say, lang_of: drawn(
                lambda say: _strip(wanted, stretches, at, say), say, lang_of
            ),
        )

    def _in_force(wanted: Wanted) -> tuple[list[Any], str]:
        since, until = _range(wanted)
        before = read_moment(wanted.cursor) if wanted.cursor else None
        if wanted.cursor and before is None:
            raise IdpError("not_found", 404)
        if before is not None:
            until = before if until is None else min(before, until)
        found = transitions.find(wanted.realm or None, since, until, PAGE + 10)
        rows, more = page_of(found, PAGE)
        return rows, more.isoformat() if more else ""

    def _said(wanted: Wanted) -> tuple[list[Any], str]:
        since, until = _range(wanted)
        if wanted.cursor and not re.fullmatch(r"[0-9]{1,15}", wanted.cursor):
            raise IdpError("not_found", 404)
        before = int(wanted.cursor) if wanted.cursor else None
        found = said.said(wanted.realm or None, since, until, before, PAGE + 1)
        rows = list(found[:PAGE])
        return rows, str(rows[-1].seq) if len(found) > PAGE else ""

    def _stretches(wanted: Wanted, at: datetime) -> list[Stretch]:
        begin = at - timedelta(days=wanted.days)
        found = []
        for realm, _ in now.realms:
            if wanted.realm in ("", realm):
                earlier = transitions.find(realm, None, begin, 1)
                found += contingencies([*transitions.find(realm, begin, None, _MOST), *earlier])
        return sorted(
            (one for one in found if one.end is None or one.end > begin),
            key=lambda one: one.begin,
            reverse=True,
        )

    def _strip(wanted: Wanted, stretches: list[Stretch], at: datetime, say: Say) -> Markup:
        begin = at - timedelta(days=wanted.days)
        rows = [
            (label, [one for one in stretches if one.realm == realm])
            for realm, label in now.realms
            if wanted.realm in ("", realm)
        ]
        # What began before the plot counts from where it begins.
        whole = sum(
            ((one.end or at) - max(one.begin, begin) for one in stretches), start=timedelta()
        )
        return strip(
            rows,
            begin,
            at,
            say(Text(_TITLE.msgid, days=wanted.days)),
            say(Text(_TOLD.msgid, count=len(stretches), lasted=lasted(whole))),
            "historia-grafico",
        )

    return routes


def lasted(span: timedelta) -> str:
    """`3 d 04:05 h`, or without days."""
    minutes = int(span.total_seconds()) // 60
    days, hours = minutes // 1_440, minutes % 1_440
    clocked = f"{hours // 60:02}:{hours % 60:02} h"
    return f"{days} d {clocked}" if days else clocked


def _range(wanted: Wanted) -> tuple[datetime | None, datetime | None]:
    """Its days in Lima: the first included, up to the end of the last."""
    until = _midnight(wanted.last + timedelta(days=1)) if wanted.last else None
    return (_midnight(wanted.since) if wanted.since else None), until


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LIMA).astimezone(UTC)


def _wanted(realms: list[str]) -> Wanted:
    asked = request.args
    view, realm = asked.get("vista", IN_FORCE), asked.get("ingreso", "")
    days = asked.get("dias", str(_DAYS[0]))
    if view not in (IN_FORCE, SAID) or realm not in ("", *realms):
        raise IdpError("not_found", 404)
    if days not in map(str, _DAYS):
        raise IdpError("not_found", 404)
    return Wanted(
        view=view,
        realm=realm,
        since=_day(asked.get("desde", "")),
        last=_day(asked.get("hasta", "")),
        days=int(days),
        cursor=asked.get("antes", ""),
    )


def _day(text: str) -> date | None:
    """A day of this era; an empty field is none. Raises IdpError("not_found", 404)."""
    if not text:
        return None
    if not re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
        raise IdpError("not_found", 404)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise IdpError("not_found", 404) from None
