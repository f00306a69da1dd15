"""The whole login policy, pure: what does this login need next?

Every step of a login comes back to `/login/<txn>`, which asks here. Nothing else in the project
decides whether a session, a mode or a proof is good enough; existing sessions are judged by the
same rules as new logins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from idp.kernel.identity import ACR, Mode
from idp.login.session import Session
from idp.login.transaction import Transaction


class StepKind(StrEnum):
    """What may come next. UNANSWERED: the person was sent to the upstream before, and is here again
    without an answer: they are asked, not sent to the same page once more.
    """

    CHOOSE = "choose"
    UPSTREAM = "upstream"
    UNANSWERED = "unanswered"
    CONTINGENCY = "contingency"
    CONTINGENCY_REFUSED = "contingency_refused"
    OTHER_PERSON = "other_person"
    ESTABLISH = "establish"
    NUDGE = "nudge"
    FINISH = "finish"


@dataclass(frozen=True)
class Step:
    """A step, and the realm that it is for where there is one."""

    kind: StepKind
    realm: str | None = None


@dataclass(frozen=True)
class Policy:
    """What a component allows.

    contingency: whether an e-mailed link may stand in for SUNAT at all. max_session: seconds that
    a contingency session counts for it, None for no further limit. on_recovery: what one
    counts for once its upstream is up: for `recovery_limit` seconds more (`limit`), as long as it
    lasts (`keep`), or for nothing (`logout`: it is ended besides, see `oidc.failback`).
    recovered_at: since when upstreams are up again, by realm; one that is missing is up for long.
    state_lifetime: seconds after which the component has forgotten its request and is entered
    anew, None where it has no way to be. expected_subject: whether the session's person is the one
    whom the request expects (its id_token_hint), or it expects nobody in particular. nudge: whether
    a login by SUNAT may stop on its way to it for a word to the person. drilled: whether what is
    judged came of a drill that goes on for it, and so counts as if SUNAT were down.
    """

    contingency: bool = True
    max_session: int | None = None
    on_recovery: str = "limit"
    recovery_limit: int = 0
    recovered_at: Mapping[str, datetime] = field(default_factory=dict)
    require_known_browser: bool = False
    state_lifetime: int | None = None
    expected_subject: bool = True
    nudge: bool = True
    drilled: bool = False


def next_step(
    transaction: Transaction,
    session: Session | None,
    upstream_up: Mapping[str, bool],
    policy: Policy,
    now: datetime,
) -> Step:
    """The next step of this login.

    transaction: bound to the browser that asks. session: the live one of that browser, if any.
    upstream_up: by realm; a realm that is missing counts as up (its own start page will say).
    Whoever is at the browser is asked, where the request expects somebody else.
    """
    if transaction.denied:
        return Step(StepKind.FINISH)
    refused = _refused(transaction, policy)
    if transaction.proof is not None and not refused:
        return _after_proof(transaction, session, upstream_up, policy, now)
    if session is not None and satisfies(transaction, session, upstream_up, policy, now):
        asks = "select_account" in transaction.prompt or not policy.expected_subject
        if asks and not transaction.confirmed:
            return Step(StepKind.CHOOSE)
        waits = transaction.nudge is not None and not transaction.nudge_answered
        if waits and may_nudge(transaction, session, policy):
            return Step(StepKind.NUDGE, session.realm)
        return Step(StepKind.FINISH)
    realm = transaction.realm
    if (
        realm is None
        and len(transaction.realms) == 1
        and "select_account" not in transaction.prompt
    ):
        realm = transaction.realms[0]
    if realm is None:
        return Step(StepKind.CHOOSE)
    if upstream_up.get(realm, True):
        unanswered = transaction.sent_at is not None
        return Step(StepKind.UNANSWERED if unanswered else StepKind.UPSTREAM, realm)
    if refused or not policy.contingency or transaction.acr_required == ACR[Mode.SUNAT]:
        return Step(StepKind.CONTINGENCY_REFUSED, realm)
    return Step(StepKind.CONTINGENCY, realm)


def _refused(transaction: Transaction, policy: Policy) -> bool:
    """Whether its proof came by mail to a component that does not take that: as good as none."""
    proof = transaction.proof
    return (
        proof is not None
        and proof.mode is Mode.CONTINGENCIA
        and not _contingency_allowed(transaction, policy, known_browser=proof.known_browser)
    )


def _after_proof(
    transaction: Transaction,
    session: Session | None,
    upstream_up: Mapping[str, bool],
    policy: Policy,
    now: datetime,
) -> Step:
    """A proof counts for its transaction whatever the flag says by now."""
    proof = transaction.proof
    if proof is None:
        raise ValueError("no proof")
    if session is not None and session.person_id == proof.person_id:
        # A newer session of the same person will do, unless another tab began it in a way that
        # this component does not take.
        newer = session.auth_time >= proof.auth_time
        if newer and satisfies(transaction, session, upstream_up, policy, now):
            return Step(StepKind.FINISH)
    elif session is not None and not transaction.switch_confirmed:
        return Step(StepKind.OTHER_PERSON, proof.realm)
    return Step(StepKind.ESTABLISH, proof.realm)


def may_nudge(transaction: Transaction, session: Session, policy: Policy) -> bool:
    """Whether this login may stop for a word to its person: after SUNAT proved them, on the way to
    a component that has nothing against it, and for a request that may show a page.
    """
    return (
        policy.nudge
        and session.mode is Mode.SUNAT
        and transaction.destination == "authorize"
        and "none" not in transaction.prompt
    )


def satisfies(
    transaction: Transaction,
    session: Session,
    upstream_up: Mapping[str, bool],
    policy: Policy,
    now: datetime,
) -> bool:
    """Whether a session that exists is good enough for this request.

    Fresh means proved since the request was parked: so `prompt=login` and `max_age=0` are met by
    the login that they cause, and cannot loop.
    """
    fresh = session.auth_time >= transaction.created_at
    if session.expires_at <= now or session.realm not in transaction.realms:
        return False
    if "login" in transaction.prompt and not fresh:
        return False
    age = (now - session.auth_time).total_seconds()
    if transaction.max_age is not None and age > transaction.max_age and not fresh:
        return False
    if session.mode is Mode.SUNAT:
        return True
    if not _contingency_allowed(transaction, policy, known_browser=session.known_browser):
        return False
    if policy.max_session is not None and age > policy.max_session:
        return False
    return fresh or outlives_recovery(policy, session.realm, upstream_up, now)


def outlives_recovery(
    policy: Policy, realm: str, upstream_up: Mapping[str, bool], now: datetime
) -> bool:
    """Whether what a login by mail gave this component counts still, as far as SUNAT is concerned.

    Counted from the recovery, for a link that was honoured after it as well.
    """
    down = policy.drilled or not upstream_up.get(realm, True)
    if policy.on_recovery == "keep" or down:
        return True
    since = policy.recovered_at.get(realm)
    return (
        policy.on_recovery == "limit"
        and since is not None
        and now < since + timedelta(seconds=policy.recovery_limit)
    )


def begins_anew(
    transaction: Transaction,
    session: Session,
    upstream_up: Mapping[str, bool],
    policy: Policy,
    now: datetime,
) -> bool:
    """Whether a login that is done ends in a new request of its component, not in the parked one.

    So it is when the component has forgotten the parked one's `state` meanwhile, and the session
    answers the same request made now: nobody is made to log in twice.
    """
    age = (now - transaction.created_at).total_seconds()
    if policy.state_lifetime is None or age <= policy.state_lifetime:
        return False
    return satisfies(replace(transaction, created_at=now), session, upstream_up, policy, now)


def proves_once(transaction: Transaction) -> bool:
    """Whether this request takes no login but the one that it causes itself (OpenID Connect Core
    §3.1.2.1): the same request, made anew by the component, asks the person again.
    """
    return "login" in transaction.prompt or transaction.max_age == 0


def unmet(
    transaction: Transaction,
    session: Session | None,
    upstream_up: Mapping[str, bool],
    policy: Policy,
) -> bool:
    """Whether only SUNAT would do, and SUNAT is down: no login can meet this request now.

    That is what `unmet_authentication_requirements` tells a request that may show no page.
    """
    if policy.contingency and transaction.acr_required != ACR[Mode.SUNAT]:
        return False
    realms = (session.realm,) if session is not None else transaction.realms
    return not any(upstream_up.get(realm, True) for realm in realms)


def grant_lives(
    mode: Mode,
    realm: str,
    age: float,
    upstream_up: Mapping[str, bool],
    policy: Policy,
    now: datetime,
) -> bool:
    """Whether what a login gave may still be prolonged. age: seconds since the person was proved.

    A login by mail is prolonged as its session would be: within `max_session`, and beyond the
    upstream's recovery as the component says.
    """
    if mode is Mode.SUNAT:
        return True
    if not policy.contingency or (policy.max_session is not None and age > policy.max_session):
        return False
    return outlives_recovery(policy, realm, upstream_up, now)


def _contingency_allowed(transaction: Transaction, policy: Policy, *, known_browser: bool) -> bool:
    if not policy.contingency or transaction.acr_required == ACR[Mode.SUNAT]:
        return False
    return known_browser or not policy.require_known_browser
