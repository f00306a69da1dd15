"""Joining two persons, undoing that, and separating a user, in a database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from idp.adapters.sql.database import Database
from idp.adapters.sql.directory import SqlDirectory
from idp.adapters.sql.people import SqlPersonStore
from idp.audit.log import Audit
from idp.audit.records import AuditFilter
from idp.kernel.clock import FixedClock
from idp.kernel.errors import IdpError
from idp.kernel.events import EventBus, PersonChanged
from idp.kernel.identity import Identifier
from idp.people.eligibility import Eligibility, eligibility
from idp.people.joining import Joining
from idp.people.operations import Order
from idp.people.person import Person, UpstreamFacts
from idp.people.retired import Retirement
from idp.people.rows import SeedRow
from idp.people.separating import Separating
from idp.people.service import People
from idp.people.vault import Vault

RUC = "20504774288"
OLD, NEW, OTHER = (Identifier("sol", f"{RUC}:{user}") for user in ("ADMIN", "NUEVO", "OTRO"))
ORDER = Order(actor="ana", reason="caso 7")


@pytest.fixture
def log_in(people: People, facts: UpstreamFacts, clock: FixedClock) -> Callable[..., Person]:
    """A login at SUNAT, a minute after what was before."""

    def record(identifier: Identifier) -> Person:
        clock.advance(60)
        user = identifier.value.rpartition(":")[2]
        return people.record_upstream_login(replace(facts, identifier=identifier, usuario=user))

    return record


@pytest.fixture
def confirm(people: People, clock: FixedClock) -> Callable[[Person, str], None]:
    """The person's confirmed address, and their yes."""

    def set_contact(person: Person, email: str) -> None:
        clock.advance(60)
        people.set_contact(person.id, email=email, consent=True)
        pending = people.pending_verification(person.id)
        assert pending is not None
        people.confirm_address(person.id, code=pending.code)

    return set_contact


def rows(database: Database, table: str) -> int:
    with database.connection() as connection:
        return int(connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one())


def test_merged_persons_are_one_with_the_kept_sub(
    people: People,
    joining: Joining,
    clock: FixedClock,
    log_in: Callable[..., Person],
    confirm: Callable[..., None],
) -> None:
    old = log_in(OLD)
    confirm(old, "ana@empresa.example")
    new = log_in(NEW)
    clock.advance(60)
    merged = joining.merge(OLD, NEW, ORDER)
    found = people.find(NEW)
    assert found == people.find(OLD) == people.get(old.id) == merged.after
    assert found is not None
    assert (found.sub, found.usuario, merged.contact) == (old.sub, "NUEVO", "kept")
    assert eligibility(found, clock.now()) is Eligibility.ELIGIBLE
    assert (people.get(new.id), people.find_sub(new.sub)) == (None, None)
    assert merged.identifiers == (OLD, NEW)
    tombstone = people.retired(new.sub)
    assert tombstone is not None
    assert (tombstone.why, tombstone.kept_by) == (Retirement.MERGED, old.id)
    assert people.successor(new.id) == found


def test_login_after_a_merge_is_the_kept_persons_and_decides_the_user_in_use(
    people: People, joining: Joining, log_in: Callable[..., Person]
) -> None:
    old = log_in(OLD)
    log_in(NEW)
    joining.merge(OLD, NEW, ORDER)
    again = log_in(OLD)
    assert (again.sub, again.identifier, again.usuario) == (old.sub, OLD.value, "ADMIN")
    again = log_in(NEW)
    assert (again.sub, again.identifier, again.usuario) == (old.sub, NEW.value, "NUEVO")


def test_merge_moves_the_only_contact_there_is_and_no_browser(
    people: People,
    joining: Joining,
    clock: FixedClock,
    log_in: Callable[..., Person],
    confirm: Callable[..., None],
) -> None:
    old, new = log_in(OLD), log_in(NEW)
    confirm(new, "ana@empresa.example")
    people.remember_browser(new.id)
    clock.advance(60)
    merged = joining.merge(OLD, NEW, ORDER)
    assert merged.contact == "moved"
    found = people.get(old.id)
    assert found is not None
    assert [one.email for one in found.addresses] == ["ana@empresa.example"]
    assert eligibility(found, clock.now()) is Eligibility.ELIGIBLE
    assert people.browsers(old.id) == []


