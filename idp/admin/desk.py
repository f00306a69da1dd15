"""Making console accounts and changing what they are: for the commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from idp.admin.account import Account, account_name
from idp.admin.ports import AccountStore, ProofStore
from idp.admin.roles import Role
from idp.admin.sessions import Sessions
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError
from idp.kernel.ids import digest, new_id
from idp.kernel.ports import UnitOfWork
from idp.kernel.random import Random

SETUP_LIFE = timedelta(hours=24)
_TRIES = 5


@dataclass(frozen=True)
class SetupLink:
    """What sets an account up; it is shown once. url: of the console."""

    account: Account
    url: str = field(repr=False)
    until: datetime


class AccountDesk:
    """Every change names who makes it. console_url: where the links lead."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        proofs: ProofStore,
        sessions: Sessions,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        random: Random,
        console_url: str,
    ) -> None:
        self._accounts = accounts
        self._proofs = proofs
        self._sessions = sessions
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._random = random
        self._console_url = console_url

    def all(self) -> list[Account]:
        """Every account, by name."""
        return self._accounts.all()

    def create(self, typed_name: str, role: Role, *, actor: str) -> SetupLink:
        """A new account. Raises IdpError: account_name_invalid, account_exists."""
        name = account_name(typed_name)
        if name is None:
            raise IdpError(
                "account_name_invalid",
                detail="2 to 32 letters without accents, digits and . _ - (a letter first)",
            )
        token, now = self._random.token(), self._clock.now()
        account = Account(
            id=new_id(self._random, "adm"),
            name=name,
            role=role,
            created_at=now,
            setup_digest=digest(token),
            setup_until=now + SETUP_LIFE,
        )
        with self._uow.transaction():
            if not self._accounts.add(account):
                raise IdpError("account_exists", detail="that name is taken, or was once")
            self._audit.record(AuditEvent.ADMIN_CREATED, actor=actor, account=name, role=role.value)
        return self._link(account, token)

    def disable(self, name: str, *, actor: str, reason: str) -> Account:
        """Nobody comes in by it from now on, and its sessions have ended."""
        now = self._clock.now()
        return self._change(
            name,
            lambda one: replace(one, disabled_at=one.disabled_at or now),
            AuditEvent.ADMIN_DISABLED,
            actor,
            reason=reason,
        )

    def enable(self, name: str, *, actor: str, reason: str) -> Account:
        """It may be used again, as it was."""
        return self._change(
            name,
            lambda one: replace(one, disabled_at=None),
            AuditEvent.ADMIN_ENABLED,
            actor,
            reason=reason,
        )

    def set_role(self, name: str, role: Role, *, actor: str) -> Account:
        """Another role; its sessions have ended."""
        return self._change(
            name,
            lambda one: replace(one, role=role),
            AuditEvent.ADMIN_ROLE_CHANGED,
            actor,
            role=role.value,
        )

    def reset(self, name: str, *, actor: str, reason: str) -> SetupLink:
        """Begin anew: password, app, recovery codes and sessions count no more."""
        token, until = self._random.token(), self._clock.now() + SETUP_LIFE
        account = self._change(
            name,
            lambda one: replace(
                one, password_hash=None, setup_digest=digest(token), setup_until=until
            ),
            AuditEvent.ADMIN_RESET,
            actor,
            forget=True,
            reason=reason,
        )
        return self._link(account, token)

    def _change(
        self,
        name: str,
        change: Callable[[Account], Account],
        event: AuditEvent,
        actor: str,
        *,
        forget: bool = False,
        **details: str,
    ) -> Account:
        """Write a change with its record, and end the sessions. Raises IdpError: account_unknown,
        account_busy.
        """
        for _ in range(_TRIES):
            with self._uow.transaction():
                was = self._accounts.named(account_name(name) or "")
                if was is None:
                    raise IdpError("account_unknown", detail="no console account has this name")
                written = self._accounts.swap(was, change(was))
                if written:
                    if forget:
                        self._proofs.drop(was.id)
                    self._audit.record(event, actor=actor, account=was.name, **details)
            if written:
                self._sessions.end_all(was, reason=event.value.partition(".")[2], actor=actor)
                return self._accounts.named(was.name) or was
        raise IdpError("account_busy", detail="somebody else changes it at this moment; try again")

    def _link(self, account: Account, token: str) -> SetupLink:
        assert account.setup_until is not None
        return SetupLink(account, f"{self._console_url}/admin/alta/{token}", account.setup_until)
