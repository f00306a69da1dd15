"""The console's pages as its menu lists them: a row each."""

from __future__ import annotations

from dataclasses import dataclass

from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.kernel.texts import Text

HOME = "/admin"
COVERAGE = "/admin/cobertura"
OWN_ACCOUNT = "/admin/cuenta"


@dataclass(frozen=True)
class Entry:
    """A page, and what it needs."""

    path: str
    label: Text
    permission: Permission


MENU = (
    Entry(HOME, Text("Ahora"), Permission.SEE_STATE),
    Entry(COVERAGE, Text("Cobertura"), Permission.SEE_COVERAGE),
    Entry(OWN_ACCOUNT, Text("Mi cuenta de consola"), Permission.OWN_ACCOUNT),
)


def menu_for(visit: Visit) -> list[Entry]:
    """What a visitor may open."""
    return [one for one in MENU if visit.may(one.permission)]
