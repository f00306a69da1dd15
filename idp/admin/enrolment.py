"""Setting up an account by its link: a password, an app, recovery codes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from idp.admin import password_rules
from idp.admin.account import Account
from idp.admin.passwords import Passwords
from idp.admin.ports import AccountStore, Authenticator, ProofStore
from idp.admin.recovery import RecoveryCodes
from idp.admin.steps import HalfSetup, Steps
from idp.admin.totp import counter_of, drawn, enrolment_uri, in_groups, secret_of
from idp.audit.events import AuditEvent
from idp.audit.log import Audit
from idp.kernel.clock import Clock
from idp.kernel.errors import IdpError, Unavailable
from idp.kernel.ids import digest
from idp.kernel.ports import UnitOfWork
from idp.kernel.texts import Text

_DIFFERENT = Text("Las dos contraseñas no son iguales.")


@dataclass(frozen=True)
class Enrolled:
    """An app's secret, as text and as SVG."""

    text: str = field(repr=False)
    qr: str = field(repr=False)


@dataclass(frozen=True)
class SetUp:
    """An account is ready. codes: its recovery codes, to be shown this once."""

    account_id: str
    codes: tuple[str, ...] = field(repr=False)


class Enrolment:
    """A link counts once, until its hour; looking at it spends nothing.

    key: 32 bytes. The app's secret follows from the link and the browser: until the app is
    confirmed it is kept nowhere, and whoever opened the link before its owner does not know the
    owner's. issuer: what the app calls us. words: what is easily guessed about this installation.
    """

    def __init__(
        self,
        *,
        accounts: AccountStore,
        proofs: ProofStore,
        passwords: Passwords,
        recovery: RecoveryCodes,
        steps: Steps,
        uow: UnitOfWork,
        audit: Audit,
        clock: Clock,
        key: bytes,
        issuer: str,
        words: Iterable[str],
    ) -> None:
        self._accounts = accounts
        self._proofs = proofs
        self._passwords = passwords
        self._recovery = recovery
        self._steps = steps
        self._uow = uow
        self._audit = audit
        self._clock = clock
        self._key = key
        self._issuer = issuer
        self._words = tuple(words)

    def account(self, token: str) -> Account:
        """Whose link it is. Raises IdpError("console_setup_unknown", 404)."""
        found = self._accounts.awaiting(digest(token))
        late = found is None or found.setup_until is None or found.setup_until <= self._clock.now()
        if found is None or late or found.disabled_at is not None:
            raise IdpError("console_setup_unknown", 404)
        return found

    def choose(self, token: str, password: str, repeated: str, browser_hash: str) -> Text | None:
        """Take a password, for this browser to go on with; or why it is not taken."""
        account = self.account(token)
        refused = new_password(password, repeated, (account.name, *self._words))
        if refused is None:
            half = HalfSetup(browser_hash, self._passwords.hash(password))
            self._steps.put_setup(digest(token), half)
        return refused

    def app(self, token: str, browser_hash: str) -> Enrolled | None:
        """What the app reads; None where this browser chose no password yet."""
        account = self.account(token)
        if self._steps.setup(digest(token), browser_hash) is None:
            return None
        secret = self._secret(token, browser_hash)
        uri = enrolment_uri(secret, account.name, self._issuer)
        return Enrolled(in_groups(secret), drawn(uri))

    def confirm(self, token: str, code: str, browser_hash: str) -> SetUp | None:
        """Finish it by the app's first code; None for a wrong one.

        Raises IdpError: console_setup_unknown, console_step_over.
        """
        account, name = self.account(token), digest(token)
        half = self._steps.setup(name, browser_hash)
        if half is None:
            raise IdpError("console_step_over")
        secret = self._secret(token, browser_hash)
        counter = counter_of(secret, code, self._clock.timestamp())
        if counter is None:
            return None
        codes = tuple(self._recovery.new())
        digests = [self._recovery.digest(account.id, one) for one in codes]
        done = replace(
            account, password_hash=half.password_hash, setup_digest=None, setup_until=None
        )
        with self._uow.transaction():
            if not self._accounts.swap(account, done):
                raise IdpError("console_setup_unknown", 404)
            self._proofs.put(account.id, Authenticator(secret, counter), digests)
            self._audit.record(AuditEvent.ADMIN_SET_UP, actor=account.actor, account=account.name)
        # The link is spent, and the choice worth nothing: it may as well lapse.
        with suppress(Unavailable):
            self._steps.drop_setup(name)
        return SetUp(account.id, codes)

    def _secret(self, token: str, browser_hash: str) -> str:
        made_of = f"{digest(token)}|{browser_hash}"
        return secret_of(hmac.new(self._key, made_of.encode(), hashlib.sha256).digest())


def new_password(password: str, repeated: str, words: Iterable[str]) -> Text | None:
    """Why a new password is not taken."""
    return password_rules.problem(password, words) or (None if password == repeated else _DIFFERENT)
