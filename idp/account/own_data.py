"""What a person is told of their own data, and the copy that they may take with them."""

from __future__ import annotations

from dataclasses import dataclass

from idp.account.service import check_may_change, may_change
from idp.kernel.texts import Text
from idp.limits.service import Limits
from idp.login.session import Session
from idp.privacy.dossier import Dossier, Dossiers


@dataclass(frozen=True)
class Kind:
    """A kind of data: what it is, why it is kept, and how long."""

    title: Text
    purpose: Text
    keeps: Text


class OwnData:
    """Whoever came in by an e-mailed link gets no copy: a mailbox is not enough for all of it."""

    def __init__(self, *, dossiers: Dossiers, limits: Limits) -> None:
        self._dossiers = dossiers
        self._limits = limits

    def kinds(self) -> list[Kind]:
        """Everything that is kept of anybody."""
        return [Kind(one.title, one.purpose, one.keeps) for one in self._dossiers.held]

    def may_take(self, session: Session) -> bool:
        """Whether this session gets a copy."""
        return may_change(session)

    def copy(self, session: Session) -> Dossier:
        """The person's copy, on record.

        Raises IdpError: account_read_only (403), rate_limited (429), person_unknown (404);
        Unavailable.
        """
        check_may_change(session)
        self._limits.hit("account.copy", session.person_id)
        return self._dossiers.of(session.person_id)
