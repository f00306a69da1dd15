"""The dispatcher's service: it joins transaction, session, flag and a component's policy."""

from __future__ import annotations

from dataclasses import dataclass, replace

from idp.audit.personal import Personal
from idp.clients.client import Client
from idp.clients.subjects import Subjects
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.identity import Mode, Proof
from idp.login.policies import policy_of
from idp.login.ports import (
    FindsClients,
    FindsPeople,
    KnowsDrills,
    KnowsUpstreams,
    NoDrills,
    Nudges,
    NullNudges,
)
from idp.login.session import Session
from idp.login.sessions import Sessions
from idp.login.steps import (
    Policy,
    Step,
    StepKind,
    begins_anew,
    grant_lives,
    may_nudge,
    next_step,
    unmet,
)
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.login.ways_back import front_door, initiation_url, return_origins
from idp.people.person import Person
from idp.upstream_status.drill_choice import Drill

ACCOUNT_NAME = "Modificación de Datos"


@dataclass(frozen=True)
class Established:
    """A session that began. nudged: its person is to be told something before they go on."""

    cookie: str
    session: Session
    nudged: bool


class Logins:
    """Decides each step, and turns a proof into a session."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        sessions: Sessions,
        clients: FindsClients,
        people: FindsPeople,
        upstream_status: KnowsUpstreams,
        subjects: Subjects,
        realms: tuple[str, ...],
        clock: Clock,
        issuer: str,
        nudges: Nudges | None = None,
        drills: KnowsDrills | None = None,
    ) -> None:
        self.transactions = transactions
        self.sessions = sessions
        self._clients = clients
        self._people = people
        self._upstream_status = upstream_status
        self._subjects = subjects
        self._nudges = nudges or NullNudges()
        self._drills = drills or NoDrills()
        self._realms = realms
        self._clock = clock
        self._issuer = issuer

    def step(self, transaction: Transaction, session: Session | None) -> Step:
        """What this login needs next. Raises IdpError("invalid_client") for one that is gone."""
        policy = self._policy(transaction, session)
        upstreams = self._upstreams()
        if transaction.drill and not transaction.drill_left:
            drill = self._drills.in_force(transaction.drill, transaction.client_id)
            if drill is not None:
                upstreams[drill.realm] = False
        return next_step(transaction, session, upstreams, policy, self._clock.now())

    def drill(self, transaction: Transaction) -> Drill | None:
        """The drill that took this login, where that was not left; what comes of it says so, also
        once it is over, while SUNAT is not flagged down.
        """
        found = None if transaction.drill_left else self._drills.find(transaction.drill)
        return found if found is not None and self._upstreams().get(found.realm) else None

    def expected(self, transaction: Transaction, session: Session) -> bool:
        """Whether the session's person is whom the request is about, or it is about nobody."""
        return self._policy(transaction, session).expected_subject

    def unmet(self, transaction: Transaction, session: Session | None) -> bool:
        """Whether no login can meet this request while SUNAT is down."""
        return unmet(transaction, session, self._upstreams(), self._policy(transaction, session))

    def takes_mail(self, transaction: Transaction, realm: str) -> bool:
        """Whether this login may go on by mail once the upstream of the realm is down."""
        policy, asked = self._policy(transaction, None), replace(transaction, proof=None)
        step = next_step(
            replace(asked, realm=realm), None, {realm: False}, policy, self._clock.now()
        )
        return step.kind is StepKind.CONTINGENCY

    def grant_lives(
        self, client: Client, mode: Mode, realm: str, auth_time: int, drill: str = ""
    ) -> bool:
        """Whether what a login gave this component may still be prolonged. drill: its own."""
        age = self._clock.timestamp() - auth_time
        policy = self._drilled(self._in_force(client), drill, client)
        return grant_lives(mode, realm, age, self._upstreams(), policy, self._clock.now())

    def doubted_since(self, person_id: str, auth_time: int) -> bool:
        """Whether another human may have got the user after that login (epoch seconds)."""
        person = self._people.get(person_id)
        doubted = person.doubted_at if person else None
        return doubted is not None and auth_time < int(doubted.timestamp())

    def anew_url(self, transaction: Transaction, session: Session) -> str | None:
        """For a login that is done: where its component begins a new one, if the parked request is
        too old for it; None when the parked request goes on.
        """
        client = self._client(transaction)
        anew = begins_anew(
            transaction,
            session,
            self._upstreams(),
            self._drilled(self._in_force(client), session.drill, client),
            self._clock.now(),
        )
        return initiation_url(client, self._issuer) if anew else None

    def establish(
        self,
        transaction: Transaction,
        session_cookie: str | None,
        agent: str = "",
        language: str = "es",
        personal: Personal | None = None,
    ) -> Established:
        """Turn the transaction's proof into a session, once.

        agent: the browser in two words. language: of its pages, and of the notice that follows.
        personal: for beside the audit record.

        Raises IdpError("transaction_unknown", 404) when somebody did already; Unavailable, after
        which the proof is there again.
        """
        proof = self.transactions.take_proof(transaction.id, transaction.browser_hash)
        try:
            person = self._proved(proof)
            self._end_of_the_former(person)
            cookie, session = self.sessions.start(
                person,
                proof,
                transaction.client_id,
                replaces=session_cookie,
                agent=agent,
                language=language,
                parked=transaction if self.drill(transaction) else None,
                personal=personal,
            )
            self._not_too_late(cookie, session, proof)
        except Unavailable:
            self.transactions.record_proof(transaction.id, transaction.browser_hash, proof)
            raise
        return Established(cookie, session, self._nudge(transaction, session, person))

    def _nudge(self, transaction: Transaction, session: Session, person: Person) -> bool:
        """Note what the person is to be told first. A login never fails for it."""
        try:
            client = self._client(transaction)
            if client is None or not may_nudge(transaction, session, policy_of(client)):
                return False
            rules = client.nudge
            nudge = self._nudges.due(person, tells=rules.missing, asks=rules.yearly)
            if nudge is not None:
                self.transactions.set_nudge(transaction.id, transaction.browser_hash, nudge)
        except IdpError:
            return False
        return nudge is not None

    def _proved(self, proof: Proof) -> Person:
        """Who a proof is of by now. What SUNAT proved of a person who was joined with another holds
        for the one who is kept, as at their next login; what a mailbox proved does not. Nothing
        holds that was proved before somebody else may have had the user.
        """
        person = self._people.get(proof.person_id)
        by_mail = proof.mode is Mode.CONTINGENCIA
        if person is None and not by_mail:
            person = self._people.successor(proof.person_id)
        if person is None:
            raise _gone()
        if _former(person, proof):
            raise _gone()
        return person

    def _end_of_the_former(self, person: Person) -> None:
        """A session that began while a doubt was being kept may have escaped its end."""
        doubted = person.doubted_at
        if doubted is not None:
            self.sessions.end_of_person(
                person.id, lambda session: session.auth_time < doubted, reason="revoked"
            )

    def _not_too_late(self, cookie: str, session: Session, proof: Proof) -> None:
        """Whoever is retired, or doubted, has their sessions ended: this one may have begun just
        after that.
        """
        try:
            person = self._people.get(session.person_id)
            gone = person is None or _former(person, proof)
        except Unavailable:
            self.sessions.end(cookie, "revoked")
            raise
        if gone:
            self.sessions.end(cookie, "revoked")
            raise _gone()

    def begin_account(self, browser_hash: str) -> str:
        """Park a login for our own `/cuenta`; the transaction's id."""
        transaction = self.transactions.prepare(
            browser_hash=browser_hash,
            destination="account",
            client_id=None,
            params=(),
            realms=self._realms,
        )
        return self.transactions.add(transaction).id

    def client_name(self, transaction: Transaction) -> str:
        """Where the person is going, in words."""
        client = self._client(transaction)
        return client.client_name if client else ACCOUNT_NAME

    def way_into(self, client_id: str) -> tuple[str, str | None] | None:
        """A component's name, and where it is entered from outside; None for one that is not there
        or takes nobody.
        """
        client = self._clients.get(client_id)
        if client is None or client.disabled:
            return None
        return client.client_name, front_door(client, self._issuer)

    def return_origins(self, transaction: Transaction) -> tuple[str, ...]:
        """What a form of this login may lead to, for `form-action`."""
        return return_origins(transaction, self._client(transaction))

    def person_name(self, person_id: str) -> str:
        """The name of a person who was proved."""
        person = self._people.get(person_id)
        return person.name if person else ""

    def _client(self, transaction: Transaction) -> Client | None:
        if transaction.client_id is None:
            return None
        client = self._clients.get(transaction.client_id)
        if client is None:
            raise IdpError("invalid_client", 400, detail="client left clients.yaml")
        if client.disabled:
            raise IdpError("client_disabled", 403, detail=client.client_id)
        return client

    def _policy(self, transaction: Transaction, session: Session | None) -> Policy:
        client = self._client(transaction)
        policy = self._in_force(client)
        if session is not None:
            policy = self._drilled(policy, session.drill, client)
        if client is None or session is None or transaction.subject is None:
            return policy
        expected = self._subjects.is_sub(client, session.sub, transaction.subject)
        return replace(policy, expected_subject=expected)

    def _in_force(self, client: Client | None) -> Policy:
        """A component's policy, and since when what it counts from is so."""
        policy = policy_of(client)
        if not policy.recovery_limit:
            return policy
        since = {realm: self._upstream_status.back_since(realm) for realm in self._realms}
        recovered = {realm: at for realm, at in since.items() if at is not None}
        return replace(policy, recovered_at=recovered)

    def _drilled(self, policy: Policy, drill: str, client: Client | None) -> Policy:
        """The policy, for what came of a drill."""
        on = drill and self._drills.in_force(drill, client.client_id if client else None)
        return replace(policy, drilled=True) if on else policy

    def _upstreams(self) -> dict[str, bool]:
        return {realm: self._upstream_status.up(realm) for realm in self._realms}


def _former(person: Person, proof: Proof) -> bool:
    """Whether it was proved before another human may have got the user: by the very login that
    told so it was not.
    """
    doubted = person.doubted_at
    by_mail = proof.mode is Mode.CONTINGENCIA
    return doubted is not None and (
        proof.auth_time <= doubted if by_mail else proof.auth_time < doubted
    )


def _gone() -> IdpError:
    return IdpError("transaction_unknown", 404, detail="person is gone")
