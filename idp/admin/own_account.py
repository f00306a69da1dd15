"""What somebody does about their own console account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from idp.admin.enrolment import new_password
from idp.admin.passwords import Passwords
from idp.admin.ports import AccountStore, ProofStore
from idp.admin.recovery import RecoveryCodes
from idp.admin.sessions import Sessions, Visit
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.personal import Personal
from idp.kernel.errors import IdpError
from idp.kernel.ports import UnitOfWork
from idp.kernel.texts import Text
from idp.limits.noted import Noted
from idp.limits.service import Limits

_WRONG = Text("La contraseña no es correcta.")


class OwnAccount:
    """words: what is easily guessed about this installation."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        proofs: ProofStore,
        passwords: Passwords,
        recovery: RecoveryCodes,
        sessions: Sessions,
        limits: Limits,
        uow: UnitOfWork,
        audit: Audit,
        noted: Noted,
        words: Iterable[str],
    ) -> None:
        self._accounts = accounts
        self._proofs = proofs
        self._passwords = passwords
        self._recovery = recovery
        self._sessions = sessions
        self._limits = limits
        self._uow = uow
        self._audit = audit
        self._noted = noted
        self._words = tuple(words)

    def codes_left(self, visit: Visit) -> int:
        """How many recovery codes they have."""
        return self._proofs.codes_left(visit.account.id)

    def prove(self, visit: Visit, password: str, personal: Personal | None = None) -> Text | None:
        """Prove themselves again; why not. personal: for beside the record of a refusal. Raises
        IdpError (rate_limited, console_busy).
        """
        if not self._right(visit, password, personal):
            return _WRONG
        self._audit.record(
            AuditEvent.ADMIN_PROVED_AGAIN,
            actor=visit.account.actor,
            account=visit.account.name,
            sid=visit.session.sid,
        )
        self._sessions.proved(visit)
        return None

    def change_password(
        self,
        visit: Visit,
        current: str,
        password: str,
        repeated: str,
        personal: Personal | None = None,
    ) -> dict[str, Text]:
        """Another password, by field what is wrong: nothing where it was changed.

        Every session ends by it; `sessions.open` begins the next. Raises as `prove`.
        """
        if not self._right(visit, current, personal):
            return {"actual": _WRONG}
        account = visit.account
        refused = new_password(password, repeated, (account.name, *self._words))
        if refused is not None:
            return {"nueva": refused}
        becomes = replace(account, password_hash=self._passwords.hash(password))
        with self._uow.transaction():
            if not self._accounts.swap(account, becomes):
                raise IdpError("console_changed", 409)
            self._audit.record(
                AuditEvent.ADMIN_PASSWORD_CHANGED, actor=account.actor, account=account.name
            )
        self._sessions.end_all(account, reason="password", actor=account.actor)
        return {}

    def begin_anew(self, visit: Visit) -> str:
        """A session for whoever changed their password just now; its cookie."""
        account = self._accounts.get(visit.account.id)
        if account is None or account.generation != visit.account.generation + 1:
            raise IdpError("console_changed", 409)
        session = self._sessions.make(account, agent=visit.session.agent)
        return self._sessions.open(session, replaces=None)

    def renew_codes(self, visit: Visit) -> tuple[str, ...]:
        """Other recovery codes; those before count no more."""
        account, codes = visit.account, tuple(self._recovery.new())
        with self._uow.transaction():
            digests = [self._recovery.digest(account.id, one) for one in codes]
            self._proofs.renew_codes(account.id, digests)
            self._audit.record(
                AuditEvent.ADMIN_CODES_RENEWED, actor=account.actor, account=account.name
            )
        return codes

    def _right(self, visit: Visit, password: str, personal: Personal | None) -> bool:
        account = visit.account
        self._limits.hit("admin.proof", account.id)
        right = self._passwords.matches(account.password_hash, password)
        if not right:
            # Whoever sits at a session that its owner left open may be guessing.
            record = self._audit.entry(
                AuditEvent.ADMIN_LOGIN_FAILED,
                personal=personal,
                account=account.name,
                step="proof",
                reason="wrong",
            )
            self._noted.push(record, account.id)
        return right
