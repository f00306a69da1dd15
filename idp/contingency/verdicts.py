"""Whether a login by mail would be taken, asked of the policy before anything is spent on it.

The policy itself is `login.steps`; here it is only asked, with the proof that there would be.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from idp.contingency.ports import Dispatcher
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.identity import Mode, Proof
from idp.login.steps import StepKind
from idp.login.transaction import Transaction


class Verdict(StrEnum):
    """What the policy says; all but TAKEN are the code of an error (403).

    KNOWN_BROWSER: only a browser that is known as the person's would do. SUNAT: no mail would.
    RECOVERED: SUNAT is back, and wanted. GONE, DISABLED: the component is.
    """

    TAKEN = "taken"
    KNOWN_BROWSER = "known_browser_required"
    SUNAT = "unmet_authentication_requirements"
    RECOVERED = "sunat_available"
    GONE = "invalid_client"
    DISABLED = "client_disabled"


NOT_TAKEN = frozenset(Verdict) - {Verdict.TAKEN}
_CLIENT = frozenset({Verdict.GONE, Verdict.DISABLED})
_SUNAT = frozenset({StepKind.UPSTREAM, StepKind.UNANSWERED})
_ON = frozenset({StepKind.ESTABLISH, StepKind.OTHER_PERSON, StepKind.FINISH})


class Judge:
    """Asks the policy about a login that would be proved by mail."""

    def __init__(
        self, *, dispatcher: Dispatcher, clock: Clock, links_end_at_recovery: bool = False
    ) -> None:
        self._dispatcher = dispatcher
        self._clock = clock
        self._ends = links_end_at_recovery

    def recovered(self, login: Transaction, realm: str) -> bool:
        """Whether SUNAT is what this login would meet, were it not for its link; not where its
        component is gone. Raises Unavailable.
        """
        asked = replace(login, realm=realm, proof=None)
        try:
            return self._dispatcher.step(asked, None).kind in _SUNAT
        except IdpError as error:
            if error.code not in _CLIENT:
                raise
            return False

    def ended(self, login: Transaction, realm: str) -> bool:
        """Whether its link counts no longer because SUNAT is back; a drill's, in which SUNAT never
        was away, counts to its own end, also where the drill was left. Raises as `recovered`.
        """
        drilled = self.drilled(replace(login, drill_left=False))
        return self._ends and drilled is None and self.recovered(login, realm)

    def verdict(self, login: Transaction, realm: str, *, known_browser: bool) -> Verdict:
        """The policy's answer, whoever the person is. Changes nothing; raises Unavailable."""
        try:
            if self.ended(login, realm):
                return Verdict.RECOVERED
            kind = self._kind(login, realm, known_browser)
            if kind in _ON:
                return Verdict.TAKEN
            if kind in _SUNAT:
                return Verdict.RECOVERED
            only_known = not known_browser and self._kind(login, realm, True) in _ON
            return Verdict.KNOWN_BROWSER if only_known else Verdict.SUNAT
        except IdpError as error:
            if error.code not in _CLIENT:
                raise
            return Verdict(error.code)

    def drilled(self, login: Transaction) -> str | None:
        """The realm of the drill that took this login, where its pages are to say so."""
        drill = self._dispatcher.drill(login)
        return drill.realm if drill is not None else None

    def _kind(self, login: Transaction, realm: str, known_browser: bool) -> StepKind:
        proof = Proof(
            realm=realm,
            person_id="",
            mode=Mode.CONTINGENCIA,
            auth_time=self._clock.now(),
            known_browser=known_browser,
        )
        return self._dispatcher.step(replace(login, realm=realm, proof=proof), None).kind


def not_taken(verdict: Verdict) -> IdpError:
    """The error of a verdict that is not TAKEN."""
    return IdpError(verdict.value, 403)
