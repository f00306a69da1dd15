"""Whether a drill takes a login: asked once, when the login would go to SUNAT, and kept on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.ports import AuditStream
from idp.clients.client import Client
from idp.kernel.errors import Unavailable
from idp.kernel.identity import ACR, Mode
from idp.login.ports import FindsClients
from idp.login.session import Session
from idp.login.steps import Step, StepKind
from idp.login.transaction import Transaction
from idp.login.transactions import Transactions
from idp.upstream_status.drill_choice import Drill

# Before the id of a drill, in the cookie of a browser whose person preferred SUNAT.
LEFT = "no."


@dataclass(frozen=True)
class Brought:
    """What a browser brought: known: the cookie of known browsers. drill: the token of a tester's
    own link, or that this browser left a drill (`LEFT` and its id).
    """

    known: str | None
    drill: str | None


class ChoosesDrills(Protocol):
    """What is needed of `upstream_status.drills.Drills`."""

    def on(self, realm: str, client_id: str | None) -> Drill | None:
        """The drill in force for this realm and component, from memory."""
        ...

    def takes_browser(self, drill: Drill, known_cookie: str | None) -> str | None:
        """Who is taken at this browser, or None. Raises Unavailable("sql")."""
        ...

    def takes_tester(self, drill: Drill, token: str | None) -> str | None:
        """The tester whose own link this browser opened, or None. Raises Unavailable("sql")."""
        ...


class Drilling:
    """Takes logins into drills. A login never fails for one."""

    def __init__(
        self,
        *,
        drills: ChoosesDrills,
        transactions: Transactions,
        clients: FindsClients,
        audit: Audit,
        stream: AuditStream,
    ) -> None:
        self._drills = drills
        self._transactions = transactions
        self._clients = clients
        self._audit = audit
        self._stream = stream

    def take(
        self, transaction: Transaction, session: Session | None, step: Step, brought: Brought
    ) -> Transaction:
        """The login as it is then. While no drill is on for it, nothing is read nor written.

        Raises what changing the login raises, as going on with it would.
        """
        if transaction.drill is not None or step.kind is not StepKind.UPSTREAM or not step.realm:
            return transaction
        drill = self._drills.on(step.realm, transaction.client_id)
        if drill is None:
            return transaction
        client = self._clients.get(transaction.client_id or "")
        person_id, by = None, ""
        if client is not None and may_drill(transaction, session, client, drill, brought):
            person_id, by = self._who(drill, client, brought)
        taken = self._transactions.set_drill(
            transaction.id, transaction.browser_hash, drill.id if person_id else ""
        )
        if person_id and taken.drill == drill.id:
            self._tell(taken, step.realm, person_id, by)
        return taken

    def _who(self, drill: Drill, client: Client, brought: Brought) -> tuple[str | None, str]:
        """Who is taken, and by what. A directory that does not answer takes nobody."""
        try:
            known = self._drills.takes_browser(drill, brought.known)
            if known is not None:
                return known, "known_browser"
            if client.contingency.require_known_browser:
                return None, ""
            return self._drills.takes_tester(drill, brought.drill), "link"
        except Unavailable:
            return None, ""

    def _tell(self, taken: Transaction, realm: str, person_id: str, by: str) -> None:
        self._stream.push(
            self._audit.entry(
                AuditEvent.DRILL_CHOSEN,
                person_id=person_id,
                client_id=taken.client_id,
                realm=realm,
                drill=taken.drill,
                transaction=taken.trace,
                by=by,
            )
        )


def may_drill(
    transaction: Transaction,
    session: Session | None,
    client: Client,
    drill: Drill,
    brought: Brought,
) -> bool:
    """Whether this request is one that a mail may answer without anybody being worse off.

    It is not where the component wants SUNAT, if only as a wish; where it expects somebody in
    particular, or may show no page; where SUNAT's own session would be replaced by a weaker one;
    for a login that began before the drill did; nor for whoever left this drill.
    """
    wishes = dict(transaction.params).get("acr_values", "").split()
    return (
        client.contingency.allowed
        and not client.disabled
        and transaction.destination == "authorize"
        and transaction.proof is None
        and transaction.created_at >= drill.begins_at
        and transaction.acr_required != ACR[Mode.SUNAT]
        and ACR[Mode.SUNAT] not in wishes
        and transaction.subject is None
        and "none" not in transaction.prompt
        and (session is None or session.mode is not Mode.SUNAT)
        and brought.drill != LEFT + drill.id
    )
