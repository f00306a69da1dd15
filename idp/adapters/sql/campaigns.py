"""Campaigns in SQL, and whom each is for: `people.asking` said for many people at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, and_, case, delete, exists, func, select, update

from idp.adapters.sql.database import Database
from idp.adapters.sql.models import CampaignMailRow, CampaignRow, ComponentUseRow
from idp.adapters.sql.standings import PEOPLE, seen_since, standings
from idp.adapters.sql.tables import counted, insert_new, table_of
from idp.kernel.times import LIMA
from idp.people.asking import Ask, Spared
from idp.people.campaign_ports import (
    ASKED,
    Campaign,
    CampaignState,
    Chosen,
    Group,
    Lock,
)
from idp.people.standing import Standing

_CAMPAIGNS = table_of(CampaignRow)
_MAILS = table_of(CampaignMailRow)
_USES = table_of(ComponentUseRow)

# People looked at in one query, and queries at one time: a tick of the worker stays short, however
# few of a million are to be asked.
_LOOKED_AT = 2_500
_LOOKS = 4
_PURGED = 1_000
_PURGES = 100


class SqlCampaignStore:
    """`people.campaign_ports.CampaignStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, campaign: Campaign) -> bool:
        """A new one; False while another is unfinished."""
        with self._database.transaction(), self._database.connection() as connection:
            return insert_new(connection, _CAMPAIGNS, _values(campaign))

    def get(self, campaign_id: str) -> Campaign | None:
        """A campaign by id."""
        return self._one(_CAMPAIGNS.c.id == campaign_id)

    def newest(self) -> Campaign | None:
        """The one that began last."""
        newest = select(_CAMPAIGNS.c.id).order_by(_CAMPAIGNS.c.began_at.desc(), _CAMPAIGNS.c.id)
        return self._one(_CAMPAIGNS.c.id == newest.limit(1).scalar_subquery())

    def unfinished(self, lock: Lock = Lock.NONE) -> Campaign | None:
        """The one under way; SQLite needs no lock: a unit of work that writes is alone there."""
        return self._one(_CAMPAIGNS.c.under_way == 1, lock)

    def update(self, campaign: Campaign) -> None:
        """Write state, how far it came, and its end."""
        values = _values(campaign)
        names = ("state", "under_way", "reached", "chosen", "complete", "finished_at")
        one = update(_CAMPAIGNS).where(_CAMPAIGNS.c.id == campaign.id)
        with self._database.transaction(), self._database.connection() as connection:
            connection.execute(one.values({name: values[name] for name in names}))

    def count(
        self, group: Group, now: datetime, asked_since: datetime
    ) -> Mapping[Ask | Spared, int]:
        """The people of a group, by what they would be asked or why not."""
        people = standings(_in(group, now), now)
        answer = answered(people, asked_since)
        query = select(answer, func.count()).select_from(people).group_by(answer)
        with self._database.report() as connection:
            found = {row[0]: row[1] for row in connection.execute(query)}
        every: tuple[Ask | Spared, ...] = (*Ask, *Spared)
        return {one: found.get(one.value, 0) for one in every}

    def next(self, campaign: Campaign, count: int, now: datetime, asked_since: datetime) -> Chosen:
        """At most so many people to write to, after those who were looked at."""
        found: list[str] = []
        reached = campaign.reached
        with self._database.connection() as connection:
            for _ in range(_LOOKS):
                after = PEOPLE.c.id > reached
                some = select(PEOPLE.c.id).where(after).order_by(PEOPLE.c.id).limit(_LOOKED_AT)
                last = connection.execute(select(func.max(some.subquery().c.id))).scalar_one()
                if last is None:
                    return Chosen(tuple(found), reached, complete=True)
                part = and_(after, PEOPLE.c.id <= last, _in(campaign.group, now))
                people = standings(part, now)
                wanted = (
                    select(people.c.person_id)
                    .where(answered(people, asked_since).in_([one.value for one in Ask]))
                    .order_by(people.c.person_id)
                    .limit(count - len(found))
                )
                found.extend(connection.execute(wanted).scalars())
                if len(found) == count:
                    return Chosen(tuple(found), found[-1], complete=False)
                reached = last
        return Chosen(tuple(found), reached, complete=False)

    def due(self, began_before: datetime) -> int:
        """How many `purge` would remove; see `tables.counted`."""
        finished = _CAMPAIGNS.c.under_way.is_(None)
        old = and_(_CAMPAIGNS.c.began_at < began_before, finished)
        return counted(self._database, _CAMPAIGNS.c.id, old)

    def purge(self, began_before: datetime) -> int:
        """Remove the finished ones that began before that moment, with their mails; how many."""
        old = select(_CAMPAIGNS.c.id).where(
            _CAMPAIGNS.c.began_at < began_before, _CAMPAIGNS.c.under_way.is_(None)
        )
        with self._database.connection() as connection:
            ids = list(connection.execute(old).scalars())
        removed = 0
        for one in ids:
            if self._purge_mails(one):
                with self._database.transaction(), self._database.connection() as connection:
                    connection.execute(delete(_CAMPAIGNS).where(_CAMPAIGNS.c.id == one))
                removed += 1
        return removed

    def _purge_mails(self, campaign_id: str) -> bool:
        """In batches, each a transaction of its own; whether that was all of them."""
        own = _MAILS.c.campaign_id == campaign_id
        some = select(_MAILS.c.person_id).where(own).limit(_PURGED).scalar_subquery()
        for _ in range(_PURGES):
            with self._database.transaction(), self._database.connection() as connection:
                these = delete(_MAILS).where(own, _MAILS.c.person_id.in_(some))
                if connection.execute(these).rowcount < _PURGED:
                    return True
        return False

    def _one(self, condition: ColumnElement[bool], lock: Lock = Lock.NONE) -> Campaign | None:
        query = select(_CAMPAIGNS).where(condition)
        if lock is not Lock.NONE:
            query = query.with_for_update(skip_locked=lock is Lock.SKIP)
        with self._database.connection() as connection:
            row = connection.execute(query).one_or_none()
        return _campaign(row) if row is not None else None


def _in(group: Group, now: datetime) -> ColumnElement[bool]:
    """Of the people: who is in this group."""
    since = now - timedelta(days=group.days)
    conditions = [seen_since(since)]
    if group.realm is not None:
        conditions.append(PEOPLE.c.realm == group.realm)
    if group.client_id is not None:
        conditions.append(
            exists().where(
                _USES.c.person_id == PEOPLE.c.id,
                _USES.c.client_id == group.client_id,
                _USES.c.last_on >= since.astimezone(LIMA).date(),
            )
        )
    return and_(*conditions)


def answered(people: CTE, asked_since: datetime) -> ColumnElement[str]:
    """As `asking.asks` says, and who was asked lately besides."""
    lately = exists().where(
        _MAILS.c.person_id == people.c.person_id,
        _MAILS.c.state.in_([one.value for one in ASKED]),
        _MAILS.c.at > asked_since,
    )
    lacking = (Standing.UNVERIFIED.value, Standing.NO_CONSENT.value)
    said_no = and_(people.c.consent.is_(False), people.c.consent_at.is_not(None))
    return case(
        (people.c.standing.not_in(lacking), people.c.standing),
        (said_no, Spared.SAID_NO.value),
        (people.c.undeliverable_at.is_not(None), Spared.UNDELIVERABLE.value),
        (lately, Spared.LATELY.value),
        (people.c.standing == Standing.UNVERIFIED.value, Ask.VERIFY.value),
        else_=Ask.CONSENT.value,
    )


def _values(campaign: Campaign) -> dict[str, Any]:
    values = asdict(campaign)
    values |= values.pop("group")
    finished = campaign.state is CampaignState.FINISHED
    return values | {"state": campaign.state.value, "under_way": None if finished else 1}


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        id=row.id,
        state=CampaignState(row.state),
        group=Group(row.days, row.realm, row.client_id),
        most=row.most,
        language=row.language,
        expected=row.expected,
        began_at=row.began_at,
        began_by=row.began_by,
        reached=row.reached,
        chosen=row.chosen,
        complete=row.complete,
        finished_at=row.finished_at,
    )
