"""Why people could not enter, in words, and what to do about it: a row for each reason."""

from __future__ import annotations

from dataclasses import dataclass

from idp.kernel.texts import Text
from idp.people.coverage import Why


@dataclass(frozen=True)
class Reason:
    """label: why. remedy: who does what about it. command: what helps with it, "" for none."""

    label: Text
    remedy: Text
    command: str = ""


REASONS: dict[Why, Reason] = {
    Why.NEW: Reason(
        Text("Nunca ingresó con SUNAT"),
        Text(
            "Con su primer ingreso con SUNAT deja de ser un motivo. Si la VUCE ya lo conoce, "
            "impórtelo con la fecha de su último ingreso."
        ),
        "idp users import",
    ),
    Why.INACTIVE: Reason(
        Text("El sistema de la VUCE no lo cuenta entre sus usuarios"),
        Text(
            "Lo dio de baja, o lo retiró, el sistema que mantiene las personas por SCIM. Si es un "
            "error, que se corrija allí."
        ),
    ),
    Why.NO_ADDRESS: Reason(
        Text("No registró un correo"),
        Text(
            "Que lo registre en Modificación de Datos después de ingresar con SUNAT. No hay a "
            "dónde escribirle: recuérdelo en el componente y por los canales de la entidad."
        ),
    ),
    Why.UNVERIFIED: Reason(
        Text("No verificó su correo"),
        Text(
            "Que confirme el código que recibe, en Modificación de Datos. Una campaña se lo "
            "recuerda a todos los que están en este caso."
        ),
        "idp users campaign",
    ),
    Why.COOLING_OFF: Reason(
        Text("Cambió de correo hace poco"),
        Text("Nada: el correo nuevo contará por sí solo cuando pase el plazo de seguridad."),
    ),
    Why.NO_CONSENT: Reason(
        Text("No autorizó las notificaciones"),
        Text(
            "Que marque la casilla en Modificación de Datos. Una campaña se lo pide a quien nunca "
            "respondió; a quien dijo que no, ya no se le pregunta."
        ),
        "idp users campaign",
    ),
    Why.UNDELIVERABLE: Reason(
        Text("Su buzón rechaza los mensajes"),
        Text(
            "Que registre otro correo. Si quien lo administra confirma que el buzón sí existe, "
            "quite la marca."
        ),
        "idp users deliverable",
    ),
    Why.UNKNOWN_BROWSER: Reason(
        Text("No tiene un navegador reconocido"),
        Text(
            "El componente solo admite navegadores reconocidos. Lo es, pasado un día, aquel donde "
            "la persona ingresó con SUNAT: que ingrese desde el equipo que usará."
        ),
    ),
    Why.COMPONENT: Reason(
        Text("El componente no admite la contingencia"),
        Text(
            "Así está registrado en clients.yaml. Si sus usuarios deben poder ingresar por correo, "
            "acuérdelo con el equipo del componente."
        ),
        "idp clients check",
    ),
}