def test_undone_merge_brings_both_back_as_they_were(
    people: People,
    joining: Joining,
    database: Database,
    clock: FixedClock,
    log_in: Callable[..., Person],
    confirm: Callable[..., None],
) -> None:
    old, new = log_in(OLD), log_in(NEW)
    confirm(new, "ana@empresa.example")
    people.remember_browser(new.id)
    before = people.get(old.id), people.get(new.id), people.browsers(new.id)
    clock.advance(60)
    joining.merge(OLD, NEW, ORDER)
    people.remember_browser(old.id)
    clock.advance(60)
    found = joining.unmerge(NEW, ORDER)
    now = clock.now()
    assert before[0] is not None
    assert before[1] is not None
    assert people.get(old.id) == replace(before[0], updated_at=now, doubted_at=now)
    assert people.get(new.id) == replace(before[1], updated_at=now) == found.restored
    assert (people.browsers(old.id), people.browsers(new.id)) == ([], before[2])
    assert people.find(NEW) == people.find_sub(new.sub) == found.restored
    assert found.contact_restored
    assert people.retired(new.sub) is None
    assert rows(database, "merges") == 0


def test_merge_and_its_undoing_are_on_record_with_who_and_why(
    joining: Joining, audit: Audit, clock: FixedClock, log_in: Callable[..., Person]
) -> None:
    old, new = log_in(OLD), log_in(NEW)
    for act in (lambda: joining.merge(OLD, NEW, ORDER), lambda: joining.unmerge(NEW, ORDER)):
        clock.advance(60)
        act()
    found = {
        (one.event.value, one.person_id): dict(one.details)
        for one in audit.search(AuditFilter())
        if one.actor == "ana"
    }
    why = {"reason": "caso 7"}
    assert found == {
        ("person.merged", old.id): {"absorbed": new.id, "contact": "none", **why},
        ("person.retired", new.id): {"why": "merged", "kept": old.id, **why},
        ("person.unmerged", old.id): {"restored": new.id, "contact": "restored", **why},
        ("person.restored", new.id): {"kept": old.id, **why},
    }


@pytest.mark.parametrize("act", ["merge", "separate"])
def test_dry_run_says_all_and_changes_nothing(
    people: People,
    joining: Joining,
    separating: Separating,
    database: Database,
    events: Callable[[], list[str]],
    log_in: Callable[..., Person],
    act: str,
) -> None:
    old, new = log_in(OLD), log_in(NEW)
    before = events()
    look = replace(ORDER, dry_run=True)
    if act == "merge":
        assert joining.merge(OLD, NEW, look).after.sub == old.sub
    else:
        assert separating.separate(NEW, look).after is None
    assert (people.find(OLD), people.find(NEW), events()) == (old, new, before)
    assert (rows(database, "merges"), rows(database, "retired_subs")) == (0, 0)


def test_what_both_were_is_sealed_and_purged_in_time(
    joining: Joining,
    database: Database,
    clock: FixedClock,
    log_in: Callable[..., Person],
    confirm: Callable[..., None],
    people: People,
) -> None:
    confirm(log_in(OLD), "ana@empresa.example")
    new = log_in(NEW)
    joining.merge(OLD, NEW, ORDER)
    with database.connection() as connection:
        row = str(connection.execute(text("SELECT * FROM merges")).one())
    for personal in (RUC, "ADMIN", "NUEVO", "ana@empresa.example", "Quispe"):
        assert personal not in row
    clock.advance(89 * 86_400)
    assert joining.purge(clock.now()) == 0
    clock.advance(2 * 86_400)
    with pytest.raises(IdpError, match="undo_expired"):
        joining.unmerge(NEW, ORDER)
    assert joining.purge(clock.now()) == 1
    with pytest.raises(IdpError, match="nothing_to_undo"):
        joining.unmerge(NEW, ORDER)
    assert people.retired(new.sub) is not None


