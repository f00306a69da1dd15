"""Every way in which the mock misbehaves: one table, read by the code, the control page and
the tests. A new fault is a row here and, where it is a new kind, a function in `answers` or
`tokens`.
"""

from __future__ import annotations

from dataclasses import dataclass

LOGIN = "login"
TOKEN = "token"
BOTH = (LOGIN, TOKEN)
FLAKY_SHARE = 0.08
CUT_AFTER = 3
CUT_SECONDS = 30.0
DEFAULT_SECONDS = 10.0
MAX_SECONDS = 600.0


@dataclass(frozen=True)
class Fault:
    """One row. `kind` is what part of the answer it replaces.

    `none` nothing, `pause` the time, `answer` the whole HTTP answer, `token` the JWT, `way_back`
    what a login sends the browser back with.
    `where` are the endpoints that it reaches by default; a setting may narrow it to one.
    """

    name: str
    kind: str
    where: tuple[str, ...]
    summary: str


_ROWS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("up", "none", BOTH, "Funciona con normalidad"),
    ("down", "answer", BOTH, "Cierra la conexión sin responder"),
    ("slow", "pause", BOTH, "Responde bien, pero tarda los segundos indicados"),
    ("error500", "answer", BOTH, "Responde siempre con un error 500"),
    ("flaky", "answer", BOTH, "Responde con un error 500 el 8 % de las veces"),
    ("cut_after", "answer", BOTH, "Corta la conexión desde la cuarta solicitud en 30 segundos"),
    ("empty200", "answer", BOTH, "Responde 200 con el cuerpo vacío"),
    ("html200", "answer", BOTH, "Responde 200 con una página de mantenimiento"),
    ("back_error", "way_back", (LOGIN,), "Después de ingresar, vuelve con error=server_error"),
    ("back_denied", "way_back", (LOGIN,), "Después de ingresar, vuelve con error=access_denied"),
    ("back_no_code", "way_back", (LOGIN,), "Después de ingresar, vuelve sin código"),
    ("back_no_state", "way_back", (LOGIN,), "Después de ingresar, vuelve con un error y sin state"),
    ("huge", "answer", (TOKEN,), "Responde 200 con un cuerpo de 32 MB"),
    ("redirect", "answer", (TOKEN,), "Responde 302 hacia otra dirección"),
    ("unauthorized_client", "answer", (TOKEN,), "Responde 401 unauthorized_client"),
    ("invalid_scope", "answer", (TOKEN,), "Responde 400 invalid_scope"),
    ("bad_json", "answer", (TOKEN,), "Responde 200 con un JSON cortado"),
    ("bad_jwt", "token", (TOKEN,), "Entrega un token que no es un JWT"),
    ("bad_signature", "token", (TOKEN,), "Entrega un token con la firma alterada"),
    ("wrong_iss", "token", (TOKEN,), "El emisor (iss) es otro"),
    ("expired", "token", (TOKEN,), "El token venció hace una hora"),
    ("not_yet_valid", "token", (TOKEN,), "El token vale recién dentro de una hora"),
    ("altered_ruc", "token", (TOKEN,), "numRUC no coincide con sub"),
    ("with_email", "token", (TOKEN,), "El token trae un correo, que no debe creerse"),
    ("altered_login", "token", (TOKEN,), "login no coincide con RUC y usuario"),
    ("other_realm", "token", (TOKEN,), "tipOrigen es el del otro tipo de usuario"),
    ("other_client", "token", (TOKEN,), "clientId es el de otra aplicación"),
)
FAULTS: dict[str, Fault] = {row[0]: Fault(*row) for row in _ROWS}


class BadSetting(ValueError):
    """A control request that asks for what there is not; the message is for its sender."""


@dataclass(frozen=True)
class Setting:
    """What a realm does now: a fault, where, and for `slow` how many seconds."""

    fault: str = "up"
    where: tuple[str, ...] = BOTH
    seconds: float = DEFAULT_SECONDS

    def active(self, endpoint: str) -> Fault | None:
        """The fault in force at an endpoint (`login` or `token`), or None."""
        return FAULTS[self.fault] if self.fault != "up" and endpoint in self.where else None


def setting_of(name: object, seconds: object = None, where: object = None) -> Setting:
    """A checked setting. Raises BadSetting for an unknown fault, place or duration."""
    if not isinstance(name, str) or name not in FAULTS:
        raise BadSetting(f"fault: one of {', '.join(FAULTS)}")
    places = FAULTS[name].where
    if where not in (None, "", "default"):
        if where not in places:
            raise BadSetting(f"where: {name} reaches only {', '.join(places)}")
        places = (str(where),)
    try:
        duration = DEFAULT_SECONDS if seconds in (None, "") else float(str(seconds))
    except ValueError:
        raise BadSetting("seconds: a number") from None
    if not 0 <= duration <= MAX_SECONDS:  # also refuses NaN
        raise BadSetting(f"seconds: from 0 to {MAX_SECONDS:.0f}")
    return Setting(name, places, duration)
