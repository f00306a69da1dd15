"""The mails of campaigns in SQL: a row for each person says what became of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import CampaignMailRow
from idp.adapters.sql.tables import insert_new, table_of
from idp.people.campaign_ports import MailState

_MAILS = table_of(CampaignMailRow)
_WAITING, _IN_HAND = MailState.WAITING.value, MailState.IN_HAND.value


class SqlCampaignMails:
    """`people.campaign_ports.CampaignMailStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, campaign_id: str, people: Sequence[str], now: datetime, due_at: datetime) -> None:
        """New ones, waiting."""
        with self._database.transaction(), self._database.connection() as connection:
            for person_id in people:
                row = {
                    "campaign_id": campaign_id, "person_id": person_id, "state": _WAITING,
                    "at": now, "due_at": due_at, "put_off": 0,
                }  # fmt: skip
                insert_new(connection, _MAILS, row)

    def due(self, campaign_id: str, count: int, now: datetime, again_at: datetime) -> list[str]:
        """At most so many that wait and are due, the longest due first; due at `again_at` next."""
        waiting = (
            _MAILS.c.campaign_id == campaign_id,
            _MAILS.c.state == _WAITING,
            _MAILS.c.due_at <= now,
        )
        query = select(_MAILS.c.person_id).where(*waiting).order_by(_MAILS.c.due_at).limit(count)
        with self._database.transaction(), self._database.connection() as connection:
            people = list(connection.execute(query).scalars())
            if people:
                these = update(_MAILS).where(*waiting, _MAILS.c.person_id.in_(people))
                connection.execute(these.values(due_at=again_at))
        return people

    def move(
        self,
        campaign_id: str,
        person_id: str,
        *,
        old: MailState,
        new: MailState,
        now: datetime,
        due_at: datetime | None = None,
        put_off: bool = False,
    ) -> bool:
        """From one state to another; False when it is not in the old one."""
        values: dict[str, Any] = {"state": new.value, "at": now}
        if due_at is not None:
            values["due_at"] = due_at
        if put_off:
            values["put_off"] = _MAILS.c.put_off + 1
        one = update(_MAILS).where(*_this(campaign_id, person_id), _MAILS.c.state == old.value)
        with self._database.transaction(), self._database.connection() as connection:
            return connection.execute(one.values(values)).rowcount == 1

    def put_off(self, campaign_id: str, person_id: str) -> int:
        """How often this one's mailbox put it off."""
        query = select(_MAILS.c.put_off).where(*_this(campaign_id, person_id))
        with self._database.connection() as connection:
            return connection.execute(query).scalar_one_or_none() or 0

    def lose(self, campaign_id: str, taken_before: datetime, now: datetime) -> int:
        """Those in hand since before that moment become unknown; how many."""
        these = update(_MAILS).where(
            _MAILS.c.campaign_id == campaign_id,
            _MAILS.c.state == _IN_HAND,
            _MAILS.c.at < taken_before,
        )
        with self._database.transaction(), self._database.connection() as connection:
            values = {"state": MailState.UNKNOWN.value, "at": now}
            return connection.execute(these.values(values)).rowcount

    def release(self, campaign_id: str, now: datetime) -> None:
        """Whatever waits is due now."""
        these = update(_MAILS).where(
            _MAILS.c.campaign_id == campaign_id, _MAILS.c.state == _WAITING
        )
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(these.values(due_at=now))

    def counts(self, campaign_id: str) -> Mapping[MailState, int]:
        """How many are in each state."""
        query = (
            select(_MAILS.c.state, func.count())
            .where(_MAILS.c.campaign_id == campaign_id)
            .group_by(_MAILS.c.state)
        )
        with self._database.connection() as connection:
            return {MailState(state): count for state, count in connection.execute(query)}

    def under_way(self, campaign_id: str) -> int:
        """How many are with the queue or in hand, those left out that their mailbox put off."""
        query = (
            select(func.count())
            .select_from(_MAILS)
            .where(
                _MAILS.c.campaign_id == campaign_id,
                or_(
                    _MAILS.c.state == _IN_HAND,
                    (_MAILS.c.state == _WAITING) & (_MAILS.c.put_off == 0),
                ),
            )
        )
        with self._database.connection() as connection:
            return connection.execute(query).scalar_one()


def _this(campaign_id: str, person_id: str) -> tuple[ColumnElement[bool], ...]:
    return (_MAILS.c.campaign_id == campaign_id, _MAILS.c.person_id == person_id)