def test_merges_in_a_chain_are_undone_the_newest_first(
    people: People, joining: Joining, clock: FixedClock, log_in: Callable[..., Person]
) -> None:
    oldest, old, new = log_in(OTHER), log_in(OLD), log_in(NEW)
    clock.advance(60)
    joining.merge(OLD, NEW, ORDER)
    clock.advance(60)
    joining.merge(OTHER, OLD, ORDER)
    kept = people.get(oldest.id)
    assert all(people.find(one) == kept for one in (OTHER, OLD, NEW))
    assert all(people.successor(one.id) == kept for one in (old, new))
    # The person who is absorbed last was in use as NUEVO: that is the name to undo it by.
    back = joining.unmerge(NEW, ORDER).restored
    assert (back.id, people.find(OLD), people.find(NEW)) == (old.id, back, back)
    assert people.successor(new.id) == back
    clock.advance(60)
    assert joining.unmerge(NEW, ORDER).restored.sub == new.sub
    assert [people.find(one).sub for one in (OTHER, OLD, NEW)] == [  # type: ignore[union-attr]
        oldest.sub,
        old.sub,
        new.sub,
    ]


def test_earlier_merge_is_not_undone_before_a_later_one(
    joining: Joining, clock: FixedClock, log_in: Callable[..., Person]
) -> None:
    for one in (OLD, NEW, OTHER):
        log_in(one)
    joining.merge(OLD, NEW, ORDER)
    clock.advance(60)
    joining.merge(OLD, OTHER, ORDER)
    with pytest.raises(IdpError, match="undo_newer_first"):
        joining.unmerge(NEW, ORDER)
    assert joining.held(joining.unmerge(OTHER, ORDER).kept.id).identifiers == (OLD, NEW)


@pytest.mark.parametrize(
    ("kept", "absorbed", "code"),
    [
        pytest.param(OLD, OLD, "same_person", id="themselves"),
        pytest.param(OLD, Identifier("extranet", "EXT0042"), "other_realm", id="another realm"),
        pytest.param(OLD, Identifier("sol", "20131312955:ADMIN"), "other_ruc", id="another RUC"),
        pytest.param(OLD, OTHER, "person_unknown", id="nobody"),
        pytest.param(NEW, OLD, "kept_is_younger", id="the younger one"),
    ],
)
def test_merge_that_makes_no_sense_is_refused(
    people: People,
    joining: Joining,
    facts: UpstreamFacts,
    log_in: Callable[..., Person],
    kept: Identifier,
    absorbed: Identifier,
    code: str,
) -> None:
    log_in(OLD)
    log_in(NEW)
    log_in(Identifier("sol", "20131312955:ADMIN"))
    official = Identifier("extranet", "EXT0042")
    people.record_upstream_login(
        replace(facts, realm="extranet", identifier=official, usuario="EXT0042")
    )
    with pytest.raises(IdpError, match=code):
        joining.merge(kept, absorbed, ORDER)


def test_younger_person_is_kept_if_the_operator_insists(
    joining: Joining, log_in: Callable[..., Person]
) -> None:
    log_in(OLD)
    new = log_in(NEW)
    assert joining.merge(NEW, OLD, ORDER, keep_younger=True).after.sub == new.sub


def test_merge_again_is_refused(joining: Joining, log_in: Callable[..., Person]) -> None:
    log_in(OLD)
    log_in(NEW)
    joining.merge(OLD, NEW, ORDER)
    with pytest.raises(IdpError, match="same_person"):
        joining.merge(OLD, NEW, ORDER)
    with pytest.raises(IdpError, match="nothing_to_undo"):
        joining.unmerge(OLD, ORDER)


def test_parallel_merges_and_logins_end_in_one_person(
    people: People, joining: Joining, clock: FixedClock, log_in: Callable[..., Person]
) -> None:
    old = log_in(OLD)
    log_in(NEW)
    clock.advance(60)

    def merge(pair: tuple[Identifier, Identifier]) -> str:
        try:
            joining.merge(*pair, ORDER, keep_younger=True)
        except IdpError as error:
            return error.code
        return "done"

    def anything(number: int) -> str:
        if number % 3 == 0:
            return merge((OLD, NEW))
        if number % 3 == 1:
            return merge((NEW, OLD))
        log_in(NEW)
        return "login"

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(anything, range(12)))
    assert said.count("done") == 1
    assert set(said) == {"done", "login", "same_person"}
    assert people.find(OLD) == people.find(NEW)
    kept = people.find(NEW)
    assert kept is not None
    assert (people.retired(old.sub) is None) == (kept.sub == old.sub)


