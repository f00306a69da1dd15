"""A console account, as it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from idp.admin.roles import Role

# Names stand in the audit log, and are never given to anybody else.
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account. Moments are aware, UTC.

    generation: counts up with every change of what it may do or how it is proved; sessions of an
    earlier one count no more. setup_digest, setup_until: of the link that sets it up, while there
    is one. password_hash: None until then.
    """

    id: str
    name: str
    role: Role
    created_at: datetime
    generation: int = 1
    password_hash: str | None = field(default=None, repr=False)
    setup_digest: str | None = field(default=None, repr=False)
    setup_until: datetime | None = None
    disabled_at: datetime | None = None
    last_login_at: datetime | None = None

    @property
    def usable(self) -> bool:
        """Whether anybody may come in by it."""
        return self.disabled_at is None and self.password_hash is not None

    @property
    def actor(self) -> str:
        """Who acts, for the audit log: told apart from whoever only says to be called so."""
        return f"console:{self.name}"


def account_name(typed: str) -> str | None:
    """A name as accounts have it; None for what is none."""
    name = typed.strip().casefold()
    return name if _NAME.fullmatch(name) else None
