"""What the switch's pages call things: a row for each value."""

from __future__ import annotations

from idp.kernel.texts import Text
from idp.upstream_status.request import Decision, RequestKind
from idp.upstream_status.state import FlagState, Policy, Why

# What is in force, in the words of a page.
UP, DOWN = Text("Se ingresa con SUNAT"), Text("Contingencia: se ingresa por correo")

WHY: dict[Why, Text] = {
    Why.DEFAULT: Text("Automático: nadie decidió otra cosa"),
    Why.JUDGED: Text("Automático: por la evidencia de la sonda"),
    Why.FORCED_UP: Text("Un operador lo forzó"),
    Why.FORCED_DOWN: Text("Un operador lo forzó"),
    Why.WINDOW: Text("Mantenimiento anunciado"),
    Why.HELD: Text("Se mantiene: llegó su hora de término y SUNAT sigue sin responder"),
}

STATES: dict[FlagState, Text] = {
    FlagState.FORCED_DOWN: Text("Contingencia"),
    FlagState.AUTO: Text("Automático"),
    FlagState.FORCED_UP: Text("Forzar SUNAT"),
}
STATE_HINTS: dict[FlagState, Text] = {
    FlagState.FORCED_DOWN: Text("Se ingresa por correo. Nadie va a SUNAT."),
    FlagState.AUTO: Text("Decide la evidencia. Es la forma de volver a lo normal."),
    FlagState.FORCED_UP: Text("Todos van a SUNAT, aunque vuelva a fallar. Casi nunca hace falta."),
}

POLICIES: dict[Policy, Text] = {
    Policy.MANUAL: Text("Manual"),
    Policy.ASSISTED: Text("Asistida"),
    Policy.AUTOMATIC: Text("Automática"),
}
POLICY_HINTS: dict[Policy, Text] = {
    Policy.MANUAL: Text("La sonda solo aconseja a los administradores."),
    Policy.ASSISTED: Text("La sonda propone; si nadie responde hasta el plazo, lo hace."),
    Policy.AUTOMATIC: Text("La sonda lo hace y lo cuenta."),
}

KINDS: dict[RequestKind, Text] = {
    RequestKind.FLIP: Text("Cambio de estado"),
    RequestKind.POLICY: Text("Cambio de política"),
    RequestKind.PROPOSAL: Text("Propuesta de la sonda"),
}

DECISIONS: dict[Decision, Text] = {
    Decision.APPROVED: Text("Aprobada"),
    Decision.REFUSED: Text("Rechazada"),
    Decision.DONE: Text("Se hizo al vencer el plazo"),
    Decision.LAPSED: Text("Venció sin respuesta"),
    Decision.WITHDRAWN: Text("Quedó sin efecto"),
}

VIA: dict[str, Text] = {
    "cli": Text("Comando"),
    "console": Text("Consola"),
    "api": Text("Sistema"),
    "local": Text("Comando en una máquina sin base de datos"),
}

_PROPOSED = {"up": UP, "down": Text("Contingencia")}


def wanted(kind: RequestKind, value: str) -> Text:
    """What a request wants."""
    if kind is RequestKind.FLIP:
        return STATES[FlagState(value)]
    if kind is RequestKind.POLICY:
        return POLICIES[Policy(value)]
    return _PROPOSED[value]
