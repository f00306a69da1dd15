"""The console's pages as its menu lists them: a row each."""

from __future__ import annotations

from dataclasses import dataclass

from idp.admin.roles import Permission
from idp.admin.sessions import Visit
from idp.kernel.texts import Text

HOME = "/admin"
REQUESTS = "/admin/solicitudes"
WINDOWS = "/admin/mantenimientos"
DRILLS = "/admin/simulacros"
HISTORY = "/admin/historia"
COVERAGE = "/admin/cobertura"
PEOPLE = "/admin/personas"
MAIL = "/admin/correo"
LIVE = "/admin/enlaces-y-sesiones"
COMPONENTS = "/admin/componentes"
KEYS = "/admin/llaves"
AUDIT = "/admin/auditoria"
ACCOUNTS = "/admin/cuentas"
OWN_ACCOUNT = "/admin/cuenta"


@dataclass(frozen=True)
class Entry:
    """A page, and what it needs."""

    path: str
    label: Text
    permission: Permission


MENU = (
    Entry(HOME, Text("Ahora"), Permission.SEE_STATE),
    Entry(REQUESTS, Text("Solicitudes"), Permission.SEE_STATE),
    Entry(WINDOWS, Text("Mantenimientos"), Permission.SEE_STATE),
    Entry(DRILLS, Text("Simulacros"), Permission.SEE_STATE),
    Entry(HISTORY, Text("Historia"), Permission.SEE_STATE),
    Entry(COVERAGE, Text("Cobertura"), Permission.SEE_COVERAGE),
    Entry(PEOPLE, Text("Personas"), Permission.FIND_PERSON),
    Entry(MAIL, Text("Correo"), Permission.SEE_STATE),
    Entry(LIVE, Text("Enlaces y sesiones"), Permission.SEE_STATE),
    Entry(COMPONENTS, Text("Componentes"), Permission.SEE_CLIENTS),
    Entry(KEYS, Text("Llaves"), Permission.SEE_KEYS),
    Entry(AUDIT, Text("Auditoría"), Permission.SEE_AUDIT),
    Entry(ACCOUNTS, Text("Cuentas"), Permission.SEE_ACCOUNTS),
    Entry(OWN_ACCOUNT, Text("Mi cuenta de consola"), Permission.OWN_ACCOUNT),
)


def menu_for(visit: Visit) -> list[Entry]:
    """What a visitor may open."""
    return [one for one in MENU if visit.may(one.permission)]
