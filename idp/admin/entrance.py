"""The way in: a password, then a code of the app or a recovery code."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from idp.admin.account import Account, account_name
from idp.admin.known_browsers import KnownBrowsers
from idp.admin.passwords import Passwords
from idp.admin.ports import AccountStore, ProofStore
from idp.admin.recovery import RecoveryCodes
from idp.admin.session import Session
from idp.admin.sessions import Sessions
from idp.admin.steps import HalfLogin, Steps
from idp.admin.totp import counter_of
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.audit.personal import Personal
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ports import UnitOfWork
from idp.limits.noted import Noted
from idp.limits.service import Limits


@dataclass(frozen=True)
class Origin:
    """Whence somebody comes. prefix: of the address. session: the cookie that they had before.
    personal: for beside the audit record.
    """

    prefix: str
    browser_hash: str
    known: str | None
    agent: str
    session: str | None = None
    personal: Personal | None = None


@dataclass(frozen=True)
class Entered:
    """Somebody is in. cookie: of the session; known: of the browser. back: the page wanted."""

    cookie: str
    known: str
    back: str


class Entrance:
    """Every refusal of a password is the same, in words and in work, whoever is named."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        proofs: ProofStore,
        passwords: Passwords,
        recovery: RecoveryCodes,
        known: KnownBrowsers,
        sessions: Sessions,
        steps: Steps,
        limits: Limits,
        uow: UnitOfWork,
        audit: Audit,
        noted: Noted,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._proofs = proofs
        self._passwords = passwords
        self._recovery = recovery
        self._known = known
        self._sessions = sessions
        self._steps = steps
        self._limits = limits
        self._uow = uow
        self._audit = audit
        self._noted = noted
        self._clock = clock

    def password(self, typed_name: str, password: str, origin: Origin, *, back: str) -> bool:
        """The first step: whether it was the right password of a usable account.

        Raises IdpError (rate_limited, console_busy), Unavailable.
        """
        name = account_name(typed_name) or ""
        found = self._accounts.named(name)
        self._count(name, found, origin)
        usable = found if found and found.usable else None
        if not self._passwords.matches(usable.password_hash if usable else None, password):
            self._failed(found, origin, "password", "disabled" if found and not usable else "wrong")
            return False
        assert usable is not None
        self._hash_anew(usable, password)
        half = HalfLogin(usable.id, usable.generation, back)
        self._steps.put_login(origin.browser_hash, half)
        return True

    def waits_for_code(self, browser_hash: str) -> bool:
        """Whether this browser is between the two steps."""
        return self._steps.login(browser_hash) is not None

    def code(self, typed: str, origin: Origin) -> Entered | None:
        """The second step, by the app; None for a wrong code, and for one that was taken before.

        Raises IdpError (console_step_over, rate_limited), Unavailable.
        """

        def refusal(account: Account) -> str | None:
            app = self._proofs.authenticator(account.id)
            counter = counter_of(app.secret, typed, self._clock.timestamp()) if app else None
            if counter is None:
                return "wrong"
            # RFC 6238 §5.2: each is good once.
            return None if self._proofs.advance(account.id, counter) else "replayed"

        return self._second(origin, "code", refusal)

    def recovery_code(self, typed: str, origin: Origin) -> Entered | None:
        """The second step, by a recovery code; None for a wrong or spent one. Raises as `code`."""

        def refusal(account: Account) -> str | None:
            digest, now = self._recovery.digest(account.id, typed), self._clock.now()
            return None if self._proofs.spend_code(account.id, digest, now) else "wrong"

        return self._second(origin, "recovery", refusal)

    def admit(self, account_id: str, origin: Origin) -> Entered:
        """Let somebody in who has just set their account up. Raises as `code`."""
        account = self._accounts.get(account_id)
        if account is None or not account.usable:
            raise IdpError("console_step_over")
        session = self._sessions.make(account, agent=origin.agent)
        with self._uow.transaction():
            self._record(account, "setup", session, origin)
        return self._enter(account, session, origin, back="")

    def _hash_anew(self, account: Account, password: str) -> None:
        """At today's cost, so that no refusal of it takes another time than one of nobody's. It can
        wait for the next login.
        """
        if account.password_hash is None or not self._passwords.outdated(account.password_hash):
            return
        with suppress(IdpError):
            self._accounts.hashed_anew(account, self._passwords.hash(password))

    def _count(self, name: str, found: Account | None, origin: Origin) -> None:
        if found is not None and self._known.is_of(found.id, origin.known):
            self._limits.hit("admin.known_browser", str(origin.known))
            return
        self._limits.hit_all(
            ("admin.address", origin.prefix),
            ("admin.account", name, origin.prefix),
            ("admin.account_anywhere", name),
        )

    def _second(
        self, origin: Origin, how: str, refusal: Callable[[Account], str | None]
    ) -> Entered | None:
        half = self._steps.login(origin.browser_hash)
        account = self._accounts.get(half.account_id) if half else None
        if half is None or account is None or not _still(account, half):
            raise IdpError("console_step_over")
        self._limits.hit_all(("admin.code", account.id), ("admin.code_day", account.id))
        session = self._sessions.make(account, agent=origin.agent)
        with self._uow.transaction():
            reason = refusal(account)
            if reason is None:
                self._record(account, how, session, origin)
        if reason is not None:
            self._failed(account, origin, how, reason)
            return None
        self._steps.drop_login(origin.browser_hash)
        return self._enter(account, session, origin, back=half.back)

    def _record(self, account: Account, how: str, session: Session, origin: Origin) -> None:
        self._accounts.entered(account.id, self._clock.now())
        self._audit.record(
            AuditEvent.ADMIN_LOGGED_IN,
            actor=account.actor,
            personal=origin.personal,
            account=account.name,
            how=how,
            sid=session.sid,
        )

    def _enter(self, account: Account, session: Session, origin: Origin, *, back: str) -> Entered:
        cookie = self._sessions.open(session, replaces=origin.session)
        return Entered(cookie, self._known.cookie(account.id), back)

    def _failed(self, account: Account | None, origin: Origin, step: str, reason: str) -> None:
        # Never what was typed: people type passwords into the wrong field.
        record = self._audit.entry(
            AuditEvent.ADMIN_LOGIN_FAILED,
            personal=origin.personal,
            step=step,
            reason=reason,
            account=account.name if account else None,
        )
        self._noted.push(record, origin.prefix)


def _still(account: Account, half: HalfLogin) -> bool:
    return account.usable and account.generation == half.generation