def test_parallel_logins_of_a_user_who_is_given_back_are_one_persons(
    people: People, joining: Joining, clock: FixedClock, log_in: Callable[..., Person]
) -> None:
    log_in(OLD)
    new = log_in(NEW)
    joining.merge(OLD, NEW, ORDER)
    clock.advance(60)

    def anything(number: int) -> str:
        return joining.unmerge(NEW, ORDER).restored.sub if number == 3 else log_in(NEW).sub

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(anything, range(10)))
    assert log_in(NEW).sub == new.sub
    found = people.find(OLD)
    assert found is not None
    assert found.identifier == OLD.value


def test_separated_only_user_makes_a_new_person_at_the_next_login(
    people: People,
    separating: Separating,
    audit: Audit,
    log_in: Callable[..., Person],
    confirm: Callable[..., None],
) -> None:
    old = log_in(OLD)
    confirm(old, "ana@empresa.example")
    assert separating.separate(OLD, ORDER).after is None
    assert (people.find(OLD), people.get(old.id), people.find_sub(old.sub)) == (None, None, None)
    tombstone = people.retired(old.sub)
    assert tombstone is not None
    assert (tombstone.why, tombstone.kept_by) == (Retirement.SEPARATED, None)
    new = log_in(OLD)
    assert (new.sub == old.sub, new.addresses, new.consent) == (False, (), False)
    told = [one for one in audit.search(AuditFilter(person_id=old.id)) if one.actor == "ana"]
    assert {one.event.value for one in told} == {"person.separated", "person.retired"}


def test_separated_user_of_several_leaves_a_person_who_confirms_anew(
    people: People,
    joining: Joining,
    separating: Separating,
    clock: FixedClock,
    log_in: Callable[..., Person],
    confirm: Callable[..., None],
) -> None:
    old = log_in(OLD)
    confirm(old, "ana@empresa.example")
    log_in(NEW)
    clock.advance(60)
    joining.merge(OLD, NEW, ORDER)
    assert [user for user, *_ in joining.held(old.id).merges] == [NEW]
    after = separating.separate(NEW, ORDER).after
    assert after == people.find(OLD)
    assert joining.held(old.id).merges == ()
    assert after is not None
    assert (after.sub, after.identifier, after.usuario) == (old.sub, OLD.value, "ADMIN")
    assert eligibility(after, clock.now()) is Eligibility.UNVERIFIED
    stranger = log_in(NEW)
    assert stranger.sub not in (old.sub, after.sub)
    with pytest.raises(IdpError, match="nothing_to_undo"):
        joining.unmerge(NEW, ORDER)


def test_kept_user_that_was_separated_cannot_be_left_without_any(
    joining: Joining, separating: Separating, log_in: Callable[..., Person]
) -> None:
    log_in(OLD)
    log_in(NEW)
    joining.merge(OLD, NEW, ORDER)
    separating.separate(OLD, ORDER)
    with pytest.raises(IdpError, match="identifiers_gone"):
        joining.unmerge(NEW, ORDER)


def test_merge_that_can_be_undone_goes_with_its_kept_person(
    joining: Joining,
    separating: Separating,
    database: Database,
    log_in: Callable[..., Person],
    people: People,
) -> None:
    log_in(OLD)
    new = log_in(NEW)
    joining.merge(OLD, NEW, ORDER)
    for one in (OLD, NEW):
        separating.separate(one, ORDER)
    assert rows(database, "merges") == 0
    tombstone = people.retired(new.sub)
    assert tombstone is not None
    assert tombstone.kept_by is None


def test_undo_lasts_as_long_as_the_setting_says(
    operations: object, log_in: Callable[..., Person], clock: FixedClock, joining: Joining
) -> None:
    log_in(OLD)
    log_in(NEW)
    merged = joining.merge(OLD, NEW, ORDER)
    assert merged.undo_until == clock.now() + timedelta(days=90)


