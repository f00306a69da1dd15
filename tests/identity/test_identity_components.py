"""What components see of persons who are joined, parted and separated: a sub never changes hands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from identity_world import ORDER, Renamed

from idp.adapters.redis.access_tokens import RedisAccessTokens
from idp.adapters.redis.sessions import RedisSessions
from idp.deliveries.logout_notices import LogoutNotices
from idp.kernel.errors import IdpError, Unavailable
from idp.oidc.emergencies import Emergencies

OFFLINE = "openid offline_access"


def test_renamed_user_is_a_stranger_until_joined_and_then_known_by_the_kept_sub(
    renamed: Renamed,
) -> None:
    before = renamed.sub(renamed.logged_in(renamed.old))
    stranger = renamed.sub(renamed.logged_in(renamed.new))
    assert stranger != before
    renamed.merge()
    party = renamed.logged_in(renamed.new)
    answer = party.tokens(scope="openid vuce")
    told = party.id_token(answer["id_token"]).claims
    assert told["sub"] == before
    assert told["usuario_sol"] == renamed.new.value.rpartition(":")[2]
    assert party.userinfo(answer["access_token"]).json["sub"] == before
    assert renamed.sub(renamed.logged_in(renamed.old)) == before


def test_pairwise_sub_of_the_kept_person_stays_as_well(renamed: Renamed) -> None:
    before = renamed.sub(renamed.logged_in(renamed.old, "par-a"))
    renamed.logged_in(renamed.new)
    renamed.merge()
    assert renamed.sub(renamed.logged_in(renamed.new, "par-a")) == before


def test_sessions_and_tokens_of_the_absorbed_person_end_and_the_kept_ones_go_on(
    renamed: Renamed,
) -> None:
    kept, absorbed = renamed.logged_in(renamed.old), renamed.logged_in(renamed.new)
    stays, goes = (one.tokens(scope="openid offline_access") for one in (kept, absorbed))
    renamed.merge()
    assert absorbed.userinfo(goes["access_token"]).status_code == 401
    assert absorbed.refresh(goes["refresh_token"]).json["error"] == "invalid_grant"
    assert absorbed.answer(prompt="none")["error"] == "login_required"
    assert kept.userinfo(stays["access_token"]).status_code == 200
    assert kept.refresh(stays["refresh_token"]).status_code == 200
    assert "code" in kept.answer(prompt="none")


def test_hint_of_the_absorbed_sub_is_about_nobody_who_is_here(renamed: Renamed) -> None:
    absorbed = renamed.logged_in(renamed.new)
    hint = absorbed.tokens()["id_token"]
    renamed.merge()
    kept = renamed.logged_in(renamed.new)
    assert kept.answer(prompt="none", id_token_hint=hint)["error"] == "login_required"
    assert "/login/" in kept.authorize(id_token_hint=hint).headers["Location"]
    assert kept.browser.get("/logout", query_string={"id_token_hint": hint}).status_code == 200


def test_undone_merge_gives_back_the_sub_and_ends_what_began_in_between(renamed: Renamed) -> None:
    kept = renamed.sub(renamed.logged_in(renamed.old))
    absorbed = renamed.sub(renamed.logged_in(renamed.new))
    renamed.merge()
    between = renamed.logged_in(renamed.new)
    tokens = between.tokens(scope="openid offline_access")
    renamed.world.clock.advance(60)
    renamed.world.services.identities.unmerge(renamed.new, ORDER)
    assert between.userinfo(tokens["access_token"]).status_code == 401
    assert between.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert between.answer(prompt="none")["error"] == "login_required"
    assert renamed.sub(renamed.logged_in(renamed.new)) == absorbed
    assert renamed.sub(renamed.logged_in(renamed.old)) == kept


def test_user_that_was_separated_is_somebody_new_to_components(renamed: Renamed) -> None:
    party = renamed.logged_in(renamed.old)
    before, answer = renamed.sub(party), party.tokens()
    renamed.world.services.identities.separate(renamed.old, ORDER)
    assert party.userinfo(answer["access_token"]).status_code == 401
    assert renamed.sub(renamed.logged_in(renamed.old)) != before


def test_login_of_another_human_ends_the_sessions_of_before(renamed: Renamed) -> None:
    before = renamed.logged_in(renamed.old)
    assert "code" in before.answer(prompt="none")
    renamed.at_sunat(renamed.old, given_name="LUIS", family_name="OTRO")
    assert before.answer(prompt="none")["error"] == "login_required"


def test_login_of_another_human_ends_all_that_came_of_the_sessions_of_before(
    renamed: Renamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(LogoutNotices, "send", lambda _, sub, sids: told.extend(sids))
    before, waits = renamed.logged_in(renamed.old), renamed.logged_in(renamed.old)
    kept, code = before.tokens(scope=OFFLINE), waits.code(scope=OFFLINE)
    renamed.at_sunat(renamed.old, given_name="LUIS", family_name="OTRO")
    assert before.userinfo(kept["access_token"]).status_code == 401
    assert before.refresh(kept["refresh_token"]).json["error"] == "invalid_grant"
    assert told == ["renueva", "renueva"]
    # Of a code that was on its way nothing lasts.
    assert "refresh_token" not in waits.redeem(code).json


@pytest.mark.parametrize(
    ("store", "step"),
    [(RedisSessions, "of_person"), (RedisSessions, "remove"), (RedisAccessTokens, "end")],
)
def test_login_of_another_human_is_not_taken_while_that_cannot_end(
    renamed: Renamed, store: type, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = renamed.world.services.people
    before = renamed.logged_in(renamed.old)
    kept, person = before.tokens(scope=OFFLINE), people.find(renamed.old)

    def away(*_: object, **__: object) -> None:
        raise Unavailable("redis")

    with monkeypatch.context() as patch:
        patch.setattr(store, step, away)
        with pytest.raises(Unavailable):
            renamed.at_sunat(renamed.old, given_name="LUIS", family_name="OTRO")
    assert people.find(renamed.old) == person
    found = renamed.at_sunat(renamed.old, given_name="LUIS", family_name="OTRO")
    assert found.doubted_at == renamed.world.clock.now()
    assert before.answer(prompt="none")["error"] == "login_required"
    assert before.userinfo(kept["access_token"]).status_code == 401
    assert before.refresh(kept["refresh_token"]).json["error"] == "invalid_grant"


def test_dry_run_ends_nothing(renamed: Renamed) -> None:
    absorbed = renamed.logged_in(renamed.new)
    look = replace(ORDER, dry_run=True)
    assert renamed.world.services.identities.merge(renamed.old, renamed.new, look).ended is None
    assert "code" in absorbed.answer(prompt="none")


def test_sessions_that_could_not_be_ended_are_said_and_can_be_ended_later(
    renamed: Renamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    absorbed = renamed.logged_in(renamed.new)
    person = renamed.world.services.people.find(renamed.new)
    assert person is not None

    def away(*_: object, **__: object) -> None:
        raise Unavailable("redis")

    with monkeypatch.context() as patch:
        patch.setattr(Emergencies, "person", away)
        with pytest.raises(IdpError, match=f"sessions revoke --person {person.id}"):
            renamed.merge()
    assert renamed.world.services.people.get(person.id) is None
    assert "code" in absorbed.answer(prompt="none")
    emergencies = renamed.world.services.provider.emergencies
    assert emergencies.person(person.id, reason="caso 7", actor="ana").sessions == 1
    assert absorbed.answer(prompt="none")["error"] == "login_required"
