"""A campaign writes once to each person who can be helped, whatever is killed; and never in the way
of contingency.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from campaign_stage import REST, Stage

from idp.adapters.sql.coverage import SqlUseStore
from idp.adapters.sql.database import Database
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Identifier
from idp.mail.ports import RelayDeferred, RelayRefused
from idp.people.asking import Ask, Spared
from idp.people.campaign_ports import CampaignState, Group, MailState
from idp.people.coverage_ports import Use
from idp.people.rows import SeedRow
from idp.people.service import People

THEN = "2026-11-01T09:30:00-05:00"
EVERYBODY = Group()


@pytest.fixture
def stage(database: Database, people: People, audit: Audit, clock: FixedClock) -> Stage:
    return Stage(database, people, audit, clock)


def row(number: int, **cells: str) -> SeedRow:
    """A person of Extranet who was seen before, with an address that nobody verified."""
    told = {"email": f"p{number:02}@entidad.example", "last_login_at": THEN, **cells}
    return SeedRow(number, "extranet", f"EXT{number:04}", name=f"PERSONA {number}", **told)


def unverified(people: People, *numbers: int) -> list[str]:
    """These people; the addresses that are to be written to."""
    report = people.seed([row(number) for number in numbers])
    assert report.problems == ()
    return [f"p{number:02}@entidad.example" for number in numbers]


def person_id(people: People, number: int) -> str:
    found = people.find(Identifier("extranet", f"EXT{number:04}"))
    assert found is not None
    return found.id


def events(audit: Audit, prefix: str) -> list[str]:
    found = [str(one.event) for one in reversed(audit.search(AuditFilter()))]
    return [one for one in found if one.startswith(prefix)]


def test_campaign_writes_once_to_everybody_and_ends(
    stage: Stage, people: People, audit: Audit
) -> None:
    expected = unverified(people, *range(40))
    campaign = stage.campaigns.begin(EVERYBODY, actor="ana")
    assert campaign.expected == 40
    stage.run()
    assert stage.addressed() == expected
    report = stage.campaigns.report()
    assert (report.campaign.state, report.mails, report.left) == (
        CampaignState.FINISHED, {MailState.SENT: 40}, 0,
    )  # fmt: skip
    assert events(audit, "campaign") == ["campaign.begun", "campaign.finished"]
    (accepted,) = {one.details["campaign"] for one in stage.stream.records}
    assert accepted == campaign.id


def test_mail_leads_to_cuenta_and_holds_nothing_that_proves_or_tells_too_much(
    stage: Stage, people: People
) -> None:
    unverified(people, 1)
    people.seed(
        [row(2, email_verified_at=THEN, ruc="20504774288")], trust_emails=True
    )  # verified, and never asked for consent
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.run()
    first, second = sorted(stage.relay.taken, key=lambda one: one.to)
    for message in (first, second):
        for text in (message.content.text, message.content.html):
            assert "https://ingreso.vuce.example/cuenta" in text
            assert "/cuenta/" not in text
            assert "La VUCE nunca le pide su clave" in text
            assert "207-1510" in text
        assert message.headers["Auto-Submitted"] == "auto-generated"
        assert not message.urgent
    # Nobody proved yet that the first address is that person's.
    for text in (first.content.text, first.content.html):
        assert "EXT•••1" in text
        assert "PERSONA" not in text
    assert "PERSONA 2 (EXT0002)" in second.content.text
    assert (first.content.subject, second.content.subject) == (
        "Confirme su correo en la VUCE", "Autorice las notificaciones de la VUCE",
    )  # fmt: skip
    assert first.message_id != second.message_id


@pytest.mark.parametrize("language", ["es", "en", "qu"])
def test_mail_names_its_user_only_where_the_address_was_proved(
    stage: Stage, people: People, language: str
) -> None:
    """As the other mails do: one mailbox may serve several users of one company."""
    contact = {"email": "todos@empresa.example", "last_login_at": THEN}
    known = {"email_verified_at": THEN, "ruc": "20504774288"}
    people.seed(
        [
            SeedRow(1, "sol", "VENTAS01", name="UNA S.A.", **contact, **known),
            SeedRow(2, "sol", "VENTAS02", name="UNA S.A.", **contact, **known),
            SeedRow(3, "sol", "VENTAS03", name="UNA S.A.", ruc="20504774288", **contact),
        ],
        trust_emails=True,
    )
    stage.campaigns.begin(EVERYBODY, actor="ana", language=language)
    stage.run()
    users = ("20•••••••88 / VENTAS01", "20•••••••88 / VENTAS02", "20•••••••88 / VE•••")
    for mail in stage.relay.taken:
        for text in (mail.content.text, mail.content.html):
            (named,) = [one for one in users if one in text]
            # To an address that nobody proved to be theirs goes neither name nor whole user.
            assert ("UNA S.A." in text) is (named != users[2])
            assert "20504774288" not in text
    texts = "".join(mail.content.text for mail in stage.relay.taken)
    assert [texts.count(one) for one in users] == [1, 1, 1]


def test_preview_says_who_is_asked_and_why_the_others_are_not(
    stage: Stage, people: People, clock: FixedClock
) -> None:
    unverified(people, 1, 2)
    people.seed([row(3, email_verified_at=THEN)], trust_emails=True)
    people.seed([row(4, email_verified_at=THEN, consent_at=THEN)], trust_emails=True)
    people.seed([row(5, email=""), row(6, last_login_at=""), row(7), row(8)])
    people.set_consent(person_id(people, 7), False)
    dead = people.get(person_id(people, 8))
    assert dead is not None
    people.mark_undeliverable(dead.id, dead.addresses[0].id, code="550")
    found = {one: count for one, count in stage.campaigns.preview(EVERYBODY).items() if count}
    assert found == {
        Ask.VERIFY: 2,
        Ask.CONSENT: 1,
        Spared.ELIGIBLE: 1,
        Spared.NO_ADDRESS: 1,
        Spared.NEW: 1,
        Spared.SAID_NO: 1,
        Spared.UNDELIVERABLE: 1,
    }
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.run()
    assert stage.addressed() == [f"p0{number}@entidad.example" for number in (1, 2, 3)]
    lately = stage.campaigns.preview(EVERYBODY)
    assert (lately[Spared.LATELY], lately[Ask.VERIFY]) == (3, 0)
    with pytest.raises(IdpError) as refused:
        stage.campaigns.begin(EVERYBODY, actor="ana")
    assert refused.value.code == "nobody_to_ask"
    clock.advance(REST.total_seconds() + 3_600)
    assert stage.campaigns.preview(EVERYBODY)[Ask.VERIFY] == 2


def test_campaign_for_a_group_writes_to_nobody_else(
    stage: Stage, people: People, database: Database, clock: FixedClock
) -> None:
    unverified(people, 1, 2, 3)
    store = SqlUseStore(database)
    store.used([Use(person_id(people, 2), "origen", clock.now().date())])
    people.seed(
        [SeedRow(9, "sol", "U9", ruc="20504774288", email="u9@a.example", last_login_at=THEN)]
    )
    assert stage.campaigns.preview(Group(realm="sol"))[Ask.VERIFY] == 1
    assert stage.campaigns.preview(Group(client_id="otro"))[Ask.VERIFY] == 0
    assert stage.campaigns.preview(Group(days=3))[Ask.VERIFY] == 0
    stage.campaigns.begin(Group(client_id="origen"), actor="ana")
    stage.run()
    assert stage.addressed() == ["p02@entidad.example"]


def test_campaign_with_a_limit_writes_to_so_many_and_the_next_goes_on(
    stage: Stage, people: People
) -> None:
    expected = unverified(people, *range(5))
    for most in (2, 2, 2):
        stage.campaigns.begin(EVERYBODY, actor="ana", most=most)
        stage.run()
    assert stage.addressed() == expected
    assert stage.campaigns.report().campaign.expected == 1


def test_second_campaign_is_refused_while_one_is_not_finished(stage: Stage, people: People) -> None:
    unverified(people, 1)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.campaigns.pause(actor="ana")
    with pytest.raises(IdpError) as refused:
        stage.campaigns.begin(EVERYBODY, actor="luis")
    assert refused.value.code == "campaign_under_way"
    stage.campaigns.finish(actor="ana")
    assert stage.campaigns.begin(EVERYBODY, actor="luis").state is CampaignState.RUNNING


def test_paused_campaign_sends_nothing_and_goes_on_where_it_was(
    stage: Stage, people: People, audit: Audit, clock: FixedClock
) -> None:
    expected = unverified(people, *range(30))
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.pump()
    assert len(stage.queue.jobs) == 25
    stage.campaigns.pause(actor="ana")
    del stage.queue.jobs[10:]  # some are lost with the queue
    stage.work()  # and those that are there end without a mail
    clock.advance(60)
    assert stage.pump() == 0
    assert stage.addressed() == []
    stage.campaigns.resume(actor="luis")
    assert stage.pump() == 25  # at once, whatever became of their jobs
    stage.run()
    assert stage.addressed() == expected
    assert events(audit, "campaign") == [
        "campaign.begun", "campaign.paused", "campaign.resumed", "campaign.finished",
    ]  # fmt: skip


@pytest.mark.parametrize("realm", ["sol", "extranet"])
def test_campaign_stops_while_an_upstream_is_down(
    stage: Stage, people: People, clock: FixedClock, realm: str
) -> None:
    expected = unverified(people, *range(30))
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.pump()
    stage.flag.down = {realm}
    stage.work()
    for _ in range(20):
        assert stage.pump() == 0
        clock.advance(60)
    assert (stage.addressed(), stage.queue.jobs) == ([], [])
    stage.flag.down = set()
    stage.run()
    assert stage.addressed() == expected


def test_campaign_waits_until_the_flags_are_known(stage: Stage, people: People) -> None:
    unverified(people, 1)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.flag.loaded = False
    assert stage.pump() == 0


def test_campaign_hands_out_no_more_than_its_budget_and_a_hundred_at_a_time(
    stage: Stage, people: People
) -> None:
    unverified(people, *range(130))
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.allowance.left = 3
    assert [stage.pump(), stage.pump()] == [3, 0]
    stage.allowance.left = 1_000
    assert sum(stage.pump() for _ in range(20)) == 97


def test_who_settles_it_meanwhile_gets_no_mail(stage: Stage, people: People) -> None:
    unverified(people, 1, 2, 3)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.pump()
    people.set_consent(person_id(people, 1), False)
    two = person_id(people, 2)
    people.set_contact(two, email="p02@entidad.example", consent=True)
    pending = people.pending_verification(two)
    assert pending is not None
    people.confirm_address(two, code=pending.code)
    stage.run()
    assert stage.addressed() == ["p03@entidad.example"]
    assert stage.campaigns.report().mails == {MailState.SENT: 1, MailState.DROPPED: 2}


def put_off(scope: str) -> Callable[[], Exception]:
    return lambda: RelayDeferred("451", scope=scope)  # type: ignore[arg-type]


def test_mail_that_a_relay_puts_off_is_tried_again_until_it_leaves(
    stage: Stage, people: People
) -> None:
    unverified(people, 1)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.relay.failure = put_off("relay")
    stage.pump()
    for _ in range(3):
        stage.work()
    assert stage.campaigns.report().mails == {MailState.WAITING: 1}
    stage.relay.failure = None
    stage.run()
    assert len(stage.relay.taken) == 1


def test_mail_that_nobody_knows_of_is_not_sent_again(stage: Stage, people: People) -> None:
    unverified(people, 1)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.relay.failure = put_off("unknown")
    stage.run()
    assert stage.campaigns.report().mails == {MailState.UNKNOWN: 1}
    # They may have got it: they are left alone as if they had.
    assert stage.campaigns.preview(EVERYBODY)[Spared.LATELY] == 1


def test_mailbox_that_is_full_keeps_nobody_waiting_and_is_given_up_after_a_day(
    stage: Stage, people: People, clock: FixedClock
) -> None:
    unverified(people, 1)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.relay.failure = put_off("recipient")
    tries = 0
    while stage.campaigns.unfinished() is not None:
        tries += stage.pump()
        stage.work()
        clock.advance(1_800)
        assert tries < 50
    assert (tries, stage.campaigns.report().mails) == (24, {MailState.GIVEN_UP: 1})
    assert stage.campaigns.preview(EVERYBODY)[Ask.VERIFY] == 1


def test_mailbox_that_is_gone_is_marked_and_told(stage: Stage, people: People) -> None:
    unverified(people, 1)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.relay.failure = lambda: RelayRefused("550", recipient=True)
    stage.run()
    assert stage.campaigns.report().mails == {MailState.REFUSED: 1}
    assert stage.campaigns.preview(EVERYBODY)[Spared.UNDELIVERABLE] == 1


def test_two_workers_that_have_the_same_job_send_one_mail(stage: Stage, people: People) -> None:
    unverified(people, 1)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.pump()
    stage.queue.jobs *= 3
    stage.work()
    assert len(stage.relay.taken) == 1


def test_job_that_the_queue_dropped_is_given_out_again(
    stage: Stage, people: People, clock: FixedClock
) -> None:
    unverified(people, 1, 2)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.pump()
    told, lost = stage.queue.jobs
    stage.queue.jobs.clear()
    stage.handler.given_up(told[0])  # too old: the queue says so
    assert (stage.pump(), stage.queue.jobs.pop()[0]) == (1, told[0])
    clock.advance(661)  # the other one is gone with the queue, and nobody said anything
    assert stage.pump() == 2
    assert lost[0] in [job for job, _ in stage.queue.jobs]


def test_sql_away_at_the_end_of_a_mail_makes_no_second_one(
    stage: Stage, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    unverified(people, 1)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.pump()

    def away(*_: object) -> None:
        raise Unavailable("sql")

    with monkeypatch.context() as patched:
        patched.setattr(stage.worker, "settle", away)
        with pytest.raises(Unavailable):
            stage.work()
    stage.run()
    assert len(stage.relay.taken) == 1
    assert stage.campaigns.report().mails == {MailState.UNKNOWN: 1}


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after it"])
def test_campaign_that_is_killed_anywhere_skips_nobody_and_writes_to_nobody_twice(
    stage: Stage, people: People, clock: FixedClock, after: bool
) -> None:
    """At each call that the campaign makes of a table, the queue, the relay or the audit stream.

    What was in hand of the relay at that very moment is told as unknown; whether that mail left
    can be known to nobody, and it is not sent again.
    """
    unverified(people, 1, 2)
    unknown, at = 0, 0
    while True:
        at += 1
        clock.advance(REST.total_seconds() + 86_400)
        stage.relay.taken.clear()
        stage.campaigns.begin(Group(days=3_650), actor="ana")
        stage.fate.calls, stage.fate.at, stage.fate.after = 0, at, after
        stage.run()
        if stage.fate.at is not None:
            break  # it went through without as many calls
        mails = stage.campaigns.report().mails
        got = stage.addressed()
        assert len(got) == len(set(got)), at
        assert sum(mails.values()) == 2, at
        lost = mails.get(MailState.UNKNOWN, 0)
        assert mails.get(MailState.SENT, 0) + lost == 2, at
        assert lost <= 1 and len(got) >= 2 - lost, at
        unknown += lost
    assert at > 15
    # Of all the moments these alone: from the claim of a mail to what is written of its outcome.
    assert 0 < unknown <= 2 * 4


def test_purge_removes_campaigns_of_a_year_ago_with_their_mails(
    stage: Stage, people: People, clock: FixedClock
) -> None:
    unverified(people, 1)
    stage.campaigns.begin(EVERYBODY, actor="ana")
    stage.run()
    clock.advance(364 * 86_400)
    assert stage.campaigns.purge() == 0
    clock.advance(2 * 86_400)
    assert stage.campaigns.purge() == 1
    with pytest.raises(IdpError) as gone:
        stage.campaigns.report()
    assert gone.value.code == "no_campaign"


def test_workers_that_hand_out_at_once_never_hand_out_the_same_person(
    stage: Stage, people: People
) -> None:
    unverified(people, *range(60))
    stage.campaigns.begin(EVERYBODY, actor="ana")
    handed: list[str] = []

    def worker(_: int) -> None:
        for _ in range(5_000):  # whoever finds the campaign taken comes again
            if len(handed) >= 60:
                break
            handed.extend(stage.worker.hand_out(5)[1])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(worker, range(3)))
    assert len(handed) == len(set(handed)) == 60
