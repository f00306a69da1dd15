"""Who may do what at the console: a row for each permission.

A page names the permission that it needs; a page of another kind is a new row.
"""

from __future__ import annotations

from enum import StrEnum

from idp.kernel.texts import Text


class Role(StrEnum):
    """What an account is there for; each has one."""

    VIEWER = "viewer"
    HELPDESK = "helpdesk"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ADMIN = "admin"


ROLE_NAMES: dict[Role, Text] = {
    Role.VIEWER: Text("Consulta"),
    Role.HELPDESK: Text("Mesa de Ayuda"),
    Role.AUDITOR: Text("Auditoría"),
    Role.OPERATOR: Text("Operación"),
    Role.ADMIN: Text("Administración"),
}


class Permission(StrEnum):
    """One thing that a page shows or does."""

    OWN_ACCOUNT = "own_account"
    SEE_STATE = "see_state"
    SEE_COVERAGE = "see_coverage"
    FLIP = "flip"
    DRILL = "drill"
    FIND_PERSON = "find_person"
    REVEAL_PERSON = "reveal_person"
    RESEND = "resend"
    SEE_CLIENTS = "see_clients"
    SEE_KEYS = "see_keys"
    SEE_AUDIT = "see_audit"
    SEE_ACCOUNTS = "see_accounts"


_EVERYBODY = frozenset(Role)
_OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN})
_DESK = frozenset({Role.HELPDESK, Role.ADMIN})
# Who reads everything and changes nothing is the auditor.
_READERS = frozenset({Role.AUDITOR, Role.OPERATOR, Role.ADMIN})

PERMISSIONS: dict[Permission, frozenset[Role]] = {
    Permission.OWN_ACCOUNT: _EVERYBODY,
    Permission.SEE_STATE: _EVERYBODY,
    Permission.SEE_COVERAGE: _EVERYBODY,
    Permission.FLIP: _OPERATORS,
    Permission.DRILL: _OPERATORS,
    Permission.FIND_PERSON: _DESK | {Role.AUDITOR},
    Permission.REVEAL_PERSON: _DESK,
    Permission.RESEND: _DESK,
    Permission.SEE_CLIENTS: _READERS,
    Permission.SEE_KEYS: _READERS,
    Permission.SEE_AUDIT: frozenset({Role.AUDITOR, Role.ADMIN}),
    Permission.SEE_ACCOUNTS: frozenset({Role.AUDITOR, Role.ADMIN}),
}


def may(role: Role, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return role in PERMISSIONS[permission]
