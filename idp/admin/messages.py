"""What people at the console read when something goes wrong."""

from __future__ import annotations

from collections.abc import Mapping

from idp.kernel.texts import Text
from idp.web.messages import MESSAGES, Message

_BACK = Text("Revise la dirección, o vuelva al inicio de la consola.")
_WAIT = Text("Espere unos segundos y vuelva a intentarlo.")

CONSOLE_MESSAGES: Mapping[str, Message] = {
    **MESSAGES,
    "not_found": Message(
        "No encontramos la página",
        "La dirección no existe o está incompleta.",
        _BACK,
    ),
    "method_not_allowed": Message(
        "Esta dirección no se usa así",
        "La página no admite este tipo de solicitud.",
        _BACK,
    ),
    "invalid_request": Message(
        "La solicitud no es válida", "La dirección está incompleta o mal formada.", _BACK
    ),
    "request_too_large": Message(
        "La solicitud es demasiado grande", "Se envió más información de la que aceptamos.", _BACK
    ),
    "console_elsewhere": Message(
        "La consola no está en esta dirección",
        "La consola solo responde en la dirección que se configuró para ella.",
        "Ábrala en esa dirección; quien opera el servicio la conoce (IDP_ADMIN_URL).",
    ),
    "console_forbidden": Message(
        "Su rol no permite esto",
        "La página existe, pero su cuenta de consola no tiene permiso para usarla.",
        "Si lo necesita para su trabajo, pídalo a quien administra la consola.",
    ),
    "console_setup_unknown": Message(
        "El enlace de alta no es válido",
        "El enlace está incompleto, ya se usó o venció: cada uno sirve una vez, durante 24 horas.",
        "Pida otro a quien administra la consola.",
    ),
    "console_changed": Message(
        "Su cuenta cambió mientras tanto",
        "Otra persona, o usted en otra ventana, cambió esta cuenta al mismo tiempo.",
        "Ingrese otra vez y revise qué quedó.",
    ),
    "window_unknown": Message(
        "El mantenimiento no está",
        "Ya terminó, se anuló mientras tanto, o la dirección está incompleta.",
        "Vuelva a Mantenimientos y revise la lista.",
    ),
    "approval_needed": Message(
        "Hace falta otra persona",
        "El mantenimiento está en curso: terminarlo devuelve a todos a SUNAT, y eso necesita el sí "
        "de una segunda persona.",
        "En Ahora, elija Cambiar y Forzar SUNAT; cuando lo aprueben, anule el mantenimiento.",
    ),
    "incident_unknown": Message(
        "El informe no está",
        "Ninguna contingencia tiene ese nombre, o la dirección está incompleta.",
        "Vuelva a Historia y elija la contingencia.",
    ),
    "drill_unknown": Message(
        "El simulacro no está",
        "La dirección está incompleta, o el simulacro es muy antiguo.",
        "Vuelva a Simulacros y revise la lista.",
    ),
    "drill_over": Message(
        "El simulacro ya terminó",
        "Llegó su hora, o alguien lo terminó antes.",
        "Vuelva a Simulacros y revise la lista.",
    ),
    "request_unknown": Message(
        "La solicitud no está",
        "La dirección está incompleta, o la solicitud es muy antigua.",
        "Vuelva a Solicitudes y revise la lista.",
    ),
    "console_busy": Message(
        "Hay muchos ingresos a la vez", "En este momento se comprueban otras contraseñas.", _WAIT
    ),
    "console_case_over": Message(
        "La consulta terminó",
        "Se abrió hace más de media hora, o en otra sesión, o la dirección está incompleta.",
        "Busque a la persona otra vez.",
    ),
}
