"""How far a console account is, for lists of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from idp.admin.account import Account
from idp.kernel.texts import Text


class AccountState(StrEnum):
    """Whether anybody may come in by it, or what it waits for."""

    ACTIVE = "active"
    NOT_SET_UP = "not set up yet"
    LINK_EXPIRED = "link expired"
    DISABLED = "disabled"


STATES: dict[AccountState, Text] = {
    AccountState.ACTIVE: Text("Activa"),
    AccountState.NOT_SET_UP: Text("Espera que se use su enlace de alta"),
    AccountState.LINK_EXPIRED: Text("Su enlace de alta venció"),
    AccountState.DISABLED: Text("Deshabilitada"),
}


def shown(account: Account, now: datetime) -> AccountState:
    """How far an account is."""
    if account.disabled_at is not None:
        return AccountState.DISABLED
    if account.password_hash is not None:
        return AccountState.ACTIVE
    late = account.setup_until is None or account.setup_until <= now
    return AccountState.LINK_EXPIRED if late else AccountState.NOT_SET_UP
