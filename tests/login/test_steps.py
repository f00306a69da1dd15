"""The login policy as a table: transaction, session, flag, policy -> step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp.kernel.identity import ACR, EXTRANET, SOL, Mode, Proof
from idp.login.session import Session
from idp.login.steps import Policy, Step, StepKind, begins_anew, next_step, proves_once
from idp.login.transaction import Transaction

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=20)
UP = {SOL: True, EXTRANET: True}
DOWN = {SOL: False, EXTRANET: True}

TRANSACTION = Transaction(
    id="t",
    browser_hash="b",
    destination="authorize",
    client_id="c",
    params=(),
    realms=(SOL, EXTRANET),
    created_at=NOW - timedelta(minutes=1),
    expires_at=NOW + timedelta(minutes=9),
)
SUNAT_SESSION = Session(
    sid="s",
    person_id="per_a",
    sub="sub",
    realm=SOL,
    mode=Mode.SUNAT,
    auth_time=BEFORE,
    expires_at=NOW + timedelta(hours=1),
    name="A",
)
MAIL_SESSION = replace(SUNAT_SESSION, mode=Mode.CONTINGENCIA)
FRESH_SESSION = replace(SUNAT_SESSION, auth_time=NOW)
PROOF = Proof(SOL, "per_a", Mode.SUNAT, NOW)
MAIL_PROOF = Proof(SOL, "per_a", Mode.CONTINGENCIA, NOW)

CHOOSE = Step(StepKind.CHOOSE)
FINISH = Step(StepKind.FINISH)
UPSTREAM = Step(StepKind.UPSTREAM, SOL)
CONTINGENCY = Step(StepKind.CONTINGENCY, SOL)
REFUSED = Step(StepKind.CONTINGENCY_REFUSED, SOL)
NUDGE = Step(StepKind.NUDGE, SOL)
TOLD = {"nudge": "no_address"}


def txn(**changes: Any) -> Transaction:
    return replace(TRANSACTION, **changes)


def further(seconds: int, *, ago: int) -> Policy:
    """A further life, counted from a recovery so many seconds ago."""
    recovered = {SOL: NOW - timedelta(seconds=ago)}
    return Policy(recovery_limit=seconds, recovered_at=recovered)


CASES = {
    "nobody known, two realms": (txn(), None, UP, Policy(), CHOOSE),
    "nobody known, one realm": (txn(realms=(SOL,)), None, UP, Policy(), UPSTREAM),
    "chosen, up": (txn(realm=SOL), None, UP, Policy(), UPSTREAM),
    "sent there before, up": (
        txn(realm=SOL, sent_at=NOW), None, UP, Policy(), Step(StepKind.UNANSWERED, SOL),
    ),
    "sent there before, an answer that proved nobody": (
        txn(realm=SOL, sent_at=BEFORE, came_back=True), None, UP, Policy(),
        Step(StepKind.UNANSWERED, SOL),
    ),
    "sent there before, down": (
        txn(realm=SOL, sent_at=NOW), None, DOWN, Policy(), CONTINGENCY,
    ),
    "sent there before, down, contingency forbidden": (
        txn(realm=SOL, sent_at=NOW), None, DOWN, Policy(contingency=False), REFUSED,
    ),
    "sent there before, a session meanwhile": (
        txn(realm=SOL, sent_at=NOW), SUNAT_SESSION, UP, Policy(), FINISH,
    ),
    "chosen, down": (txn(realm=SOL), None, DOWN, Policy(), CONTINGENCY),
    "chosen, the other one down": (
        txn(realm=EXTRANET), None, DOWN, Policy(), Step(StepKind.UPSTREAM, EXTRANET),
    ),
    "down, contingency forbidden": (
        txn(realm=SOL), None, DOWN, Policy(contingency=False), REFUSED,
    ),
    "down, SUNAT's acr essential": (
        txn(realm=SOL, acr_required=ACR[Mode.SUNAT]), None, DOWN, Policy(), REFUSED,
    ),
    "session is enough": (txn(), SUNAT_SESSION, UP, Policy(), FINISH),
    "session is enough while down": (txn(), SUNAT_SESSION, DOWN, Policy(), FINISH),
    "session of a realm that the component does not take": (
        txn(realms=(EXTRANET,)), SUNAT_SESSION, UP, Policy(), Step(StepKind.UPSTREAM, EXTRANET),
    ),
    "session expired": (
        txn(realm=SOL), replace(SUNAT_SESSION, expires_at=NOW), UP, Policy(), UPSTREAM,
    ),
    "prompt login, old session": (
        txn(prompt=frozenset({"login"}), realm=SOL), SUNAT_SESSION, UP, Policy(), UPSTREAM,
    ),
    "prompt login, session since parked": (
        txn(prompt=frozenset({"login"}), realm=SOL), FRESH_SESSION, UP, Policy(), FINISH,
    ),
    "max_age passed": (txn(max_age=600, realm=SOL), SUNAT_SESSION, UP, Policy(), UPSTREAM),
    "max_age not passed": (txn(max_age=3600, realm=SOL), SUNAT_SESSION, UP, Policy(), FINISH),
    "max_age zero, session since parked": (
        txn(max_age=0, realm=SOL), replace(FRESH_SESSION, auth_time=NOW - timedelta(seconds=30)),
        UP, Policy(), FINISH,
    ),
    "select_account": (
        txn(prompt=frozenset({"select_account"})), SUNAT_SESSION, UP, Policy(), CHOOSE,
    ),
    "select_account, one realm, nobody known": (
        txn(prompt=frozenset({"select_account"}), realms=(SOL,)), None, UP, Policy(), CHOOSE,
    ),
    "select_account, confirmed": (
        txn(prompt=frozenset({"select_account"}), confirmed=True),
        SUNAT_SESSION, UP, Policy(), FINISH,
    ),
    "mail session while down": (txn(), MAIL_SESSION, DOWN, Policy(), FINISH),
    "mail session once up": (txn(realm=SOL), MAIL_SESSION, UP, Policy(), UPSTREAM),
    "mail session once up, kept by policy": (
        txn(), MAIL_SESSION, UP, Policy(on_recovery="keep"), FINISH,
    ),
    "mail session once up, within its further life": (
        txn(realm=SOL), MAIL_SESSION, UP, further(600, ago=599), FINISH,
    ),
    "mail session once up, its further life over": (
        txn(realm=SOL), MAIL_SESSION, UP, further(600, ago=600), UPSTREAM,
    ),
    "mail session once up, a further life and nobody knows since when": (
        txn(realm=SOL), MAIL_SESSION, UP, Policy(recovery_limit=600), UPSTREAM,
    ),
    "mail session once up, only the other upstream just recovered": (
        txn(realm=SOL), MAIL_SESSION, UP,
        Policy(recovery_limit=600, recovered_at={EXTRANET: NOW}), UPSTREAM,
    ),
    "mail session once up, to be ended": (
        txn(realm=SOL), MAIL_SESSION, UP,
        Policy(on_recovery="logout", recovery_limit=600, recovered_at={SOL: NOW}), UPSTREAM,
    ),
    "mail session to be ended, still down": (
        txn(realm=SOL), MAIL_SESSION, DOWN, Policy(on_recovery="logout"), FINISH,
    ),
    "mail session once up, further life beyond max_session": (
        txn(realm=SOL), MAIL_SESSION, UP,
        replace(further(9_000, ago=0), max_session=600), UPSTREAM,
    ),
    "mail session since parked, once up": (
        txn(), replace(MAIL_SESSION, auth_time=NOW), UP, Policy(), FINISH,
    ),
    "mail session beyond max_session": (
        txn(realm=SOL), MAIL_SESSION, DOWN, Policy(max_session=600), CONTINGENCY,
    ),
    "mail session, contingency forbidden": (
        txn(realm=SOL), MAIL_SESSION, DOWN, Policy(contingency=False), REFUSED,
    ),
    "mail session, SUNAT's acr essential": (
        txn(realm=SOL, acr_required=ACR[Mode.SUNAT]), MAIL_SESSION, DOWN, Policy(), REFUSED,
    ),
    "mail session, known browser required": (
        txn(realm=SOL), MAIL_SESSION, DOWN, Policy(require_known_browser=True), CONTINGENCY,
    ),
    "mail session from a known browser": (
        txn(realm=SOL), replace(MAIL_SESSION, known_browser=True), DOWN,
        Policy(require_known_browser=True), FINISH,
    ),
    "proof": (txn(proof=PROOF), None, UP, Policy(), Step(StepKind.ESTABLISH, SOL)),
    "proof from SUNAT after the flip down": (
        txn(proof=PROOF), None, DOWN, Policy(), Step(StepKind.ESTABLISH, SOL),
    ),
    "proof by mail after the flip up": (
        txn(proof=MAIL_PROOF), None, UP, Policy(), Step(StepKind.ESTABLISH, SOL),
    ),
    "proof by mail, contingency forbidden meanwhile": (
        txn(proof=MAIL_PROOF, realm=SOL), None, DOWN, Policy(contingency=False), REFUSED,
    ),
    "proof by mail, contingency forbidden meanwhile, up again": (
        txn(proof=MAIL_PROOF, realm=SOL), None, UP, Policy(contingency=False), UPSTREAM,
    ),
    "proof by mail that counts for nothing, and a session that does": (
        txn(proof=MAIL_PROOF, realm=SOL), SUNAT_SESSION, DOWN, Policy(contingency=False), FINISH,
    ),
    "proof by mail, known browser required": (
        txn(proof=MAIL_PROOF, realm=SOL), None, DOWN, Policy(require_known_browser=True), REFUSED,
    ),
    "proof, older session of the same person": (
        txn(proof=PROOF), SUNAT_SESSION, UP, Policy(), Step(StepKind.ESTABLISH, SOL),
    ),
    "proof, its own session": (
        txn(proof=PROOF, prompt=frozenset({"login"})), FRESH_SESSION, UP, Policy(), FINISH,
    ),
    "proof, and a newer session by mail of the same person": (
        txn(proof=PROOF), replace(MAIL_SESSION, auth_time=NOW), UP, Policy(contingency=False),
        Step(StepKind.ESTABLISH, SOL),
    ),
    "proof of another person": (
        txn(proof=replace(PROOF, person_id="per_b")), SUNAT_SESSION, UP, Policy(),
        Step(StepKind.OTHER_PERSON, SOL),
    ),
    "proof of another person, agreed": (
        txn(proof=replace(PROOF, person_id="per_b"), switch_confirmed=True),
        SUNAT_SESSION, UP, Policy(), Step(StepKind.ESTABLISH, SOL),
    ),
    "something to tell": (txn(**TOLD), SUNAT_SESSION, UP, Policy(), NUDGE),
    "something to tell while down": (txn(**TOLD), SUNAT_SESSION, DOWN, Policy(), NUDGE),
    "something to tell, after prompt login": (
        txn(**TOLD, prompt=frozenset({"login"})), FRESH_SESSION, UP, Policy(), NUDGE,
    ),
    "something to tell, told already": (
        txn(**TOLD, nudge_answered=True), SUNAT_SESSION, UP, Policy(), FINISH,
    ),
    "something to tell, the component wants none of it": (
        txn(**TOLD), SUNAT_SESSION, UP, Policy(nudge=False), FINISH,
    ),
    "something to tell, no page may be shown": (
        txn(**TOLD, prompt=frozenset({"none"})), SUNAT_SESSION, UP, Policy(), FINISH,
    ),
    "something to tell, a session by mail": (txn(**TOLD), MAIL_SESSION, DOWN, Policy(), FINISH),
    "something to tell, on the way to our own page": (
        txn(**TOLD, destination="account", client_id=None), SUNAT_SESSION, UP, Policy(), FINISH,
    ),
    "something to tell, at a component's front door": (
        txn(**TOLD, destination="component"), SUNAT_SESSION, UP, Policy(), FINISH,
    ),
    "something to tell, the person went back": (
        txn(**TOLD, denied=True), SUNAT_SESSION, UP, Policy(), FINISH,
    ),
    "something to tell, who they are comes first": (
        txn(**TOLD, prompt=frozenset({"select_account"})), SUNAT_SESSION, UP, Policy(), CHOOSE,
    ),
    "something to tell, the session is gone": (txn(**TOLD, realm=SOL), None, UP, Policy(), UPSTREAM),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_next_step_table_gives_the_step(name: str) -> None:
    transaction, session, up, policy, expected = CASES[name]
    assert next_step(transaction, session, up, policy, NOW) == expected


def test_transaction_json_round_trip_keeps_everything() -> None:
    full = txn(
        params=(("state", "á"), ("scope", "openid")),
        prompt=frozenset({"login"}),
        max_age=3,
        realm=SOL,
        link_id="lnk",
        proof=MAIL_PROOF,
        nudge="no_address",
        nudge_answered=True,
        version=7,
    )
    assert Transaction.from_json(full.to_json(), 7) == full


def test_transaction_of_before_nudges_is_read_and_looks_the_same() -> None:
    plain = txn().to_json()
    assert "nudge" not in plain
    assert Transaction.from_json(plain, 0) == txn()


def test_session_json_round_trip_keeps_everything() -> None:
    full = replace(MAIL_SESSION, claims={"ruc": "20131312955", "email_verified": True})
    assert Session.from_json(full.to_json()) == full


ANEW = Policy(state_lifetime=300)
DONE = replace(SUNAT_SESSION, auth_time=NOW - timedelta(seconds=1))
DONE_BY_MAIL = replace(DONE, mode=Mode.CONTINGENCIA)
OLD = {"created_at": NOW - timedelta(seconds=301), "proof": PROOF}
BEGINS_ANEW = {
    "the component has forgotten it": (txn(**OLD), DONE, UP, ANEW, True),
    "the component still knows it": (
        txn(created_at=NOW - timedelta(seconds=300)), DONE, UP, ANEW, False,
    ),
    "it has nowhere to begin": (txn(**OLD), DONE, UP, Policy(), False),
    "it would ask for the login again": (
        txn(**OLD, prompt=frozenset({"login"})), DONE, UP, ANEW, False,
    ),
    "it asks for a login of this hour": (
        txn(**OLD, max_age=3_600), DONE, UP, ANEW, True,
    ),
    "it asks for a login of this moment": (
        txn(**OLD, max_age=0), DONE, UP,
        ANEW, False,
    ),
    "by mail, still down": (
        txn(**OLD), DONE_BY_MAIL, DOWN, ANEW, True,
    ),
    "by mail, up meanwhile": (txn(**OLD), DONE_BY_MAIL, UP, ANEW, False),
}  # fmt: skip


@pytest.mark.parametrize("name", BEGINS_ANEW)
def test_login_that_is_done_begins_anew_when(name: str) -> None:
    transaction, session, upstreams, policy, expected = BEGINS_ANEW[name]
    assert begins_anew(transaction, session, upstreams, policy, NOW) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"prompt": frozenset({"login"})}, True),
        ({"prompt": frozenset({"consent", "login"})}, True),
        ({"prompt": frozenset({"select_account"})}, False),
        ({"max_age": 0}, True),
        ({"max_age": 300}, False),
    ],
    ids=["nothing", "login", "login among others", "select_account", "max_age 0", "max_age 300"],
)
def test_request_that_asks_for_a_login_each_time_takes_each_login_once(
    changes: dict[str, Any], expected: bool
) -> None:
    assert proves_once(txn(**changes)) is expected