def test_browser_of_somebody_who_was_absorbed_just_now_is_not_remembered(
    people: People, joining: Joining, log_in: Callable[..., Person]
) -> None:
    log_in(OLD)
    new = log_in(NEW)
    joining.merge(OLD, NEW, ORDER)
    assert people.remember_browser(new.id) == ""
    assert people.browsers(new.id) == []


def test_import_while_persons_are_joined_and_parted_lands_on_whoever_has_the_user(
    people: People, joining: Joining, clock: FixedClock, log_in: Callable[..., Person]
) -> None:
    log_in(OLD)
    new = log_in(NEW)
    rows = [SeedRow(1, "sol", "NUEVO", RUC, name="OTRO NOMBRE"), SeedRow(2, "sol", "ADMIN", RUC)]

    def anything(number: int) -> None:
        if number % 4:
            assert people.seed(rows, actor="ana").created == 0
        elif number % 8:
            joining.unmerge(NEW, ORDER)
        else:
            joining.merge(OLD, NEW, ORDER)
            clock.advance(60)

    with ThreadPoolExecutor(4) as pool:
        for start in range(0, 16, 4):
            list(pool.map(anything, range(start, start + 4)))
    found = people.find(NEW)
    assert found is not None
    assert found.sub == new.sub


def test_systems_are_told_of_a_merge_its_undoing_and_a_separation(
    joining: Joining,
    separating: Separating,
    bus: EventBus,
    database: Database,
    vault: Vault,
    log_in: Callable[..., Person],
    confirm: Callable[..., None],
) -> None:
    old, new = log_in(OLD), log_in(NEW)
    confirm(new, "ana@empresa.example")
    directory = SqlDirectory(database, vault)
    for one in (old, new):
        directory.put_external_id(one.id, "vuce", one.usuario)
    heard: list[PersonChanged] = []
    bus.subscribe(PersonChanged, heard.append)
    look = replace(ORDER, dry_run=True)
    joining.merge(OLD, NEW, look)
    assert heard == []
    joining.merge(OLD, NEW, ORDER)
    changed = ("usuario", "email", "consent_at")
    assert set(heard) == {
        PersonChanged(new.id, "deleted"), PersonChanged(old.id, "changed", changed)
    }  # fmt: skip
    kept = directory.get(old.id, "vuce")
    assert kept is not None
    assert kept.external_id == "ADMIN"
    heard.clear()
    joining.unmerge(NEW, ORDER)
    assert set(heard) == {
        PersonChanged(new.id, "created", ("usuario",)), PersonChanged(old.id, "changed", changed)
    }  # fmt: skip
    heard.clear()
    separating.separate(NEW, look)
    assert heard == []
    separating.separate(NEW, ORDER)
    assert heard == [PersonChanged(new.id, "deleted")]


def test_systems_are_told_what_a_separation_leaves(
    joining: Joining,
    separating: Separating,
    bus: EventBus,
    log_in: Callable[..., Person],
    confirm: Callable[..., None],
) -> None:
    old = log_in(OLD)
    confirm(old, "ana@empresa.example")
    log_in(NEW)
    joining.merge(OLD, NEW, ORDER)
    heard: list[PersonChanged] = []
    bus.subscribe(PersonChanged, heard.append)
    separating.separate(NEW, ORDER)
    assert heard == [PersonChanged(old.id, "changed", ("usuario", "email", "consent_at"))]


def test_systems_are_told_when_it_is_another_user_who_counts(
    people: People,
    joining: Joining,
    bus: EventBus,
    database: Database,
    vault: Vault,
    log_in: Callable[..., Person],
) -> None:
    old = log_in(OLD)
    SqlPersonStore(database, vault).update(replace(old, active=False))
    log_in(NEW)
    heard: list[PersonChanged] = []
    bus.subscribe(PersonChanged, heard.append)
    joining.merge(OLD, NEW, ORDER)
    assert PersonChanged(old.id, "activated") in heard
    found = people.get(old.id)
    assert found is not None
    assert found.active
